"""What changed in lists between two snapshots, found without holding them: lines that are the same are not even read.

What differs is known by where it stands, and read when it is told.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import numpy as np

from sanctions_exposure.errors import UnknownList
from sanctions_exposure.model import Json, ListedEntity
from sanctions_exposure.sources.contents import Contents, Lines
from sanctions_exposure.sources.stored import read_record

T = TypeVar("T")

# What people ask about an entry that changed; everything else is told by its name only.
_PARTS: Final[Mapping[str, Callable[[ListedEntity], Iterable[str]]]] = {
    "names": lambda entity: (f"{name.text} ({name.kind})" for name in entity.names),
    "identifiers": lambda entity: (f"{one.type} {one.value}" for one in entity.identifiers),
    "programmes": lambda entity: (one.programme for one in entity.designations if one.programme),
}
_OTHERS: Final = tuple(
    name for name in ListedEntity.__struct_fields__ if name not in {"names", "identifiers", "designations"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Entries of one list, in the order of the list; each is read anew whenever they are gone through."""

    added: Collection[ListedEntity]
    removed: Collection[ListedEntity]
    changed: Collection[tuple[ListedEntity, ListedEntity]]  # before, after

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """How one entry changed."""

    added: Mapping[str, tuple[str, ...]]  # by "names", "identifiers", "programmes"; only where there is something
    removed: Mapping[str, tuple[str, ...]]
    other: tuple[str, ...]  # fields of the entry that differ besides: "addresses", "birth_dates", "designations" …


def compare(list_id: str, before: Path, after: Path) -> Changes:
    """Compare a list in two snapshot folders.

    Raises:
        UnknownList: neither of them has it.
    """
    old, new = _lines(before).get(list_id), _lines(after).get(list_id)
    if not old and not new:
        raise UnknownList(f"neither snapshot {before.name} nor {after.name} holds list {list_id!r}")
    return between(old, new)


def compare_all(before: Path, after: Path) -> Iterator[tuple[str, Changes]]:
    """Yield every list of two snapshot folders, in order of their ids, and what changed in it: perhaps nothing."""
    old, new = _lines(before), _lines(after)
    for list_id in sorted(old.keys() | new.keys()):
        yield list_id, between(old.get(list_id), new.get(list_id))


def of_snapshot(list_id: str, folder: Path | None) -> Lines | None:
    """Return the entities of a list in a snapshot folder; nothing where there is no such list or folder."""
    return _lines(folder).get(list_id) if folder else None


def between(before: Lines | None, after: Lines | None) -> Changes:
    """Compare two versions of one list."""
    old, new = _differing(before, after), _differing(after, before)
    both = [(old[key], place) for key, place in new.items() if key in old]
    pairs = zip(both, _pairs(before, after, both), strict=True)
    # Two programs may write the same entry in two ways.
    both = [places for places, (one, other) in pairs if one != other]
    added = array("q", (place for key, place in new.items() if key not in old))
    removed = array("q", (place for key, place in old.items() if key not in new))
    return Changes(
        added=_Told(len(added), lambda: _read(after, added)),
        removed=_Told(len(removed), lambda: _read(before, removed)),
        changed=_Told(len(both), lambda: _pairs(before, after, both)),
    )


def document(changes: Changes, most: int | None = None) -> dict[str, Json]:
    """Return what changed for a machine; no more than *most* entries of each kind."""
    return {what: list(islice(told, most)) for what, told in documents(changes).items()}


def documents(changes: Changes) -> dict[str, Iterator[dict[str, Json]]]:
    """Return what ``document`` does, entry by entry."""
    return {
        "added": map(_named, changes.added),
        "removed": map(_named, changes.removed),
        "changed": (_named(new) | _edited(edit(old, new)) for old, new in changes.changed),
    }


def edit(before: ListedEntity, after: ListedEntity) -> Edit:
    """Say how an entry changed."""
    parts = {what: (tuple(read(before)), tuple(read(after))) for what, read in _PARTS.items()}
    added = {what: tuple(one for one in new if one not in old) for what, (old, new) in parts.items()}
    removed = {what: tuple(one for one in old if one not in new) for what, (old, new) in parts.items()}
    told = {what for what in parts if added[what] or removed[what]}
    other = [name for name in _OTHERS if getattr(before, name) != getattr(after, name)]
    for field, what in (("designations", "programmes"), ("names", "names"), ("identifiers", "identifiers")):
        if what not in told and getattr(before, field) != getattr(after, field):
            other.append(field)  # something else about them: a date, a script, their order
    return Edit(
        added={what: texts for what, texts in added.items() if texts},
        removed={what: texts for what, texts in removed.items() if texts},
        other=tuple(other),
    )


def _named(entity: ListedEntity) -> dict[str, Json]:
    return {"id": entity.id, "caption": entity.caption}


def _edited(found: Edit) -> dict[str, Json]:
    return {"added": dict(found.added), "removed": dict(found.removed), "other": list(found.other)}


# -- what differs, by where it stands -------------------------------------------------------------


class _Id(msgspec.Struct):
    id: str


_id: Final = msgspec.json.Decoder(_Id)
_entity: Final = msgspec.json.Decoder(ListedEntity)


def _lines(folder: Path) -> Mapping[str, Lines]:
    return Contents.of(folder, read_record(folder)).lines


def _differing(lines: Lines | None, others: Lines | None) -> dict[str, int]:
    """Return the ids of the lines that are not among *others*, and where they begin."""
    if lines is None or (others and lines.same_as(others)):
        return {}
    if others is None:
        return {_id.decode(line).id: place for place, line in lines}
    known = np.isin(lines.digests(), others.digests()).tolist()
    return {_id.decode(line).id: place for (place, line), is_known in zip(lines, known, strict=True) if not is_known}


def _read(lines: Lines | None, places: Iterable[int]) -> Iterator[ListedEntity]:
    if lines is None:
        return
    with lines.path.open("rb") as stream:
        for place in places:
            stream.seek(place)
            yield _entity.decode(stream.readline())


def _pairs(
    before: Lines | None, after: Lines | None, places: Sequence[tuple[int, int]]
) -> Iterator[tuple[ListedEntity, ListedEntity]]:
    return zip(_read(before, (old for old, _ in places)), _read(after, (new for _, new in places)), strict=True)


@dataclass(frozen=True, slots=True)
class _Told(Collection[T]):
    """So many things, which are read whenever they are gone through."""

    size: int
    read: Callable[[], Iterator[T]]

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[T]:
        return self.read()

    def __contains__(self, one: object) -> bool:
        return any(one == other for other in self)
