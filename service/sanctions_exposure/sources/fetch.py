"""Brings a list's files into memory from a folder or a file, and says which file plays which role.

Whoever saved a list may have compressed it; the publisher's bytes are those inside, so that is what is kept.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import dater
from sanctions_exposure.sources.manifest import FileRole, Manifest

_GZIP = b"\x1f\x8b"


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


def fits(manifest: Manifest, path: Path) -> bool:
    """Say whether a folder, or a file by its name, holds what a list cannot do without; nothing is read."""
    candidates = [one for one in path.iterdir() if one.is_file()] if path.is_dir() else [path]
    return all(any(_plays(one, file) for one in candidates) for file in manifest.files if file.required)


def _in_folder(manifest: Manifest, folder: Path, limits: Limits) -> dict[str, Document]:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    found: dict[str, Document] = {}
    for file in manifest.files:
        claims = [path for path in files if _plays(path, file)]
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
        if _plays(path, file):
            return file.role
    required = [file.role for file in manifest.files if file.required]
    if len(required) != 1:
        raise ListFormatError(f"{manifest.id}: {path.name} fits none of the list's files; give their folder")
    return required[0]  # whoever names the file knows what it is


def _plays(path: Path, file: FileRole) -> bool:
    name = path.name.casefold().removesuffix(".gz")
    return any(fnmatchcase(name, pattern.casefold()) for pattern in file.patterns)


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
