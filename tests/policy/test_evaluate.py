from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.model import Confidence, Facts, Outcome, Severity, Verdict
from sanctions_exposure.policy import Ruleset, describe_flags, describe_rules, evaluate

MakeFacts = Callable[..., Facts]
LISTED = {"name": "Glimmerwerk Invented", "listed": ["us 2023-03-24", "eu 2024-02-23"]}

NSPK = {
    "parties": [
        {
            "name": "NSPK",
            "hits": [
                {
                    "name": "NSPK",
                    "list": "curated",
                    "id": "nspk",
                    "themes": ["payment-rails"],
                    "listed": ["us 2024-02-23"],
                }
            ],
        }
    ]
}


def _rich() -> dict[str, Any]:
    """A request that raises flags of every kind."""
    return {
        "parties": [
            {"name": "Glimmerwerk", "country": "ru", "role": "buyer", "hits": [LISTED]},
            {"name": "Gomselmash", "country": "by", "role": "seller", "hits": [
                {"name": "Gomselmash", "list": "curated", "id": "gomselmash", "themes": ["belarus-auto"]}]},
            {"name": "Bazargan", "country": "ir", "role": "consignee"},
        ],
        "route": ["St Petersburg", "Astrakhan", "Amirabad", "Bandar Abbas", "Nhava Sheva"],
        "goods": [{"hs": "8407.10", "text": "engine MD-550"}, {"hs": "8542.31", "text": "processors"}],
        "payment": {"rail": "Mir", "currency": "RUB/IRR", "banks": [{"name": "VTB Bank"}]},
    }  # fmt: skip


def _bare(verdict: Verdict) -> set[tuple[str, str]]:
    return {(f.code, f.severity) for f in verdict.flags}


def _resolves(pointer: str, facts: Facts) -> bool:
    pointers = {p.party.pointer for p in facts.parties} | {s.pointer for s in facts.subject.route}
    pointers |= {g.pointer for g in facts.subject.goods}
    return pointer in pointers or pointer == "/route" or pointer.startswith("/payment")


def test_the_same_facts_give_the_same_bytes(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    first, second = (msgspec.json.encode(evaluate(make_facts(**_rich()), ruleset)) for _ in range(2))

    assert first == second


def test_every_flag_and_piece_of_evidence_points_into_the_request(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    facts = make_facts(**_rich())

    verdict = evaluate(facts, ruleset)

    assert len(verdict.flags) >= 9
    assert [f.code for f in verdict.flags if not _resolves(f.subject, facts)] == []
    assert [e for f in verdict.flags for e in f.evidence if "input" in e and not _resolves(e["input"], facts)] == []
    assert all(f.sources and f.action and f.explanation.endswith(".") for f in verdict.flags)


def test_flags_come_worst_first_and_no_two_say_the_same(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    flags = evaluate(make_facts(**_rich()), ruleset).flags

    ranks = [f.severity.rank for f in flags]
    assert ranks == sorted(ranks, reverse=True)
    assert len({(f.code, f.subject) for f in flags}) == len(flags)


@given(order=st.permutations(range(3)))
def test_the_order_of_parties_changes_no_flag(order: list[int], ruleset: Ruleset, make_facts: MakeFacts) -> None:
    given_, shuffled = _rich(), _rich()
    shuffled["parties"] = [shuffled["parties"][n] for n in order]

    assert _bare(evaluate(make_facts(**shuffled), ruleset)) == _bare(evaluate(make_facts(**given_), ruleset))


@given(
    dropped=st.sets(st.sampled_from(["parties", "route", "goods", "payment"])),
    day=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)
def test_severity_is_the_worst_flag_and_scores_lie_in_its_band(
    dropped: set[str], day: date, ruleset: Ruleset, make_facts: MakeFacts
) -> None:
    verdict = evaluate(make_facts(as_of=day, **{k: v for k, v in _rich().items() if k not in dropped}), ruleset)

    assert verdict.severity == max((f.severity for f in verdict.flags), key=lambda s: s.rank, default=Severity.NONE)
    assert verdict.outcome == ruleset.outcomes[verdict.severity]
    assert [
        f for f in verdict.flags if not ruleset.bands[f.severity].low <= f.score <= ruleset.bands[f.severity].high
    ] == []


def test_one_party_on_two_lists_is_one_flag_with_all_the_evidence(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    hits = [LISTED, {**LISTED, "list": "eu_fsf", "id": "invented-2", "score": 0.9},
            {**LISTED, "list": "curated", "id": "glimmerwerk", "themes": ["missiles"]}]  # fmt: skip

    verdict = evaluate(make_facts(parties=[{"name": "Glimmerwerk", "hits": hits}]), ruleset)

    flag = verdict.flags[0]
    assert [f.code for f in verdict.flags] == ["SANCTIONED_PARTY"]
    assert [e["list"] for e in flag.evidence] == ["us_ofac_sdn", "eu_fsf", "curated"]
    assert flag.regimes == ("eu", "us")


def _score(ruleset: Ruleset, make_facts: MakeFacts, **hit: Any) -> int:
    return evaluate(make_facts(parties=[{"name": "G", "hits": [{**LISTED, **hit}]}]), ruleset).score


def test_a_closer_match_scores_higher_and_only_name_and_number_reach_100(
    ruleset: Ruleset, make_facts: MakeFacts
) -> None:
    scores = [_score(ruleset, make_facts, score=s) for s in (0.72, 0.8, 0.86, 0.93, 1.0)]

    both = _score(ruleset, make_facts, score=1.0, features={"imo": "agree"})

    assert scores == sorted(set(scores))
    assert scores[-1] < both == 100


@pytest.mark.parametrize(
    ("day", "facts", "code", "severity"),
    [
        (date(2022, 8, 11), {"route": ["Astrakhan"]}, "LISTED_PORT", None),
        (date(2025, 2, 24), {"route": ["Astrakhan"]}, "LISTED_PORT", None),
        (date(2025, 2, 25), {"route": ["Astrakhan"]}, "LISTED_PORT", "high"),
        (date(2022, 9, 14), {"payment": {"rail": "Mir"}}, "PAYMENT_RAIL_MIR", "info"),
        (date(2022, 9, 30), {"payment": {"rail": "Mir"}}, "PAYMENT_RAIL_MIR", "high"),
        (date(2024, 2, 22), NSPK,
         "SANCTIONED_PARTY", None),
        (date(2024, 2, 23), NSPK,
         "SANCTIONED_PARTY", "critical"),
        (date(2022, 1, 1), {"parties": [{"name": "G", "hits": [{"name": "G", "listed": ["us 2022"]}]}]},
         "SANCTIONED_PARTY", "critical"),
    ],
)  # fmt: skip
def test_the_law_of_the_day_decides(  # noqa: PLR0917
    day: date, facts: Mapping[str, Any], code: str, severity: str | None, ruleset: Ruleset, make_facts: MakeFacts
) -> None:
    verdict = evaluate(make_facts(as_of=day, **facts), ruleset)

    found = {f.code: str(f.severity) for f in verdict.flags}
    assert found.get(code) == severity


def test_mir_was_warned_of_but_blocked_nobody_in_2022(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    verdict = evaluate(make_facts(as_of=date(2022, 9, 30), payment={"rail": "Mir"}), ruleset)

    assert verdict.outcome is Outcome.REVIEW
    assert "no blocking" in verdict.flags[0].explanation


def test_what_rests_on_memory_alone_never_asks_for_review(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    hit = {"name": "Inventia", "list": "curated", "id": "inventia", "themes": ["syria"], "listed": ["us 2020"],
           "confidence": "recalled"}  # fmt: skip

    verdict = evaluate(make_facts(parties=[{"name": "Inventia", "hits": [hit]}]), ruleset)

    assert verdict.outcome is Outcome.CLEAR
    assert "recalled, not verified" in verdict.flags[0].explanation


def test_an_unknown_place_is_a_warning_and_the_rest_is_judged(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    verdict = evaluate(make_facts(route=["Qwyzzelburg", "Astrakhan"]), ruleset)

    assert [f.code for f in verdict.flags] == ["LISTED_PORT"]
    assert verdict.warnings == ("/route/0: “Qwyzzelburg” is no place we know, so it was left out of the route.",)


def test_rules_and_flags_are_described_with_sources_and_dates(ruleset: Ruleset) -> None:
    rules, flags = describe_rules(ruleset), describe_flags(ruleset)

    assert all(r["sources"] and date.fromisoformat(r["effective"]) for r in rules)
    assert all(f["rules"] for f in flags)
    assert msgspec.json.decode(msgspec.json.encode(rules)) == rules


def test_no_table_ships_a_recalled_row_as_a_serious_finding(ruleset: Ruleset) -> None:
    tables = ruleset.tables
    graded = [(r.confidence, r.severity) for rows in tables.listed_nodes.values() for r in rows]
    graded += [(r.confidence, r.severity) for rows in tables.rail_events.values() for r in rows]

    serious = [c for c, severity in graded if c is Confidence.RECALLED and severity.rank > Severity.MEDIUM.rank]

    assert serious == []
