"""Counters that the worker processes of one machine share, for the library that counts requests.

Its own memory counts within one process, so a limit of 600 would be 600 times the number of workers; and a server such
as Redis is nothing that one machine should need.  The table is memory that every worker inherits when it is forked.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import BinaryIO, Final, cast

from limits.storage import Storage
from limits.storage.base import SlidingWindowCounterSupport

_ROW: Final = struct.Struct("=QQII")  # whose, number of the window, hits in it, hits in the one before
_ROWS: Final = 16_384
_TRIED: Final = 8  # rows that may be somebody's; the longest unused of them is given to whoever is new
_MOST: Final = 2**32 - 1


def _lock_file() -> BinaryIO:
    """Return a file to lock that needs no disk, where the system has such: a container's may be read-only."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("exposure-counters"), "r+b")
    return cast("BinaryIO", tempfile.TemporaryFile())


class SharedCounters(Storage, SlidingWindowCounterSupport):
    """Made before workers are forked; the counts of a worker that dies stay, and so does nobody's lock."""

    STORAGE_SCHEME = ["exposure-shared"]  # noqa: RUF012 - the library's own way to name it

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin at nought; *clock* gives seconds and is the same in every process."""
        super().__init__()
        self._clock = clock  # never the time of day, which may be set back
        self._table = mmap.mmap(-1, _ROW.size * _ROWS)
        # The system takes this lock from a process that dies; it holds between processes, the other between threads.
        self._between = _lock_file()
        self._within = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong."""
        return OSError

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count *amount* hits, unless they would be more than *limit* in *expiry* seconds."""
        now = self._clock()
        with self._alone():
            at, whose, current, before = self._row(key, expiry, now)
            left = 1 - (now / expiry) % 1  # of the window before, as far as it still counts
            if before * left + current + amount > limit:
                return False
            self._write(at, whose, int(now // expiry), current + amount, before)
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the hits of the window before, its seconds left, those of this one, and its."""
        now = self._clock()
        with self._alone():
            _, _, current, before = self._row(key, expiry, now)
        left = (1 - (now / expiry) % 1) * expiry
        return before, left, current, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget the hits of *key*."""
        with self._alone():
            at, whose, _, _ = self._row(key, expiry, self._clock())
            self._write(at, whose, 0, 0, 0)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in a window of its own; nothing of ours does."""
        self.acquire_sliding_window_entry(key, _MOST, expiry, amount)
        return self.get_sliding_window(key, expiry)[2]

    def get(self, key: str) -> int:
        """Return nothing: a window cannot be told without its length."""
        del key
        return 0

    def get_expiry(self, key: str) -> float:
        """Return now, for the same reason."""
        del key
        return time.time()

    def check(self) -> bool:
        """Say that memory is there."""
        return True

    def reset(self) -> int:
        """Forget everybody's hits."""
        with self._alone():
            self._table[:] = bytes(len(self._table))
        return _ROWS

    def clear(self, key: str) -> None:
        """Do nothing: a window cannot be told without its length."""

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._within:
            fcntl.lockf(self._between, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._between, fcntl.LOCK_UN)

    def _row(self, key: str, expiry: int, now: float) -> tuple[int, int, int, int]:
        """Return the row of *key*: where it is, whose, the hits of this window and of the one before."""
        whose = int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) or 1
        oldest, at, window = None, 0, int(now // expiry)
        for step in range(_TRIED):
            place = (whose + step) % _ROWS
            owner, number, current, before = _ROW.unpack_from(self._table, place * _ROW.size)
            if owner == whose:
                if number == window:
                    return place, whose, current, before
                return place, whose, 0, current if number == window - 1 else 0
            if oldest is None or (owner == 0, -number) > oldest:
                oldest, at = (owner == 0, -number), place
        return at, whose, 0, 0

    def _write(self, at: int, whose: int, *counts: int) -> None:
        window, current, before = counts
        _ROW.pack_into(self._table, at * _ROW.size, whose, window, min(current, _MOST), min(before, _MOST))
