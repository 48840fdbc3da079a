"""Looks at publishers while the service runs.

Of all processes that serve from one data folder, one holds the clock; when it ends, another takes over.  The clock only
decides when: the work is done by ``exposure lists refresh`` in a process of its own, so that no answer waits for it, no
memory grows with it, and nothing that goes wrong in it can touch the service.  It waits by the monotonic clock: one
that goes by the time of day would sleep for a year when that is set back by a year.
"""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sanctions_exposure.errors import ExposureError, ListBusy
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.turn import Turn
from sanctions_exposure.wiring.lists import ListDesk

# Seconds.
_EVERY: Final = 30  # between two looks at what is due
_JITTER: Final = 5  # up to so much more or less
_AFTER_FAILURE: Final = 300  # nothing is started sooner, should a refresh fail before it looks at any list
_BETWEEN: Final = 10  # anybody who reaches us may ask for refreshes; publishers must not feel it
_FIRST: Final = 2  # after the start, which must not be slowed down
_LOG: Final = logging.getLogger(__name__)


class RefreshClock:
    """Starts refreshes when they are due, or when somebody asks."""

    def __init__(self, settings: Settings) -> None:
        """Nothing runs yet."""
        self._desk = ListDesk.of(settings)
        self._turn = Turn(settings.data / "clock.lock")
        self._working: subprocess.Popen[bytes] | None = None
        self._started = float("-inf")  # by the monotonic clock
        self._starting = threading.Lock()
        self._over = threading.Event()

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="clock", daemon=True).start()

    def _run(self) -> None:
        pause: float = _FIRST
        while not self._over.wait(pause):
            pause = _EVERY + random.uniform(-_JITTER, _JITTER)  # noqa: S311 - many services, not one moment
            try:
                self.look()
            except Exception:  # noqa: BLE001 - a clock that stood still would let every list grow old
                _LOG.exception("what is due was not looked at")

    def stop(self) -> None:
        """End, and end the refresh that runs: it is safe to be ended anywhere."""
        self._over.set()
        if self._working and self._working.poll() is None:
            self._working.terminate()
        self._turn.give_back()

    def look(self) -> None:
        """Start a refresh of what is due, when the clock is ours."""
        failed = self._working is not None and self._working.poll() not in {None, 0}
        if not self._turn.take() or (failed and time.monotonic() - self._started < _AFTER_FAILURE):
            return
        try:
            due = self._desk.due(datetime.now(UTC))
            if due:
                self.refresh(due)
        except ListBusy:
            pass  # the next look is soon
        except (ExposureError, OSError) as error:
            _LOG.error("lists are not refreshed: %s", error)

    def refresh(self, list_ids: Sequence[str]) -> tuple[str, ...]:
        """Refresh these lists, or all that are on, in a process of its own; do not wait for it, and return their ids.

        Raises:
            UnknownList: nobody knows a list of that id.
            ListRejected: nobody knows where to fetch it from.
            ListBusy: the last refresh that this process started is not done, or was only just begun.
        """
        wanted = self._desk.wanted(list_ids)
        with self._starting:
            if self._working and self._working.poll() is None:
                raise ListBusy("another refresh is running already")
            if time.monotonic() - self._started < _BETWEEN:
                raise ListBusy(f"the last refresh began less than {_BETWEEN} seconds ago")
            self._started = time.monotonic()
            self._working = subprocess.Popen(  # noqa: S603 - this program, with ids of lists we know
                [sys.executable, "-m", "sanctions_exposure", "lists", "refresh", "--quiet", "--", *wanted],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        return tuple(wanted)
