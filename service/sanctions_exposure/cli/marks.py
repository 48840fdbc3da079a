"""Where a long run stands, beside the file it writes: after a kill, the next run goes on from there.

Rows are written first and made durable, then the mark says how far they reach: what stands behind the mark may be cut
off, and what stands before it is whole.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from sanctions_exposure.bulk.cells import Tally
from sanctions_exposure.bulk.table import Layout
from sanctions_exposure.errors import InvalidInput, SettingsError
from sanctions_exposure.model import Severity
from sanctions_exposure.wiring.writing import telling

_EVERY: Final = 1.0  # seconds between two marks
_HEAD: Final = 2**16  # bytes of the input that tell it from another


class Basis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be the same for a run to go on."""

    source: str  # of the input: size, time and a digest of its head
    options: str  # a digest of what the command line says of the rows


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a run came."""

    basis: Basis
    snapshot: str
    ruleset: str
    day: str
    layout: Layout | None = None  # of a table
    end: int = 0  # bytes of the input, unpacked
    number: int = 0  # rows
    written: int = 0  # bytes of the output
    outcomes: dict[str, int] = {}
    worst: Severity = Severity.NONE

    def tally(self) -> Tally:
        """Return the counts so far."""
        return Tally(outcomes=dict(self.outcomes), worst=self.worst)


def source_of(path: Path) -> str:
    """Return what tells the content of *path* from another."""
    about = path.stat()
    with path.open("rb") as stream:
        head = hashlib.sha256(stream.read(_HEAD)).hexdigest()
    return f"{about.st_size} {about.st_mtime_ns} {head}"


class Run:
    """The files of a run that can go on: rows in ``.NAME.part``, the mark in ``.NAME.mark``."""

    def __init__(self, output: Path) -> None:
        self.output = Path(os.path.realpath(output))  # a link stays one
        self.part = self.output.with_name(f".{self.output.name}.part")
        self._mark = self.output.with_name(f".{self.output.name}.mark")
        self._marked = 0.0

    def found(self, basis: Basis) -> Mark | None:
        """Return how far an earlier run of the same came; None where there was none.

        Raises:
            InvalidInput: there was one, but of another input or with other options.
        """
        try:
            mark = msgspec.json.decode(self._mark.read_bytes(), type=Mark)
            size = self.part.stat().st_size
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, OSError) as error:
            raise InvalidInput(f"{self._mark} cannot be read: {error}; run without --resume to begin anew") from None
        if mark.basis != basis:
            what = "input is another" if mark.basis.source != basis.source else "options are others"
            raise InvalidInput(
                f"--resume: the {what} than in the run that was broken off; run without it to begin anew"
            )
        if size < mark.written:
            raise InvalidInput(f"--resume: {self.part} is shorter than its mark says; run without it to begin anew")
        return mark

    @contextmanager
    def written(self, mark: Mark | None) -> Iterator[BinaryIO]:
        """Give the file to write on in; it appears under its name only when it is complete.

        What an error ends is thrown away, what a person or a signal ends is kept for the next run.
        """
        if mark is None:
            with telling(self.output):
                self._mark.unlink(missing_ok=True)
        try:
            with telling(self.output), self.part.open("r+b" if mark else "wb") as stream:
                if mark:
                    stream.seek(mark.written)
                    stream.truncate()
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            with telling(self.output):
                self.part.replace(self.output)
            self._mark.unlink(missing_ok=True)
        except (InvalidInput, SettingsError):
            self.part.unlink(missing_ok=True)
            self._mark.unlink(missing_ok=True)
            raise

    def note(self, stream: BinaryIO, mark: Callable[[], Mark]) -> None:
        """Keep a mark, at most once a second, after the rows it speaks of are on the disk."""
        if time.monotonic() - self._marked < _EVERY:
            return
        stream.flush()
        os.fsync(stream.fileno())
        aside = self._mark.with_suffix(".new")
        with aside.open("wb") as target:
            target.write(msgspec.json.encode(mark()))
            target.flush()
            os.fsync(target.fileno())
        aside.replace(self._mark)
        self._marked = time.monotonic()
