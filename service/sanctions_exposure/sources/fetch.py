"""Brings a list's files into memory from a folder or a file, and says which file plays which role.

Whoever saved a list may have compressed it; the publisher's bytes are those inside, so that is what is kept.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from sanctions_exposure.errors import ListFormatError
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
    """One file as its publisher served it."""

    name: str
    content: bytes
    origin: str


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
    except (OSError, EOFError, zlib.error, BadZipFile, NotImplementedError, RuntimeError):
        return b""


def is_wrapped(stream: IO[bytes]) -> bool:
    """Say whether a file is a ZIP around one document; a workbook is a ZIP too, and a document itself."""
    if stream.read(4) != _ZIP:
        return False
    try:
        with ZipFile(stream) as archive:
            return len(archive.infolist()) == 1
    except BadZipFile:
        return False


def read_path(manifest: Manifest, path: Path, *, limits: Limits | None = None) -> Mapping[str, Document]:
    """Return the documents of a list, by file role, from a folder or one file.

    In a folder, files are known by the manifest's patterns; all others are left alone.

    Raises:
        ListFormatError: nothing there, a required file is missing, too large, or two files claim one role.
    """
    limits = limits or Limits()
    if path.is_dir():
        found = _in_folder(manifest, path, limits)
    elif path.is_file():
        found = {_role_of_file(manifest, path): _document(path, limits)}
    else:
        raise ListFormatError(f"{manifest.id}: there is no file or folder {path}")
    for file in manifest.files:
        if file.required and file.role not in found:
            raise ListFormatError(
                f"{manifest.id}: {file.role} file missing in {path}: looked for {' or '.join(file.patterns)}"
                + (f", found only {', '.join(d.name for d in found.values())}" if found else "")
            )
    return found


def saved_at(path: Path, now: datetime) -> datetime:
    """Return when the newest file was saved: a file of last year does not become fresh by being loaded today."""
    files = [path] if path.is_file() else [each for each in path.glob("*") if each.is_file()]
    saved = max((each.stat().st_mtime for each in files), default=now.timestamp())
    return min(now, datetime.fromtimestamp(saved, UTC))


def fits(manifest: Manifest, path: Path) -> bool:
    """Say whether a folder, or a file by its name, holds what a list cannot do without, in any of its formats.

    Nothing is read.
    """
    return path.exists() and any(_fits(one, path) for one in manifest.variants())


def _fits(manifest: Manifest, path: Path) -> bool:
    candidates = [one for one in path.iterdir() if one.is_file()] if path.is_dir() else [path]
    return all(any(file.plays(one.name) for one in candidates) for file in manifest.files if file.required)


def _in_folder(manifest: Manifest, folder: Path, limits: Limits) -> dict[str, Document]:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    found: dict[str, Document] = {}
    for file in manifest.files:
        claims = [path for path in files if file.plays(path.name)]
        if len(claims) > 1 and (known := recogniser(manifest.format)):  # another list's file may have such a name
            claims = [path for path in claims if known(read_head(path))] or claims
        if claims:
            documents = [_document(path, limits) for path in claims]
            found[file.role] = documents[0] if len(documents) == 1 else _newest(manifest, file, documents)
    return found


def _newest(manifest: Manifest, file: FileRole, documents: list[Document]) -> Document:
    """Choose by the date inside the documents: names of files prove nothing."""
    names = ", ".join(document.name for document in documents)
    published_on = dater(manifest.format)
    if published_on is None:
        raise ListFormatError(f"{manifest.id}: several files claim to be the {file.role} file: {names}")
    dated = sorted((published_on(document.content), document.name, document) for document in documents)
    if not dated[-1][0] or dated[-1][0] == dated[-2][0]:
        raise ListFormatError(f"{manifest.id}: several {file.role} files and none is the newest: {names}")
    return dated[-1][2]


def _role_of_file(manifest: Manifest, path: Path) -> str:
    for file in manifest.files:
        if file.plays(path.name):
            return file.role
    required = [file.role for file in manifest.files if file.required]
    if len(required) != 1:
        raise ListFormatError(f"{manifest.id}: {path.name} fits none of the list's files; give their folder")
    return required[0]  # whoever names the file knows what it is


def _document(path: Path, limits: Limits) -> Document:
    try:
        if path.stat().st_size > limits.stored:
            raise ListFormatError(f"{path.name}: larger than {limits.stored} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise ListFormatError(f"{path.name}: cannot be read: {error.strerror}") from None
    name = path.name
    if content.startswith(_GZIP):
        content, name = _unpacked(content, path.name, limits), name.removesuffix(".gz")
    elif content.startswith(_ZIP) and is_wrapped(BytesIO(content)):
        content, name = _unzipped(content, path.name, limits), re.sub(r"(?i)\.zip$", "", name)
    if len(content) > limits.unpacked:
        raise ListFormatError(f"{path.name}: larger than {limits.unpacked} bytes")
    return Document(name=name, content=content, origin=str(path))


def _unpacked(content: bytes, name: str, limits: Limits) -> bytes:
    """Unpack gzip, never holding more than a byte above the limit."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as stream:
            unpacked = stream.read(limits.unpacked + 1)
    except EOFError:
        raise ListFormatError(f"{name}: the gzip file ends too early") from None
    except (OSError, zlib.error) as error:
        raise ListFormatError(f"{name}: broken gzip file: {error}") from None
    if len(unpacked) > limits.unpacked:
        raise ListFormatError(f"{name}: unpacks to more than {limits.unpacked} bytes")
    return unpacked


def _unzipped(content: bytes, name: str, limits: Limits) -> bytes:
    """Unpack the one document of a ZIP, never holding more than a byte above the limit."""
    try:
        with ZipFile(BytesIO(content)) as archive, archive.open(archive.infolist()[0]) as stream:
            unpacked = stream.read(limits.unpacked + 1)
    except (OSError, EOFError, zlib.error, BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ListFormatError(f"{name}: broken ZIP file: {error}") from None
    if len(unpacked) > limits.unpacked:
        raise ListFormatError(f"{name}: unpacks to more than {limits.unpacked} bytes")
    return unpacked
