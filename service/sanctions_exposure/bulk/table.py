"""CSV in, CSV out, streamed: input bytes stay as they are, the ``screening_*`` cells come after them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from sanctions_exposure.bulk.cells import OUTPUT, Result, ScreenMany, Tally, cells, columns
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.question import row_document

# A quote that never closes would swallow the rest of the file: no honest cell is longer than this.
_MOST_LINES: Final = 200
_MOST_CHARACTERS: Final = 2**20
_CHUNK: Final = 256  # rows screened together
_REMEMBERED: Final = 100_000  # distinct rows whose cells are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record of a table: its text as it stood, its cells, and why it cannot be read (empty when it can)."""

    raw: str
    cells: tuple[str, ...]
    fault: str = ""


class Table:
    """A CSV document whose header is read and whose rows are still to come."""

    def __init__(self, stream: BinaryIO, mapping: Mapping[str, str] | None = None) -> None:
        head = stream.peek(4)[:4] if isinstance(stream, io.BufferedReader) else b""
        if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise InvalidInput("the table is UTF-16: save it as CSV UTF-8")
        # Bytes that are no UTF-8 pass through as surrogates, so one bad row is that row's fault, not the file's.
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
        self._lines = _Lines(text)
        self.delimiter = _delimiter(self._lines.peek())
        header = next(self.records(), None)
        if header is None:
            raise InvalidInput("the table is empty: it needs a header row")
        self.header = header
        self._meanings = columns(header.cells, mapping)

    def records(self) -> Iterator[Row]:
        """Yield the rows that are left, blank lines too (they have no cells)."""
        while self._lines.peek():
            yield self._record()

    def requests(self) -> Iterator[Json | InvalidInput]:
        """Yield what each row asks, or why it cannot be read; blank lines ask nothing."""
        for row in self.records():
            if row.cells:
                fault = self.fault(row)
                yield InvalidInput(fault) if fault else row_document(self.document(row))

    def fault(self, row: Row) -> str:
        """Say why *row* cannot be read; nothing when it can."""
        width, found = len(self.header.cells), len(row.cells)
        return row.fault or (f"{found} cells, but the header has {width}" if found > width else "")

    def document(self, row: Row) -> dict[str, str]:
        """Return the cells of *row* by contract column."""
        return {name: row.cells[i] for i, name in self._meanings.items() if i < len(row.cells)}

    def _record(self) -> Row:
        taken = self._lines.taking()
        try:
            found = next(csv.reader(taken, delimiter=self.delimiter, strict=False))
            raw = "".join(taken.lines)
            if not taken.ended_inside_quotes(self.delimiter):
                return Row(raw=raw, cells=tuple(found))
        except csv.Error:
            pass
        # The quote never closes: only its first line is at fault, the others are read on their own.
        self._lines.put_back(taken.lines[1:])
        return _broken(taken.lines[0], self.delimiter)


class _Lines:
    """Lines of a text that can be put back."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._back: list[str] = []

    def peek(self) -> str:
        if not self._back:
            line = next(self._text, "")
            if not line:
                return ""
            self._back.append(line)
        return self._back[-1]

    def pop(self) -> str:
        line = self.peek()
        if line:
            self._back.pop()
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        self._back.extend(reversed(lines))

    def taking(self) -> _Taken:
        return _Taken(self)


class _Taken:
    """The lines that one record takes; refuses to take too many."""

    def __init__(self, source: _Lines) -> None:
        self._source = source
        self._size = 0
        self.lines: list[str] = []

    def __iter__(self) -> _Taken:
        return self

    def __next__(self) -> str:
        line = self._source.pop()
        if not line:
            raise StopIteration
        self.lines.append(line)
        self._size += len(line)
        if len(self.lines) > _MOST_LINES or (len(self.lines) > 1 and self._size > _MOST_CHARACTERS):
            raise csv.Error("a quote does not close")
        return line

    def ended_inside_quotes(self, delimiter: str) -> bool:
        """Say whether the input ended before a quote closed: strict reading fails where the lenient did not."""
        if len(self.lines) == 1 and '"' not in self.lines[0]:
            return False
        if self._source.peek():
            return False
        try:
            list(csv.reader(self.lines, delimiter=delimiter, strict=True))
        except csv.Error as error:
            return "unexpected end" in str(error)
        return False


def _broken(line: str, delimiter: str) -> Row:
    bare = line.rstrip("\r\n")
    return Row(raw=line, cells=tuple(bare.split(delimiter)), fault="a quote opens in this row and never closes")


def _delimiter(header: str) -> str:
    counts = {mark: len(next(csv.reader([header], delimiter=mark), [])) for mark in ",;\t"} if header else {",": 0}
    return max(counts, key=lambda mark: counts[mark])


# -- writing -------------------------------------------------------------------------------------


def screen_table(table: Table, screen_many: ScreenMany, tally: Tally) -> Iterator[str]:
    """Yield the output, header first; the first rows are ready while the last are still to be read.

    Encode it with ``errors="surrogateescape"``, and bytes that were no UTF-8 come out as they went in.
    """
    ending = _ending(table.header.raw) or "\r\n"
    yield _joined(table.header, OUTPUT, table, ending)
    known: dict[tuple[tuple[str, str], ...], tuple[str, ...]] = {}
    rows = table.records()
    while chunk := list(islice(rows, _CHUNK)):
        answered = _answered(table, chunk, screen_many, known)
        for row in chunk:
            if not row.cells:
                yield row.raw
                continue
            found = _fault_cells(table, row) or answered[tuple(table.document(row).items())]
            tally.add(found[0], found[1])
            yield _joined(row, found, table, ending)


def _answered(
    table: Table,
    chunk: Sequence[Row],
    screen_many: ScreenMany,
    known: dict[tuple[tuple[str, str], ...], tuple[str, ...]],
) -> dict[tuple[tuple[str, str], ...], tuple[str, ...]]:
    good = [row for row in chunk if row.cells and not _fault_cells(table, row)]
    asked = dict.fromkeys(tuple(table.document(row).items()) for row in good)
    if len(known) > _REMEMBERED:
        known.clear()
    new = [question for question in asked if question not in known]
    results: Sequence[Result] = screen_many([row_document(dict(question)) for question in new]) if new else ()
    known.update(zip(new, map(cells, results), strict=True))
    return {question: known[question] for question in asked}


def _fault_cells(table: Table, row: Row) -> tuple[str, ...]:
    fault = table.fault(row)
    return cells(InvalidInput(fault)) if fault else ()


def _joined(row: Row, added: Sequence[str], table: Table, ending: str) -> str:
    """Return the row's own text, filled up to the header's width, then the added cells."""
    width = len(table.header.cells)
    own = row.raw.removesuffix(_ending(row.raw))
    if row.fault or len(row.cells) > width:  # cannot stay as it is: later columns would shift or vanish
        spilt = table.delimiter.join(row.cells[width - 1 :])
        own = _written((*row.cells[: width - 1], spilt)[:width], table.delimiter)
    missing = table.delimiter * max(0, width - len(row.cells))
    return f"{own}{missing}{table.delimiter}{_written(added, table.delimiter)}{_ending(row.raw) or ending}"


def _written(values: Sequence[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(values)
    return out.getvalue()


def _ending(raw: str) -> str:
    return raw[len(raw.rstrip("\r\n")) :][-2:]
