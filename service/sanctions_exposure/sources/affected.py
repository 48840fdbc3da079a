"""Entries that may be answered otherwise against another snapshot, or on another day, than before.

An entry is affected when its content differs, when its place among the others moved (equals are told in their order),
when one of its designations begins or ends between the two days, or when lists tie it to an affected entry, step by
step.  Whoever resembles none of these, before and after, has the same hits with the same entries around them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from sanctions_exposure.model import ListedEntity
from sanctions_exposure.policy.chains import is_tie
from sanctions_exposure.policy.dates import first_day, last_day
from sanctions_exposure.sources.publish import ENTITIES

Key = tuple[str, str]  # list and id
CURATED = "curated"


class _Tie(msgspec.Struct):
    type: str
    target_id: str = ""


class _Dated(msgspec.Struct):
    listed_on: str = ""
    until: str = ""


class _Head(msgspec.Struct):
    list: str
    id: str
    relations: tuple[_Tie, ...] = ()
    designations: tuple[_Dated, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Affected entries as they were and as they are, and how many entries there are."""

    before: tuple[ListedEntity, ...]
    after: tuple[ListedEntity, ...]
    entities: int  # of the later snapshot
    affected: int
    changed: int  # of them, those whose content differs, that are new or gone


@dataclass(slots=True)
class _Side:
    """One snapshot: where each line lies, and what ties entries to each other."""

    folder: Path
    places: dict[Key, tuple[int, int]]  # where its line begins and ends
    ties: set[tuple[Key, Key]]  # an entry, and one whose answer looks at it
    turned: set[Key]  # where a designation begins or ends between the days

    @classmethod
    def read(cls, folder: Path, days: tuple[date, date]) -> _Side:
        side, at = cls(folder, {}, set(), set()), 0
        decoder = msgspec.json.Decoder(_Head)
        with (folder / ENTITIES).open("rb") as lines:
            for line in lines:
                head = decoder.decode(line)
                key = (head.list, head.id)
                side.places[key] = (at, at + len(line))
                for tie in head.relations:
                    if tie.target_id and is_tie(tie.type):
                        other = (head.list, tie.target_id)
                        side.ties.add((other, key))
                        if head.list == CURATED:  # followed also from those who are named to those who name them
                            side.ties.add((key, other))
                if any(_turns(one, days) for one in head.designations):
                    side.turned.add(key)
                at += len(line)
        return side

    def lines(self, keys: Iterable[Key]) -> Iterator[bytes]:
        with (self.folder / ENTITIES).open("rb") as stream:
            for start, end in sorted(self.places[key] for key in keys if key in self.places):
                stream.seek(start)
                yield stream.read(end - start)


def affected(before: Path, after: Path, days: tuple[date, date]) -> Affected:
    """Compare two snapshot folders.

    Args:
        before: the earlier one, whose bytes were verified.
        after: the later one.
        days: whose law held then and holds now.
    """
    old, new = _Side.read(before, days), _Side.read(after, days)
    changed = set(old.places.keys() ^ new.places.keys()) | _differing(old, new)
    seeds = changed | _moved(old, new, changed) | old.turned | new.turned
    keys = _tied(seeds, old.ties | new.ties)
    decode = msgspec.json.Decoder(ListedEntity).decode
    return Affected(
        before=tuple(map(decode, old.lines(keys))),
        after=tuple(map(decode, new.lines(keys))),
        entities=len(new.places),
        affected=len(keys),
        changed=len(changed),
    )


def _turns(one: _Dated, days: tuple[date, date]) -> bool:
    """Whether a designation is in force on one of the days and not on the other, as `policy.dates` reads them."""
    said = [first_day(one.listed_on)] if one.listed_on else []
    said += [last_day(one.until)] if one.until else []
    return any(min(days) < day <= max(days) for day in said)


def _differing(old: _Side, new: _Side) -> set[Key]:
    found = set()
    with (old.folder / ENTITIES).open("rb") as theirs, (new.folder / ENTITIES).open("rb") as ours:
        for key, (start, end) in new.places.items():
            if key in old.places:
                begin, stop = old.places[key]
                if stop - begin != end - start:
                    found.add(key)
                    continue
                theirs.seek(begin)
                ours.seek(start)
                if theirs.read(stop - begin) != ours.read(end - start):
                    found.add(key)
    return found


def _moved(old: _Side, new: _Side, changed: set[Key]) -> set[Key]:
    """Return what must be taken out so that all others stand in the same order: all but a longest rising sequence."""
    common = [key for key in new.places if key in old.places and key not in changed]
    ends: list[int] = []  # the least place that a rising sequence of each length ends at
    lengths = []  # of the longest that ends with each
    for key in common:
        place = old.places[key][0]
        lengths.append(at := bisect_left(ends, place))
        ends[at : at + 1] = [place]
    kept, wanted, limit = set(), len(ends) - 1, float("inf")
    for key, length in zip(reversed(common), reversed(lengths), strict=True):
        place = old.places[key][0]
        if length == wanted and place < limit:
            kept.add(key)
            wanted, limit = wanted - 1, place
    return {key for key in common if key not in kept}


def _tied(seeds: set[Key], ties: set[tuple[Key, Key]]) -> set[Key]:
    """Return *seeds* and all whose answers look at one of them, over however many links."""
    lookers: dict[Key, list[Key]] = {}
    for entry, looker in ties:
        lookers.setdefault(entry, []).append(looker)
    found, waiting = set(seeds), list(seeds)
    while waiting:
        new = [looker for looker in lookers.get(waiting.pop(), ()) if looker not in found]
        found.update(new)
        waiting += new
    return found
