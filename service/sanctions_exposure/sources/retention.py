"""Which snapshots there are, which of them are to stay, and which may go."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sanctions_exposure.errors import SnapshotCorrupt, UnknownSnapshot
from sanctions_exposure.model import SnapshotRecord
from sanctions_exposure.sources.publish import BUILDING, Library, read_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One snapshot on the disk."""

    id: str
    built_at: str  # empty: its record cannot be read
    lists: int
    entities: int
    current: bool
    pinned: bool


def snapshots(library: Library) -> tuple[Kept, ...]:
    """Return every snapshot, the last built one first."""
    current, pins = library.current_id(), _pins(library)
    found = []
    for folder in library.folders():
        record = _record(folder)
        found.append(
            Kept(
                id=folder.name,
                built_at=record.built_at if record else "",
                lists=len(record.lists) if record else 0,
                entities=sum(one.entities for one in record.lists) if record else 0,
                current=folder.name == current,
                pinned=folder.name in pins,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.built_at, one.current, one.id), reverse=True))


def folder_of(library: Library, snapshot_id: str) -> Path:
    """Return the folder of a snapshot.

    Raises:
        UnknownSnapshot: there is none of that id.
    """
    for folder in library.folders():
        if folder.name == snapshot_id:
            return folder
    raise UnknownSnapshot(f"there is no snapshot {snapshot_id!r}")


def pin(library: Library, snapshot_id: str) -> None:
    """Let a snapshot stay, however old it gets.

    Raises:
        UnknownSnapshot: there is none of that id.
    """
    folder_of(library, snapshot_id)
    _pin_folder(library).mkdir(exist_ok=True)
    (_pin_folder(library) / snapshot_id).touch()


def unpin(library: Library, snapshot_id: str) -> None:
    """Let a snapshot go when its time comes.

    Raises:
        UnknownSnapshot: it is not pinned.
    """
    if snapshot_id not in _pins(library):
        raise UnknownSnapshot(f"snapshot {snapshot_id!r} is not pinned")
    (_pin_folder(library) / snapshot_id).unlink(missing_ok=True)


def prune(library: Library, keep: int) -> tuple[str, ...]:
    """Delete all but the *keep* last built snapshots, the one in use and those that are pinned; return who went.

    Raises:
        ListError: a refresh does not end.
    """
    with library.alone():
        gone = [one.id for one in snapshots(library)[keep:] if not one.current and not one.pinned]
        for snapshot_id in gone:
            # The name goes first: nobody finds half a snapshot under it, and a publisher sweeps up what is left.
            aside = library.snapshots / f"{BUILDING}{secrets.token_hex(6)}"
            (library.snapshots / snapshot_id).rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
    return tuple(gone)


def earlier(library: Library, list_id: str = "") -> tuple[Path, Path]:
    """Return the folders of the last two snapshots between which a list changed, or any list, the older first.

    Raises:
        UnknownSnapshot: there are no such two.
    """
    current = library.current_folder()
    if current is None:
        raise UnknownSnapshot("there is no snapshot yet")
    now = _digests_in(current, list_id)
    for one in snapshots(library):
        folder = library.snapshots / one.id
        if one.built_at and not one.current and _digests_in(folder, list_id) not in ({}, now):
            return folder, current
    raise UnknownSnapshot(f"no other snapshot holds another version of {repr(list_id) if list_id else 'any list'}")


def _digests_in(folder: Path, list_id: str) -> dict[str, str]:
    """Return the digests of the files of a list, or of all, by list."""
    return {one.id: one.sha256 for one in read_record(folder).lists if list_id in {"", one.id}}


def _record(folder: Path) -> SnapshotRecord | None:
    try:
        return read_record(folder)
    except SnapshotCorrupt:
        return None


def _pin_folder(library: Library) -> Path:
    return library.data / "pinned"


def _pins(library: Library) -> frozenset[str]:
    folder = _pin_folder(library)
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()
