"""Reads text tables with a header: every row whole, every column known by name, nothing dropped."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats._text import decode, refuse_strangers


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can say where it stands."""

    what: str
    line: int
    cells: Mapping[str, str]  # by column, as published; a column the publisher added is there too

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def fault(self, column: str, what: str) -> ListFormatError:
        """Return the error that names this row and *column*."""
        return ListFormatError(f"{self.what} line {self.line}, column {column!r}: {what}")


def rows(document: bytes, what: str, *, required: Collection[str], delimiter: str = ",") -> Iterator[Row]:
    """Yield the rows of a table, by column name.

    Raises:
        ListFormatError: it is empty, a web page, broken off, not UTF-8, or lacks a required column.
    """
    refuse_strangers(document, what)
    if not document.endswith((b"\n", b"\r")):
        raise ListFormatError(f"{what}: ends in the middle of a line, so it is not whole: {document[-40:]!r}")
    reader = csv.reader(io.StringIO(decode(document, what), newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, what, required)
        for cells in reader:
            if len(cells) != len(header):
                if not any(cells):
                    continue
                raise ListFormatError(
                    f"{what} line {reader.line_num}: has {len(cells)} cells, not {len(header)}: {cells[:2]!r}"
                )
            yield Row(what, reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise ListFormatError(f"{what} line {reader.line_num}: {error}") from None


def _check_header(header: list[str], what: str, required: Collection[str]) -> None:
    for column in required:
        if column not in header:
            raise ListFormatError(f"{what} line 1: column {column!r} is missing; there are {', '.join(header)[:200]}")
    for column in header:
        if header.count(column) > 1:
            raise ListFormatError(f"{what} line 1: column {column!r} is there twice")
