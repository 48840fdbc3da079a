"""What a snapshot holds, list by list, without holding it: pieces of files, and which entities are as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanctions_exposure.errors import SnapshotCorrupt
from sanctions_exposure.matching.keys import Ints
from sanctions_exposure.matching.renewal import Renewed
from sanctions_exposure.model import ListedEntity, ListRecord, SnapshotRecord
from sanctions_exposure.sources.files import CHUNK
from sanctions_exposure.sources.stored import ENTITIES, INDEX, RECORD, read_entities, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """One list that is ready to be published; its files are on the disk and nobody writes to them any more."""

    record: ListRecord
    lines: Path  # one entity a line
    raw: Mapping[str, Path]  # file name -> the publisher's bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """The entities of one list: a piece of a file."""

    path: Path
    start: int
    end: int

    @classmethod
    def whole(cls, path: Path) -> Lines:
        """Return all of a file."""
        return cls(path, 0, path.stat().st_size)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield where each line begins, and the line."""
        at = self.start
        with self.path.open("rb") as stream:
            stream.seek(at)
            while at < self.end:
                line = stream.readline()
                yield at, line
                at += len(line)

    def digests(self) -> NDArray[np.bytes_]:
        """Return sixteen bytes for each line, which only the same line has."""
        found = bytearray()
        for _, line in self:
            # A zero at the end would be lost in an array of bytes.
            found += hashlib.blake2b(line, digest_size=15).digest() + b"."
        return np.frombuffer(bytes(found), "S16")

    def same_as(self, other: Lines) -> bool:
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
class Contents:
    """Lists and where their entities stand, by list id."""

    folder: Path | None
    records: Mapping[str, ListRecord]
    lines: Mapping[str, Lines]

    @classmethod
    def read(cls, folder: Path | None) -> Contents:
        """Look into a snapshot; its lists go on into the next one, so its bytes are checked first."""
        return cls.of(folder, verify(folder)) if folder else cls(None, {}, {})

    @classmethod
    def of(cls, folder: Path, record: SnapshotRecord) -> Contents:
        """Look into a snapshot whose bytes are believed, of which *record* is the record.

        Raises:
            SnapshotCorrupt: it does not hold as many entities as that says.
        """
        lines, at = {}, 0
        with (folder / ENTITIES).open("rb") as stream:
            for one in record.lists:
                sizes = [*map(len, islice(stream, one.entities))]
                if len(sizes) != one.entities:
                    break
                lines[one.id] = Lines(folder / ENTITIES, at, at + sum(sizes))
                at += sum(sizes)
            whole = len(lines) == len(record.lists) and not stream.read(1)
        if not whole:
            raise SnapshotCorrupt(f"snapshot {folder.name}: {ENTITIES} does not hold as many entities as {RECORD} says")
        return cls(folder, {one.id: one for one in record.lists}, lines)

    def beginnings(self) -> dict[str, int]:
        """Return the position of the first entity of each list."""
        found, at = {}, 0
        for list_id, record in self.records.items():
            found[list_id], at = at, at + record.entities
        return found

    def replaced(self, lists: Sequence[NewList]) -> Contents:
        """Return this with these lists in place of those of the same id."""
        records = dict(self.records) | {new.record.id: new.record for new in lists}
        lines = dict(self.lines) | {new.record.id: Lines.whole(new.lines) for new in lists}
        return Contents(self.folder, dict(sorted(records.items())), dict(sorted(lines.items())))

    def same_as(self, other: Contents) -> bool:
        """Say whether all is the same but the hour of retrieval.

        The day counts: a list that was fetched again today is a day younger, and must not go stale for being unchanged.
        """
        return (
            [*map(_without_hour, self.records.values())] == [*map(_without_hour, other.records.values())]
            and self.lines.keys() == other.lines.keys()
            and all(lines.same_as(other.lines[list_id]) for list_id, lines in self.lines.items())
        )


class Entities(Renewed):
    """The entities of a snapshot folder, read anew each time they are gone through.

    Args:
        folder: the snapshot that is built.
        new: what it holds.
        old: what the snapshot before it holds, whose index need not be made again.
    """

    def __init__(self, folder: Path, new: Contents, old: Contents) -> None:
        self._folder, self._new, self._old = folder, new, old
        self._places: Ints | None = None

    def __len__(self) -> int:
        return sum(one.entities for one in self._new.records.values())

    def __iter__(self) -> Iterator[ListedEntity]:
        return read_entities(self._folder)

    def __contains__(self, entity: object) -> bool:
        return any(one == entity for one in self)

    @property
    def earlier(self) -> Path:
        """The index of the snapshot before; no folder where there was none."""
        return (self._old.folder or self._folder) / INDEX

    def places(self) -> Ints:
        """Return where each entity stands in the snapshot before; -1 where not a line is as this one."""
        if self._places is None:
            before = self._old.beginnings()
            self._places = np.concatenate(
                [
                    np.empty(0, np.int64),
                    *(self._of_list(list_id, before.get(list_id, 0)) for list_id in self._new.records),
                ]
            )
        return self._places

    def fresh(self) -> Iterator[ListedEntity]:
        """Yield the entities that are new or changed."""
        decoder = msgspec.json.Decoder(ListedEntity)
        with (self._folder / ENTITIES).open("rb") as lines:
            for line, place in zip(lines, self.places().tolist(), strict=True):
                if place < 0:
                    yield decoder.decode(line)

    def _of_list(self, list_id: str, begins: int) -> Ints:
        """Return where the entities of one list stand in the snapshot before, of which the list is from *begins* on."""
        new, old = self._new.lines[list_id], self._old.lines.get(list_id)
        if old is None:
            return np.full(self._new.records[list_id].entities, -1, np.int64)
        if new == old:
            return np.arange(begins, begins + self._new.records[list_id].entities)
        found, known = old.digests(), np.argsort(old.digests(), kind="stable")
        wanted = new.digests()
        at = np.minimum(np.searchsorted(found[known], wanted), max(len(found) - 1, 0))
        if not len(found):
            return np.full(len(wanted), -1, np.int64)
        return np.where(found[known[at]] == wanted, known[at] + begins, -1)


def _without_hour(record: ListRecord) -> ListRecord:
    files = tuple(replace(file, origin="") for file in record.files)
    return replace(record, retrieved_at=record.retrieved_at[:10], files=files)
