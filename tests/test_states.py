"""How old a list is, what is wrong with it, and when that forbids an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sanctions_exposure.errors import NotReady
from sanctions_exposure.model import ListRecord, ListState, ListStateName, SnapshotRecord
from sanctions_exposure.question import read_subject
from sanctions_exposure.sources.manifest import Manifest, Staleness
from sanctions_exposure.sources.own import own_manifest
from sanctions_exposure.sources.standing import Outcome, Standing, never
from sanctions_exposure.wiring.states import refuse, states

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MANIFEST = replace(own_manifest("example"), regime="jp", max_age_hours=48.0)
RECORD = ListRecord(
    id="example", title="Example", publisher="Example", regime="jp", format="generic", entities=1, names=1,
    retrieved_at=(NOW - timedelta(hours=72)).isoformat(), max_age_hours=48.0, sha256="abc",
)  # fmt: skip


def state(
    *records: ListRecord, manifest: Manifest = MANIFEST, standing: Standing | None = None, now: datetime = NOW
) -> ListState:
    record = SnapshotRecord(format=1, built_at=NOW.isoformat(), lists=records)
    known = {standing.list: standing} if standing else {}
    (found,) = states(record, {manifest.id: manifest}, known, now)
    return found


def confirmed(sha256: str, hours: float) -> Standing:
    at = NOW - timedelta(hours=hours)
    return replace(never("example").then(at, Outcome.UNCHANGED), sha256=sha256, confirmed_at=at.isoformat())


def test_a_list_that_was_fetched_long_ago_is_stale_unless_its_publisher_has_no_newer_one() -> None:
    assert (state(RECORD).state, state(RECORD).age_hours) == (ListStateName.STALE, 72.0)

    young = state(RECORD, standing=confirmed("abc", 3))

    assert (young.state, young.age_hours, young.note) == (ListStateName.FRESH, 3.0, "")


def test_what_was_confirmed_of_another_version_makes_this_one_no_younger() -> None:
    assert state(RECORD, standing=confirmed("other", 3)).age_hours == 72.0


def test_how_old_a_list_may_be_is_what_its_manifest_says_now() -> None:
    assert state(RECORD, manifest=replace(MANIFEST, max_age_hours=100.0)).state is ListStateName.FRESH
    assert state(RECORD, manifest=replace(MANIFEST, max_age_hours=None)).state is ListStateName.FRESH


def test_a_look_that_failed_is_told_and_makes_nothing_worse() -> None:
    failed = confirmed("abc", 3).then(NOW, Outcome.FAILED, "nobody answers")

    found = state(RECORD, standing=failed)

    assert (found.state, found.note) == (ListStateName.FRESH, "the last look failed: nobody answers")


def test_a_quarantine_is_told_with_its_reason_and_the_age_of_what_is_used() -> None:
    found = state(RECORD, standing=never("example").then(NOW, Outcome.QUARANTINED, "it shrank"))

    assert found.state is ListStateName.QUARANTINED
    assert found.note == "older than 48 hours; what came last is in quarantine: it shrank"


def test_a_list_that_was_never_good_is_missing_whatever_is_in_quarantine() -> None:
    found = state(standing=never("example").then(NOW, Outcome.QUARANTINED, "it is empty"))

    assert (found.state, found.note) == (
        ListStateName.MISSING,
        "never loaded; what came last is in quarantine: it is empty",
    )


STRICT = replace(MANIFEST, stale=Staleness.REFUSE)


def refused(found: ListState, *regimes: list[str]) -> bool:
    subjects = [read_subject({"parties": [{"name": "Quorvane"}], "regimes": each}) for each in regimes]
    try:
        refuse(subjects, [found])
    except NotReady as error:
        return "example" in str(error)
    return False


@pytest.mark.parametrize("records", [(RECORD,), ()], ids=["stale", "missing"])
def test_a_strict_list_that_is_stale_or_missing_refuses_questions_about_its_regime(
    records: tuple[ListRecord, ...],
) -> None:
    found = state(*records, manifest=STRICT)

    assert refused(found, [])
    assert refused(found, ["jp", "us"])
    assert refused(found, ["us"], ["jp"])
    assert not refused(found, ["us"], ["eu"])
    assert not refused(state(*records), [])


def test_a_strict_list_that_is_young_refuses_nothing_even_in_quarantine() -> None:
    standing = confirmed("abc", 3).then(NOW, Outcome.QUARANTINED, "it shrank")

    assert not refused(state(RECORD, manifest=STRICT, standing=standing), [])
