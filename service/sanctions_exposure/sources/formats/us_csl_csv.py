"""The US Consolidated Screening List, CSV: one row an entry, everything plural joined by ``; ``.

Addresses close with their country's code; an item of ``ids`` is read from the right: type, number, and before it, in
any combination, dates and a country.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sanctions_exposure.model import Address, Attribute
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._csl import KNOWN, MANY, TEXTS, Number, Record, entities
from sanctions_exposure.sources.formats._dates import newest_listing
from sanctions_exposure.sources.formats._delimited import Row, rows
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_NUMBER = re.compile(
    r"(?:(?P<country>[A-Z]{2}), )?(?P<dates>(?:\d{4}-\d\d-\d\d, ){0,2})(?:(?P<value>.*), )?(?P<label>[^,]+)"
)
_COUNTRY_LAST = re.compile(r"(?:^|[, ]+)([A-Z]{2})$")
_NEXT = re.compile(r"; ")


def recognises(head: bytes) -> bool:
    """Say whether a document opens like this form."""
    return head.lstrip(b"\xef\xbb\xbf").startswith((b"_id,source,", b'"_id","source"'))


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the line and column.
    """
    tally: Counter[str] = Counter()
    found = entities(_records(files["primary"], tally), manifest, tally)
    notes = tuple(f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith("unknown column"))
    return ParsedList(entities=found, version=newest_listing(found), notes=notes, tally=dict(sorted(tally.items())))


def _records(document: bytes, tally: Counter[str]) -> Iterator[Record]:
    for row in rows(document, "CSL", required=("source", "entity_number", "type", "name", "programs", "addresses")):
        tally["rows"] += 1
        yield Record(
            where=f"CSL line {row.line}",
            text={key: _clean(row[key]) for key in TEXTS},
            many={key: _split(row[key]) for key in MANY},
            addresses=tuple(_address(text) for text in _split(row["addresses"])),
            numbers=tuple(_number(text) for text in _split(row["ids"])),
            strange=tuple(_strange(row, tally)),
        )


def _clean(text: str) -> str:
    return clean(text) if text else ""


def _split(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(part for part in map(clean, _NEXT.split(text)) if part)


def _address(text: str) -> Address:
    """Read an address whose last part may be a country's code.

    >>> _address("1 Example Street, Testville, 12345, DE").country, _address("Testville, MN, 12345").country
    ('de', '')
    """
    match = _COUNTRY_LAST.search(text)
    return Address(text=text, country=country(match.group(1)) if match else "")


def _number(text: str) -> Number:
    """Read one item of ``ids`` from the right.

    >>> _number("SD, 1999-02-03, X0001, Passport")
    Number(label='Passport', value='X0001', country='sd', dates=('1999-02-03',))
    """
    match = _NUMBER.fullmatch(text)
    if not match:
        return Number(label=text, value="")
    dates = tuple(match["dates"].split(", ")[:-1])
    return Number(match["label"], match["value"] or "", country(match["country"] or ""), dates)


def _strange(row: Row, tally: Counter[str]) -> Iterator[Attribute]:
    for column in row.cells:
        if column not in KNOWN and (text := clean(row[column])):
            tally[f"unknown column {column}"] += 1
            yield Attribute(name=column, value=text)
