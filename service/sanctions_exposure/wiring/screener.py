"""``Screener``: everything the API, the command line and Python callers ask goes through it."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sanctions_exposure import places
from sanctions_exposure.errors import InvalidInput, ListError, NotReady, RulesError, SettingsError
from sanctions_exposure.locate import data_folder
from sanctions_exposure.matching.arrays import collector_paused
from sanctions_exposure.matching.explain import compare
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import (
    Comparison,
    Hit,
    Json,
    ListedEntity,
    ListState,
    Schema,
    Screening,
)
from sanctions_exposure.policy import Ruleset, describe_corridors, describe_flags, describe_rules, load_ruleset
from sanctions_exposure.question import read_name_query
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.publish import verify
from sanctions_exposure.sources.retention import folder_of
from sanctions_exposure.sources.standing import changed_at, read_standings
from sanctions_exposure.wiring import heap
from sanctions_exposure.wiring import numbers as numbered
from sanctions_exposure.wiring.lists import ListDesk
from sanctions_exposure.wiring.pinned import Pinned, reader_of
from sanctions_exposure.wiring.states import states

if TYPE_CHECKING:
    from sanctions_exposure.bulk.cluster.frames import DaskFrame
    from sanctions_exposure.bulk.frame import Frame
    from sanctions_exposure.bulk.spark import SparkFrame

_LOG: Final = logging.getLogger(__name__)
_SEARCH_CUTOFF: Final = 0.5  # below, names share a word or two by chance
_LOOK_EVERY: Final = 0.5  # seconds between two looks at CURRENT
_STATES_FOR: Final = timedelta(seconds=30)  # ages are told in tenths of an hour


class Screener:
    """Lists and rules, opened once; it follows the data folder when asked to, and is safe to use from many threads."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Read rules and manifests; no snapshot is open yet."""
        self.settings = settings
        self.ruleset: Ruleset = load_ruleset(data_folder("rules", settings.rules), settings.profile)
        self.desk = ListDesk.of(settings)
        self._clock = clock
        self._open: Snapshot | None = None
        self._fault: NotReady | None = None
        self._refused = ""  # id of a snapshot that could not be opened
        self._thorough = False
        self._looked = 0.0
        self._followed = False
        self._opening = threading.Lock()
        self._states: tuple[datetime, tuple[str, int], tuple[ListState, ...]] | None = None
        self._manifests: Mapping[str, Manifest] | None = None
        self._watchers: tuple[Callable[[Sequence[Screening]], None], ...] = ()

    @classmethod
    def open(cls, settings: Settings | None = None) -> Screener:
        """Return a screener that can answer; a data folder that is empty gets the curated set first.

        Raises:
            SettingsError, RulesError, ListError: something outside cannot be used.
            NotReady: there is no snapshot that may be believed.
        """
        screener = cls(settings or Settings.from_env())
        screener.prepare()
        if screener._fault:
            raise screener._fault
        return screener

    @classmethod
    def of_folder(cls, settings: Settings, folder: Path) -> Screener:
        """Return a screener of the one snapshot in *folder*, whatever the data folder names.

        Raises:
            SnapshotCorrupt: it cannot be opened.
        """
        screener = cls(settings)
        screener._open = Snapshot.open(folder)
        return screener

    def of_snapshot(self, snapshot_id: str) -> Screener:
        """Return a screener of another snapshot of the same data folder, which follows no newer one.

        Raises:
            UnknownSnapshot: there is none of that id.
            SnapshotCorrupt: it cannot be opened.
        """
        return Screener.of_folder(self.settings, folder_of(self.desk.snapshots, snapshot_id))

    # -- the snapshot in use ---------------------------------------------------------------------

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot in use.

        Raises:
            NotReady: there is none.
        """
        found = self._open
        if found is None:
            raise self._fault or NotReady("no snapshot is open")
        return found

    def prepare(self, *, thoroughly: bool = False) -> None:
        """Publish the curated set where needed and open the snapshot; what fails is told when somebody asks.

        Args:
            thoroughly: digest every file of each snapshot first, for a process that will serve for days and whose
                workers share what stands in memory when they fork.
        """
        self._thorough = thoroughly
        try:
            self.desk.publish_curated(self._clock())
        except NotReady as error:
            self._fault = error
        self.reload()
        if self._open is None:
            self._open_earlier()
        if thoroughly:
            # What stands now lives as long as the process: the collector need not walk it, nor unshare it in workers.
            gc.collect()
            gc.freeze()

    def warm(self) -> None:
        """Begin what a process that serves does beside its answers, in threads: no answer waits for either.

        One reads what the first shipment would wait a second for, the other opens each snapshot that is published.
        """
        heap.one_heap()
        threading.Thread(target=_read_places, name="places", daemon=True).start()
        self._followed = True
        threading.Thread(target=self._follow_always, name="follow", daemon=True).start()

    def renew(self) -> None:
        """Read the rules again and look for another snapshot; what cannot be used is logged and changes nothing."""
        try:
            self.ruleset = load_ruleset(data_folder("rules", self.settings.rules), self.settings.profile)
        except (RulesError, SettingsError) as error:
            _LOG.error("the rules stay as they were: %s", error)
        self.reload()

    def reload(self) -> bool:
        """Open the snapshot that ``CURRENT`` names, if it is another one; one that cannot be opened changes nothing.

        Returns:
            Whether another snapshot is in use now.
        """
        with self._opening:
            try:
                return self._reload()
            except NotReady as error:
                if str(error) != str(self._fault):
                    _LOG.error("%s", error)
                self._fault = error
                return False

    def _reload(self) -> bool:
        folder = self.desk.snapshots.current_folder()
        if folder is None:
            raise self._fault or NotReady(f"{self.settings.data} holds no snapshot: load a list first")
        if folder.name in {self._refused, self._open.id if self._open else ""}:
            return False
        self._refused = folder.name  # until proven: looking at a damaged one again every second would cost every answer
        if self._thorough:
            verify(folder)
        self._open, self._fault, self._refused = Snapshot.open(folder), None, ""
        return True

    def _open_earlier(self) -> None:
        """Answer from the newest whole snapshot where the one in use is damaged; every answer then says so."""
        for folder in self.desk.snapshots.newest_first():
            if folder.name == self._refused:
                continue
            try:
                verify(folder)
                self._open = Snapshot.open(folder)
            except NotReady as error:
                _LOG.error("%s", error)
            else:
                _LOG.error("%s", *self.doubts())
                return

    def follow(self) -> None:
        """Look now and then whether another snapshot was published; nothing to do where a thread does so always."""
        now = time.monotonic()
        if not self._followed and now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self.reload()

    def _follow_always(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            try:
                if self.reload():
                    time.sleep(_LOOK_EVERY)  # requests that began before are done with the old one
                    gc.collect()  # it may be part of a cycle, and the collector comes by once in many thousand requests
                    heap.give_back()
            except Exception:  # noqa: BLE001 - a thread that ended would leave this process with old lists for good
                _LOG.exception("the lists in use were not looked at")

    def reasons_not_ready(self) -> tuple[str, ...]:
        """Say why no answer may be believed; nothing when it may."""
        return () if self._open else (str(self._fault or "no snapshot is open"),)

    def doubts(self) -> tuple[str, ...]:
        """Say what whoever runs us must know although answers are given."""
        if self._fault and self._open:
            return (f"{self._fault}; answered from the earlier snapshot {self._open.id}.",)
        return ()

    # -- questions -------------------------------------------------------------------------------

    def screen(self, request: Json) -> Screening:
        """Answer one request of the contract.

        Raises:
            InvalidInput: it cannot be screened; says where and why.
            NotReady: there is no snapshot.
        """
        return self.pinned().answer([reader_of(self.settings.limits).read(request)])[0]

    def screen_many(self, requests: Sequence[Json]) -> list[Screening | InvalidInput]:
        """Answer requests in order and against one snapshot; one that cannot be screened is answered by its error.

        Raises:
            NotReady: there is no snapshot.
        """
        return self.pinned().screen_many(requests)

    def pinned(self) -> Pinned:
        """Return what answers a whole file alike: the lists, rules and day of this moment.

        Raises:
            NotReady: there is no snapshot.
        """
        now, snapshot = self._clock(), self.snapshot
        return Pinned(
            snapshot=snapshot,
            ruleset=self.ruleset,
            lists=self._lists(snapshot, now),
            now=now,
            limits=self.settings.limits,
            doubts=self.doubts(),
            watchers=self._watchers,
        )

    def screen_frame(self, frame: Frame, mapping: Mapping[str, str] | None = None) -> Frame:
        """Return *frame* with the ``screening_*`` columns; *mapping* goes from its columns to ours."""
        from sanctions_exposure.bulk.frame import screen_frame

        return screen_frame(frame, self.pinned().screen_many, mapping)

    def screen_dask(self, frame: DaskFrame, mapping: Mapping[str, str] | None = None) -> DaskFrame:
        """Return a Dask frame with the ``screening_*`` columns; its workers open the same snapshot by their settings.

        Lists, rules and day are those of now, whenever it is computed.  Needs the extra ``cluster``.
        """
        from sanctions_exposure.bulk.cluster.frames import screen_dask
        from sanctions_exposure.wiring.spread import basis_of, screen_on

        return screen_dask(frame, partial(screen_on, basis_of(self)), mapping)

    def screen_spark(self, frame: SparkFrame, mapping: Mapping[str, str] | None = None) -> SparkFrame:
        """Return a Spark frame with the ``screening_*`` columns, by ``mapInPandas``; as `screen_dask` otherwise."""
        from sanctions_exposure.bulk.spark import screen_spark
        from sanctions_exposure.wiring.spread import basis_of, screen_on

        return screen_spark(frame, partial(screen_on, basis_of(self)), mapping)

    def search(self, query: Json, limit: int = 5, cutoff: float | None = None) -> list[Hit]:
        """Return the listed entities that resemble a name or bear an identifier, best first."""
        return self.search_many([query], limit, cutoff)[0]

    def search_many(
        self, queries: Sequence[Json], limit: int = 5, cutoff: float | None = None, *, snapshot: Snapshot | None = None
    ) -> list[list[Hit]]:
        """Return the hits of each query, in order.

        Args:
            queries: names, or objects of ``name``, ``schema``, ``country`` and ``birth_date``.
            limit: most hits of one query.
            cutoff: lowest score given back, 0.0–1.0.
            snapshot: the one to search; that in use, where the caller tells of no other.
        """
        asked = [read_name_query(query, self.settings.limits) for query in queries]
        numbers = [numbered.as_number(query) for query in asked]
        least, searched = _SEARCH_CUTOFF if cutoff is None else cutoff, snapshot or self.snapshot
        named = [query if numbered.is_name(query) else msgspec.structs.replace(query, names=()) for query in asked]
        found = [list(hits) for hits in searched.search_many(named, limit=limit, cutoff=least)]
        if wanted := [(at, query) for at, query in enumerate(numbers) if query is not None]:
            answers = searched.search_many([query for _, query in wanted], limit=limit, cutoff=least)
            for (at, query), hits in zip(wanted, answers, strict=True):
                found[at] = numbered.together(found[at], numbered.held(hits, query, searched.entity), limit)
        known = self.ruleset.calibration
        return [hits if known is None else list(known.told(tuple(hits))) for hits in found]

    def compare(self, query: str, listed: str, schema: str | None = None) -> Comparison:
        """Compare two names without any list."""
        first, second = read_name_query({"name": query, "schema": schema}), read_name_query(listed)
        return compare(first.names[0], second.names[0], Schema(schema) if schema else None)

    # -- what we know ----------------------------------------------------------------------------

    def entity(self, list_id: str, entity_id: str) -> ListedEntity | None:
        """Return one listed entity."""
        return self.snapshot.entity(list_id, entity_id)

    def lists(self, snapshot: Snapshot | None = None) -> tuple[ListState, ...]:
        """Return every list, loaded or not, with its age; of *snapshot*, where the caller tells of no other."""
        return self._lists(snapshot or self.snapshot, self._clock())

    def rules(self) -> dict[str, Json]:
        """Return the rules and flags in force."""
        return {
            "ruleset": self.ruleset.id,
            "rules": describe_rules(self.ruleset),
            "flags": describe_flags(self.ruleset),
        }

    def corridors(self) -> dict[str, Json]:
        """Return the corridors we recognise."""
        return {"ruleset": self.ruleset.id, "corridors": describe_corridors(self.ruleset)}

    # -- inside ----------------------------------------------------------------------------------

    def watch(self, watcher: Callable[[Sequence[Screening]], None]) -> None:
        """Let *watcher* see every answer before it leaves."""
        self._watchers += (watcher,)

    def _lists(self, snapshot: Snapshot, now: datetime) -> tuple[ListState, ...]:
        kept, basis = self._states, (snapshot.id, changed_at(self.settings.data))
        if kept and kept[1] == basis and timedelta() <= now - kept[0] < _STATES_FOR:
            return kept[2]
        found = states(snapshot.record, self._known(), read_standings(self.settings.data), now)
        self._states = (now, basis, found)
        return found

    def _known(self) -> Mapping[str, Manifest]:
        """Return the manifests; an edit that broke one of them must not stop a service that runs."""
        try:
            self._manifests = self.desk.manifests()
        except (ListError, SettingsError) as error:
            if self._manifests is None:
                raise
            _LOG.error("%s", error)
        return self._manifests


def _read_places() -> None:
    with collector_paused():
        places.load()
    heap.give_back()  # reading them takes twice what they take when they are read
