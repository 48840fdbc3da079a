"""Any OpenSanctions dataset as ``targets.simple.csv``: targets only, without relations, values joined by ``;``."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator

from stdnum import imo, lei

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
from sanctions_exposure.sources.formats import Files, _ftm
from sanctions_exposure.sources.formats._delimited import Row, rows
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, distinct, iso_date, merge_names, possible_date
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_REQUIRED = ("id", "schema", "name", "aliases", "birth_date", "countries", "addresses", "identifiers", "sanctions",
             "dataset", "last_seen")  # fmt: skip
# ``last_change`` and ``program_ids`` came in later years.
_KEPT = ("sanctions", "phones", "emails", "dataset", "first_seen", "last_change")
_KNOWN = frozenset({*_REQUIRED, *_KEPT, "program_ids"})
_PROGRAMME = re.compile(r"([A-Z]{2})-")
_IMO = re.compile(r"(?:IMO)?(\d{7})")
_MMSI = re.compile(r"[2-7]\d{8}")


def recognises(head: bytes) -> bool:
    """Say whether a document opens like this form."""
    return head.lstrip(b"\xef\xbb\xbf").replace(b'"', b"").startswith(b"id,schema,name,aliases,")


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read a dataset from file role ``primary``.

    Raises:
        ListFormatError: names the line and column.
    """
    tally: Counter[str] = Counter()
    entities: dict[str, ListedEntity] = {}
    newest = ""
    for row in rows(files["primary"], "targets", required=_REQUIRED):
        entity = _entity(row, manifest, tally)
        if entity.id in entities:
            raise row.fault("id", f"{entity.id!r} is there twice")
        entities[entity.id] = entity
        newest = max(newest, row["last_seen"])
    notes = tuple(f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith("unknown column"))
    return ParsedList(
        entities=tuple(entities.values()),
        published_on=newest,
        version=newest[:10],
        notes=notes,
        tally=dict(sorted(tally.items())),
    )


def _entity(row: Row, manifest: Manifest, tally: Counter[str]) -> ListedEntity:
    if row["schema"] not in _ftm.PARTIES:
        if not _ftm.known(row["schema"]):
            raise row.fault("schema", f"unknown schema {row['schema']!r}")
        tally[f"not a party: {row['schema']}"] += 1
    schema = _ftm.PARTIES.get(row["schema"], Schema.LEGAL_ENTITY)
    tally[f"{row['schema']} rows"] += 1
    return ListedEntity(
        list=manifest.id,
        id=row["id"],
        schema=schema,
        names=_names(row, tally),
        identifiers=distinct(_identifier(text, schema) for text in _split(row, "identifiers")),
        birth_dates=distinct(
            ListedDate(start=start, text="" if start == text else text)
            for text in _split(row, "birth_date")
            if (start := possible_date(text))
        ),
        countries=distinct(code for text in _split(row, "countries") if (code := _country(text))),
        addresses=distinct(Address(text=text) for text in _split(row, "addresses")),
        designations=distinct(_designations(row, manifest)),
        attributes=distinct(_attributes(row, tally)),
    )


def _split(row: Row, column: str) -> list[str]:
    """Return the values of a cell, which is itself a line of CSV with ``;`` between its cells."""
    cell = row[column]
    if not cell:
        return []
    if '"' not in cell:
        return [text for part in cell.split(";") if (text := clean(part))]
    try:
        parts = next(csv.reader([cell.replace("\r", " ").replace("\n", " ")], delimiter=";"), [])
    except csv.Error as error:
        raise row.fault(column, str(error)) from None
    return [text for part in parts if (text := clean(part))]


def _names(row: Row, tally: Counter[str]) -> tuple[ListedName, ...]:
    primary = clean(row["name"])
    if not primary:
        raise row.fault("name", "is empty")
    # The weak aliases of the full form are not in this one.
    aliases = _split(row, "aliases")
    tally["names published"] += 1 + len(aliases)
    others = (ListedName(text=text, kind=NameKind.STRONG, type="alias") for text in aliases)
    return merge_names((ListedName(text=primary, type="name"), *others))


def _identifier(text: str, schema: Schema) -> Identifier:
    """Return a number by what it must be: this form says nothing of its kind."""
    if match := _IMO.fullmatch(text):
        if schema is Schema.VESSEL and imo.is_valid(match[1]):
            return Identifier(type="imo", value=match[1], label="identifiers")
        if text.startswith("IMO"):  # of a company, or a ship's with a wrong check digit
            return Identifier(type="registration", value=match[1], label="IMO company number")
    if schema is Schema.VESSEL and _MMSI.fullmatch(text):
        return Identifier(type="mmsi", value=text, label="identifiers")
    kind = "lei" if len(text) == 20 and lei.is_valid(text) else "other"
    return Identifier(type=kind, value=text, label="identifiers")


def _country(text: str) -> str:
    return country(text) or country(text.partition("-")[0])


def _designations(row: Row, manifest: Manifest) -> Iterator[Designation]:
    programmes = _split(row, "program_ids") or [""]
    for programme in programmes:
        match = _PROGRAMME.match(programme)
        yield Designation(
            regime=_ftm.regime(match[1].lower() if match else "", manifest),
            status=manifest.status,
            authority=manifest.authority,
            list_name=clean(row["dataset"]) or manifest.list_name,
            programme=programme,
            reference=row["id"],
        )


def _attributes(row: Row, tally: Counter[str]) -> Iterator[Attribute]:
    for column in _KEPT:
        yield from (Attribute(name=column, value=text) for text in _split(row, column))
    for text in _split(row, "countries"):
        if not _country(text):
            yield Attribute(name="countries", value=text)
    for text in _split(row, "birth_date"):
        if not iso_date(text):
            yield Attribute(name="birth_date", value=text)
    for column in row.cells:
        if column not in _KNOWN and (text := clean(row[column])):
            tally[f"unknown column {column}"] += 1
            yield Attribute(name=column, value=text)
