"""Keeps the memory of a process that serves for weeks as small as what it holds.

The C library gives each thread a heap of its own and returns nothing from the middle of one: after a dozen snapshots a
worker held half as much again as it used. One heap for all threads, and what is free in it returned after each
snapshot, and it stays where it was (``benchmarks/load.py --soak`` shows it).
"""

from __future__ import annotations

import ctypes
from typing import Final

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_KEPT: Final = 2**27  # bytes
_OWN_PAGES: Final = 2**25  # bytes; the most that glibc takes


def one_heap() -> None:
    """Let the threads of this process share one heap; where the C library is not glibc, nothing is done."""
    _call("mallopt", _ARENA_MAX, 1)


def keep_scratch() -> None:
    """Let this process keep what a batch needs for a moment and frees again, for the next batch.

    Dask starts its workers with a setting that returns it each time; taking it anew cost a third of the work.
    """
    one_heap()
    _call("mallopt", _TRIM_THRESHOLD, _KEPT)
    _call("mallopt", _MMAP_THRESHOLD, _OWN_PAGES)


def give_back() -> None:
    """Return to the system what is free."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    try:
        getattr(ctypes.CDLL(None), name)(*arguments)
    except (OSError, TypeError, AttributeError):  # no such library, or none that knows this: musl, macOS, Windows
        return
