"""Parts text that arrives in pieces into the rows of a table, each with its own characters as they stood."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Final, NamedTuple

from sanctions_exposure.bulk.dialect import Dialect
from sanctions_exposure.errors import TooLarge
from sanctions_exposure.question import TableLimits

# A quote that never closes would swallow the rest of the file: no honest record is longer than this.
_MOST_LINES: Final = 200
_MOST_CHARACTERS: Final = 2**20
_LARGEST_CELL: Final = 131_072  # what the csv module reads; raising it would raise it for the whole process


class Row(NamedTuple):
    """One record of a table: its text as it stood, its cells, and why it cannot be read (blank when it can)."""

    raw: str
    cells: Sequence[str]  # none: a blank line
    fault: str = ""
    whole: bool = True  # its text may stand in a table as it is, though it may have a fault


class _NeverCloses(Exception):  # noqa: N818 - reads as what it says
    """A quote is open after more lines than any record has."""


class _MoreNeeded(Exception):  # noqa: N818
    """A quote is open where the text ends so far."""


class Splitter:
    """Takes text in pieces of any size and gives back the rows that are complete."""

    def __init__(self, dialect: Dialect, limits: TableLimits) -> None:
        self._delimiter, self._quote = dialect.delimiter, dialect.quote
        self._limits = limits
        self._largest = min(limits.cell, _LARGEST_CELL)
        self._unended: list[str] = []  # pieces of a line whose end has not come
        self._size = 0  # characters of them
        self._lines: list[str] = []  # lines of a record whose end has not come
        self._return = ""  # a carriage return that a line feed may follow

    def feed(self, text: str, *, last: bool = False) -> list[Row]:
        """Return the rows that *text* completes; with *last*, all that are left.

        Raises:
            TooLarge: a line is longer than any row may be.
        """
        lines = self._ended(text, last=last)
        if not last and self._lines and not any(self._quote in line for line in lines):
            self._lines += lines  # a quote is open, and nothing here closes it
            if len(self._lines) <= _MOST_LINES and sum(map(len, self._lines)) <= _MOST_CHARACTERS:
                return []
            lines = []
        lines = self._lines + lines
        rows: list[Row] = []
        at, quote = 0, self._quote
        try:
            while at < len(lines):
                if quote and quote in lines[at]:
                    row, taken = self._quoted(lines, at, last=last)
                    rows.append(row)
                    at += taken
                else:
                    rows.append(self._plain(lines[at]))
                    at += 1
        except _MoreNeeded:
            pass
        self._lines = lines[at:]
        return rows

    def _ended(self, text: str, *, last: bool) -> list[str]:
        """Return the lines that *text* ends, with their endings, and keep what follows them."""
        text = self._return + text
        self._return = ""
        if text.endswith("\r") and not last:
            text, self._return = text[:-1], "\r"
        cut = len(text) if last else max(text.rfind("\n"), text.rfind("\r")) + 1
        if not cut and not (last and self._unended):
            self._keep(text)
            return []
        lines = StringIO("".join((*self._unended, text[:cut])), newline="").readlines()
        self._unended, self._size = [], 0
        self._keep(text[cut:])
        return lines

    def _keep(self, text: str) -> None:
        if text:
            self._unended.append(text)
            self._size += len(text)
            if self._size > self._limits.row:
                raise TooLarge(f"a line is longer than {self._limits.row:,} characters: this is no table of rows")

    def _plain(self, line: str) -> Row:
        bare = line.rstrip("\r\n")
        cells = bare.split(self._delimiter) if bare else ()
        if len(bare) > self._largest and max(map(len, cells)) > self._largest:
            return Row(line, ("",) * len(cells), self._oversize())
        return self._checked(line, cells)

    def _quoted(self, lines: list[str], at: int, *, last: bool) -> tuple[Row, int]:
        """Return the record that begins in line *at*, and how many lines it takes."""
        reader = csv.reader(_following(lines, at, last=last), delimiter=self._delimiter, quotechar=self._quote)
        try:
            cells = next(reader)
        except _NeverCloses:
            # Only its first line is at fault, the others are read on their own.
            return _broken(lines[at], self._delimiter), 1
        except csv.Error:
            return self._huge(lines, at, last=last)
        raw = lines[at] if reader.line_num == 1 else "".join(lines[at : at + reader.line_num])
        if len(raw) > self._largest and max(map(len, cells)) > self._largest:
            return Row(raw, ("",) * len(cells), self._oversize()), reader.line_num
        return self._checked(raw, cells), reader.line_num

    def _huge(self, lines: list[str], at: int, *, last: bool) -> tuple[Row, int]:
        """Return a record one of whose cells is more than the csv module reads: it ends where its quotes are even."""
        quotes = 0
        try:
            for taken, line in enumerate(_following(lines, at, last=last), start=1):
                quotes += line.count(self._quote)
                if quotes % 2 == 0:
                    raw = "".join(lines[at : at + taken])
                    mark = re.escape(self._quote)
                    outside = re.sub(f"{mark}[^{mark}]*{mark}", "", raw)
                    return Row(raw, ("",) * (outside.count(self._delimiter) + 1), self._oversize()), taken
        except _NeverCloses:
            pass
        return _broken(lines[at], self._delimiter), 1

    def _checked(self, raw: str, cells: Sequence[str]) -> Row:
        return Row(raw, cells, "the row holds a NUL character") if "\0" in raw else Row(raw, cells)

    def _oversize(self) -> str:
        return f"a cell is longer than {self._largest:,} characters"


def _following(lines: list[str], at: int, *, last: bool) -> Iterator[str]:
    """Yield the lines of one record, for a reader that stops where its quotes are closed."""
    size = 0
    for place in range(at, len(lines)):
        size += len(lines[place])
        if place - at >= _MOST_LINES or (place > at and size > _MOST_CHARACTERS):
            raise _NeverCloses
        yield lines[place]
    raise _NeverCloses if last else _MoreNeeded


def _broken(line: str, delimiter: str) -> Row:
    cells = line.rstrip("\r\n").split(delimiter)
    return Row(line, cells, "a quote opens in this row and never closes", whole=False)
