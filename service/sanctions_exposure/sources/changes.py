"""What changed in one list between two snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sanctions_exposure.errors import UnknownList
from sanctions_exposure.model import ListedEntity
from sanctions_exposure.sources.publish import read_entities


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Entries of one list, in the order of the list."""

    added: tuple[ListedEntity, ...]
    removed: tuple[ListedEntity, ...]
    changed: tuple[tuple[ListedEntity, ListedEntity], ...]  # before, after


def compare(list_id: str, before: Path, after: Path) -> Changes:
    """Compare a list in two snapshot folders.

    Raises:
        UnknownList: neither of them has it.
    """
    old, new = ({e.id: e for e in read_entities(folder) if e.list == list_id} for folder in (before, after))
    if not old and not new:
        raise UnknownList(f"neither snapshot {before.name} nor {after.name} holds list {list_id!r}")
    return Changes(
        added=tuple(entity for key, entity in new.items() if key not in old),
        removed=tuple(entity for key, entity in old.items() if key not in new),
        changed=tuple((old[key], entity) for key, entity in new.items() if key in old and old[key] != entity),
    )
