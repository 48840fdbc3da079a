"""From a publisher's files to the snapshot in use: read, parse, judge, publish."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from sanctions_exposure.errors import ListError, ListFormatError, ListQuarantined, ListRejected
from sanctions_exposure.matching.arrays import collector_paused
from sanctions_exposure.model import ListedEntity, ListRecord, PublishedFile
from sanctions_exposure.sources import quarantine, review
from sanctions_exposure.sources.build import Census, judge
from sanctions_exposure.sources.days import Days, dated
from sanctions_exposure.sources.fetch import Document, Limits, choose_format, read_path, saved_at
from sanctions_exposure.sources.files import CHUNK
from sanctions_exposure.sources.formats import reader
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from sanctions_exposure.sources.publish import BuildIndex, Library, NewList
from sanctions_exposure.sources.quarantine import Accepted, Doubt, Quarantined
from sanctions_exposure.sources.review import Submission
from sanctions_exposure.sources.standing import Outcome, moment, never, read_standings, write_standing
from sanctions_exposure.sources.workshop import workshop

_LOG: Final = logging.getLogger(__name__)


def refresh_from(  # noqa: PLR0913 - the whole way in one call; a type for it would only rename it
    manifest: Manifest,
    path: Path,
    data: Path,
    *,
    build_index: BuildIndex,
    retrieved_at: datetime,
    allow_shrink: bool = False,
    as_saved: bool = False,
) -> ListRecord:
    """Load one list from a folder or file and publish it; all other lists stay as they are.

    Args:
        manifest: the list.
        path: a folder that holds its files, or the one file it consists of.
        data: the data folder.
        build_index: writes the search index of all entities into a folder.
        retrieved_at: when the files were fetched; with an offset.
        allow_shrink: a person has looked and accepts fewer entries, or an older date, than those in use.
        as_saved: the files are as old as the oldest of them, where that was saved before *retrieved_at*.

    Raises:
        ListError: the list cannot be read, believed or written; the snapshot in use stays, and the message says so.
        SnapshotCorrupt: the snapshot in use is damaged.
    """
    library = Library(data)
    try:
        with _shop(data) as shop:
            chosen = choose_format(manifest, path)
            documents = read_path(chosen, path, shop)
            if as_saved:
                retrieved_at = saved_at(documents, retrieved_at)
            try:
                new = examine(
                    chosen, documents, library, shop=shop, retrieved_at=retrieved_at, allow_shrink=allow_shrink
                )
            except ListRejected as error:  # so that a person can overrule it, as one that was fetched
                set_aside(chosen, documents, library, doubt=Doubt.JUDGED, reason=str(error), retrieved_at=retrieved_at)
                remember(data, manifest.id, Outcome.QUARANTINED, reason=str(error))
                raise ListQuarantined(str(error)) from None
            publish([new], library, build_index=build_index, built_at=retrieved_at)
            remember(data, manifest.id, Outcome.PUBLISHED, record=new.record)
    except ListError as error:
        current = library.current_id()
        stays = f"snapshot {current} stays in use" if current else "no snapshot is in use"
        # Not a new one of its kind: some name line and column, and cannot be made of a message.
        where = f"{path.name}: " if isinstance(error, ListFormatError) and path.name not in str(error) else ""
        error.args = (f"{where}{error} ({stays})",)
        raise
    return new.record


@contextmanager
def _shop(data: Path) -> Iterator[Path]:
    """Give a folder to work in; a disk that takes nothing is told as an error of the list."""
    try:
        with workshop(data) as shop:
            yield shop
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise ListError(f"the data folder {data} does not take the list: {why}") from error


def remember(data: Path, list_id: str, outcome: Outcome, *, reason: str = "", record: ListRecord | None = None) -> None:
    """Keep what came of a list that a person brought; when its publisher is asked next does not change."""
    standing = replace(read_standings(data).get(list_id, never(list_id)), outcome=outcome, reason=reason)
    if record:
        standing = standing.confirming(record, record.retrieved_at)
    try:
        write_standing(data, standing)
        if record:
            quarantine.settle(data, list_id, moment(datetime.now(UTC)))
    except OSError as error:
        _LOG.warning("%s: what came of it cannot be kept: %s", list_id, error.strerror)


def publish(lists: list[NewList], library: Library, *, build_index: BuildIndex, built_at: datetime) -> str:
    """Publish *lists* as one snapshot and return its id.

    Raises:
        ListError: the disk does not take it, or another refresh does not end.
    """
    try:
        return library.publish(lists, build_index=build_index, built_at=built_at)
    except OSError as error:
        raise ListError(
            f"the snapshot cannot be written: {(error.strerror or type(error).__name__).lower()}"
        ) from error


def load(
    manifest: Manifest,
    path: Path,
    *,
    library: Library,
    shop: Path,
    retrieved_at: datetime,
) -> NewList:
    """Read and judge one list without publishing it; its files stand in *shop* until it is.

    It may be smaller or older than the one in use.

    Raises:
        ListFormatError: a file is not what its publisher emits.
        ListRejected: it does not look whole.
    """
    manifest = choose_format(manifest, path)
    documents = read_path(manifest, path, shop)
    return examine(manifest, documents, library, shop=shop, retrieved_at=retrieved_at, allow_shrink=True)


def examine(  # noqa: PLR0913 - a list, where it comes from, and where it goes
    manifest: Manifest,
    documents: Mapping[str, Document],
    library: Library,
    *,
    shop: Path,
    retrieved_at: datetime,
    allow_shrink: bool = False,
) -> NewList:
    """Parse and judge the documents of one list; bytes that a person has accepted are judged no more.

    The entities go to a file in *shop* one by one as they are read: no list has to fit into memory.

    Raises:
        ListFormatError: a file is not what its publisher emits.
        ListRejected: it does not look whole.
        OSError: *shop* cannot be written.
    """
    census, lines = Census.of(manifest), shop / f"{manifest.id}.jsonl"
    reading = _Ended(reader(manifest.format)({role: one.path for role, one in documents.items()}, manifest))
    days, now = Days(), max(retrieved_at, datetime.now(UTC))
    with collector_paused():
        _write_lines(census.counted(days.watched(reading)), lines)
    parsed = dated(reading.parsed, manifest, now)
    if notes := days.mend(lines, parsed, manifest, retrieved_at):
        parsed = replace(parsed, notes=(*parsed.notes, *notes))
    census.published_on, census.doubts = parsed.published_on, parsed.doubts
    record = _record(manifest, parsed, census, documents, retrieved_at)
    if accepted := quarantine.signed(library.data, manifest.id, record.sha256):
        record = replace(record, notes=(*record.notes, accepted.note()))
    else:
        previous = _previous(library, manifest.id)
        judge(census, manifest, previous, roles=documents.keys(), allow_shrink=allow_shrink)
    return NewList(record=record, lines=lines, raw={document.name: document.path for document in documents.values()})


@dataclass(slots=True)
class _Ended:
    """A reading that remembers what it ended with."""

    reading: Generator[ListedEntity, None, ParsedList]
    parsed: ParsedList = field(default_factory=lambda: ParsedList(entities=()))

    def __iter__(self) -> Iterator[ListedEntity]:
        self.parsed = yield from self.reading


def _write_lines(entities: Iterator[ListedEntity], path: Path) -> None:
    """Write one entity a line."""
    encoder, line = msgspec.json.Encoder(), bytearray()
    with path.open("wb", buffering=CHUNK) as out:
        for entity in entities:
            encoder.encode_into(entity, line)
            line += b"\n"
            out.write(line)


def examine_or_keep(
    manifest: Manifest, documents: Mapping[str, Document], library: Library, *, shop: Path, retrieved_at: datetime
) -> NewList:
    """Do as ``examine``, and put what is not believed into quarantine.

    Raises:
        ListFormatError, ListRejected: as there.
    """
    try:
        return examine(manifest, documents, library, shop=shop, retrieved_at=retrieved_at)
    except (ListFormatError, ListRejected) as error:
        doubt = Doubt.JUDGED if isinstance(error, ListRejected) else Doubt.UNREADABLE
        set_aside(manifest, documents, library, doubt=doubt, reason=str(error), retrieved_at=retrieved_at)
        raise


def set_aside(  # noqa: PLR0913 - all that the reason tells
    manifest: Manifest,
    documents: Mapping[str, Document],
    library: Library,
    *,
    doubt: Doubt,
    reason: str,
    retrieved_at: datetime,
) -> None:
    """Put a list into quarantine, if the disk takes it: the verdict stands also where nobody can look at it."""
    files = tuple(_published(document) for document in documents.values())
    found = Quarantined(
        list=manifest.id,
        doubt=doubt,
        reason=reason,
        format=manifest.format,
        sha256=_digest(files),
        files=files,
        retrieved_at=moment(retrieved_at),
        seen_at=moment(datetime.now(UTC)),
    )
    try:
        quarantine.keep(library.data, found, documents)
    except OSError as error:
        _LOG.warning("%s is not believed and cannot be kept: %s", manifest.id, error.strerror)


def submit(  # noqa: PLR0913 - a list, who brings it, and when
    manifest: Manifest, path: Path, library: Library, *, by: str, now: datetime, limits: Limits | None = None
) -> Submission:
    """Read a list and let it wait for a review.

    Raises:
        InvalidInput: cells cannot be read; names them all.
        ListFormatError, ListRejected: it cannot be read, or holds nothing.
    """
    with _shop(library.data) as shop:
        documents = read_path(manifest, path, shop, limits=limits)
        review.examine_rows(manifest, documents["primary"])
        new = examine(manifest, documents, library, shop=shop, retrieved_at=now, allow_shrink=True)
        return review.submit(library.data, manifest, new, current=library.current_folder(), by=by, now=now)


def accept(  # noqa: PLR0913 - who overrules what, and why
    manifest: Manifest, data: Path, *, by: str, reason: str, build_index: BuildIndex, now: datetime, sha256: str = ""
) -> ListRecord:
    """Publish the list that is in quarantine, because a person says so.

    Raises:
        NothingQuarantined: there is none.
        NotOverruled: it cannot be read, or is not the one with the digest *sha256*.
        ListError: it cannot be written.
    """
    folder, found = quarantine.overrulable(data, manifest.id, sha256)
    accepted = Accepted(
        at=moment(now), list=manifest.id, sha256=found.sha256, by=by, reason=reason, overruled=found.reason
    )
    retrieved_at = datetime.fromisoformat(found.retrieved_at)
    chosen = manifest.in_format(found.format)
    return _overrule(chosen, data, folder, accepted, build_index=build_index, retrieved_at=retrieved_at, now=now)


def accept_submission(  # noqa: PLR0913 - who accepts what, and why
    manifest: Manifest, data: Path, submission_id: str, *, by: str, reason: str, build_index: BuildIndex, now: datetime
) -> ListRecord:
    """Publish the list that waits for a review, because a person says so.

    Raises:
        UnknownSubmission: none does, or another one than was meant.
        ListError: it cannot be written.
    """
    folder, found = review.waiting(data, manifest.id, submission_id)
    accepted = Accepted(
        at=moment(now),
        list=manifest.id,
        sha256=found.sha256,
        by=by,
        reason=reason,
        overruled="",
        submitted_by=found.submitted_by,
    )
    retrieved_at = datetime.fromisoformat(found.submitted_at)
    return _overrule(manifest, data, folder, accepted, build_index=build_index, retrieved_at=retrieved_at, now=now)


def _overrule(  # noqa: PLR0913 - the two ways of accepting differ only in where the files stand
    manifest: Manifest,
    data: Path,
    folder: Path,
    accepted: Accepted,
    *,
    build_index: BuildIndex,
    retrieved_at: datetime,
    now: datetime,
) -> ListRecord:
    library = Library(data)
    with _shop(data) as shop:
        files = [*folder.iterdir()]
        # Who loads a single file may call it what he likes; several were known by their names.
        documents = read_path(manifest, files[0] if len(files) == 1 else folder, shop)
        if _digest(tuple(_published(one) for one in documents.values())) != accepted.sha256:
            raise ListRejected(f"the files of {manifest.id} that were put aside are not those that were judged")
        quarantine.sign(data, accepted)
        new = examine(manifest, documents, library, shop=shop, retrieved_at=retrieved_at)
        publish([new], library, build_index=build_index, built_at=now)
    remember(data, manifest.id, Outcome.PUBLISHED, record=new.record)
    return new.record


def read_fetched(manifest: Manifest, folder: Path, size: int) -> Mapping[str, Document]:
    """Return the documents of a list that was fetched, unpacked to no more than *size* bytes each.

    Raises:
        ListFormatError: a file is missing, or cannot be unpacked.
    """
    return read_path(manifest, folder, folder / "read", limits=Limits(stored=size, unpacked=size), ours=True)


def _previous(library: Library, list_id: str) -> ListRecord | None:
    record = library.current_record()
    return next((one for one in record.lists if one.id == list_id), None) if record else None


def _record(
    manifest: Manifest,
    parsed: ParsedList,
    census: Census,
    documents: Mapping[str, Document],
    retrieved_at: datetime,
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
        entities=census.entities,
        names=census.names,
        max_age_hours=manifest.max_age_hours,
        files=files,
        sha256=_digest(files),
        notes=parsed.notes,
    )


def _digest(files: tuple[PublishedFile, ...]) -> str:
    return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()


def _published(document: Document) -> PublishedFile:
    return PublishedFile(
        name=document.name,
        sha256=document.sha256,
        size=document.size,
        origin=document.origin,
    )
