"""Which keys open the service: those of the settings and those that were created, looked at once a second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sanctions_exposure.access import ApiKey, Ring
from sanctions_exposure.errors import StorageUnavailable
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.keys import Keys
from sanctions_exposure.wiring.aside import Aside

_LOOK_EVERY: Final = 1.0  # seconds until a key that was revoked opens nothing any more
_LOG: Final = logging.getLogger(__name__)


class Keyring:
    """The keys of one service; safe to use from many threads."""

    def __init__(
        self,
        fixed: Sequence[ApiKey],
        read: Callable[[], Sequence[ApiKey]],
        *,
        mark: Path,
        shared: bool = False,
        anonymous: bool = False,
    ) -> None:
        """Nothing is read yet.

        Args:
            fixed: keys of the settings.
            read: gives the keys that were created, revoked and expired ones included.
            mark: a file that says, while the keys cannot be read, that there are some.
            shared: other machines may have created keys, so that a mark that is missing says nothing.
            anonymous: nobody is asked for a key, whatever there is.
        """
        self._mark, self._shared = mark, shared
        self._fixed, self._read, self._anonymous = tuple(fixed), read, anonymous
        self._read_aside = Aside(read)
        self._ring = Ring(fixed)
        self._asked = bool(fixed)
        self._known = bool(fixed)
        self._said = ""
        self._looked = float("-inf")
        self._looking = threading.Lock()

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Keyring:
        """Return the keyring of a service with these settings."""
        mark = settings.data / "keys.made"
        shared = database.kind != "sqlite"
        return cls(settings.api_keys, Keys(database).all, mark=mark, shared=shared, anonymous=settings.anonymous)

    def asked(self) -> bool:
        """Say whether callers must bring a key.

        They must as soon as one was ever created: revoking the last one closes the service, and opens it to nobody;
        nor does losing the database they were in.

        Raises:
            StorageUnavailable: there are keys, or may be, but they were never readable.
        """
        if self._anonymous:
            return False
        self._follow()
        return self._asked

    def find(self, token: str) -> ApiKey | None:
        """Return the key that *token* is; the caller looks at its state."""
        self._follow()
        return self._ring.find(token)

    def _follow(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_EVERY or not self._looking.acquire(blocking=not self._known):
            return
        try:
            if now - self._looked >= _LOOK_EVERY:
                self._look()
                self._looked = time.monotonic()
        finally:
            self._looking.release()

    def _look(self) -> None:
        try:
            # The first look is waited for, also because a thread must not be under way when workers are forked.
            stored = self._read_aside() if self._known else self._read()
        except StorageUnavailable as error:
            if not self._known and (self._shared or self._mark.exists()):
                raise
            if str(error) != self._said:
                _LOG.error("keys are those of the last look: %s", error)
            self._said = str(error)
            return
        self._ring = Ring((*self._fixed, *stored))
        if stored and not self._asked:
            self._asked = True
            self._leave_mark()
        if not self._asked and self._mark.exists():  # a database that was lost must not open what it closed
            self._asked = True
            _LOG.error("there were keys once, and the database holds none: create one, or delete %s", self._mark)
        self._known, self._said = True, ""

    def _leave_mark(self) -> None:
        try:
            self._mark.touch()
        except OSError as error:
            _LOG.warning("%s cannot be written: %s", self._mark, error.strerror)
