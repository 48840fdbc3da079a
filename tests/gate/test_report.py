"""The order of exit codes, and what a reader of any report must be able to rely on."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.gate.baseline import Baseline
from sanctions_exposure.gate.coverage import CORE, Demand, judge, problems
from sanctions_exposure.gate.formats.text import text
from sanctions_exposure.gate.ignore import Entry, apply
from sanctions_exposure.gate.report import Basis, Counts, Gate, Report, Standing, Verdict, verdict_of
from sanctions_exposure.model import Severity

from .conftest import FINDING

TODAY = date(2026, 11, 22)
ENTRY = Entry(
    file="i.yaml",
    line=3,
    subject=FINDING.name,
    reason="Another one",
    approved_by="A. Reviewer",
    expires=TODAY,
    entity="us_ofac_sdn:1001",
    list_fingerprint="sha256:ab",
)


@given(st.booleans(), st.booleans(), st.integers(0, 2), st.integers(0, 2))
def test_unreadable_then_three_then_one_then_four(unreadable: bool, lacking: bool, fail: int, rejected: int) -> None:
    found = verdict_of(Counts(fail=fail, rejected=rejected), ("x",) if lacking else (), unreadable=unreadable)

    order = [(unreadable, 2), (lacking, 3), (fail > 0, 1), (rejected > 0, 4), (True, 0)]
    assert found == next(code for holds, code in order if holds)
    assert (found is Verdict.CLEAR) == (not (unreadable or lacking or fail or rejected))


@given(st.sampled_from(["fresh", "stale", "missing", "quarantined", "odd"]), st.booleans())
def test_only_a_fresh_list_or_a_stale_one_that_is_allowed_can_be_rested_on(state: str, allowed: bool) -> None:
    states = [{"id": one, "regime": r, "state": "fresh"} for r, ids in CORE.items() for one in ids]
    states[0]["state"] = state

    found = problems(judge(states, Demand(allow_stale=allowed)))

    assert bool(found) == (state not in {"fresh", *(["stale"] if allowed else [])})


def test_a_list_no_server_knows_is_missing() -> None:
    assert len(problems(judge([], Demand()))) == sum(map(len, CORE.values()))


def test_an_entry_holds_on_its_last_day_and_not_after() -> None:
    on, after = (apply([ENTRY], [FINDING], day)[0][0].standing for day in (TODAY, TODAY + timedelta(days=1)))

    assert (on, after) == (Standing.SUPPRESSED, Standing.FAIL)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Somebody Else"},
        {"entity": "us_ofac_sdn:1002"},
        {"list_fingerprint": "sha256:cd"},
        {"rule": "sea-caspian"},
    ],
)
def test_an_entry_about_something_else_accepts_nothing(change: dict[str, str]) -> None:
    (found,), _ = apply([replace(ENTRY, **change)], [FINDING], TODAY)  # type: ignore[arg-type]

    assert found.standing is Standing.FAIL


@pytest.mark.parametrize("subject", [FINDING.name.upper(), "  " + FINDING.name, "reg1"])
def test_a_subject_is_named_by_name_or_identifier_whatever_its_case(subject: str) -> None:
    (found,), _ = apply([replace(ENTRY, subject=subject)], [FINDING], TODAY)

    assert found.standing is Standing.SUPPRESSED


def test_every_listed_entity_of_a_finding_must_be_accepted() -> None:
    second = replace(FINDING.matches[0], entity_id="1002", record="sha256:cd")
    both = replace(FINDING, matches=(*FINDING.matches, second))
    other = replace(ENTRY, entity="us_ofac_sdn:1002", list_fingerprint="sha256:cd")

    assert apply([ENTRY], [both], TODAY)[0][0].standing is Standing.FAIL
    assert apply([ENTRY, other], [both], TODAY)[0][0].standing is Standing.SUPPRESSED


def test_a_baseline_covers_nothing_that_got_worse() -> None:
    mild = replace(FINDING, severity=Severity.HIGH)
    known = Baseline.of([mild], created_at="2026-11-22T00:00:00Z", snapshot="s")

    assert [f.standing for f in known.apply([mild, FINDING])] == [Standing.BASELINE, Standing.FAIL]


@given(st.text(max_size=60))
def test_no_file_name_and_no_name_begins_a_command_of_a_runner(hostile: str) -> None:
    finding = replace(FINDING, file=hostile + ".csv", name=hostile, explanation=hostile, matches=())
    report = Report(
        version="0", screened_at="", as_of="", verdict="findings", exit_code=1, gate=Gate(fail_on="medium"),
        basis=Basis(), counts=Counts(), findings=(finding,),
    )  # fmt: skip

    lines = text(report).split("\n")

    assert len(lines) == 7
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in lines)
    assert not any(ord(c) < 32 for line in lines for c in line)
