"""One at a time, across processes: whoever holds a turn gives it back, or dies and loses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sanctions_exposure.errors import ListBusy


@contextmanager
def turn(lock: Path, what: str, *, patience: float = 0) -> Iterator[None]:
    """Hold the turn that *lock* stands for.

    Raises:
        ListBusy: somebody else holds it, after *patience* seconds still; *what* says what they do.
    """
    held = Turn(lock)
    if not held.take(patience):
        raise ListBusy(f"{what} is running already")
    try:
        yield
    finally:
        held.give_back()


class Turn:
    """A turn that is kept until the process ends, unless it is given back."""

    def __init__(self, lock: Path) -> None:
        """Nothing is taken yet, so that this may be made before a fork and used after it."""
        self._path = lock
        self._held: FileLock | None = None

    def take(self, patience: float = 0) -> bool:
        """Try to take the turn for *patience* seconds; True when it is ours, also from before."""
        if self._held is not None:
            return True
        lock = FileLock(self._path, timeout=patience, thread_local=False)
        try:
            lock.acquire()
        except (Timeout, OSError):
            return False
        self._held = lock
        return True

    def give_back(self) -> None:
        """Let somebody else have it."""
        if self._held is not None:
            self._held.release(force=True)
            self._held = None
