"""A value that is made once however many threads ask for it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

_T = TypeVar("_T")


def once(make: Callable[[], _T]) -> Callable[[], _T]:
    """Return *make*, which is called once: `functools.cache` calls it in every thread that comes before it is done.

    >>> made = []
    >>> value = once(lambda: made.append(1) or 7)
    >>> value(), value(), made
    (7, 7, [1])
    """
    found: list[_T] = []
    turn = threading.Lock()

    @wraps(make)
    def get() -> _T:
        if not found:
            with turn:
                if not found:
                    found.append(make())
        return found[0]

    return get
