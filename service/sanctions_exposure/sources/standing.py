"""How each list stands with its publisher: what came of the last look, and when the next one is due.

One small file a list, ``<data>/lists/<id>.json``.  It is a memory, not a record: without it everything is fetched anew.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from sanctions_exposure import __version__
from sanctions_exposure.model import ListRecord
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.own import own_folder

_FIRST_RETRY: Final = timedelta(minutes=5)  # after a failure; each further one doubles it, up to the interval
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_JITTER: Final = 0.1  # of the interval: publishers are not to be asked by everybody on the hour


class Outcome(StrEnum):
    """What came of a look at a publisher."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    QUARANTINED = "quarantined"  # it came, and is not believed
    FAILED = "failed"  # it did not come


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A fetched file: by what its publisher knows its version, and the bytes we kept of it."""

    role: str
    url: str  # without its query, which may hold a token
    name: str
    sha256: str
    etag: str = ""
    last_modified: str = ""
    version: str = ""  # as its publisher counts them; empty: it does not say
    steps: int = 0  # how many deltas lead from a file that was fetched whole to this version


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The last look at one list."""

    list: str
    tried_at: str  # ISO date-time, UTC
    outcome: Outcome
    reason: str = ""
    failures: int = 0  # in a row, quarantines included
    sha256: str = ""  # of the version that was last found in force: that of its record
    confirmed_at: str = ""  # when it was; ISO date-time, UTC
    engine: str = ""  # version of this program that read it
    files: tuple[Seen, ...] = ()  # of that version

    def confirmed(self, record: ListRecord) -> datetime | None:
        """Return when the version in *record* was last found to be the one in force."""
        same = self.confirmed_at and self.sha256 == record.sha256
        return datetime.fromisoformat(self.confirmed_at) if same else None

    def then(self, tried_at: datetime, outcome: Outcome, reason: str = "") -> Standing:
        """Return what follows another look; what was found before stays known."""
        bad = outcome in {Outcome.QUARANTINED, Outcome.FAILED}
        return replace(
            self,
            tried_at=moment(tried_at),
            outcome=outcome,
            reason=reason,
            failures=self.failures + 1 if bad else 0,
        )

    def confirming(self, record: ListRecord, at: str, files: tuple[Seen, ...] = ()) -> Standing:
        """Return this with the version in *record* as the one in force at *at*."""
        return replace(
            self,
            failures=0,
            sha256=record.sha256,
            confirmed_at=at,
            engine=__version__,
            files=files or self.files,
        )


def moment(at: datetime) -> str:
    """Return a time as we write it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def never(list_id: str) -> Standing:
    """Return the standing of a list nobody looked at yet."""
    return Standing(list=list_id, tried_at="", outcome=Outcome.UNCHANGED)


def read_standings(data: Path) -> dict[str, Standing]:
    """Return how every list stands that was ever looked at; one that cannot be read counts as never."""
    found = {}
    for path in own_folder(data).glob("*.json"):
        try:
            standing = msgspec.json.decode(path.read_bytes(), type=Standing)
        except (OSError, msgspec.MsgspecError):
            continue
        found[standing.list] = standing
    return found


def write_standing(data: Path, standing: Standing) -> None:
    """Keep *standing*; whoever reads meanwhile sees the old one or this one."""
    folder = own_folder(data)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{standing.list}-{secrets.token_hex(4)}"
    try:
        aside.write_bytes(msgspec.json.format(msgspec.json.encode(standing), indent=1))
        aside.replace(folder / f"{standing.list}.json")
    finally:
        aside.unlink(missing_ok=True)


def changed_at(data: Path) -> int:
    """Return a number that changes with every standing."""
    try:
        return own_folder(data).stat().st_mtime_ns
    except OSError:
        return 0


def is_from_the_future(at: datetime, now: datetime) -> bool:
    """Whether the clock of this machine was set back after *at*; clocks of several machines may differ a little."""
    return at - now > _CLOCKS_DIFFER


def due_at(manifest: Manifest, standing: Standing) -> datetime | None:
    """Return when a list should be looked at again; None: at once.

    The same standing gives the same time, so that several processes agree on it.
    """
    if not standing.tried_at:
        return None
    interval = timedelta(hours=manifest.interval_hours)
    wait = interval
    if standing.failures:
        wait = min(interval, _FIRST_RETRY * 2 ** min(standing.failures - 1, 16))
    drawn = int.from_bytes(hashlib.sha256(f"{standing.list} {standing.tried_at}".encode()).digest()[:4]) / 2**32
    return datetime.fromisoformat(standing.tried_at) + wait * (1 + _JITTER * (2 * drawn - 1))
