"""API keys that were created: kept by digest, never deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sanctions_exposure.access import ApiKey, Role, digest, new_token
from sanctions_exposure.errors import SettingsError
from sanctions_exposure.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one database."""

    database: Database

    def all(self) -> tuple[ApiKey, ...]:
        """Return every key there ever was, the oldest first; none where there is no database yet.

        Raises:
            StorageUnavailable: they cannot be read.
        """
        from sanctions_exposure.storage.tables import API_KEY

        if not self.database.begun():
            return ()
        with self.database.reading() as connection:
            rows = connection.execute(API_KEY.select().order_by(API_KEY.c.created_at, API_KEY.c.id)).all()
        return tuple(map(_key, rows))

    def create(self, name: str, roles: Iterable[Role], *, rate: str, lasts: float | None) -> tuple[ApiKey, str]:
        """Make a key and return it, with the secret that is shown now or never.

        Args:
            name: who it is for; no other active key has it.
            roles: what its bearer may do.
            rate: such as ``600/minute``; empty: the common one.
            lasts: seconds until it expires; None: until it is revoked.

        Raises:
            SettingsError: an active key has this name.
            StorageUnavailable: nothing can be kept.
        """
        from sanctions_exposure.storage.tables import API_KEY

        token = new_token()
        with self.database.writing() as connection:
            now = self.database.now(connection)
            same = connection.execute(API_KEY.select().where(API_KEY.c.name == name)).all()
            if any(_key(row).state(now) == "active" for row in same):
                raise SettingsError(f"an active key is named {name!r}: revoke it first, or take another name")
            key = ApiKey(
                id=secrets.token_hex(4),
                name=name,
                roles=frozenset(roles),
                digest=digest(token),
                rate=rate,
                created_at=now,
                expires_at=None if lasts is None else now + lasts,
            )
            connection.execute(API_KEY.insert().values(**_row(key)))
        return key, token

    def revoke(self, said: str) -> ApiKey:
        """Revoke the key of this id, or the active one of this name, and return it.

        Raises:
            SettingsError: there is no such key.
            StorageUnavailable: nothing can be kept.
        """
        from sanctions_exposure.storage.tables import API_KEY

        with self.database.writing() as connection:
            now = self.database.now(connection)
            rows = connection.execute(API_KEY.select().where((API_KEY.c.id == said) | (API_KEY.c.name == said))).all()
            found = [_key(row) for row in rows if row.revoked_at is None]
            if not found:
                raise SettingsError(f"no key that could be revoked has the id or name {said!r}")
            key = next((one for one in found if one.id == said), max(found, key=lambda one: one.created_at))
            connection.execute(API_KEY.update().where(API_KEY.c.id == key.id).values(revoked_at=now))
        return key


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        roles=frozenset(map(Role, row.roles.split("+"))),
        digest=row.digest,
        rate=row.rate,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "roles": "+".join(sorted(key.roles)),
        "digest": key.digest,
        "rate": key.rate,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }
