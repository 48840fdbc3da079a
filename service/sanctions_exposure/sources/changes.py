"""What changed in one list between two snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sanctions_exposure.errors import UnknownList
from sanctions_exposure.model import Json, ListedEntity
from sanctions_exposure.sources.publish import read_entities

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
    """Entries of one list, in the order of the list."""

    added: tuple[ListedEntity, ...]
    removed: tuple[ListedEntity, ...]
    changed: tuple[tuple[ListedEntity, ListedEntity], ...]  # before, after


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
    old, new = of_snapshot(list_id, before), of_snapshot(list_id, after)
    if not old and not new:
        raise UnknownList(f"neither snapshot {before.name} nor {after.name} holds list {list_id!r}")
    return between(old, new)


def of_snapshot(list_id: str, folder: Path | None) -> tuple[ListedEntity, ...]:
    """Return the entities of a list in a snapshot folder; none where there is no such list or folder."""
    return tuple(one for one in read_entities(folder) if one.list == list_id) if folder else ()


def between(before: Iterable[ListedEntity], after: Iterable[ListedEntity]) -> Changes:
    """Compare two versions of one list."""
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    return Changes(
        added=tuple(entity for key, entity in new.items() if key not in old),
        removed=tuple(entity for key, entity in old.items() if key not in new),
        changed=tuple((old[key], entity) for key, entity in new.items() if key in old and old[key] != entity),
    )


def document(changes: Changes, most: int | None = None) -> dict[str, Json]:
    """Return what changed for a machine; no more than *most* entries of each kind."""
    return {
        "added": [_named(entity) for entity in changes.added[:most]],
        "removed": [_named(entity) for entity in changes.removed[:most]],
        "changed": [_named(new) | _edited(edit(old, new)) for old, new in changes.changed[:most]],
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
