"""Keeps the memory of a process that serves for weeks as small as what it holds.

The C library gives each thread a heap of its own and returns nothing from the middle of one: after a dozen snapshots a
worker held half as much again as it used. One heap for all threads, and what is free in it returned after each
snapshot, and it stays where it was (``benchmarks/load.py --soak`` shows it).
"""

from __future__ import annotations

import ctypes
from typing import Final

_ARENA_MAX: Final = -8  # M_ARENA_MAX of glibc's malloc.h


def one_heap() -> None:
    """Let the threads of this process share one heap; where the C library is not glibc, nothing is done."""
    _call("mallopt", _ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what is free."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    try:
        getattr(ctypes.CDLL(None), name)(*arguments)
    except (OSError, TypeError, AttributeError):  # no such library, or none that knows this: musl, macOS, Windows
        return
