"""Deliveries as the database knows them: what is to be posted where, how often it was tried, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sanctions_exposure.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Row

_KEPT: Final = 30 * 24 * 3600  # seconds its outcome can be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One document on its way; moments are seconds since 1970."""

    id: str
    owner: str  # name of the key that asked for it; empty: nobody was asked for one
    url: str
    body: bytes
    state: Literal["waiting", "delivered", "given_up"]
    created: float
    due: float
    ended: float | None
    attempts: int
    status: int | None
    error: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries of one database; safe for several processes and machines."""

    database: Database

    def add(self, delivery_id: str, url: str, body: bytes, key: str | None, owner: str = "") -> Delivery:
        """Take in what is to be delivered; with a *key* that was used before, what was taken in then."""
        from sqlalchemy.exc import IntegrityError

        from sanctions_exposure.storage.tables import DELIVERY

        try:
            with self.database.writing() as connection:
                now = self.database.now(connection)
                connection.execute(
                    DELIVERY.insert().values(
                        id=delivery_id, key=key, owner=owner, url=url, body=body, state="waiting", created=now, due=now,
                        attempts=0, error="",
                    )
                )  # fmt: skip
        except IntegrityError:
            with self.database.reading() as connection:
                return _delivery(connection.execute(DELIVERY.select().where(DELIVERY.c.key == key)).one())
        return Delivery(
            id=delivery_id, owner=owner, url=url, body=body, state="waiting", created=now, due=now, ended=None,
            attempts=0, status=None, error="",
        )  # fmt: skip

    def find(self, delivery_id: str) -> Delivery | None:
        """Return one delivery."""
        from sanctions_exposure.storage.tables import DELIVERY

        with self.database.reading() as connection:
            row = connection.execute(DELIVERY.select().where(DELIVERY.c.id == delivery_id)).one_or_none()
        return _delivery(row) if row else None

    def take(self, lease: float) -> Delivery | None:
        """Return the delivery that has waited longest, for *lease* seconds nobody else's; None when none is due."""
        from sqlalchemy import select

        from sanctions_exposure.storage.tables import DELIVERY

        waits = DELIVERY.c.state == "waiting"
        with self.database.reading() as connection:  # most looks find nothing, and need to hold up no writer
            now = self.database.now(connection)
            if connection.execute(select(DELIVERY.c.id).where(waits, DELIVERY.c.due <= now).limit(1)).first() is None:
                return None
        with self.database.writing() as connection:
            now = self.database.now(connection)
            chosen = (
                DELIVERY.select()
                .where(waits, DELIVERY.c.due <= now)
                .order_by(DELIVERY.c.due)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            row = connection.execute(chosen).one_or_none()
            if row is None:
                return None
            changes = {"attempts": row.attempts + 1, "due": now + lease}
            connection.execute(DELIVERY.update().where(DELIVERY.c.id == row.id).values(**changes))
        return _delivery(row, **changes)

    def delivered(self, delivery: Delivery, status: int) -> None:
        """Note that it arrived."""
        self._change(delivery, {"state": "delivered", "status": status, "error": "", "body": b""}, ended=True)

    def failed(self, delivery: Delivery, status: int | None, error: str, again: float | None) -> None:
        """Note that it did not arrive, and when to try *again*, in seconds; None: never."""
        changes: dict[str, Any] = {"status": status, "error": error}
        if again is None:
            self._change(delivery, {**changes, "state": "given_up", "body": b""}, ended=True)
        else:
            self._change(delivery, changes, again=again)

    def sweep(self) -> None:
        """Forget what ended long ago."""
        from sanctions_exposure.storage.tables import DELIVERY

        with self.database.writing() as connection:
            before = self.database.now(connection) - _KEPT
            connection.execute(DELIVERY.delete().where(DELIVERY.c.ended < before))

    def _change(self, delivery: Delivery, changes: dict[str, Any], *, ended: bool = False, again: float = 0.0) -> None:
        from sanctions_exposure.storage.tables import DELIVERY

        with self.database.writing() as connection:
            now = self.database.now(connection)
            moment = {"ended": now} if ended else {"due": now + again}
            ours = (DELIVERY.c.id == delivery.id) & (DELIVERY.c.attempts == delivery.attempts)
            connection.execute(DELIVERY.update().where(ours).values(**changes, **moment))


def _delivery(row: Row[Any], **changes: Any) -> Delivery:
    known = {name: getattr(row, name) for name in Delivery.__slots__}
    return Delivery(**known | changes)
