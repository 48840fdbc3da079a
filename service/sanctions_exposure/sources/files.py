"""Files that lists are made of: copied, shared, digested and written through, and never read whole."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

CHUNK: Final = 1 << 20


class TooLargeError(Exception):
    """More came than was wanted."""


def store(chunks: Iterable[bytes], target: Path, most: int) -> tuple[str, int]:
    """Write *chunks* to the new file *target* and return its SHA-256 and its size.

    Raises:
        TooLargeError: they are more than *most* bytes together.
        OSError: the file cannot be written.
    """
    found, size = hashlib.sha256(), 0
    with target.open("xb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise TooLargeError
            found.update(chunk)
            out.write(chunk)
    return found.hexdigest(), size


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def share(source: Path, target: Path) -> None:
    """Share the bytes of a file that nobody writes to again; copy them where links cannot be had."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def append(source: Path, start: int, end: int, out: IO[bytes]) -> None:
    """Write the bytes from *start* to *end* of a file to *out*."""
    with source.open("rb") as stream:
        stream.seek(start)
        while start < end and (chunk := stream.read(min(CHUNK, end - start))):
            out.write(chunk)
            start += len(chunk)


def sync(path: Path) -> None:
    """Force a file's bytes, or a folder's entries, to the disk."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folders and needs no such thing
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
