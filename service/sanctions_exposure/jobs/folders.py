"""Where the files of jobs lie: an input, and one part of the result for every turn that somebody took at it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sanctions_exposure.errors import InvalidInput, TooLarge

_GZIP: Final = b"\x1f\x8b"
_BLOCK: Final = 2**18
_ORPHANED: Final = 24 * 3600  # seconds; no upload takes as long


@dataclass(frozen=True, slots=True)
class Folders:
    """The folder of jobs; all who share the work share it."""

    root: Path

    def of(self, job_id: str) -> Path:
        """Return the folder of a job."""
        return self.root / job_id

    def input(self, job_id: str) -> Path:
        """Return what is to be screened, unpacked."""
        return self.root / job_id / "input"

    def part(self, job_id: str, turn: int) -> Path:
        """Return what one turn wrote; only as much of it counts as the database says."""
        return self.root / job_id / f"part-{turn}"

    def create(self, job_id: str) -> Path:
        """Make the folder of a job that is coming in."""
        folder = self.of(job_id)
        folder.mkdir(parents=True)
        return folder

    def remove(self, job_id: str) -> None:
        """Delete all files of a job."""
        shutil.rmtree(self.of(job_id), ignore_errors=True)

    def orphans(self) -> Iterator[str]:
        """Yield the jobs that came in, or began to, long ago: one that the database does not know never came in."""
        if not self.root.is_dir():
            return
        long_ago = time.time() - _ORPHANED
        for folder in self.root.iterdir():
            with suppress(OSError):
                if folder.is_dir() and folder.stat().st_mtime < long_ago:
                    yield folder.name


def sync_folder(folder: Path) -> None:
    """Return when the names in *folder* would survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Inlet(io.RawIOBase):
    """Takes in an upload of any size: unpacks gzip on the way, counts, and keeps nothing in memory.

    Args:
        path: where to.
        most: bytes it may hold, unpacked.
    """

    def __init__(self, path: Path, most: int) -> None:
        self._file = path.open("xb")
        self._most = most
        self._head = b""  # until there is enough to tell what it is
        self._told = False
        self._packed: Any = None
        self._digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Do nothing: form parsers rewind what they have written."""
        del whence
        return offset

    def write(self, content: Any) -> int:
        """Take in the next bytes.

        Raises:
            TooLarge: there are more than may be.
            InvalidInput: they begin as gzip and do not go on as such.
        """
        block = bytes(content)
        if self._told:
            self._take(block)
        else:
            self._head += block
            if len(self._head) >= len(_GZIP):
                self._begin()
        return len(block)

    def finish(self) -> str:
        """Return the SHA-256 of what was taken in, when it is safely on disk.

        Raises:
            InvalidInput: it is gzip that was cut off.
        """
        if not self._told:
            self._begin()
        if self._packed is not None and not self._packed.eof:
            raise InvalidInput("the upload is gzip and was cut off")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Close the file, however much it holds."""
        self._file.close()
        super().close()

    def _begin(self) -> None:
        self._told = True
        if self._head.startswith(_GZIP):
            self._packed = zlib.decompressobj(wbits=31)
        self._take(self._head)

    def _take(self, block: bytes) -> None:
        if self._packed is None:
            self._put(block)
            return
        while block:
            if self._packed.eof:  # files put behind one another are one; what pads the last is nothing
                block = block.lstrip(b"\0")
                if not block:
                    return
                self._packed = zlib.decompressobj(wbits=31)
            try:
                self._put(self._packed.decompress(block, _BLOCK))
            except zlib.error as error:
                raise InvalidInput(f"the upload is no whole gzip: {error}") from None
            block = self._packed.unused_data if self._packed.eof else self._packed.unconsumed_tail

    def _put(self, block: bytes) -> None:
        self.size += len(block)
        if self.size > self._most:
            raise TooLarge(f"the upload holds more than {self._most:,} bytes, unpacked (EXPOSURE_MAX_TABLE_BYTES)")
        self._digest.update(block)
        self._file.write(block)
