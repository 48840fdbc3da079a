"""The BIS Denied Persons List, tab-separated: one row an address and order; rows of one name are one entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sanctions_exposure.model import (
    Address,
    Attribute,
    Designation,
    ListedEntity,
    ListedName,
    Schema,
)
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._dates import newest_listing, plausible_date, us_date
from sanctions_exposure.sources.formats._delimited import Row, rows
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, distinct
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_PLACE = ("Street_Address", "City", "State", "Postal_Code", "Country")
_COLUMNS = ("Name", *_PLACE, "Effective_Date", "Expiration_Date", "Standard_Order", "Last_Update", "Action",
            "FR_Citation")  # fmt: skip
_STANDARD = {"Y": "standard order", "N": "non-standard order", "": ""}


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the line and column.
    """
    tally: Counter[str] = Counter()
    grouped: dict[str, list[Row]] = {}
    for row in rows(files["primary"], "DPL", required=_COLUMNS, delimiter="\t"):
        if name := clean(row["Name"]):
            grouped.setdefault(name, []).append(row)
            tally["rows"] += 1
        elif any(map(clean, row.cells.values())):
            raise row.fault("Name", "is empty")
        else:
            tally["rows empty"] += 1
    entities = tuple(_entity(name, found, manifest, tally) for name, found in grouped.items())
    told = ("unknown column", "date kept as text", "rows empty", "country not recognised")
    notes = tuple(f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith(told))
    return ParsedList(
        entities=entities, version=newest_listing(entities), notes=notes, tally=dict(sorted(tally.items()))
    )


def _entity(name: str, found: list[Row], manifest: Manifest, tally: Counter[str]) -> ListedEntity:
    addresses = distinct(address for row in found for address in _address(row, tally))
    return ListedEntity(
        list=manifest.id,
        id=name,  # the list has no numbers; the name is what an order stands under
        schema=Schema.LEGAL_ENTITY,  # the list does not say what a party is
        names=(ListedName(text=name, type="Name"),),
        countries=distinct(address.country for address in addresses if address.country),
        addresses=addresses,
        designations=distinct(_designation(row, manifest, tally) for row in found),
        attributes=distinct(attribute for row in found for attribute in _attributes(row, tally)),
    )


def _address(row: Row, tally: Counter[str]) -> Iterator[Address]:
    parts = [clean(row[column]) for column in _PLACE]
    if any(parts):
        code = country(parts[-1])
        if parts[-1] and not code:
            tally[f"country not recognised: {parts[-1]}"] += 1
        yield Address(text=", ".join(part for part in parts if part), city=parts[1], country=code)


def _designation(row: Row, manifest: Manifest, tally: Counter[str]) -> Designation:
    standard = clean(row["Standard_Order"]).upper()
    if standard not in _STANDARD:
        raise row.fault("Standard_Order", f"unknown value {row['Standard_Order']!r}")
    return manifest.designation(
        programme=_STANDARD[standard],
        reference=clean(row["FR_Citation"]),
        listed_on=_date(row, "Effective_Date", tally),
        until=_date(row, "Expiration_Date", tally),
        measures=("export privileges denied",),
    )


def _date(row: Row, column: str, tally: Counter[str]) -> str:
    text = clean(row[column])
    found = us_date(text)
    if text and not found:
        tally[f"date kept as text: {column}"] += 1
    return found


def _attributes(row: Row, tally: Counter[str]) -> Iterator[Attribute]:
    for column in ("Effective_Date", "Expiration_Date"):
        if (text := clean(row[column])) and not us_date(text):
            yield Attribute(name=f"{column} as published", value=text)
    if text := clean(row["Last_Update"]):
        known = plausible_date(text) or us_date(text)  # older copies write month/day/year
        if not known:
            tally["date kept as text: Last_Update"] += 1
        yield Attribute(name="Last_Update" if known else "Last_Update as published", value=known or text)
    if text := clean(row["Action"]):
        yield Attribute(name="Action", value=text)
    for column in row.cells:
        if column not in _COLUMNS and (text := clean(row[column])):
            tally[f"unknown column {column}"] += 1
            yield Attribute(name=column, value=text)
