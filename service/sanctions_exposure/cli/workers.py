"""Several processes for one file: each has the index that this one has opened, and answers a part of every chunk."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection
from typing import Any, Final, TypeVar

from sanctions_exposure.bulk.answers import Line, line_of
from sanctions_exposure.bulk.cells import AnswerMany, Kept, ScreenMany, cells
from sanctions_exposure.errors import NotReady
from sanctions_exposure.model import Json

T = TypeVar("T")
_PARTS: Final = 1  # of a chunk for each process: the larger a part, the less a name in it costs
_LEAST: Final = 64  # requests of a part

_screen_many: ScreenMany | None = None  # in a worker


class Answering:
    """Answers requests as cells or as lines, in this process or in several."""

    def __init__(self, screen_many: ScreenMany, pool: ProcessPoolExecutor | None = None, count: int = 1) -> None:
        self._screen_many, self._pool, self.count = screen_many, pool, count

    @property
    def cells(self) -> AnswerMany:
        """Answers as a table shows them."""
        return partial(self._spread, _cells) if self._pool else self._screen_many

    def lines(self, requests: Sequence[Json]) -> list[Line]:
        """Answer as lines of JSON."""
        if self._pool:
            return self._spread(_lines, requests)
        return [line_of(result) for result in self._screen_many(requests)]

    def _spread(self, work: Callable[[Sequence[Json]], list[T]], requests: Sequence[Json]) -> list[T]:
        assert self._pool is not None  # noqa: S101 - whoever calls has looked
        size = max(-(-len(requests) // (self.count * _PARTS)), _LEAST)
        parts = [requests[at : at + size] for at in range(0, len(requests), size)]
        try:
            return [answer for part in self._pool.map(work, parts) for answer in part]
        except BrokenProcessPool:
            raise NotReady("a worker process was killed; what is written so far stays for --resume") from None


@contextmanager
def answering(screen_many: ScreenMany, elsewhere: Callable[[], ScreenMany], count: int) -> Iterator[Answering]:
    """Give what answers requests.

    Args:
        screen_many: answers in this process, and in those that are forked from it.
        elsewhere: gives what answers in a process that shares nothing with this one, where there is no fork.
        count: of processes.
    """
    # What stands now lives as long as this process: the collector need not walk it, nor unshare it in those forked.
    gc.collect()
    gc.freeze()
    if count == 1:
        yield Answering(screen_many)
        return
    # A fork shares the index and everything read so far; no thread runs here yet that it could cut in two.
    forks = "fork" in multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if forks else "spawn")
    begin: Callable[[], ScreenMany] = partial(_same, screen_many) if forks else elsewhere
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(begin,)) as pool:
        pool.submit(_cells, ()).result()  # processes start now, before anything else does
        try:
            yield Answering(screen_many, pool, count)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _same(screen_many: ScreenMany) -> ScreenMany:
    return screen_many


def _begin(make: Callable[[], ScreenMany]) -> None:
    global _screen_many  # noqa: PLW0603 - what a worker process is for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that was started
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    _screen_many = make()


def _end_with_parent() -> None:
    """End when the process that was started is killed: nobody else would ever end this one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _cells(requests: Sequence[Json]) -> list[Kept]:
    assert _screen_many is not None  # noqa: S101 - set before the first request
    return [Kept(cells(result)) for result in _screen_many(requests)] if requests else []


def _lines(requests: Sequence[Json]) -> list[Line]:
    assert _screen_many is not None  # noqa: S101
    return [line_of(result) for result in _screen_many(requests)]
