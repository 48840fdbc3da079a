"""Brings a list's files together from a folder or a file, and says which file plays which role.

Whoever saved a list may have compressed it; the publisher's bytes are those inside, so that is what is kept.  They are
unpacked into a folder of ours: nobody changes them while they are read, and none of them has to fit into memory.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast
from zipfile import BadZipFile, ZipFile

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.archives import NOT_A_ZIP
from sanctions_exposure.sources.days import credible_date
from sanctions_exposure.sources.files import CHUNK, TooLargeError, digest, share, store
from sanctions_exposure.sources.formats import dater, recogniser
from sanctions_exposure.sources.manifest import FileRole, Manifest

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a file is read, in bytes."""

    stored: int = 1 << 30
    unpacked: int = 1 << 30  # the largest list anybody publishes, OFAC's ADVANCED XML, has 125 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as its publisher served it, unpacked."""

    name: str
    path: Path  # in a folder of ours
    sha256: str
    size: int  # bytes
    origin: str
    saved: float = 0  # when the file that was read was last written, in seconds since 1970

    @property
    def content(self) -> bytes:
        """The whole of it."""
        return self.path.read_bytes()


def choose_format(manifest: Manifest, path: Path) -> Manifest:
    """Return *manifest* in the format that *path* holds.

    Names of files come first and their first bytes decide; where neither fits, the format that is fetched remains,
    and reading it says what is wrong.
    """
    variants = manifest.variants()
    if len(variants) == 1:
        return variants[0]
    head = read_head(path) if path.is_file() else None
    named = [one for one in variants if path.exists() and _fits(one, path)]
    for one in named:
        if _recognised(one, path, head):
            return one
    if head is not None:
        for one in variants:
            if (known := recogniser(one.format)) and known(head):
                return one
    return named[0] if named else variants[0]


def _recognised(manifest: Manifest, path: Path, head: bytes | None) -> bool:
    known = recogniser(manifest.format)
    if known is None:
        return True
    if head is not None:
        return known(head)
    required = [file for file in manifest.files if file.required]
    return any(known(read_head(one)) for one in path.iterdir() if one.is_file() and required[0].plays(one.name))


def read_head(path: Path) -> bytes:
    """Return the first bytes of a document, unpacked; nothing where it cannot be unpacked."""
    try:
        with path.open("rb") as stream:
            if stream.read(2) == _GZIP:
                stream.seek(0)
                with gzip.GzipFile(fileobj=stream) as unpacked:
                    return unpacked.read(_HEAD)
            stream.seek(0)
            if is_wrapped(stream):
                with ZipFile(stream) as archive, archive.open(archive.infolist()[0]) as member:
                    return member.read(_HEAD)
            stream.seek(0)
            return stream.read(_HEAD)
    except (*NOT_A_ZIP, OSError):
        return b""


def is_wrapped(stream: IO[bytes]) -> bool:
    """Say whether a file is a ZIP around one document; a workbook is a ZIP too, and a document itself."""
    if stream.read(4) != _ZIP:
        return False
    try:
        with ZipFile(stream) as archive:
            return len(archive.infolist()) == 1
    except (BadZipFile, ValueError):
        return False


def read_path(
    manifest: Manifest, path: Path, aside: Path, *, limits: Limits | None = None, ours: bool = False
) -> Mapping[str, Document]:
    """Return the documents of a list, by file role, from a folder or one file, unpacked into the folder *aside*.

    In a folder, files are known by the manifest's patterns; all others are left alone.

    Args:
        manifest: the list.
        path: a folder or file.
        aside: where the documents stand from then on; made where it is not there.
        limits: how much is read; a file whose manifest allows for more may have that.
        ours: nobody else writes to *path*, so that what is not packed need not be copied.

    Raises:
        ListFormatError: nothing there, a required file is missing, too large, or two files claim one role.
        OSError: *aside* cannot be written.
    """
    aside.mkdir(parents=True, exist_ok=True)
    reading = _Reading(manifest, aside, limits or Limits(), ours)
    if path.is_dir():
        found = reading.folder(path)
    elif path.is_file():
        role = _role_of_file(manifest, path)
        found = {role: reading.document(path, role)}
    else:
        raise ListFormatError(f"{manifest.id}: there is no file or folder {path}")
    for file in manifest.files:
        if file.required and file.role not in found:
            raise ListFormatError(
                f"{manifest.id}: {file.role} file missing in {path}: looked for {' or '.join(file.patterns)}"
                + (f", found only {', '.join(d.name for d in found.values())}" if found else "")
            )
    return found


def saved_at(documents: Mapping[str, Document], now: datetime) -> datetime:
    """Return when the oldest of these was saved: a list is as old as its oldest part, whatever lies beside it.

    A file of last year does not become fresh by being loaded today.
    """
    return min(now, *(datetime.fromtimestamp(one.saved, UTC) for one in documents.values()))


def fits(manifest: Manifest, path: Path) -> bool:
    """Say whether a folder, or a file by its name, holds what a list cannot do without, in any of its formats.

    Nothing is read.
    """
    return path.exists() and any(_fits(one, path) for one in manifest.variants())


def _fits(manifest: Manifest, path: Path) -> bool:
    candidates = [one for one in path.iterdir() if one.is_file()] if path.is_dir() else [path]
    return all(any(file.plays(one.name) for one in candidates) for file in manifest.files if file.required)


def _newest(manifest: Manifest, file: FileRole, documents: list[Document]) -> Document:
    """Choose by the date inside the documents: names of files prove nothing."""
    names = ", ".join(document.name for document in documents)
    published_on = dater(manifest.format)
    if published_on is None:
        raise ListFormatError(f"{manifest.id}: several files claim to be the {file.role} file: {names}")
    now, never = datetime.now(UTC), datetime.min.replace(tzinfo=UTC)
    dated = [(credible_date(published_on(document.content), now) or never, document) for document in documents]
    last = max(when for when, _ in dated)
    newest = [document for when, document in dated if when == last]
    if last == never or len(newest) > 1:
        raise ListFormatError(f"{manifest.id}: several {file.role} files and none is the newest: {names}")
    return newest[0]


def _role_of_file(manifest: Manifest, path: Path) -> str:
    for file in manifest.files:
        if file.plays(path.name):
            return file.role
    required = [file.role for file in manifest.files if file.required]
    if len(required) != 1:
        raise ListFormatError(f"{manifest.id}: {path.name} fits none of the list's files; give their folder")
    return required[0]  # whoever names the file knows what it is


@dataclass(slots=True)
class _Reading:
    """Reads the documents of one list."""

    manifest: Manifest
    aside: Path
    limits: Limits
    ours: bool
    taken: int = 0

    def folder(self, folder: Path) -> dict[str, Document]:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        found: dict[str, Document] = {}
        for file in self.manifest.files:
            claims = [path for path in files if file.plays(path.name)]
            # Another list's file may have such a name.
            if len(claims) > 1 and (known := recogniser(self.manifest.format)):
                claims = [path for path in claims if known(read_head(path))] or claims
            if claims:
                documents = [self.document(path, file.role) for path in claims]
                found[file.role] = documents[0] if len(documents) == 1 else _newest(self.manifest, file, documents)
        return found

    def document(self, path: Path, role: str) -> Document:
        """Unpack one file, writing no more than the limit."""
        allowed = self.manifest.role(role).max_bytes
        stored, unpacked = max(self.limits.stored, allowed), max(self.limits.unpacked, allowed)
        self.taken += 1
        target = self.aside / f"{role}-{self.taken}"
        try:
            size, saved = path.stat().st_size, path.stat().st_mtime
            with ExitStack() as stack:
                source, name, form = _opened(path, stack)
                if size > (stored if form else min(stored, unpacked)):
                    raise ListFormatError(f"{path.name}: larger than {stored if form else min(stored, unpacked)} bytes")
                if self.ours and not form:
                    share(path, target)
                    found = digest(target), size
                else:
                    found = store(_chunks(source, path.name, form), target, unpacked)
        except TooLargeError:
            verb = "unpacks to more" if form else "larger"
            raise ListFormatError(f"{path.name}: {verb} than {unpacked} bytes") from None
        return Document(name=name, path=target, sha256=found[0], size=found[1], origin=str(path), saved=saved)


def _opened(path: Path, stack: ExitStack) -> tuple[IO[bytes], str, str]:
    """Open a file and return its document, the document's name, and what the document is packed in."""
    try:
        stream = stack.enter_context(path.open("rb"))
        head = stream.read(4)
        stream.seek(0)
        if head.startswith(_GZIP):
            packed = stack.enter_context(gzip.GzipFile(fileobj=stream))
            return cast("IO[bytes]", packed), path.name.removesuffix(".gz"), "gzip"
        if head == _ZIP and is_wrapped(stream):
            archive = stack.enter_context(ZipFile(stream))
            member = stack.enter_context(archive.open(archive.infolist()[0]))
            return member, re.sub(r"(?i)\.zip$", "", path.name), "ZIP"
    except NOT_A_ZIP as error:
        raise ListFormatError(f"{path.name}: broken ZIP file: {error}") from None
    except OSError as error:
        raise ListFormatError(f"{path.name}: cannot be read: {error.strerror}") from None
    stream.seek(0)
    return stream, path.name, ""


def _chunks(source: IO[bytes], name: str, form: str) -> Iterator[bytes]:
    """Yield a document piece by piece, so that a small file that unpacks to a huge one is found out on the way."""
    while True:
        try:
            chunk = source.read(CHUNK)
        except EOFError:
            raise ListFormatError(f"{name}: the {form} file ends too early") from None
        except (*NOT_A_ZIP, OSError) as error:
            raise ListFormatError(f"{name}: broken {form or 'file'}{' file' if form else ''}: {error}") from None
        if not chunk:
            return
        yield chunk
