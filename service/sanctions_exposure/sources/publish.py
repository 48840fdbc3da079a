"""Snapshots on disk: built aside, checked, renamed into place, and named by ``CURRENT`` last.

Whatever moment a publisher dies at, a reader finds the old snapshot or the new one, whole.  Nothing is ever written
into a folder that has its final name.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from sanctions_exposure.errors import ListError, SnapshotCorrupt
from sanctions_exposure.model import ListedEntity, SnapshotRecord
from sanctions_exposure.sources.contents import Contents, Entities, NewList
from sanctions_exposure.sources.files import append, digest, share, sync
from sanctions_exposure.sources.stored import (
    ENTITIES,
    FORMAT,
    INDEX,
    RAW,
    RECORD,
    named,
    read_entities,
    read_record,
    verify,
)

BuildIndex = Callable[[Collection[ListedEntity], Path], None]  # makes the folder it is given and fills it

__all__ = [
    "BUILDING",
    "ENTITIES",
    "INDEX",
    "RAW",
    "RECORD",
    "BuildIndex",
    "Library",
    "NewList",
    "read_entities",
    "read_record",
    "verify",
]

BUILDING = ".building-"
_ID = re.compile(r"\d{8}-[0-9a-f]{12}")
_LOCK_SECONDS = 600  # a refresh of all lists takes well under a minute; somebody else's may be running


@dataclass(frozen=True, slots=True)
class Library:
    """The snapshots of one data folder."""

    data: Path

    @property
    def snapshots(self) -> Path:
        """The folder of all snapshots."""
        return self.data / "snapshots"

    def current_id(self) -> str | None:
        """Return the id of the snapshot in use; None when nothing was ever published.

        Raises:
            SnapshotCorrupt: ``CURRENT`` does not hold an id.
        """
        try:
            text = (self.data / "CURRENT").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise SnapshotCorrupt(f"{self.data / 'CURRENT'} cannot be read: {error}") from None
        if not _ID.fullmatch(text):
            raise SnapshotCorrupt(f"{self.data / 'CURRENT'} holds {text[:40]!r}, which is no snapshot id")
        return text

    def current_folder(self) -> Path | None:
        """Return the folder of the snapshot in use; None when nothing was ever published."""
        current = self.current_id()
        if current is None:
            return None
        folder = self.snapshots / current
        if not folder.is_dir():
            raise SnapshotCorrupt(f"CURRENT names snapshot {current}, whose folder is gone")
        return folder

    def current_record(self) -> SnapshotRecord | None:
        """Return ``snapshot.json`` of the snapshot in use; None when nothing was ever published."""
        folder = self.current_folder()
        return read_record(folder) if folder else None

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all snapshots, the last built one last."""
        return tuple(
            path.name for path in sorted(self.folders(), key=lambda path: (read_record(path).built_at, path.name))
        )

    def newest_first(self) -> tuple[Path, ...]:
        """Return the folders of all snapshots that still say when they were built, the last built one first."""
        found = []
        for folder in self.folders():
            with suppress(SnapshotCorrupt):
                found.append((read_record(folder).built_at, folder))
        return tuple(folder for _, folder in sorted(found, reverse=True))

    def folders(self) -> tuple[Path, ...]:
        """Return the folders of all snapshots, in no order that means anything."""
        return tuple(path for path in self.snapshots.glob("*") if _ID.fullmatch(path.name))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who changes anything about snapshots.

        Raises:
            ListError: somebody else does for too long.
        """
        lock = FileLock(self.data / "refresh.lock", timeout=_LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            raise ListError(f"another refresh has been running for {_LOCK_SECONDS} seconds") from None
        try:
            yield
        finally:
            lock.release()

    def publish(
        self, lists: Sequence[NewList], *, build_index: BuildIndex, built_at: datetime, again: bool = False
    ) -> str:
        """Publish *lists* together with all other lists of the current snapshot and return the snapshot's id.

        When nothing would change but the hour of retrieval, nothing is written and the current id comes back, unless
        *again* asks for it: a newer program needs another index over the same lists.

        Raises:
            ListError: another refresh holds the lock for too long.
            SnapshotCorrupt: the current snapshot, whose other lists must be kept, is damaged.
        """
        self.snapshots.mkdir(parents=True, exist_ok=True)
        with self.alone():
            return self._publish(lists, build_index, built_at, again=again)

    def _publish(self, lists: Sequence[NewList], build_index: BuildIndex, built_at: datetime, *, again: bool) -> str:
        for leftover in self.snapshots.glob(f"{BUILDING}*"):  # of a publisher that died; the lock is ours
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            old = Contents.read(self.current_folder())
        except SnapshotCorrupt as error:  # lists that cannot be carried over must not go missing without a word
            raise SnapshotCorrupt(
                f"{error}; its other lists cannot be kept: delete {self.data / 'CURRENT'} and load every list again"
            ) from None
        new = old.replaced(lists)
        current = self.current_id()
        if current and not again and new.same_as(old):
            return current
        building = self.snapshots / f"{BUILDING}{secrets.token_hex(6)}"
        building.mkdir()
        try:
            snapshot_id = _write(building, _Step(old, new, lists), build_index, built_at)
        except BaseException:  # a full disk, say: give back what was taken
            shutil.rmtree(building, ignore_errors=True)
            raise
        self._place(building, snapshot_id)
        self._point_at(snapshot_id)
        return snapshot_id

    def _place(self, building: Path, snapshot_id: str) -> None:
        """Give a finished folder its name, unless the very same snapshot is there already."""
        target = self.snapshots / snapshot_id
        if target.exists():  # published before, or by one that died just before it wrote CURRENT
            try:
                verify(target)
            except SnapshotCorrupt:
                target.rename(self.snapshots / f"{BUILDING}{secrets.token_hex(6)}")  # the next publish sweeps it up
            else:
                shutil.rmtree(building)
                return
        building.rename(target)
        sync(self.snapshots)

    def _point_at(self, snapshot_id: str) -> None:
        aside = self.data / "CURRENT.tmp"
        aside.write_text(f"{snapshot_id}\n", encoding="ascii")
        sync(aside)
        aside.replace(self.data / "CURRENT")
        sync(self.data)


# -- writing a folder ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """From one snapshot to the next."""

    old: Contents
    new: Contents
    lists: Sequence[NewList]


def _write(building: Path, step: _Step, build_index: BuildIndex, built_at: datetime) -> str:
    """Fill the folder *building* and return the id it deserves."""
    with (building / ENTITIES).open("wb") as out:
        for lines in step.new.lines.values():
            append(lines.path, lines.start, lines.end, out)
    _write_raw(building / RAW, step)
    build_index(Entities(building, step.new, step.old), building / INDEX)
    digested = [building / ENTITIES, *sorted(path for path in (building / INDEX).rglob("*") if path.is_file())]
    record = SnapshotRecord(
        format=FORMAT,
        built_at=built_at.astimezone(UTC).isoformat(timespec="seconds"),
        lists=tuple(step.new.records.values()),
        digests={path.relative_to(building).as_posix(): digest(path) for path in digested},
    )
    document = msgspec.json.format(msgspec.json.encode(record), indent=1)
    (building / RECORD).write_bytes(document)
    for path in building.rglob("*"):
        sync(path)
    sync(building)
    return named(record, document)


def _write_raw(raw: Path, step: _Step) -> None:
    new = {one.record.id: one.raw for one in step.lists}
    for list_id, record in step.new.records.items():
        folder = raw / list_id
        folder.mkdir(parents=True)
        for file in record.files:
            if list_id in new:
                share(new[list_id][file.name], folder / file.name)
            elif step.old.folder:
                share(step.old.folder / RAW / list_id / file.name, folder / file.name)
