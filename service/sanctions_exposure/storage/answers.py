"""Answers kept by the caller's own key, so that an order sent twice is judged once, also across restarts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sanctions_exposure.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KEPT: Final = 30 * 24 * 3600  # seconds an answer is kept
_ABANDONED: Final = 120  # seconds after which a request that never ended may be tried again


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given."""

    status: int
    body: bytes
    media_type: str


class KeyReused(Exception):  # noqa: N818 - reads as what it says
    """The key was sent before with another request."""


class Underway(Exception):  # noqa: N818
    """The same request is being answered right now."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one database; safe for several processes and machines."""

    database: Database

    def begin(self, key: str, digest: str) -> Kept | None:
        """Return the answer given before, or None: then answer, and call ``keep`` or ``forget``.

        Raises:
            KeyReused: the key belongs to another request.
            Underway: another process is answering it.
            StorageUnavailable: nothing can be kept.
        """
        from sqlalchemy.exc import IntegrityError

        try:
            with self.database.writing() as connection:
                return self._begin(connection, key, digest)
        except IntegrityError:
            raise Underway from None  # another server was faster by less than a statement

    def _begin(self, connection: Connection, key: str, digest: str) -> Kept | None:
        from sanctions_exposure.storage.tables import ANSWER

        now = self.database.now(connection)
        connection.execute(ANSWER.delete().where(ANSWER.c.at < now - _KEPT))
        row = connection.execute(ANSWER.select().where(ANSWER.c.key == key).with_for_update()).one_or_none()
        if row is not None:
            if row.digest != digest:
                raise KeyReused
            if row.status is not None:
                return Kept(row.status, row.body, row.media_type)
            if now - row.at < _ABANDONED:
                raise Underway
            connection.execute(ANSWER.delete().where(ANSWER.c.key == key))
        connection.execute(ANSWER.insert().values(key=key, digest=digest, at=now))
        return None

    def keep(self, key: str, answer: Kept) -> None:
        """Keep the answer before it leaves."""
        from sanctions_exposure.storage.tables import ANSWER

        with self.database.writing() as connection:
            connection.execute(
                ANSWER.update()
                .where(ANSWER.c.key == key)
                .values(status=answer.status, body=answer.body, media_type=answer.media_type)
            )

    def forget(self, key: str) -> None:
        """Let the key be tried again: the request failed, and a failure is no answer."""
        from sanctions_exposure.storage.tables import ANSWER

        with self.database.writing() as connection:
            connection.execute(ANSWER.delete().where(ANSWER.c.key == key, ANSWER.c.status.is_(None)))
