"""How often somebody may come, and how much heavy work one worker takes on at once."""

from __future__ import annotations

import ipaddress
import logging
import math
import threading
import time
from functools import lru_cache
from typing import Final, cast

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from sanctions_exposure.api.counters import SharedCounters
from sanctions_exposure.api.metrics import Metrics
from sanctions_exposure.api.security import caller, is_open
from sanctions_exposure.errors import SettingsError
from sanctions_exposure.settings import Settings

_LIGHT: Final = 32 * 1024  # bytes of a body that is answered in milliseconds
_LIGHT_PACKED: Final = 2 * 1024  # bytes of one that is unpacked first
_PLACED: Final = frozenset({"tables", "jobs"})  # have places of their own, which they hold while bytes flow
_PATIENCE: Final = 0.25  # seconds an answer may wait for the server that counts
_LEFT_ALONE: Final = 30.0  # seconds in which a server that counts and failed is not asked again
_LOG: Final = logging.getLogger(__name__)


class Pace:
    """Counts hits, on a server where there is one and else for this machine."""

    def __init__(self, store: str) -> None:
        """Make the counters that workers will share."""
        self._here = SlidingWindowCounterRateLimiter(SharedCounters())
        self._there = SlidingWindowCounterRateLimiter(_server(store)) if store else None
        self._again = 0.0

    def hit(self, item: RateLimitItem, who: str) -> tuple[bool, int, float]:
        """Count a hit and return whether it may pass, how many more may, and in how many seconds one more will.

        A server that does not answer is no reason to refuse, nor to let everybody in: this machine counts meanwhile.
        """
        if self._there and time.monotonic() >= self._again:
            try:
                return _hit(self._there, item, who)
            except StorageError as error:
                self._again = time.monotonic() + _LEFT_ALONE
                kind = type(error.storage_error).__name__
                _LOG.warning("EXPOSURE_RATE_STORE does not answer (%s): this machine counts by itself", kind)
        return _hit(self._here, item, who)


def _server(store: str) -> Storage:
    patience = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
    try:
        return cast("Storage", storage_from_string(store, wrap_exceptions=True, **patience))
    except Exception as error:  # noqa: BLE001 - told as a fault of the setting, which is what it is
        # The library raises errors of its own, of the driver and of neither; no message may show a password.
        why = "install 'sanctions-exposure[redis]'" if "prerequisite" in str(error) else type(error).__name__
        raise SettingsError(f"EXPOSURE_RATE_STORE cannot be used: {why}") from None


def _hit(strategy: SlidingWindowCounterRateLimiter, item: RateLimitItem, who: str) -> tuple[bool, int, float]:
    passed = strategy.hit(item, who)
    stats = strategy.get_window_stats(item, who)
    return passed, stats.remaining, max(stats.reset_time - time.time(), 0.0)


def register(app: Flask, settings: Settings, metrics: Metrics) -> None:
    """Limit what reaches the views of *app*; to be called after callers are known."""
    pace = Pace(settings.rate_store)
    heavy = threading.BoundedSemaphore(settings.max_heavy)
    of_rate = lru_cache(maxsize=1000)(parse)

    def slow_down() -> None:
        if is_open():
            return
        key = caller()
        rate = (key.rate if key else "") or settings.rate
        who = f"key:{key.id}" if key else _address(request.remote_addr or "")
        if rate == "none" or not who:
            return
        item = of_rate(rate)
        passed, left, wait = pace.hit(item, who)
        seconds = item.get_expiry()
        g.pace = {
            "RateLimit-Policy": f"{item.amount};w={seconds}",
            "RateLimit-Limit": str(item.amount),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(math.ceil(wait)),
        }
        if not passed:
            metrics.turned_away("rate")
            raise TooManyRequests(f"at most {rate} requests are answered", retry_after=max(math.ceil(wait), 1))

    def take_turn() -> None:
        if is_open() or not _is_heavy():
            return
        if not heavy.acquire(blocking=False):
            metrics.turned_away("busy")
            raise ServiceUnavailable(
                f"{settings.max_heavy} batches or files are being answered already: ask again in a moment",
                retry_after=2,
            )
        g.heavy = True

    def give_back(response: Response) -> Response:
        response.headers.update(g.get("pace", {}))
        if g.pop("heavy", False):
            if response.is_streamed:
                response.call_on_close(heavy.release)
            else:
                heavy.release()
        return response

    app.before_request(slow_down)
    app.before_request(take_turn)
    app.after_request(give_back)


def _is_heavy() -> bool:
    if request.blueprint in _PLACED:
        return False
    length = request.content_length
    if length is None:
        return "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    return length > (_LIGHT_PACKED if request.headers.get("Content-Encoding") else _LIGHT)


@lru_cache(maxsize=10_000)
def _address(said: str) -> str:
    """Return by what a caller without a key is counted; nothing for this machine, whose users need no limit."""
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return "address:?"
    if address.is_loopback:
        return ""
    # Whoever has an IPv6 address has all that begin with the same 64 bits.
    bits = 32 if address.version == 4 else 64
    return "address:" + str(ipaddress.ip_network(said.partition("%")[0] + f"/{bits}", strict=False))
