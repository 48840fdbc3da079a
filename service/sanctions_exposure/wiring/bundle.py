"""A snapshot as one file: pinned by its digest, checked before it is believed, and opened without a data folder.

It holds what answers are made from (``snapshot.json``, the entities, the index) and how each list stood when it was
last looked at, so that a quarantine travels along; not the published files, which a pipeline does not read.  The same
data folder gives the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import msgspec

from sanctions_exposure.errors import NotReady, SettingsError, SnapshotCorrupt
from sanctions_exposure.matching.index import build_index, index_fits
from sanctions_exposure.model import SnapshotRecord
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.archives import NOT_A_ZIP
from sanctions_exposure.sources.own import own_folder
from sanctions_exposure.sources.publish import ENTITIES, INDEX, RECORD, Library, read_entities, read_record
from sanctions_exposure.sources.standing import read_standings
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.writing import is_plain, place_for

_STANDING: Final = "standing"
_MEMBER: Final = re.compile(
    rf"(?P<id>\d{{8}}-[0-9a-f]{{12}})/(?P<name>{RECORD}|{ENTITIES}|{INDEX}/[A-Za-z0-9_.\-/]+|{_STANDING}/[a-z0-9_\-]+\.json)"
)
_MOST_BYTES: Final = 4 << 30  # unpacked; all official lists together take about 200 MB
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can say
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A snapshot file that was written or opened."""

    path: Path
    sha256: str
    snapshot: str
    record: SnapshotRecord


def write_bundle(data: Path, snapshot_id: str, path: Path) -> Bundle:
    """Write a snapshot of the data folder *data* as one file, which appears under its name only when it is complete.

    Raises:
        SnapshotCorrupt: the snapshot's files are not those that were published.
        SettingsError: *path* is no plain file.
    """
    if not is_plain(path):
        raise SettingsError(f"{path}: is no file; a snapshot is one that can be read again")
    folder = Library(data).snapshots / snapshot_id
    record = _verified(folder)
    held = {one.id for one in record.lists}
    standings = {k: msgspec.json.encode(one) for k, one in sorted(read_standings(data).items()) if k in held}
    with place_for(path) as aside, zipfile.ZipFile(aside, "w") as archive:
        for name in (RECORD, *sorted(record.digests)):
            with (folder / name).open("rb") as source, archive.open(_info(folder, name), "w") as target:
                _copied(source, target)
        for name, standing in standings.items():
            archive.writestr(_info(folder, f"{_STANDING}/{name}.json"), standing)
    return Bundle(path=path, sha256=_digest(path), snapshot=folder.name, record=record)


def _info(folder: Path, name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{folder.name}/{name}", _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


@contextmanager
def opened_bundle(path: Path, settings: Settings, *, sha256: str = "") -> Iterator[tuple[Bundle, Screener]]:
    """Give a screener of exactly the snapshot in the file *path*; the data folder plays no part.

    Args:
        path: the file.
        settings: rules and manifests are taken from them.
        sha256: the digest the file must have; empty: whatever it has.

    Raises:
        NotReady: the file is not there.
        SnapshotCorrupt: it is damaged, or not the one that was pinned.
    """
    found = _file_digest(path)
    if sha256 and found != sha256.lower().removeprefix("sha256:"):
        raise SnapshotCorrupt(f"{path}: its SHA-256 is {found}, not the {sha256} that was asked for")
    with tempfile.TemporaryDirectory(prefix="exposure-") as held:
        folder = _extracted(path, Path(held))
        record = _verified(folder)
        for standing in (folder / _STANDING).glob("*.json"):
            own_folder(Path(held)).mkdir(exist_ok=True)
            standing.rename(own_folder(Path(held)) / standing.name)
        if not index_fits(folder / INDEX):  # written by another version of this program: the entities are what counts
            build_index(tuple(read_entities(folder)), folder / INDEX)
        screener = Screener.of_folder(replace(settings, data=Path(held)), folder)
        yield Bundle(path=path, sha256=found, snapshot=folder.name, record=record), screener


def _extracted(path: Path, held: Path) -> Path:
    """Unpack *path* and return the snapshot's folder; nothing is written outside it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > _MOST_BYTES:
                raise SnapshotCorrupt(f"{path}: unpacks to more than {_MOST_BYTES} bytes")
            ids = {_checked(path, member.filename) for member in members}
            if len(ids) != 1:
                raise SnapshotCorrupt(f"{path}: holds {len(ids)} snapshots, not one")
            for member in members:
                target = held / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as out:
                    _copied(source, out)
    except (*NOT_A_ZIP, OSError) as error:
        raise SnapshotCorrupt(f"{path}: not a whole snapshot file: {error}") from None
    return held / ids.pop()


def _checked(path: Path, member: str) -> str:
    found = _MEMBER.fullmatch(member)
    if found is None or ".." in member:
        raise SnapshotCorrupt(f"{path}: holds {member[:100]!r}, which no snapshot file does")
    return found["id"]


def _copied(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(_CHUNK):
        target.write(chunk)


def _verified(folder: Path) -> SnapshotRecord:
    """Digest what answers are made from; the folder's name is the digest of what names the digests."""
    record = read_record(folder)
    day, digest = datetime.fromisoformat(record.built_at).strftime("%Y%m%d"), _digest(folder / RECORD)
    if folder.name != f"{day}-{digest[:12]}":
        raise SnapshotCorrupt(f"snapshot {folder.name}: {RECORD} does not have the digest of its name")
    for name, expected in sorted(record.digests.items()):
        if not (folder / name).is_file():
            raise SnapshotCorrupt(f"snapshot {folder.name}: {name} is missing")
        if _digest(folder / name) != expected:
            raise SnapshotCorrupt(f"snapshot {folder.name}: {name} is not as it was published")
    return record


def _file_digest(path: Path) -> str:
    try:
        return _digest(path)
    except OSError as error:
        raise NotReady(f"the snapshot file {path} cannot be read: {error.strerror}") from None


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
