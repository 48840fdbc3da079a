"""Arrays and strings in files of a folder, memory-mapped when they are read."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

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

    @staticmethod
    def save(folder: Path, name: str, values: Sequence[str]) -> None:
        """Write *values* as ``name.blob.npy`` and ``name.off.npy``."""
        parts = [v.encode("utf-8", "replace") for v in values]
        blob = b"".join(parts)
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        save(folder, f"{name}.blob", np.frombuffer(blob, np.uint8))
        save(folder, f"{name}.off", offsets.astype(np.uint32 if offsets[-1] < 1 << 32 else np.int64))

    @classmethod
    def load(cls, folder: Path, name: str) -> Strings:
        """Map what `save` wrote."""
        return cls(load(folder, f"{name}.blob"), load(folder, f"{name}.off"))


def save(folder: Path, name: str, array: NDArray[np.generic]) -> None:
    """Write an array as ``name.npy``."""
    np.save(folder / f"{name}.npy", array, allow_pickle=False)


def load(folder: Path, name: str) -> NDArray[Any]:
    """Map an array.

    Raises:
        SnapshotCorrupt: its file is missing or cut.
    """
    path = folder / f"{name}.npy"
    try:
        # An empty array cannot be mapped.
        array = np.load(path, mmap_mode="r", allow_pickle=False) if path.stat().st_size > 128 else np.load(path)
    except (OSError, ValueError) as error:
        raise SnapshotCorrupt(f"index file {path.name} cannot be read: {error}") from error
    return np.asarray(array)


def load_table(folder: Path, name: str) -> KeyTable:
    """Map a table of keys."""
    return KeyTable(load(folder, f"{name}.keys"), load(folder, f"{name}.owners"))


def save_table(folder: Path, name: str, what: KeyTable) -> None:
    """Write a table of keys as ``name.keys.npy`` and ``name.owners.npy``."""
    save(folder, f"{name}.keys", what.keys)
    save(folder, f"{name}.owners", what.owners)
