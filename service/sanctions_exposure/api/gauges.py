"""How things stand at the moment somebody looks: lists, snapshot, index, readiness."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sanctions_exposure import __version__
from sanctions_exposure.errors import NotReady, StorageUnavailable
from sanctions_exposure.model import ListState, ListStateName
from sanctions_exposure.sources.standing import Outcome, Standing, read_standings
from sanctions_exposure.wiring.screener import Screener

if TYPE_CHECKING:
    from prometheus_client import Metric
    from prometheus_client.core import GaugeMetricFamily

Readings = Callable[[], Mapping[str, float]]
_STATES: Final = tuple(state.value for state in ListStateName)
_OUTCOMES: Final = tuple(outcome.value for outcome in Outcome)


class Gauges:
    """Read anew for every look; any process of the service answers the same."""

    def __init__(self, screener: Screener, reasons: Callable[[], object], jobs: Readings = dict) -> None:
        """Nothing is read yet.

        Args:
            screener: whose lists are told.
            reasons: gives why no answer may be believed; nothing when it may.
            jobs: gives how many jobs are in which state.
        """
        self._screener, self._reasons, self._jobs = screener, reasons, jobs
        self._sized: tuple[str, int] = ("", 0)

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge."""
        self._screener.follow()
        yield _gauge("exposure_ready", "1 while answers may be believed.", value=float(not self._reasons()))
        counts = self._counted()
        yield _gauge("exposure_database_up", "1 while things can be remembered.", value=float(counts is not None))
        if counts is not None:
            jobs = _gauge("exposure_jobs", "Jobs by state.", ["state"])
            for state, count in counts.items():
                jobs.add_metric([state], count)
            yield jobs
        with suppress(NotReady):
            yield from self._of_snapshot()

    def _of_snapshot(self) -> Iterator[Metric]:
        known = self._screener
        snapshot = known.snapshot
        info = _gauge("exposure_snapshot_info", "What answers rest on.", ["snapshot", "ruleset", "engine"])
        info.add_metric([snapshot.id, known.ruleset.id, __version__], 1)
        yield info
        record = snapshot.record
        built = datetime.fromisoformat(record.built_at).timestamp()
        yield _gauge("exposure_snapshot_built_timestamp_seconds", "When the snapshot was made.", value=built)
        sums = {"entities": 0, "names": 0}
        for one in record.lists:
            sums["entities"] += one.entities
            sums["names"] += one.names
        for what, total in sums.items():
            yield _gauge(f"exposure_index_{what}", f"Listed {what} that questions are compared with.", value=total)
        yield _gauge("exposure_index_bytes", "Size of the index.", value=self._size(snapshot.id))
        yield from _of_lists(known.lists(snapshot))
        yield from _of_looks(read_standings(known.settings.data))

    def _counted(self) -> Mapping[str, float] | None:
        try:
            return self._jobs()
        except StorageUnavailable:
            return None

    def _size(self, snapshot_id: str) -> int:
        if self._sized[0] != snapshot_id:
            folder = self._screener.desk.snapshots.snapshots / snapshot_id / "index"
            self._sized = snapshot_id, sum(_bytes(path) for path in folder.rglob("*"))
        return self._sized[1]


def _of_lists(lists: tuple[ListState, ...]) -> Iterator[Metric]:
    state = _gauge("exposure_list_state", "1 for the state a list is in.", ["list", "state"])
    age = _gauge("exposure_list_age_seconds", "Since its publisher was last found to have no newer version.", ["list"])
    most = _gauge("exposure_list_max_age_seconds", "How old a list may be.", ["list"])
    entities = _gauge("exposure_list_entities", "Entries of a list.", ["list"])
    for one in lists:
        for name in _STATES:
            state.add_metric([one.id, name], float(one.state.value == name))
        if one.age_hours is not None:
            age.add_metric([one.id], one.age_hours * 3600)
            entities.add_metric([one.id], one.entities)
        if one.max_age_hours is not None:
            most.add_metric([one.id], one.max_age_hours * 3600)
    yield from (state, age, most, entities)


def _of_looks(standings: Mapping[str, Standing]) -> Iterator[Metric]:
    at = _gauge("exposure_list_refresh_timestamp_seconds", "When its publisher was last asked.", ["list"])
    outcome = _gauge("exposure_list_refresh_outcome", "1 for what came of it.", ["list", "outcome"])
    failures = _gauge("exposure_list_refresh_failures", "Refreshes in a row that brought nothing to believe.", ["list"])
    for one in standings.values():
        at.add_metric([one.list], datetime.fromisoformat(one.tried_at).timestamp())
        for name in _OUTCOMES:
            outcome.add_metric([one.list, name], float(one.outcome.value == name))
        failures.add_metric([one.list], one.failures)
    yield from (at, outcome, failures)


def _gauge(name: str, about: str, labels: list[str] | None = None, *, value: float | None = None) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, about, labels=labels) if labels else GaugeMetricFamily(name, about, value=value)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # pruned meanwhile
        return 0
