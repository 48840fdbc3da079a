"""Many arrays, strings and tables of keys in one file, memory-mapped when it is read.

One file, because every mapped one costs the process a descriptor and an opening: a hundred of them for each snapshot
bring a server that changes lists often to the limit of 1,024 that most systems set.
"""

from __future__ import annotations

import gc
import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanctions_exposure.errors import SnapshotCorrupt
from sanctions_exposure.matching.keys import Ints, KeyTable, distinct, encoded, expand


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the cyclic collector from walking a whole index again and again: building and searching make no cycles.

    Measured: a third of the time of a batch of searches.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Strings:
    """A sequence of strings as one blob and offsets, decoded on demand."""

    __slots__ = ("_blob", "_bytes", "_offsets")

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.uint32] | Ints) -> None:
        self._blob, self._offsets = blob, offsets  # the array keeps the mapping alive that the view looks into
        self._bytes = np.ascontiguousarray(blob).data.cast("B") if len(blob) else memoryview(b"")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, at: int) -> str:
        start, end = self._offsets.item(at), self._offsets.item(at + 1)
        return str(self._bytes[start:end], "utf-8") if start != end else ""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Strings:
        """Return *texts* as one blob, in memory."""
        blob, lengths = encoded(texts)
        return cls(np.frombuffer(blob, np.uint8), np.concatenate(([0], np.cumsum(lengths))))

    def piece(self, start: int, stop: int) -> list[str]:
        """Return the strings from *start* to *stop*."""
        ends = self._offsets[start : stop + 1].tolist()
        return [str(self._bytes[a:b], "utf-8") for a, b in pairwise(ends)]

    def lengths(self, which: Ints | None = None) -> Ints:
        """Return the bytes of each string."""
        offsets = self._offsets
        if which is None:
            return offsets[1:].astype(np.int64) - offsets[:-1]
        return offsets[which + 1].astype(np.int64) - offsets[which]

    def first(self, which: Ints) -> NDArray[np.uint8]:
        """Return the first byte of each string; none may be empty."""
        found: NDArray[np.uint8] = self._blob[self._offsets[which]]
        return found

    def window(self, which: Ints, width: int, filler: int, *, end: bool = False) -> NDArray[np.uint8]:
        """Return the first (or last, from the end) *width* bytes of each string as a row, filled up with *filler*."""
        start, stop = self._offsets[which].astype(np.int64)[:, None], self._offsets[which + 1].astype(np.int64)[:, None]
        steps = np.arange(width)
        place = stop - 1 - steps if end else start + steps
        inside = place >= start if end else place < stop
        return np.where(inside, self._blob[np.where(inside, place, 0)], np.uint8(filler))

    def some(self, which: Ints) -> list[str]:
        """Return the strings at these places, each decoded once; for ASCII."""
        once = distinct(which)
        starts, sizes = self._offsets[once].astype(np.int64), self.lengths(once)
        blob = self._blob[expand(starts, sizes)].tobytes().decode("ascii")
        ends = np.cumsum(sizes)
        texts = [blob[a:b] for a, b in zip((ends - sizes).tolist(), ends.tolist(), strict=True)]
        return [texts[i] for i in np.searchsorted(once, which).tolist()]


_FILE: Final = "arrays.bin"
_PLACES: Final = "arrays.json"
_STEP: Final = 64  # bytes an array's place is a multiple of: a cache line


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """Where an array lies."""

    dtype: str
    count: int
    start: int  # bytes


class Writer:
    """Writes arrays into a folder; closing it makes them readable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, _Place] = {}
        self._file = (folder / _FILE).open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is None:
            (self._folder / _PLACES).write_bytes(msgspec.json.encode(self._places))

    def array(self, name: str, array: NDArray[np.generic]) -> None:
        """Write an array of one dimension."""
        flat = np.ascontiguousarray(array)
        start = self._file.tell()
        if gap := -start % _STEP:
            start += self._file.write(bytes(gap))
        self._places[name] = _Place(flat.dtype.str, flat.size, start)
        self._file.write(flat.data)

    def strings(self, name: str, values: Sequence[str]) -> None:
        """Write strings, as ``name.blob`` and ``name.off``."""
        parts = [v.encode("utf-8", "replace") for v in values]
        blob = b"".join(parts)
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        self.array(f"{name}.blob", np.frombuffer(blob, np.uint8))
        self.array(f"{name}.off", offsets.astype(np.uint32 if offsets[-1] < 1 << 32 else np.int64))

    def table(self, name: str, what: KeyTable) -> None:
        """Write a table of keys, as ``name.keys`` and ``name.owners``."""
        self.array(f"{name}.keys", what.keys)
        self.array(f"{name}.owners", what.owners)


class Reader:
    """The arrays that a `Writer` left in a folder: views into one mapping, which lives as long as the last of them.

    Raises:
        SnapshotCorrupt: a file is missing or cut, or what is asked for is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._where = folder.name
        try:
            self._places = msgspec.json.decode((folder / _PLACES).read_bytes(), type=dict[str, _Place])
            with (folder / _FILE).open("rb") as handle:
                size = handle.seek(0, 2)
                self._bytes = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        except (OSError, ValueError) as error:  # of msgspec too
            raise SnapshotCorrupt(f"{folder.name}/{_FILE} cannot be read: {error}") from error

    def array(self, name: str) -> NDArray[Any]:
        """Return an array."""
        try:
            place = self._places[name]
            kind = np.dtype(place.dtype)
            return np.frombuffer(self._bytes, kind, place.count, place.start) if place.count else np.empty(0, kind)
        except (KeyError, TypeError, ValueError) as error:
            raise SnapshotCorrupt(f"{self._where}/{_FILE}: {name} cannot be read: {error}") from error

    def strings(self, name: str) -> Strings:
        """Return strings."""
        return Strings(self.array(f"{name}.blob"), self.array(f"{name}.off"))

    def table(self, name: str) -> KeyTable:
        """Return a table of keys."""
        return KeyTable(self.array(f"{name}.keys"), self.array(f"{name}.owners"))
