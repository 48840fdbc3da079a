"""API keys: what one looks like, what is kept of it, and what its bearer may do.

A key is 256 random bits, so nobody finds it by trying and no table of digests holds it: a plain SHA-256 is enough to
keep it by. The slow digests that passwords need would only cost every request, and invite others to make us work.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sanctions_exposure.errors import SettingsError

PREFIX: Final = "exposure_"  # by which a scanner of repositories knows a key that leaked
LEAST: Final = 32  # characters of a key that somebody else made: 128 bits in hexadecimal digits
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_TOKEN: Final = re.compile(rf"[\x21-\x7e]{{{LEAST},512}}")
_DIGEST: Final = re.compile(r"sha256=([0-9a-f]{64})")
_RATE: Final = re.compile(r"[1-9]\d{0,8}/(?:second|minute|hour|day)")


class Role(StrEnum):
    """What a key is for; each may also do what those before it may."""

    SCREEN = "screen"  # ask questions and read what we know
    REVIEW = "review"  # decide on what was found
    ADMIN = "admin"  # change what answers rest on

    def covers(self, other: Role) -> bool:
        """Say whether this role may do what *other* may."""
        order = tuple(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept: by its digest, never by itself. Moments are seconds since 1970."""

    id: str  # by which people speak of it; says nothing about the key
    name: str
    roles: frozenset[Role]
    digest: str  # SHA-256, hexadecimal
    rate: str = ""  # such as 600/minute; empty: the common one
    created_at: float = 0.0
    expires_at: float | None = None
    revoked_at: float | None = None

    def may(self, role: Role) -> bool:
        """Say whether the bearer may do what *role* may."""
        return any(own.covers(role) for own in self.roles)

    def state(self, now: float) -> str:
        """Return ``active``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


def new_token() -> str:
    """Return a key that nobody has had."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Ring:
    """Keys to compare with."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        """Sort *keys* into small groups, so that a thousand of them cost a request no more than one."""
        self._groups: dict[str, list[ApiKey]] = {}
        for key in keys:
            self._groups.setdefault(key.digest[:4], []).append(key)

    def find(self, token: str) -> ApiKey | None:
        """Return the key that *token* is, whatever its state; the time it takes tells nothing about any key.

        The group is told by bits of a digest, which nobody can steer; inside it every key is compared in constant time.
        """
        found, asked = None, digest(token)
        for key in self._groups.get(asked[:4], ()):
            if hmac.compare_digest(key.digest, asked):
                found = key
        return found


def check_name(name: str) -> str:
    """Return *name*, which may stand in logs and headers as it is.

    Raises:
        SettingsError: it may not.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(f"a key's name is up to 64 letters, digits and . _ @ -, not {name!r}")
    return name


def check_rate(rate: str) -> str:
    """Return *rate*, such as ``600/minute``.

    Raises:
        SettingsError: it is none.
    """
    if not _RATE.fullmatch(rate):
        raise SettingsError(f"a rate is N/second, N/minute, N/hour or N/day, not {rate!r}")
    return rate


def read_keys(said: str) -> tuple[ApiKey, ...]:
    """Return the keys of ``EXPOSURE_API_KEYS``: ``NAME:ROLES:KEY`` or only ``KEY``, separated by commas or blanks.

    ROLES are joined by ``+``; a bare key may screen. Instead of the key, ``sha256=`` and its digest may stand.

    Raises:
        SettingsError: one of them is wrong; the message quotes no key.
    """
    found: dict[str, ApiKey] = {}
    for number, entry in enumerate(said.replace(",", " ").split(), 1):
        key = _read(entry, number)
        if key.name in found:
            raise SettingsError(f"EXPOSURE_API_KEYS: two keys are named {key.name!r}")
        found[key.name] = key
    return tuple(found.values())


def _read(entry: str, number: int) -> ApiKey:
    where = f"EXPOSURE_API_KEYS: key {number}"
    parts = entry.split(":")
    if len(parts) not in {1, 3}:
        raise SettingsError(f"{where}: write NAME:ROLES:KEY, or only the key")
    given = _DIGEST.fullmatch(parts[-1])
    if not given and not _TOKEN.fullmatch(parts[-1]):
        raise SettingsError(f"{where}: a key has {LEAST} to 512 printable characters; `exposure keys create` makes one")
    kept = given[1] if given else digest(parts[-1])
    # Jobs belong to a name, so it may not depend on which other keys there are.
    name, roles = (parts[0], parts[1]) if len(parts) == 3 else (f"key-{kept[:8]}", Role.SCREEN.value)
    return ApiKey(
        id=f"env-{number}",
        name=check_name(name),
        roles=read_roles(roles.split("+"), where),
        digest=kept,
    )


def read_roles(names: Iterable[str], where: str) -> frozenset[Role]:
    """Return roles by their names.

    Raises:
        SettingsError: there is no such role, or none is named.
    """
    known: Mapping[str, Role] = {role.value: role for role in Role}
    given = [name for name in names if name]
    if not given or set(given) - known.keys():
        raise SettingsError(f"{where}: roles are {', '.join(known)}")
    return frozenset(known[name] for name in given)
