"""Small lists of invented parties, published into a temporary folder and opened as a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from sanctions_exposure.matching.index import build_index
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import ListedEntity, SnapshotRecord
from support.lists import OpenList


@pytest.fixture
def open_list(tmp_path: Path) -> OpenList:
    """Publish entities as a snapshot folder and open it."""
    made = 0

    def publish(entities: Sequence[ListedEntity]) -> Snapshot:
        nonlocal made
        made += 1
        folder = tmp_path / f"snapshot-{made}"
        folder.mkdir()
        build_index(entities, folder / "index")
        (folder / "entities.jsonl").write_bytes(b"".join(msgspec.json.encode(e) + b"\n" for e in entities))
        record = SnapshotRecord(format=1, built_at="2026-01-01T00:00:00Z", lists=())
        (folder / "snapshot.json").write_bytes(msgspec.json.encode(record))
        return Snapshot.open(folder)

    return publish
