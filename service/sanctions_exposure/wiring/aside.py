"""Asking what may not answer for a long time, without waiting for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

from sanctions_exposure.errors import StorageUnavailable

T = TypeVar("T")
PATIENCE: Final = 1.0  # seconds


class Aside(Generic[T]):
    """Asks in a thread of its own, once at a time; whoever comes meanwhile waits for the same answer.

    A database that a network lost may take minutes to fail; probes, and questions that only need the keys of a second
    ago, must not stand in line for it.
    """

    def __init__(self, ask: Callable[[], T], *, patience: float = PATIENCE) -> None:
        """Nothing is asked yet."""
        self._ask, self._patience = ask, patience
        self._lock = threading.Lock()
        self._asked: Future[T] = Future()
        self._pid = 0  # of who asked: a thread does not follow its process through a fork

    def __call__(self) -> T:
        """Return what *ask* gives, or raise what it raises.

        Raises:
            StorageUnavailable: it takes longer than anybody waits.
        """
        with self._lock:
            if self._asked.done() or self._pid != os.getpid():
                self._asked, self._pid = Future(), os.getpid()
                threading.Thread(target=self._answer, args=(self._asked,), daemon=True).start()
            asked = self._asked
        try:
            return asked.result(self._patience)
        except TimeoutError:
            raise StorageUnavailable(f"the database has not answered for {self._patience:g} s") from None

    def _answer(self, asked: Future[T]) -> None:
        try:
            asked.set_result(self._ask())
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
            asked.set_exception(error)
