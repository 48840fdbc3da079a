"""A table: its head says how to read it, or the caller does; then come its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from sanctions_exposure.bulk import dialect as forms
from sanctions_exposure.bulk.arriving import MOST, Arriving, Chunk, Source
from sanctions_exposure.bulk.columns import understood
from sanctions_exposure.bulk.dialect import Dialect
from sanctions_exposure.bulk.records import Row
from sanctions_exposure.errors import InvalidInput, TooLarge
from sanctions_exposure.model import Json
from sanctions_exposure.question import TableLimits, no_value, row_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the caller says of a table; what is left out is found out."""

    mapping: Mapping[str, str] = field(default_factory=dict)  # their column, or #3, to ours
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None  # blank: quotes are letters like any other
    guess: bool = True  # whether a column may be understood by a name that is not ours

    def __post_init__(self) -> None:
        """Refuse what is no delimiter or quote."""
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '\r\n"\0'):
            raise InvalidInput("a delimiter is one character, and no quote")
        if self.quote is not None and (len(self.quote) > 1 or self.quote in {*"\r\n\0", self.delimiter}):
            raise InvalidInput("a quote is one character, or blank for none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All that the head of a table told: with it, reading can go on anywhere in the file. Encodes as JSON."""

    dialect: Dialect
    head: str  # the text before the first row: byte order mark, Excel's separator line, blank lines, header
    header: tuple[str, ...]
    columns: Mapping[int, str]  # position to column of the contract
    guessed: tuple[int, ...] = ()  # positions that were understood by guess
    ending: str = "\r\n"  # of lines that lack theirs

    def remarks(self) -> tuple[str, ...]:
        """Say what was found out rather than said: nothing for a UTF-8 table with our own column names."""
        found = [f"column {self.header[at].strip()!r} is read as {self.columns[at]!r}" for at in self.guessed]
        if self.dialect.encoding != "utf-8":
            found.insert(0, f"the table is read as {self.dialect.encoding}")
        return tuple(found)


class Table:
    """A table whose head is read and whose rows are still to come.

    Args:
        stream: bytes; where it has ``read1``, what has arrived is given while the rest is awaited.
        reading: what the caller says of it; a mapping alone will do, and then nothing is guessed.
        limits: how much it may hold.

    Raises:
        InvalidInput: it has no header, or none that can be screened.
        TooLarge: it is wider than it may be.
    """

    def __init__(
        self, stream: BinaryIO, reading: Reading | Mapping[str, str] | None = None, limits: TableLimits | None = None
    ) -> None:
        told = reading if isinstance(reading, Reading) else Reading(mapping=reading or {}, guess=False)
        limits = limits or TableLimits()
        source = Source(stream, limits)
        read = source.head()
        _refuse_workbook(read)
        dialect, before = _dialect(told, read, whole=source.ended)
        skipped = len(dialect.encode(before))
        self._rows = Arriving(source, dialect, limits, end=skipped)
        blank, header = self._rows.header(read[skipped:])
        if len(header.cells) > limits.columns:
            raise TooLarge(
                f"the table has {len(header.cells):,} columns; at most {limits.columns:,} are allowed"
                " (EXPOSURE_MAX_TABLE_COLUMNS)"
            )
        if header.fault:
            raise InvalidInput(f"the header cannot be read: {header.fault}")
        meanings, guessed = understood(header.cells, told.mapping, guess=told.guess)
        self.layout = Layout(
            dialect=dialect,
            head=before + blank + header.raw,
            header=tuple(header.cells),
            columns=meanings,
            guessed=guessed,
            ending=ending(header.raw) or "\r\n",
        )

    def chunks(self, largest: int = MOST) -> Iterator[Chunk]:
        """Yield all rows, as `Arriving.chunks` does."""
        return self._rows.chunks(largest)

    def records(self) -> Iterator[Row]:
        """Yield the rows one by one, blank lines too (they have no cells)."""
        for chunk in self.chunks():
            yield from chunk.rows

    def requests(self) -> Iterator[Json | InvalidInput]:
        """Yield what each row asks, or why it cannot be read; blank lines ask nothing."""
        for row in self.records():
            if row.cells:
                fault = self.fault(row)
                yield InvalidInput(fault) if fault else row_document(self.document(row))

    def fault(self, row: Row) -> str:
        """Say why *row* cannot be read; nothing when it can."""
        width, found = len(self.layout.header), len(row.cells)
        if row.fault or found > width:
            return row.fault or f"{found} cells, but the header has {width}"
        for at in self.layout.columns:
            if at < found and (error := no_value(row.cells[at])):
                return f"the cell under {self.layout.header[at]!r} holds {error}, which is no value"
        return ""

    def document(self, row: Row) -> dict[str, str]:
        """Return the cells of *row* by contract column."""
        return {name: row.cells[i] for i, name in self.layout.columns.items() if i < len(row.cells)}


def chunks_from(
    stream: BinaryIO, layout: Layout, *, end: int, number: int, limits: TableLimits | None = None
) -> Iterator[Chunk]:
    """Yield the rest of a table after a chunk that ended at byte *end* with row *number*; *stream* stands at *end*."""
    limits = limits or TableLimits()
    source = Source(stream, limits, already=end)
    return Arriving(source, layout.dialect, limits, end=end, number=number).chunks()


def ending(raw: str) -> str:
    """Return the line ending of a record."""
    return raw[len(raw.rstrip("\r\n")) :][-2:]


def _refuse_workbook(head: bytes) -> None:
    """Refuse what a spreadsheet keeps, whatever its name says: read as text, it would be a table of nonsense."""
    if head.startswith(b"PK\x03\x04"):
        raise InvalidInput(
            "this is a workbook (XLSX) or another ZIP archive, not CSV: save it as CSV, or name it .xlsx"
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput("this is a workbook of old (XLS), not CSV: save it as CSV or XLSX")


def _dialect(told: Reading, head: bytes, *, whole: bool) -> tuple[Dialect, str]:
    """Return the form of a table and the text that stands before its first line of cells."""
    encoding = _said_encoding(told, head) or forms.encoding_of(head, whole=whole)
    mark = "\ufeff" if forms.marked(head) == encoding else ""
    text = Dialect(encoding=encoding).decoder().decode(head).removeprefix(mark)
    preamble, said = forms.separator_line(text)
    lines = text.removeprefix(preamble).splitlines(keepends=True)
    lines = lines if whole or len(lines) < 2 else lines[:-1]  # the last may be cut
    quote = forms.quote_of(lines) if told.quote is None else told.quote
    delimiter = told.delimiter or said or forms.delimiter_of(lines, quote)
    return Dialect(encoding=encoding, delimiter=delimiter, quote=quote), mark + preamble


def _said_encoding(told: Reading, head: bytes) -> str | None:
    if told.encoding is None:
        return None
    said, marked = forms.codec(told.encoding), forms.marked(head)
    # A mark in the file says which way round its UTF-16 is.
    return marked if marked and marked[:6] == said[:6] else said
