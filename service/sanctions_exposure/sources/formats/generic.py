"""A list of one's own: CSV, one row a name, rows with the same ``id`` are one entity.

Columns ``id, name, kind, schema, countries, dob`` must be there; ``programme, listed_on, identifiers, notes`` may be.
Several values in one cell are joined by ``;``; an identifier is ``type:value``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sanctions_exposure.countries import country_code
from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    IDENTIFIER_TYPES,
    Attribute,
    Designation,
    Identifier,
    ListedDate,
    ListedEntity,
    ListedName,
    NameKind,
    Schema,
)
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._text import (
    clean,
    decode,
    distinct,
    iso_date,
    merge_names,
    refuse_strangers,
)
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

T = TypeVar("T")

_REQUIRED = ("id", "name", "kind", "schema", "countries", "dob")
_OPTIONAL = ("programme", "listed_on", "identifiers", "notes")
_SCHEMAS = {schema.value.casefold(): schema for schema in Schema} | {
    "airplane": Schema.AIRCRAFT,
    "": Schema.LEGAL_ENTITY,  # whoever keeps the list does not know: any kind of party
}
_KINDS = {kind.value: kind for kind in NameKind}
_ORDER = tuple(NameKind)


class RowError(ListFormatError):
    """One cell of a list of one's own that cannot be read."""

    def __init__(self, line: int, column: str, detail: str) -> None:
        super().__init__(f"line {line}, column {column!r}: {detail}")
        self.line, self.column, self.detail = line, column, detail


@dataclass(frozen=True, slots=True)
class _Row:
    """One row that can say where it stands."""

    line: int
    cells: Mapping[str, str]
    count: int  # cells the row has

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def filled(self) -> None:
        """Raise RowError where a cell is missing that must be there."""
        if self.count != len(self.cells):
            raise self.fault([*self.cells][-1], f"the row has {self.count} cells, the header {len(self.cells)}")
        for column in ("id", "name"):
            if not self[column]:
                raise self.fault(column, "is empty")

    def fault(self, column: str, what: str) -> RowError:
        return RowError(self.line, column, what)

    def read(self, column: str, one: Callable[[str], T | None]) -> Iterator[T]:
        """Yield the values of a cell, each read by *one*, which gives None for what it does not know."""
        for part in filter(None, map(str.strip, self[column].split(";"))):
            value = one(part)
            if value is None:
                raise self.fault(column, f"{part!r} cannot be read")
            yield value


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read a list of one's own from file role ``primary``.

    Raises:
        ListFormatError: names the line and column.
    """
    grouped: dict[str, list[_Row]] = {}
    for row in _rows(files["primary"]):
        grouped.setdefault(row["id"], []).append(row)
    entities = tuple(_entity(rows, manifest) for rows in grouped.values())
    headless = sum(entity.names[0].kind is not NameKind.PRIMARY for entity in entities)
    notes = (f"entities without a primary name: {headless}",) if headless else ()
    return ParsedList(entities=entities, notes=notes, tally={"rows": sum(map(len, grouped.values()))})


def faults(document: bytes) -> Iterator[RowError]:
    """Yield every cell that cannot be read, one at most of each column of a row, so that all are mended at once.

    Raises:
        ListFormatError: it is no such table at all.
    """
    first: dict[str, _Row] = {}
    for row in _rows(document, whole=False):
        same_id = (first.setdefault(row["id"], row), row) if row["id"] else (row,)
        for look in (
            lambda row=row: row.filled(),
            lambda row=row: _kind(row),
            lambda rows=same_id: _schema(list(rows)),
            lambda row=row: _all([row], "countries", country_code),
            lambda row=row: _all([row], "dob", _birth),
            lambda row=row: _all([row], "identifiers", _identifier),
            lambda row=row: _listed_on([row]),
        ):
            try:
                look()
            except RowError as error:
                yield error


def _rows(document: bytes, *, whole: bool = True) -> Iterator[_Row]:
    """Yield the rows; where they need not be *whole*, also those that lack something."""
    refuse_strangers(document, "own list")
    reader = csv.reader(io.StringIO(decode(document, "own list"), newline=""), strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        _check_header(header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            named = dict.fromkeys(header, "") | dict(zip(header, map(clean, cells), strict=False))
            row = _Row(reader.line_num, named, len(cells))
            if whole:
                row.filled()
            yield row
    except csv.Error as error:
        raise ListFormatError(f"line {reader.line_num}: {error}") from None


def _check_header(header: list[str]) -> None:
    for column in _REQUIRED:
        if column not in header:
            raise ListFormatError(f"line 1: column {column!r} is missing; there are {', '.join(header)}")
    for column in header:
        if column not in _REQUIRED + _OPTIONAL:
            raise ListFormatError(f"line 1: unknown column {column!r}; known: {', '.join(_REQUIRED + _OPTIONAL)}")
        if header.count(column) > 1:
            raise ListFormatError(f"line 1: column {column!r} is there twice")


def _entity(rows: list[_Row], manifest: Manifest) -> ListedEntity:
    first = rows[0]
    return ListedEntity(
        list=manifest.id,
        id=first["id"],
        schema=_schema(rows),
        names=_names(rows),
        identifiers=_all(rows, "identifiers", _identifier),
        birth_dates=_all(rows, "dob", _birth),
        countries=_all(rows, "countries", country_code),
        designations=_designations(rows, manifest),
        attributes=distinct(Attribute(name="notes", value=row["notes"]) for row in rows if row["notes"]),
    )


def _all(rows: Iterable[_Row], column: str, one: Callable[[str], T | None]) -> tuple[T, ...]:
    return distinct(value for row in rows for value in row.read(column, one))


def _schema(rows: list[_Row]) -> Schema:
    for row in rows:
        if row["schema"].casefold() not in _SCHEMAS:
            raise row.fault("schema", f"{row['schema']!r} is unknown; known: {', '.join(s.value for s in Schema)}")
        if row["schema"].casefold() != rows[0]["schema"].casefold():
            raise row.fault("schema", f"{row['schema']!r} contradicts line {rows[0].line} of the same id")
    return _SCHEMAS[rows[0]["schema"].casefold()]


def _names(rows: list[_Row]) -> tuple[ListedName, ...]:
    names = [ListedName(text=row["name"], kind=_kind(row), type="name") for row in rows]
    return merge_names(sorted(names, key=lambda name: _ORDER.index(name.kind)))  # primary first; sorting is stable


def _kind(row: _Row) -> NameKind:
    try:
        return _KINDS[row["kind"].casefold()]
    except KeyError:
        raise row.fault("kind", f"{row['kind']!r} is unknown; known: {', '.join(_KINDS)}") from None


def _birth(text: str) -> ListedDate | None:
    return ListedDate(start=text) if iso_date(text) else None


def _listed_on(rows: list[_Row]) -> tuple[str, ...]:
    listed = _all(rows, "listed_on", iso_date)
    if len(listed) > 1:
        raise rows[-1].fault("listed_on", f"one entity has several dates: {', '.join(listed)}")
    return listed


def _identifier(text: str) -> Identifier | None:
    kind, _, value = text.partition(":")
    kind, value = kind.strip().casefold(), value.strip()
    return Identifier(type=kind, value=value) if kind in IDENTIFIER_TYPES and value else None


def _designations(rows: list[_Row], manifest: Manifest) -> tuple[Designation, ...]:
    programmes = _all(rows, "programme", str) or ("",)
    listed = _listed_on(rows)
    return tuple(
        manifest.designation(
            programme=programme,
            reference=rows[0]["id"],
            listed_on=listed[0] if listed else "",
        )
        for programme in programmes
    )
