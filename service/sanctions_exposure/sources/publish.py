"""Snapshots on disk: built aside, checked, renamed into place, and named by ``CURRENT`` last.

Whatever moment a publisher dies at, a reader finds the old snapshot or the new one, whole.  Nothing is ever written
into a folder that has its final name.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from sanctions_exposure.errors import ListError, SnapshotCorrupt
from sanctions_exposure.model import ListedEntity, ListRecord, SnapshotRecord
from sanctions_exposure.sources.files import CHUNK, append, digest, share, sync

BuildIndex = Callable[[Collection[ListedEntity], Path], None]  # makes the folder it is given and fills it

FORMAT = 1
ENTITIES = "entities.jsonl"
RECORD = "snapshot.json"
INDEX = "index"
RAW = "raw"
BUILDING = ".building-"
_ID = re.compile(r"\d{8}-[0-9a-f]{12}")
_LOCK_SECONDS = 600  # a refresh of all lists takes well under a minute; somebody else's may be running


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """One list that is ready to be published; its files are on the disk and nobody writes to them any more."""

    record: ListRecord
    lines: Path  # one entity a line
    raw: Mapping[str, Path]  # file name -> the publisher's bytes


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
            old = _Contents.read(self.current_folder())
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
            snapshot_id = _write(building, new, lists, build_index, built_at)
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


def read_record(folder: Path) -> SnapshotRecord:
    """Return ``snapshot.json`` of a snapshot folder.

    Raises:
        SnapshotCorrupt: it is missing, damaged or of a format this version does not know.
    """
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=SnapshotRecord)
    except (OSError, msgspec.MsgspecError) as error:
        raise SnapshotCorrupt(f"snapshot {folder.name}: {RECORD} cannot be read: {error}") from None
    if record.format != FORMAT:
        raise SnapshotCorrupt(f"snapshot {folder.name} has format {record.format}, this version reads {FORMAT}")
    return record


def read_entities(folder: Path) -> Iterator[ListedEntity]:
    """Yield every entity of a snapshot folder, in its order."""
    return entities_in(folder / ENTITIES)


def entities_in(path: Path) -> Iterator[ListedEntity]:
    """Yield the entities of a file that holds one a line."""
    decoder = msgspec.json.Decoder(ListedEntity)
    with path.open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)


def verify(folder: Path) -> SnapshotRecord:
    """Digest every file of a snapshot again.

    Raises:
        SnapshotCorrupt: names the first file that is not as it was published.
    """
    record = read_record(folder)
    if _named(record, (folder / RECORD).read_bytes()) != folder.name:
        raise SnapshotCorrupt(f"snapshot {folder.name}: {RECORD} does not have the digest of its name")
    expected = dict(record.digests)
    expected |= {f"{RAW}/{one.id}/{file.name}": file.sha256 for one in record.lists for file in one.files}
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name in sorted(expected.keys() | found.keys() - {RECORD}):
        if name not in found:
            raise SnapshotCorrupt(f"snapshot {folder.name}: {name} is missing")
        if expected.get(name) != digest(found[name]):
            raise SnapshotCorrupt(f"snapshot {folder.name}: {name} is not as it was published")
    return record


# -- what a snapshot holds -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lines:
    """The entities of one list: a piece of a file."""

    path: Path
    start: int
    end: int

    def same_as(self, other: _Lines) -> bool:
        """Say whether both hold the same bytes."""
        if self == other:
            return True
        if self.end - self.start != other.end - other.start:
            return False
        with self.path.open("rb") as ours, other.path.open("rb") as theirs:
            ours.seek(self.start)
            theirs.seek(other.start)
            left = self.end - self.start
            while left > 0 and (chunk := ours.read(min(CHUNK, left))):
                if chunk != theirs.read(len(chunk)):
                    return False
                left -= len(chunk)
        return True


@dataclass(frozen=True, slots=True)
class _Contents:
    """Lists and where their entities stand, by list id."""

    folder: Path | None
    records: Mapping[str, ListRecord]
    lines: Mapping[str, _Lines]

    @classmethod
    def read(cls, folder: Path | None) -> _Contents:
        """Look into a snapshot; its lists go on into the next one, so its bytes are checked first."""
        if folder is None:
            return cls(None, {}, {})
        record = verify(folder)
        lines, at = {}, 0
        with (folder / ENTITIES).open("rb") as stream:
            for one in record.lists:
                sizes = [*map(len, islice(stream, one.entities))]
                if len(sizes) != one.entities:
                    break
                lines[one.id] = _Lines(folder / ENTITIES, at, at + sum(sizes))
                at += sum(sizes)
            whole = len(lines) == len(record.lists) and not stream.read(1)
        if not whole:
            raise SnapshotCorrupt(f"snapshot {folder.name}: {ENTITIES} does not hold as many entities as {RECORD} says")
        return cls(folder, {one.id: one for one in record.lists}, lines)

    def replaced(self, lists: Sequence[NewList]) -> _Contents:
        records = dict(self.records) | {new.record.id: new.record for new in lists}
        lines = dict(self.lines) | {new.record.id: _Lines(new.lines, 0, new.lines.stat().st_size) for new in lists}
        return _Contents(self.folder, dict(sorted(records.items())), dict(sorted(lines.items())))

    def same_as(self, other: _Contents) -> bool:
        """Say whether all is the same but the hour of retrieval.

        The day counts: a list that was fetched again today is a day younger, and must not go stale for being unchanged.
        """
        return (
            [*map(_without_hour, self.records.values())] == [*map(_without_hour, other.records.values())]
            and self.lines.keys() == other.lines.keys()
            and all(lines.same_as(other.lines[list_id]) for list_id, lines in self.lines.items())
        )


@dataclass(frozen=True, slots=True)
class _Entities(Collection[ListedEntity]):
    """The entities of a snapshot folder, read anew each time they are gone through."""

    folder: Path
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[ListedEntity]:
        return read_entities(self.folder)

    def __contains__(self, entity: object) -> bool:
        return any(one == entity for one in self)


def _without_hour(record: ListRecord) -> ListRecord:
    files = tuple(replace(file, origin="") for file in record.files)
    return replace(record, retrieved_at=record.retrieved_at[:10], files=files)


# -- writing a folder ----------------------------------------------------------------------------


def _write(
    building: Path, contents: _Contents, lists: Sequence[NewList], build_index: BuildIndex, built_at: datetime
) -> str:
    """Fill the folder *building* and return the id it deserves."""
    with (building / ENTITIES).open("wb") as out:
        for lines in contents.lines.values():
            append(lines.path, lines.start, lines.end, out)
    _write_raw(building / RAW, contents, {new.record.id: new.raw for new in lists})
    build_index(_Entities(building, sum(one.entities for one in contents.records.values())), building / INDEX)
    digested = [building / ENTITIES, *sorted(path for path in (building / INDEX).rglob("*") if path.is_file())]
    record = SnapshotRecord(
        format=FORMAT,
        built_at=built_at.astimezone(UTC).isoformat(timespec="seconds"),
        lists=tuple(contents.records.values()),
        digests={path.relative_to(building).as_posix(): digest(path) for path in digested},
    )
    document = msgspec.json.format(msgspec.json.encode(record), indent=1)
    (building / RECORD).write_bytes(document)
    for path in building.rglob("*"):
        sync(path)
    sync(building)
    return _named(record, document)


def _write_raw(raw: Path, contents: _Contents, new: Mapping[str, Mapping[str, Path]]) -> None:
    for list_id, record in contents.records.items():
        folder = raw / list_id
        folder.mkdir(parents=True)
        for file in record.files:
            if list_id in new:
                share(new[list_id][file.name], folder / file.name)
            elif contents.folder:
                share(contents.folder / RAW / list_id / file.name, folder / file.name)


def _named(record: SnapshotRecord, document: bytes) -> str:
    day = datetime.fromisoformat(record.built_at).strftime("%Y%m%d")
    return f"{day}-{hashlib.sha256(document).hexdigest()[:12]}"
