from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.standing import Outcome, due_at, never, read_standings, write_standing

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_a_list_nobody_looked_at_is_due_at_once(manifests: Mapping[str, Manifest]) -> None:
    assert due_at(manifests["un_sc"], never("un_sc")) is None


@given(st.integers(0, 10_000_000), st.floats(0.1, 1000))
def test_the_next_look_is_an_interval_away_and_never_at_the_same_minute_for_all(seconds: int, hours: float) -> None:
    tried = NOW + timedelta(seconds=seconds)
    standing = never("un_sc").then(tried, Outcome.PUBLISHED)
    manifest = _manifest(hours)

    due = due_at(manifest, standing)

    assert due is not None
    assert timedelta(hours=hours * 0.9) <= due - tried <= timedelta(hours=hours * 1.1)
    assert due == due_at(manifest, standing)


@given(st.integers(1, 500), st.floats(0.1, 1000))
def test_after_failures_we_come_back_sooner_but_ever_less_often(failures: int, hours: float) -> None:
    manifest = _manifest(hours)
    standing = replace(never("un_sc").then(NOW, Outcome.FAILED), failures=failures)

    due = due_at(manifest, standing)

    assert due is not None
    assert due - NOW <= timedelta(hours=hours * 1.1)
    assert due - NOW >= min(timedelta(minutes=4.5), timedelta(hours=hours * 0.9))


def _manifest(hours: float) -> Manifest:
    from sanctions_exposure.sources.own import own_manifest

    return replace(own_manifest("un_sc"), interval_hours=hours)


def test_failures_are_counted_until_one_look_succeeds() -> None:
    standing = never("un_sc")
    for outcome in (Outcome.FAILED, Outcome.QUARANTINED, Outcome.FAILED):
        standing = standing.then(NOW, outcome, "why")

    assert (standing.failures, standing.reason) == (3, "why")
    assert standing.then(NOW, Outcome.UNCHANGED).failures == 0


def test_a_standing_is_kept_and_a_damaged_one_forgotten(tmp_path: Path) -> None:
    standing = never("un_sc").then(NOW, Outcome.FAILED, "why")
    write_standing(tmp_path, standing)
    write_standing(tmp_path, never("eu_fsf"))
    (tmp_path / "lists" / "eu_fsf.json").write_bytes(b"{broken")

    assert read_standings(tmp_path) == {"un_sc": standing}
    assert {path.name for path in (tmp_path / "lists").iterdir()} == {"un_sc.json", "eu_fsf.json"}
