"""The lists of one data folder: which there are, how old they are, and how they get in."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sanctions_exposure.errors import ListRejected, NotReady
from sanctions_exposure.locate import data_folder
from sanctions_exposure.matching.index import build_index, index_fits
from sanctions_exposure.model import ListRecord, ListState, ListStateName, SnapshotRecord
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.manifest import Manifest, add_own, find, load_manifests, own_folder, own_manifest
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.sources.refresh import load, refresh_from

CURATED: Final = "curated"  # the set that travels with the package, so that a fresh installation answers at once
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListDesk:
    """Loads lists into a data folder and says in which state they are."""

    data: Path
    folder: Path  # of manifests and curated rows

    @classmethod
    def of(cls, settings: Settings) -> ListDesk:
        """Return the desk of the folders that *settings* name."""
        return cls(settings.data, data_folder("lists", settings.lists))

    @property
    def library(self) -> Library:
        """The snapshots."""
        return Library(self.data)

    def manifests(self) -> Mapping[str, Manifest]:
        """Return every list we know, loaded or not, lists of one's own included."""
        return load_manifests(self.folder / "sources", own_folder(self.data))

    def publish_curated(self, now: datetime) -> None:
        """Publish the curated set when no snapshot holds it as it stands now, or another program built the index.

        Raises:
            NotReady: there is no snapshot and the data folder cannot be written.
        """
        manifests = self.manifests()
        if CURATED not in manifests:
            return
        record = self.library.current_record()
        path = self.folder / CURATED
        new = load(manifests[CURATED], path, library=self.library, retrieved_at=now, allow_shrink=True)
        held = {one.id: one.sha256 for one in record.lists} if record else {}
        folder = self.library.current_folder()
        again = folder is not None and not index_fits(folder / "index")
        if held.get(CURATED) == new.record.sha256 and not again:
            return
        try:
            self.library.publish([new], build_index=build_index, built_at=now, again=again)
        except OSError as error:
            if record is None:
                raise NotReady(f"the data folder {self.data} cannot be written: {error.strerror}") from None
            _LOG.warning("the curated set in use is not the packaged one: %s cannot be written", self.data)

    def refresh(self, list_id: str, path: Path, now: datetime, *, allow_shrink: bool = False) -> ListRecord:
        """Load a list we know from a file or folder and publish it.

        Raises:
            UnknownList: nobody knows a list of that id.
            ListError: it cannot be read or believed; the snapshot in use stays.
        """
        manifest = find(self.manifests(), list_id)
        return refresh_from(
            manifest,
            path,
            self.data,
            build_index=build_index,
            retrieved_at=_retrieved(path, now),
            allow_shrink=allow_shrink,
        )

    def add(self, list_id: str, path: Path, now: datetime, *, list_format: str, title: str = "") -> ListRecord:
        """Load a list of one's own; its manifest is kept only once the list was read.

        Raises:
            ListError: the id is taken, or the list cannot be read.
        """
        known = self.manifests()
        manifest = own_manifest(list_id, title=title, list_format=list_format)
        if list_id in known and known[list_id].regime != "own":
            raise ListRejected(f"list id {list_id!r} is taken by {known[list_id].title!r}")
        record = refresh_from(
            manifest, path, self.data, build_index=build_index, retrieved_at=_retrieved(path, now), allow_shrink=True
        )
        add_own(manifest, data=self.data, known=known)
        return record


def _retrieved(path: Path, now: datetime) -> datetime:
    """Return when the newest file was saved: a file of last year does not become fresh by being loaded today."""
    files = [path] if path.is_file() else [each for each in path.glob("*") if each.is_file()]
    saved = max((each.stat().st_mtime for each in files), default=now.timestamp())
    return min(now, datetime.fromtimestamp(saved, UTC))


def states(record: SnapshotRecord, manifests: Mapping[str, Manifest], now: datetime) -> tuple[ListState, ...]:
    """Return the state of every list that is loaded or known, in order of id."""
    loaded = {one.id: _loaded(one, now) for one in record.lists}
    missing = {one.id: _missing(one) for one in manifests.values() if one.id not in loaded}
    return tuple(state for _, state in sorted((loaded | missing).items()))


def _loaded(record: ListRecord, now: datetime) -> ListState:
    age = max(now - datetime.fromisoformat(record.retrieved_at), timedelta()).total_seconds() / 3600
    stale = record.max_age_hours is not None and age > record.max_age_hours
    return ListState(
        id=record.id,
        title=record.title,
        publisher=record.publisher,
        regime=record.regime,
        state=ListStateName.STALE if stale else ListStateName.FRESH,
        version=record.version,
        published_on=record.published_on,
        retrieved_at=record.retrieved_at,
        entities=record.entities,
        names=record.names,
        max_age_hours=record.max_age_hours,
        age_hours=round(age, 1),
        sha256=record.sha256,
        note=f"older than {record.max_age_hours:g} hours" if stale else "",
    )


def _missing(manifest: Manifest) -> ListState:
    return ListState(
        id=manifest.id,
        title=manifest.title,
        publisher=manifest.publisher,
        regime=manifest.regime,
        state=ListStateName.MISSING,
        max_age_hours=manifest.max_age_hours,
        note="never loaded",
    )
