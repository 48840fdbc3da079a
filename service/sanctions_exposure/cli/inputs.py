"""Files of questions: what they are, and their bytes as they are read, packed or not, with one bar over all of them."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sanctions_exposure.bulk.packed import Unpacked
from sanctions_exposure.cli.console import err
from sanctions_exposure.errors import InvalidInput, ListFormatError

_KINDS: Final = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json",
    ".parquet": "parquet", ".pq": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
_LARGEST_WORKBOOK: Final = 256 << 20
_LONGEST_LINE: Final = 64 << 20  # bytes that are looked at for the end of a first line
_BLOCK: Final = 2**18
_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file, open."""

    path: Path
    kind: str  # csv, ndjson, json or parquet
    stream: BinaryIO
    movable: bool = False  # whether the stream can be moved to a byte of the text: it is not packed

    def move_to(self, end: int) -> None:
        """Go on at byte *end* of the text."""
        if self.movable:
            self.stream.seek(end)
            return
        while end > 0 and (passed := self.stream.read(min(end, 2**20))):
            end -= len(passed)


class Bar:
    """The progress of all files, on standard error, for a person only; told in bytes read and rows answered."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._rows = 0

    def add(self, name: str, size: int | None) -> None:
        """Expect *size* bytes more; None: nobody knows."""
        if self._task is None:
            self._task = self._progress.add_task(name, total=size, rows="")
        else:
            total = self._progress.tasks[0].total
            known = None if size is None or total is None else total + size
            self._progress.update(self._task, total=known, description="screening")

    def read(self, count: int) -> None:
        """Note bytes that were read."""
        if self._task is not None:
            self._progress.advance(self._task, count)

    def answered(self, rows: int) -> None:
        """Note how many rows are answered by now."""
        if self._task is not None:
            elapsed = self._progress.tasks[0].elapsed or 0.0
            rate = f", {rows / elapsed:,.0f} a second" if elapsed > 1 else ""
            self._progress.update(self._task, rows=f"{rows:,} rows{rate}")


@contextmanager
def bar() -> Iterator[Bar]:
    """Give a bar that is gone in the end."""
    console = err()
    shown = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(
        *shown, TextColumn("{task.fields[rows]}"), TimeRemainingColumn(),
        console=console, disable=not console.is_terminal, transient=True,
    ) as progress:  # fmt: skip
        yield Bar(progress)


def kind_of(path: Path) -> str:
    """Return what a file is: csv, ndjson, json, parquet or xlsx, by its name, else by its first byte."""
    if str(path) == "-":
        return _by_content(_standard(sys.stdin.buffer).first_line())
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        return _KINDS.get(suffixes[-2], "csv") if len(suffixes) > 1 else "csv"
    found = _KINDS.get("".join(suffixes[-1:]))
    if found:
        return found
    with path.open("rb") as stream:
        return _by_content(_Standard(stream).first_line())


def _is_told(head: bytes) -> bool:
    """Whether a line that is not blank has come whole."""
    return b"\n" in head.removeprefix(_MARK).lstrip()


def _first_line(head: bytes) -> bytes:
    return head.removeprefix(_MARK).lstrip().partition(b"\n")[0]


def _by_content(line: bytes) -> str:
    """Return what a file is by its first line that is not blank."""
    if line.startswith(b"PAR1"):
        return "parquet"
    return _of_object(line) if line[:1] == b"{" else {b"[": "json"}.get(line[:1], "csv")


def _of_object(line: bytes) -> str:
    """Return whether an object on the first line is one of many requests, or begins a document that goes on below."""
    try:
        found = msgspec.json.decode(line)
    except msgspec.ValidationError:
        return "ndjson"
    except msgspec.DecodeError as error:  # what is wrong with a line of many is that line's fault
        return "json" if "truncated" in str(error) else "ndjson"
    except (UnicodeDecodeError, RecursionError):
        return "ndjson"
    return "json" if isinstance(found, dict) and found.keys() == {"requests"} else "ndjson"


class _Standard(io.RawIOBase):
    """Standard input, whose first line can be looked at before it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._head = stream, b""

    def first_line(self) -> bytes:
        """Return the first line that is not blank; what was looked at is still to be read."""
        while len(self._head) < _LONGEST_LINE and not _is_told(self._head) and (more := self._arrived(_BLOCK)):
            self._head += more
        return _first_line(self._head)

    def _arrived(self, size: int) -> bytes:
        return bytes(getattr(self._stream, "read1", self._stream.read)(size))

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1) -> bytes:
        size = size if size > 0 else _BLOCK
        if self._head:
            found, self._head = self._head[:size], self._head[size:]
            return found
        return self._arrived(size)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        found = self.read1(len(buffer))
        buffer[: len(found)] = found
        return len(found)


@lru_cache(maxsize=1)
def _standard(stream: BinaryIO) -> _Standard:
    return _Standard(stream)


def opened(path: Path, kind: str, progress: Bar, sheet: str | None = None) -> Input:
    """Open one file; a workbook is given as the table of its sheet.

    Raises:
        InvalidInput: it is no workbook, or which of its sheets is meant cannot be told.
    """
    if str(path) == "-":
        progress.add("standard input", None)
        standard = _standard(sys.stdin.buffer)
        if kind == "parquet":  # its end says where its columns stand
            return Input(path=path, kind=kind, stream=io.BytesIO(standard.read()))
        return Input(path=path, kind=kind, stream=_peekable(_Watched(cast("BinaryIO", standard), progress.read)))
    if kind == "xlsx":
        return Input(path=path, kind="csv", stream=_sheet(path, sheet), movable=True)
    progress.add(path.name, path.stat().st_size)
    stream = path.open("rb")
    if kind == "parquet":
        return Input(path=path, kind=kind, stream=stream)
    watched = _peekable(_Watched(stream, progress.read))
    return Input(path=path, kind=kind, stream=watched, movable=not _is_packed(path))


def _is_packed(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _peekable(raw: _Watched) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Plain(raw), 2**18))


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, stream: BinaryIO, told: Callable[[int], None]) -> None:
        self._stream, self._told = stream, told

    def readable(self) -> bool:
        return True

    def read1(self, size: int) -> bytes:
        content: bytes = self._stream.read1(size) if hasattr(self._stream, "read1") else self._stream.read(size)
        self._told(len(content))
        return content

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)


class _Plain(io.RawIOBase):
    """The text of a file, unpacked where it is packed."""

    def __init__(self, watched: _Watched) -> None:
        self._watched = watched
        self._text: Unpacked | None = Unpacked(cast("BinaryIO", watched))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        source = self._text or self._watched
        content = source.read1(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def seekable(self) -> bool:
        return self._watched.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        self._text = None  # from some place on, bytes are text: only what is not packed is moved
        return self._watched.seek(offset, whence)

    def tell(self) -> int:
        return self._watched.seek(0, 1)


def _sheet(path: Path, name: str | None) -> BinaryIO:
    """Return a sheet of a workbook as a CSV text."""
    from sanctions_exposure.sources.formats._workbook import sheets, text_of

    if path.stat().st_size > _LARGEST_WORKBOOK:
        raise InvalidInput(f"{path}: a workbook of more than {_LARGEST_WORKBOOK >> 20} MB; save it as CSV")
    try:
        found = {
            title: rows
            for title, rows in sheets(path.read_bytes(), path.name, errors=True).items()
            if any(map(any, rows))
        }
    except ListFormatError as error:
        raise InvalidInput(str(error)) from None
    if name is not None and name not in found:
        raise InvalidInput(f"{path}: has no sheet {name!r} with rows, only {_named(list(found))}")
    if name is None and len(found) > 1:
        raise InvalidInput(f"{path}: has several sheets: {_named(list(found))}; say which: --sheet")
    rows = found.get(name or next(iter(found), ""), [])
    text = io.StringIO(newline="")
    # A row without any cell would be a blank line, and so no row; in a sheet it is none either.
    csv.writer(text).writerows([text_of(cell) for cell in row] for row in rows if any(cell != "" for cell in row))
    return io.BytesIO(text.getvalue().encode())


def _named(titles: Sequence[str]) -> str:
    return ", ".join(repr(title) for title in titles) or "none"
