"""A snapshot folder on the disk: its record, its entities, and whether its bytes are those that were published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from sanctions_exposure.errors import SnapshotCorrupt
from sanctions_exposure.model import ListedEntity, SnapshotRecord
from sanctions_exposure.sources.files import digest

FORMAT = 1
ENTITIES = "entities.jsonl"
RECORD = "snapshot.json"
INDEX = "index"
RAW = "raw"


def read_record(folder: Path) -> SnapshotRecord:
    """Return ``snapshot.json`` of a snapshot folder.

    Raises:
        SnapshotCorrupt: it is missing, damaged or of a format this version does not know.
    """
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=SnapshotRecord)
    except (OSError, msgspec.MsgspecError) as error:
        raise SnapshotCorrupt(f"snapshot {folder.name}: {RECORD} cannot be read: {error}") from None
    if record.format != FORMAT:
        raise SnapshotCorrupt(f"snapshot {folder.name} has format {record.format}, this version reads {FORMAT}")
    return record


def read_entities(folder: Path) -> Iterator[ListedEntity]:
    """Yield every entity of a snapshot folder, in its order."""
    return entities_in(folder / ENTITIES)


def entities_in(path: Path) -> Iterator[ListedEntity]:
    """Yield the entities of a file that holds one a line."""
    decoder = msgspec.json.Decoder(ListedEntity)
    with path.open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)


def verify(folder: Path) -> SnapshotRecord:
    """Digest every file of a snapshot again.

    Raises:
        SnapshotCorrupt: names the first file that is not as it was published.
    """
    record = read_record(folder)
    if named(record, (folder / RECORD).read_bytes()) != folder.name:
        raise SnapshotCorrupt(f"snapshot {folder.name}: {RECORD} does not have the digest of its name")
    expected = dict(record.digests)
    expected |= {f"{RAW}/{one.id}/{file.name}": file.sha256 for one in record.lists for file in one.files}
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name in sorted(expected.keys() | found.keys() - {RECORD}):
        if name not in found:
            raise SnapshotCorrupt(f"snapshot {folder.name}: {name} is missing")
        if expected.get(name) != digest(found[name]):
            raise SnapshotCorrupt(f"snapshot {folder.name}: {name} is not as it was published")
    return record


def named(record: SnapshotRecord, document: bytes) -> str:
    """Return the id that a snapshot deserves: the day, and the digest of its record as it is written."""
    day = datetime.fromisoformat(record.built_at).strftime("%Y%m%d")
    return f"{day}-{hashlib.sha256(document).hexdigest()[:12]}"
