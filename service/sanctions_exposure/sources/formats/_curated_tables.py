"""The tables of the curated set as rows that are read cell by cell and refused by line and column."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NoReturn, TypeVar

from sanctions_exposure.countries import country_code
from sanctions_exposure.errors import ListFormatError

Word = TypeVar("Word", bound=StrEnum)

# What a row rests on, when it was written down and by whom.
BASIS = ("source", "recorded_on", "editor")


def _columns(names: str) -> tuple[str, ...]:
    return (*names.split(), *BASIS)


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "about": ("key", "value"),
    "themes": _columns("id description article_sections"),
    "entities": _columns(
        "id schema caption subtype themes article_basis article_sections listing_status confidence identity_confidence"
        " countries unlocode note match_guidance"
    ),
    "names": _columns("entity_id text kind type script"),
    "identifiers": _columns("entity_id type value country label note"),
    "birth_dates": _columns("entity_id start end text"),
    "listings": _columns(
        "entity_id jurisdiction authority list status reference programmes programme_confidence date date_confidence"
        " until instrument annex measure celex confidence source_publisher source_date source_section"
    ),
    "relations": _columns("entity_id type target"),
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, whose cells are read one by one and refused by name."""

    table: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def fail(self, column: str, what: str) -> NoReturn:
        raise ListFormatError(f"{self.table}.csv line {self.line}, column {column!r}: {what}: {self[column]!r}")

    def needed(self, column: str) -> str:
        return self[column] or self.fail(column, "must not be empty")

    def many(self, column: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self[column].split(";") if part.strip())

    def known(self, column: str, vocabulary: Collection[str], what: str) -> str:
        return self[column] if self[column] in vocabulary else self.fail(column, f"unknown {what}")

    def word(self, column: str, vocabulary: type[Word]) -> Word:
        try:
            return vocabulary(self[column])
        except ValueError:
            self.fail(column, f"unknown {column}")

    def date(self, column: str) -> str:
        """Return an ISO date, perhaps without day or month, or nothing."""
        text = self[column]
        if text and not _is_date(text):
            self.fail(column, "not a date like 2022, 2022-08 or 2022-08-11")
        return text

    def countries(self, column: str) -> tuple[str, ...]:
        return tuple(self._country(column, part) for part in self.many(column))

    def country(self, column: str) -> str:
        return self._country(column, self[column]) if self[column] else ""

    def _country(self, column: str, text: str) -> str:
        code = country_code(text) if len(text) == 2 else None
        return code or self.fail(column, "unknown country")


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def read_table(table: str, files: Mapping[str, bytes]) -> tuple[Row, ...]:
    """Return the rows of *table* in order.

    Raises:
        ListFormatError: the table is missing, no CSV, or has other columns or cells than it should.
    """
    if table not in files:
        raise ListFormatError(f"{table}.csv: the curated set has no such table")
    try:
        # A spreadsheet may put a byte order mark in front.
        return tuple(_read(table, files[table].decode("utf-8-sig")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ListFormatError(f"{table}.csv: not a CSV table in UTF-8: {error}") from None


def _read(table: str, text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    wrong = sorted(set(header) ^ set(COLUMNS[table]))
    if wrong or len(header) != len(set(header)):
        raise ListFormatError(f"{table}.csv line 1: columns must be {', '.join(COLUMNS[table])}; look at {wrong}")
    for cells in reader:
        if not any(cells):
            continue  # spreadsheets leave empty rows behind
        if len(cells) != len(header):
            raise ListFormatError(f"{table}.csv line {reader.line_num}: {len(cells)} cells under {len(header)} columns")
        yield _row(table, reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True)))


def _row(table: str, line: int, cells: Mapping[str, str]) -> Row:
    row = Row(table, line, cells)
    for column in BASIS if table != "about" else ():
        row.needed(column)
    if table != "about":
        row.date("recorded_on")
    return row


def by_id(rows: tuple[Row, ...]) -> dict[str, Row]:
    """Return the rows of a table by the column ``id``, which no two may share."""
    found: dict[str, Row] = {}
    for row in rows:
        if not _ID.fullmatch(row["id"]):
            row.fail("id", "must be words of a-z and 0-9 joined by hyphens")
        if row["id"] in found:
            row.fail("id", f"stands in line {found[row['id']].line} already")
        found[row["id"]] = row
    return found


def grouped(rows: tuple[Row, ...], known: Collection[str]) -> dict[str, tuple[Row, ...]]:
    """Return the rows that belong to each of the *known* entities."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        row.known("entity_id", known, "entity")
        groups[row["entity_id"]].append(row)
    return {entity_id: tuple(group) for entity_id, group in groups.items()}
