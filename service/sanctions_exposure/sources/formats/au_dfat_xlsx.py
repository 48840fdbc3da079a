"""Australia's Consolidated List, XLSX in the layout of November 2025: one row a name, grouped by reference.

Reference ``3`` is an entry and its primary name; ``3a``, ``3b`` … are its other names and repeat everything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Address,
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
from sanctions_exposure.sources.formats._dates import plausible_date, plausible_or_month
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, distinct, merge_names, partial_date, slip
from sanctions_exposure.sources.formats._workbook import Cell, Sheet, sheets, text_of
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_WHAT = "DFAT list"
_SHEET = "Consolidated List"
_MEASURES = ("Targeted Financial Sanction", "Travel Ban", "Arms Embargo", "Maritime Restriction")
_COLUMNS = (
    "Reference", "Name of Individual or Entity", "Type", "Name Type", "Alias Strength", "Date of Birth",
    "Place of Birth", "Citizenship", "Address", "Additional Information", "Listing Information", "IMO Number",
    "Committees", "Control Date", "Instrument of Designation", *_MEASURES,
)  # fmt: skip
_OF_A_NAME = frozenset({"Reference", "Name of Individual or Entity", "Name Type", "Alias Strength"})
_SCHEMA = {"Individual": Schema.PERSON, "Entity": Schema.ORGANIZATION, "Vessel": Schema.VESSEL}
# DFAT's own grades.  Another one stops the build: a guess floods reviewers or hides a listed party.
_KIND = {
    ("Primary Name", ""): NameKind.PRIMARY,
    ("Alias", "Strong"): NameKind.STRONG,
    ("Alias", "Weak"): NameKind.WEAK,
    ("Alias", ""): NameKind.STRONG,
    ("Original Script", ""): NameKind.STRONG,
}
_REFERENCE = re.compile(r"(\d+)([a-z]*)", re.IGNORECASE)
_APPROXIMATELY = re.compile(r"(?:approximately|approx\.?|circa|c\.)\s+", re.IGNORECASE)
_AU_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_AU_MONTH = re.compile(r"(0?[1-9]|1[0-2])/(\d{4})")
_BETWEEN = re.compile(r"(?:between\s+)?(\d{4})\s*(?:-|–|to|and)\s*(\d{4})", re.IGNORECASE)
_LETTERED = re.compile(r"(?:^|(?<=\s))[a-z]\)\s*")  # "a) Kabul b) Herat"
_LISTED_ON = re.compile(
    r"(?:[Ff]irst listed|\bListed|\bDesignated)\b.{0,60}?\bon:?\s+"
    r"(\d{1,2} [A-Za-z]{3,9}\.? \d{4}|\d{1,2}/\d{1,2}/\d{4})",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, Cell]

    def __getitem__(self, column: str) -> str:
        cell = self.cells.get(column, "")
        return clean(cell) if isinstance(cell, str) else text_of(cell)

    def fault(self, column: str, what: str) -> ListFormatError:
        return ListFormatError(f"{_WHAT} row {self.line}, column {column!r}: {what}")


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the row and column.
    """
    tally: Counter[str] = Counter()
    found = sheets(files["primary"], _WHAT)
    if _SHEET not in found:
        raise ListFormatError(f"{_WHAT}: there is no sheet {_SHEET!r}; there are {', '.join(found) or 'none'}")
    notes = [f"sheet not read: {name}" for name, sheet in found.items() if name != _SHEET and any(map(any, sheet))]
    grouped = _grouped(found[_SHEET], tally)
    entities = tuple(_entity(reference, rows, manifest, tally) for reference, rows in grouped.items())
    told = ("unknown column", "date kept as text", "citizenship not recognised", "rows that differ")
    notes += [f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith(told)]
    # The file has no date of its own; the control date is that of an entry's last change.
    changed = (a.value for entity in entities for a in entity.attributes if a.name == "Control Date")
    version = max(filter(plausible_date, changed), default="")
    return ParsedList(entities=entities, version=version, notes=tuple(notes), tally=dict(sorted(tally.items())))


def _grouped(sheet: Sheet, tally: Counter[str]) -> dict[str, list[_Row]]:
    header = [text_of(cell) for cell in sheet[0]] if sheet else []
    for column in _COLUMNS:
        if header.count(column) != 1:
            raise ListFormatError(f"{_WHAT} row 1: column {column!r} is there {header.count(column)} times, not once")
    grouped: dict[str, list[_Row]] = {}
    for line, cells in enumerate(sheet[1:], 2):
        row = _Row(line, dict(zip(header, cells, strict=False)))
        if not any(text_of(cell) for cell in cells):
            continue
        tally["rows"] += 1
        match = _REFERENCE.fullmatch(row["Reference"])
        if not match:
            raise row.fault("Reference", f"{row['Reference']!r} is no reference")
        grouped.setdefault(match[1], []).append(row)
    return grouped


def _entity(reference: str, rows: list[_Row], manifest: Manifest, tally: Counter[str]) -> ListedEntity:
    primary = [row for row in rows if row["Name Type"] == "Primary Name"]
    if len(primary) != 1:
        raise rows[0].fault("Name Type", f"reference {reference} has {len(primary)} primary names, not one")
    row = primary[0]
    if row["Type"] not in _SCHEMA:
        raise row.fault("Type", f"unknown type {row['Type']!r}")
    said = _said(row, rows, tally)
    dates = [found for one in said for found in _dates(one, tally)]
    addresses = distinct(address for one in said for address in _addresses(one["Address"]))
    nations = [code for one in said for code in _nations(one, tally)]
    return ListedEntity(
        list=manifest.id,
        id=reference,
        schema=_SCHEMA[row["Type"]],
        names=_names(row, rows, tally),
        identifiers=distinct(number for one in said for number in _imo_number(one)),
        birth_dates=distinct(found for found in dates if isinstance(found, ListedDate)),
        countries=distinct(code for code in (*nations, *(a.country for a in addresses)) if code),
        addresses=addresses,
        designations=distinct(_designation(reference, one, manifest) for one in said),
        attributes=distinct(
            (
                *(attribute for one in said for attribute in _attributes(one, tally)),
                *(found for found in dates if isinstance(found, Attribute)),
            )
        ),
    )


def _said(primary: _Row, rows: list[_Row], tally: Counter[str]) -> tuple[_Row, ...]:
    """Return the primary row and those that do not repeat it: what any of them says belongs to the entry."""
    different = {_beside_names(row): row for row in (*reversed(rows), primary)}
    if len(different) > 1:
        tally["rows that differ from their entry"] += len(different) - 1
    return tuple(sorted(different.values(), key=lambda row: (row is not primary, row.line)))


def _beside_names(row: _Row) -> tuple[Cell, ...]:
    return tuple(cell for column, cell in row.cells.items() if column not in _OF_A_NAME)


def _names(primary: _Row, rows: list[_Row], tally: Counter[str]) -> tuple[ListedName, ...]:
    found = []
    for row in (primary, *(row for row in rows if row is not primary)):
        grade = (row["Name Type"], row["Alias Strength"])
        if grade not in _KIND:
            raise row.fault("Alias Strength", f"unknown grade {' / '.join(grade)!r}")
        if not row["Name of Individual or Entity"]:
            raise row.fault("Name of Individual or Entity", "is empty")
        found.append(ListedName(text=row["Name of Individual or Entity"], kind=_KIND[grade], type=grade[0]))
    names = merge_names(found)
    tally["names published"] += len(found)
    tally["names repeated"] += len(found) - len(names)
    return names


def _dates(row: _Row, tally: Counter[str]) -> list[ListedDate | Attribute]:
    cell = row.cells["Date of Birth"]
    if isinstance(cell, date | datetime):
        return [ListedDate(start=text_of(cell)[:10])]
    found: list[ListedDate | Attribute] = []
    for text in (clean(part) for part in re.split(r"[,;]", row["Date of Birth"])):
        if read := _date(text):
            found.append(read)
        elif text:
            tally["date kept as text"] += 1
            found.append(Attribute(name="Date of Birth", value=text))
    return found


def _date(text: str) -> ListedDate | None:
    """Read one date as DFAT types it: a year, day/month/year, or either with a doubt.

    >>> _date("Approximately 1961").approximate, _date("30/03/1971").start, _date("unknown")
    (True, '1971-03-30', None)
    """
    bare = _APPROXIMATELY.sub("", text, count=1)
    approximate = bare != text
    if match := _BETWEEN.fullmatch(bare):
        return ListedDate(start=match[1], end=match[2], approximate=approximate, text=text)
    month = _AU_MONTH.fullmatch(bare)
    start = f"{month[2]}-{month[1]:>02}" if month else _au_date(bare) or partial_date(bare)
    if not start:
        return None
    return ListedDate(start=start, approximate=approximate, text=text if approximate else slip(text, start))


def _au_date(text: str) -> str:
    match = _AU_DATE.fullmatch(text)
    return plausible_or_month(f"{match[3]}-{match[2]:>02}-{match[1]:>02}") if match else ""


def _addresses(text: str) -> Iterator[Address]:
    for part in _LETTERED.split(text):
        if part := part.strip(" ;"):
            # "…, Kabul, Afghanistan (previous address)": the country is the last thing before the bracket.
            last = re.sub(r"\s*\([^()]*\)\s*$", "", part).rpartition(",")[2]
            yield Address(text=part, country=country(clean(last)))


def _nations(row: _Row, tally: Counter[str]) -> Iterator[str]:
    for part in re.split(r"[;\n]|(?:^|\s)[a-z]\)", row["Citizenship"]):
        if text := clean(re.sub(r"\([^()]*\)", "", part)):
            code = country(text)
            if not code:
                tally[f"citizenship not recognised: {text}"] += 1
            yield code


def _imo_number(row: _Row) -> Iterator[Identifier]:
    if number := row["IMO Number"]:
        if not number.isdigit():
            raise row.fault("IMO Number", f"{number!r} is no number")
        yield Identifier(type="imo", value=number, label="IMO Number")


def _designation(reference: str, row: _Row, manifest: Manifest) -> Designation:
    for column in _MEASURES:
        if row[column] not in {"true", "false"}:
            raise row.fault(column, f"{row[column]!r} is neither true nor false")
    match = _LISTED_ON.search(row["Listing Information"])
    listed = (_au_date(match[1]) or partial_date(match[1]) or "") if match else ""
    return manifest.designation(
        programme=row["Committees"],
        reference=reference,
        listed_on=plausible_date(listed),
        reason=row["Listing Information"],
        measures=tuple(column for column in _MEASURES if row[column] == "true"),
    )


def _attributes(row: _Row, tally: Counter[str]) -> Iterator[Attribute]:
    kept = ("Place of Birth", "Citizenship", "Additional Information", "Control Date", "Instrument of Designation")
    for column in kept:
        if row[column]:
            yield Attribute(name=column, value=row[column])
    for column in row.cells:
        if column not in _COLUMNS and row[column]:
            tally[f"unknown column {column}"] += 1
            yield Attribute(name=column, value=row[column])
