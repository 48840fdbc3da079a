"""Delivers decisions to whoever asked for them, again and again until they arrive or two days are over."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from sanctions_exposure import __version__
from sanctions_exposure.errors import StorageUnavailable
from sanctions_exposure.jobs.outward import Allowed, NotPosted, post
from sanctions_exposure.jobs.signing import secrets_of, signed
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.deliveries import Deliveries, Delivery

_LOG: Final = logging.getLogger(__name__)
_LEASE: Final = 60.0  # seconds; an attempt takes a third of it at most
# Seconds before each further attempt: an hour's outage costs minutes, a weekend's is survived.
BACK_OFF: Final = (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
_SWEEP_EVERY: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Posts what is due, one at a time."""

    deliveries: Deliveries
    allowed: Allowed
    secrets: tuple[bytes, ...]
    back_off: Sequence[float] = BACK_OFF

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Courier:
        """Return the courier that *settings* describe.

        Raises:
            SettingsError: a secret is malformed.
        """
        return cls(
            deliveries=Deliveries(database),
            allowed=Allowed(
                hosts=settings.callback_hosts,
                private_hosts=settings.callback_private_hosts,
            ),
            secrets=secrets_of(settings.callback_secrets),
        )

    def work(self, going: Callable[[], bool]) -> None:
        """Deliver until *going* says no."""
        swept = 0.0
        while going():
            try:
                if time.monotonic() - swept > _SWEEP_EVERY:
                    swept = time.monotonic()
                    self.deliveries.sweep()
                if not self.once():
                    time.sleep(0.5)
            except StorageUnavailable as error:
                _LOG.error("nothing is delivered: %s", error)
                time.sleep(5.0)

    def beside(self, work: Callable[[Callable[[], bool]], None]) -> Callable[[Callable[[], bool]], None]:
        """Return *work* with deliveries in a thread beside it; both end together."""
        if not self.secrets:
            return work

        def both(going: Callable[[], bool]) -> None:
            ended = threading.Event()
            threading.Thread(target=self.work, args=(lambda: not ended.is_set(),), name="courier", daemon=True).start()
            try:
                work(going)
            finally:
                ended.set()

        return both

    def once(self) -> bool:
        """Try one delivery, if one is due; return whether there was one."""
        delivery = self.deliveries.take(_LEASE)
        if delivery is None:
            return False
        headers = signed(delivery.id, int(time.time()), delivery.body, self.secrets)
        try:
            status = post(
                delivery.url,
                delivery.body,
                {**headers, "User-Agent": f"sanctions-exposure/{__version__}"},
                self.allowed,
            )
        except NotPosted as error:
            self._failed(delivery, None, str(error))
            return True
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self.deliveries.delivered(delivery, status)
        else:
            said = "redirects are not followed" if status < HTTPStatus.BAD_REQUEST else "it was not taken"
            self._failed(delivery, status, f"answered {status}: {said}")
        return True

    def _failed(self, delivery: Delivery, status: int | None, error: str) -> None:
        last = delivery.attempts > len(self.back_off) or status == HTTPStatus.GONE
        pause = None if last else self.back_off[delivery.attempts - 1] * random.uniform(1.0, 1.2)  # noqa: S311
        self.deliveries.failed(delivery, status, error, pause)
        _LOG.warning(
            "delivery %s, attempt %d: %s%s", delivery.id, delivery.attempts, error, "; given up" if last else ""
        )
