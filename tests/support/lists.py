"""Listed entities, invented, in one line each."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import msgspec

from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import ListedEntity, ListedName, ListRecord, NameKind, Schema
from sanctions_exposure.sources.publish import NewList

OpenList = Callable[[Sequence[ListedEntity]], Snapshot]


def listed(entity_id: str, *names: str, schema: Schema = Schema.COMPANY, weak: str = "", **more: Any) -> ListedEntity:
    """Return an entity of the list "test"; its first name is primary, others are strong."""
    kinds = [NameKind.PRIMARY, *[NameKind.STRONG] * (len(names) - 1)]
    texts = [ListedName(text=t, kind=k) for t, k in zip(names, kinds, strict=True)]
    texts += [ListedName(text=weak, kind=NameKind.WEAK)] if weak else []
    return ListedEntity(list="test", id=entity_id, schema=schema, names=tuple(texts), **more)


def on_disk(record: ListRecord, entities: Iterable[ListedEntity], raw: Mapping[str, bytes]) -> NewList:
    """Return a list that is ready to be published, with its files in a temporary folder."""
    folder = Path(mkdtemp(prefix="exposure-test-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    (folder / "lines").write_bytes(b"".join(msgspec.json.encode(entity) + b"\n" for entity in entities))
    for name, content in raw.items():
        (folder / name).write_bytes(content)
    return NewList(record=record, lines=folder / "lines", raw={name: folder / name for name in raw})
