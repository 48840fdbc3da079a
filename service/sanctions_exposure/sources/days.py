"""Holds the dates that a list tells against the calendar, and against the day the list is of.

A list published today says that its entries are listed today: a later date of listing is a slip, and would hide the
entry on every day before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace as changed

from sanctions_exposure.model import Designation, ListedEntity
from sanctions_exposure.sources.files import CHUNK
from sanctions_exposure.sources.formats import dater
from sanctions_exposure.sources.formats._text import possible_date, slip
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_AHEAD: Final = timedelta(days=7)  # acts are published some days before they come into force
_CLOCKS_DIFFER: Final = timedelta(days=1)  # and so do days, around the world
_PLANNED: Final = frozenset({"curated"})  # rows of ours, each with its source: one may begin later on purpose


def own_date(text: str) -> datetime | None:
    """Return the moment at which a list says it was published; None where *text* is no date.

    >>> own_date("2026-08-01T23:00:03.1234567Z"), own_date("soon")
    (datetime.datetime(2026, 8, 1, 23, 0, 3, 123456, tzinfo=datetime.timezone.utc), None)
    """
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def credible_date(text: str, now: datetime) -> datetime | None:
    """Return ``own_date`` unless it lies in the future: every later list would be older than that one."""
    found = own_date(text)
    return found if found and found <= now + _CLOCKS_DIFFER else None


def is_older(text: str, than: str, now: datetime) -> bool:
    """Whether a list of the date *text* is older than one of the date *than*; what is no date tells nothing."""
    ours, theirs = credible_date(text, now), credible_date(than, now)
    if not ours or not theirs:
        return False
    if min(len(text), len(than)) <= len("2026-08-01"):  # one of them tells no hour
        return ours.date() < theirs.date()
    return ours < theirs


def dated(parsed: ParsedList, manifest: Manifest, now: datetime) -> ParsedList:
    """Return *parsed* without a date of its own that cannot be, and with a note where it has none that can."""
    told = parsed.published_on
    if credible_date(told, now) or not (told or dater(manifest.format)):
        return parsed
    if not told:
        note = "the list does not say when it was published"
    elif own_date(told):
        note = f"the list says it was published on {told[:32]}, which is yet to come: not believed"
    else:
        note = f"the list says it was published on {told[:32]!r}, which is no date"
    version = "" if told and parsed.version == told[:10] else parsed.version
    return replace(parsed, published_on="", version=version, notes=(*parsed.notes, note))


@dataclass(slots=True)
class Days:
    """What dates the entities of a list tell, seen as they pass."""

    latest: str = ""  # of the dates of listing
    unreadable: bool = False  # one of the dates of listing, or of its end
    slips: list[str] = field(default_factory=list)  # birth dates of which only the month could be read

    def watched(self, entities: Iterable[ListedEntity]) -> Iterator[ListedEntity]:
        """Yield *entities*, looking at their dates as they pass."""
        for entity in entities:
            for act in entity.designations:
                self.latest = max(self.latest, act.listed_on)
                if not self.unreadable and (act.listed_on or act.until):
                    self.unreadable = (_read(act.listed_on), _read(act.until)) != (act.listed_on, act.until)
            for birth in entity.birth_dates:
                if birth.text and (said := slip(birth.text, birth.start)):
                    self.slips.append(said)
            yield entity

    def mend(self, lines: Path, parsed: ParsedList, manifest: Manifest, retrieved_at: datetime) -> tuple[str, ...]:
        """Drop from the entities in *lines* the dates of listing that would hide them, and return notes.

        Args:
            lines: one entity a line; written anew where a date is dropped.
            parsed: what else is known of the list, once it was ``dated``.
            manifest: the list.
            retrieved_at: what a list without a date of its own is held against.
        """
        notes = [_told("birth dates with a day that their month does not have, read as the month", self.slips)]
        last = ((own_date(parsed.published_on) or retrieved_at.astimezone(UTC)) + _AHEAD).date().isoformat()
        if self.unreadable or (self.latest > last and manifest.format not in _PLANNED):
            later, unreadable = _rewritten(lines, last if manifest.format not in _PLANNED else "9999")
            notes.append(_told(f"dates of listing later than {last}, after the list itself, left out", later))
            notes.append(_told("dates of a listing that are none, left out", unreadable))
        return tuple(filter(None, notes))


def _rewritten(lines: Path, last: str) -> tuple[list[str], list[str]]:
    """Leave dates of listings out of a file of entities, those after *last* and those that are none; return which."""
    later: list[str] = []
    unreadable: list[str] = []

    def mended(act: Designation) -> Designation:
        listed_on, until = _read(act.listed_on), _read(act.until)
        unreadable.extend(said for said, read in ((act.listed_on, listed_on), (act.until, until)) if said != read)
        if listed_on > last:
            later.append(listed_on)
            listed_on = ""
        same = (listed_on, until) == (act.listed_on, act.until)
        return act if same else changed(act, listed_on=listed_on, until=until)

    decoder, encoder = msgspec.json.Decoder(ListedEntity), msgspec.json.Encoder()
    aside = lines.with_name(f"{lines.name}.mended")
    with lines.open("rb") as old, aside.open("wb", buffering=CHUNK) as new:
        for line in old:
            entity = decoder.decode(line)
            acts = tuple(map(mended, entity.designations))
            new.write(
                line if acts == entity.designations else encoder.encode(changed(entity, designations=acts)) + b"\n"
            )
    aside.replace(lines)
    return later, unreadable


def _read(text: str) -> str:
    return possible_date(text) or "" if text else ""


def _told(what: str, found: list[str]) -> str:
    return f"{what}: {len(found)} (such as {found[0][:40]})" if found else ""
