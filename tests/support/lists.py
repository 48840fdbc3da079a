"""Listed entities, invented, in one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import ListedEntity, ListedName, NameKind, Schema

OpenList = Callable[[Sequence[ListedEntity]], Snapshot]


def listed(entity_id: str, *names: str, schema: Schema = Schema.COMPANY, weak: str = "", **more: Any) -> ListedEntity:
    """Return an entity of the list "test"; its first name is primary, others are strong."""
    kinds = [NameKind.PRIMARY, *[NameKind.STRONG] * (len(names) - 1)]
    texts = [ListedName(text=t, kind=k) for t, k in zip(names, kinds, strict=True)]
    texts += [ListedName(text=weak, kind=NameKind.WEAK)] if weak else []
    return ListedEntity(list="test", id=entity_id, schema=schema, names=tuple(texts), **more)
