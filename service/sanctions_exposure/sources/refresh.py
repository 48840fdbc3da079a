"""One refresh, from a publisher's files to the snapshot in use: read, parse, judge, publish."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sanctions_exposure.errors import ListError
from sanctions_exposure.model import ListRecord, PublishedFile
from sanctions_exposure.sources.build import judge
from sanctions_exposure.sources.fetch import Document, choose_format, read_path
from sanctions_exposure.sources.formats import parser
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from sanctions_exposure.sources.publish import BuildIndex, Library, NewList


def refresh_from(  # noqa: PLR0913 - the whole way in one call; a type for it would only rename it
    manifest: Manifest,
    path: Path,
    data: Path,
    *,
    build_index: BuildIndex,
    retrieved_at: datetime,
    allow_shrink: bool = False,
) -> ListRecord:
    """Load one list from a folder or file and publish it; all other lists stay as they are.

    Args:
        manifest: the list.
        path: a folder that holds its files, or the one file it consists of.
        data: the data folder.
        build_index: writes the search index of all entities into a folder.
        retrieved_at: when the files were fetched; with an offset.
        allow_shrink: a person has looked and accepts fewer entries, or an older date, than those in use.

    Raises:
        ListError: the list cannot be read or believed; the snapshot in use stays, and the message says so.
        SnapshotCorrupt: the snapshot in use is damaged.
    """
    library = Library(data)
    try:
        new = load(manifest, path, library=library, retrieved_at=retrieved_at, allow_shrink=allow_shrink)
        library.publish([new], build_index=build_index, built_at=retrieved_at)
    except ListError as error:
        current = library.current_id()
        stays = f"snapshot {current} stays in use" if current else "no snapshot is in use"
        raise type(error)(f"{error} ({stays})") from error
    return new.record


def load(
    manifest: Manifest,
    path: Path,
    *,
    library: Library,
    retrieved_at: datetime,
    allow_shrink: bool = False,
) -> NewList:
    """Read and judge one list without publishing it, so that several can be published as one snapshot.

    Raises:
        ListFormatError: a file is not what its publisher emits.
        ListRejected: it does not look whole.
    """
    manifest = choose_format(manifest, path)
    documents = read_path(manifest, path)
    parsed = parser(manifest.format)({role: document.content for role, document in documents.items()}, manifest)
    judge(parsed, manifest, _previous(library, manifest.id), roles=documents.keys(), allow_shrink=allow_shrink)
    return NewList(
        record=_record(manifest, parsed, documents, retrieved_at),
        entities=parsed.entities,
        raw={document.name: document.content for document in documents.values()},
    )


def _previous(library: Library, list_id: str) -> ListRecord | None:
    record = library.current_record()
    return next((one for one in record.lists if one.id == list_id), None) if record else None


def _record(
    manifest: Manifest, parsed: ParsedList, documents: Mapping[str, Document], retrieved_at: datetime
) -> ListRecord:
    files = tuple(_published(document) for document in documents.values())
    retrieved = retrieved_at.astimezone(UTC)
    return ListRecord(
        id=manifest.id,
        title=manifest.title,
        publisher=manifest.publisher,
        regime=manifest.regime,
        format=manifest.format,
        licence=manifest.licence,
        version=parsed.version or retrieved.date().isoformat(),
        published_on=parsed.published_on,
        retrieved_at=retrieved.isoformat(timespec="seconds"),
        entities=len(parsed.entities),
        names=parsed.names,
        max_age_hours=manifest.max_age_hours,
        files=files,
        sha256=hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest(),
        notes=parsed.notes,
    )


def _published(document: Document) -> PublishedFile:
    return PublishedFile(
        name=document.name,
        sha256=hashlib.sha256(document.content).hexdigest(),
        size=len(document.content),
        origin=document.origin,
    )
