"""Wakes workers when a job comes in. The database tells what is to be done: a bell that is lost costs seconds, no job.

Workers look into the database every second anyway. A queue spares several machines that second, and is never believed:
what comes out of it is thrown away. Queues are those of huey, without its tasks, which are pickles.
"""

from __future__ import annotations

import logging
import time
from importlib.util import find_spec
from typing import Any, Final, Protocol

from sanctions_exposure.errors import SettingsError

_LOG: Final = logging.getLogger(__name__)
_NAME: Final = "exposure"


class Bell(Protocol):
    """Rings on one side, wakes on the other."""

    def ring(self) -> None:
        """Wake somebody; nothing that goes wrong is told."""

    def wait(self, seconds: float) -> bool:
        """Return when it rang, or after *seconds*; say which."""


class NoBell:
    """Nothing rings: whoever waits looks again after a while."""

    def ring(self) -> None:
        """Do nothing."""

    def wait(self, seconds: float) -> bool:
        """Sleep."""
        time.sleep(seconds)
        return False


class QueueBell:
    """A queue of Redis or PostgreSQL, opened when first used, in the process that uses it."""

    def __init__(self, url: str) -> None:
        """Nothing is opened yet.

        Raises:
            SettingsError: a library that it needs is not installed.
        """
        self._url = url
        self._opened: Any = None
        for library in ("huey", "redis" if url.startswith("redis") else "psycopg"):
            if find_spec(library) is None:
                raise SettingsError(
                    f"EXPOSURE_QUEUE_URL: {library} is not installed: pip install 'sanctions-exposure[queue]'"
                )

    def ring(self) -> None:
        """Wake one worker."""
        try:
            self._queue().enqueue(b"job")
        except Exception as error:  # noqa: BLE001 - whatever a driver raises: the database tells of the job
            self._lost(error)

    def wait(self, seconds: float) -> bool:
        """Wait for a ring; where the queue is gone, sleep."""
        until = time.monotonic() + seconds
        try:
            return self._queue().dequeue() is not None
        except Exception as error:  # noqa: BLE001 - as above
            self._lost(error)
            time.sleep(max(0.0, until - time.monotonic()))
            return False

    def _lost(self, error: Exception) -> None:
        _LOG.warning("the queue of jobs is gone, workers look for themselves: %s", type(error).__name__)
        self._opened = None

    def _queue(self) -> Any:
        if self._opened is None:
            from huey.storage import PostgresStorage, RedisStorage

            if self._url.startswith("redis"):
                self._opened = RedisStorage(_NAME, url=self._url, read_timeout=1)
            else:
                self._opened = PostgresStorage(_NAME, dsn=self._url.replace("+psycopg", "", 1), table_prefix=_NAME)
        return self._opened


def bell(url: str) -> Bell:
    """Return the bell of a queue; where there is none, one that never rings."""
    return QueueBell(url) if url else NoBell()
