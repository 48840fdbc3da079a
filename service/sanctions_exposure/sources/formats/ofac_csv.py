"""OFAC's classic CSV files, SDN and non-SDN: no header, ``-0-`` for nothing, Ctrl-Z at the end.

The layout is documented at https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeVar

from sanctions_exposure.countries import country_code
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
    Relation,
    Schema,
)
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._ofac_remarks import CUT, UNREAD, Fact, Nation, facts
from sanctions_exposure.sources.formats._text import clean, decode, distinct, merge_names, refuse_strangers
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

T = TypeVar("T")

_COLUMNS = {"primary": 12, "alt": 5, "add": 6, "comments": 2}
_SCHEMA = {
    "": Schema.ORGANIZATION,  # an entity is the one thing OFAC writes no type for
    "individual": Schema.PERSON,
    "vessel": Schema.VESSEL,
    "aircraft": Schema.AIRCRAFT,
}
_ALIAS_TYPES = frozenset({"aka", "fka", "nka"})
_CUT_AT = 1000  # characters; the rest of the remarks is in the comments file
# Files published minutes apart differ by a few entries; more than this are files of different days.
_MOST_STRANGERS = 0.01
_NOWHERE = frozenset({"undetermined"})
_POSTCODE = re.compile(r"(?:\s+\S*\d\S*)+$")  # "Moscow 119261": one field holds city, province and code


class _Row(NamedTuple):
    """One line of one file; a null is an empty string."""

    file: str
    line: int
    cells: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.cells[0]

    def fault(self, column: int, what: str) -> ListFormatError:
        return ListFormatError(f"{self.file} line {self.line}, column {column}: {what}")


@dataclass(frozen=True, slots=True)
class _Set:
    """The four files, by entry."""

    aliases: Mapping[str, list[_Row]]
    addresses: Mapping[str, list[_Row]]
    overflow: Mapping[str, str]
    named: Mapping[str, str]  # primary name -> id, where one entry alone has it
    manifest: Manifest
    tally: Counter[str]


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read one set of files; only ``primary`` must be there.

    Raises:
        ListFormatError: names the file, line and column.
    """
    if "primary" not in files:
        raise ListFormatError(f"{manifest.id}: the primary file is missing, so there are no names to go with the rest")
    primary = list(_rows(files, "primary"))
    ids = _unique(primary)
    tally: Counter[str] = Counter({"primary rows": len(primary)})
    notes = [f"{what} not given" for role, what in _OPTIONAL.items() if role not in files]
    owned = {role: _by_owner(files, role, ids, tally, notes) for role in _OPTIONAL}
    overflow = {owner: "".join(row.cells[1] for row in rows) for owner, rows in owned["comments"].items()}
    whole = _Set(owned["alt"], owned["add"], overflow, _only_names(primary), manifest, tally)
    entities = tuple(_entity(row, whole) for row in primary)
    return ParsedList(entities=entities, notes=(*notes, *_noticed(tally)), tally=dict(tally))


_OPTIONAL = {"alt": "aliases", "add": "addresses", "comments": "overflow of remarks"}


# -- rows ----------------------------------------------------------------------------------------


def _rows(files: Files, role: str) -> Iterator[_Row]:
    document = files[role]
    refuse_strangers(document, role)
    body = document.rstrip(b"\x1a \x00")
    if body and not body.endswith((b"\n", b"\r")):
        raise ListFormatError(f"{role}: ends in the middle of a line, so it is not whole: {body[-40:]!r}")
    reader = csv.reader(io.StringIO(decode(body, role), newline=""), strict=True)
    try:
        for cells in reader:
            row = _Row(
                role, reader.line_num, tuple(["" if c[:3] == "-0-" and c.strip() == "-0-" else c for c in cells])
            )
            if len(cells) != _COLUMNS[role]:
                raise row.fault(len(cells), f"has {len(cells)} columns, not {_COLUMNS[role]}: {cells[:2]!r}")
            if not (row.id.isascii() and row.id.isdigit()):
                raise row.fault(1, f"{row.id!r} is no entry number")
            yield row
    except csv.Error as error:
        raise ListFormatError(f"{role} line {reader.line_num}: {error}") from None


def _unique(rows: Iterable[_Row]) -> frozenset[str]:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise row.fault(1, f"entry number {row.id} is there twice")
        seen.add(row.id)
    return frozenset(seen)


def _by_owner(
    files: Files, role: str, ids: Collection[str], tally: Counter[str], notes: list[str]
) -> Mapping[str, list[_Row]]:
    owned: dict[str, list[_Row]] = defaultdict(list)
    strangers: list[str] = []
    for row in _rows(files, role) if role in files else ():
        tally[f"{role} rows"] += 1
        (owned[row.id].append(row) if row.id in ids else strangers.append(row.id))
    if strangers:
        few = ", ".join(strangers[:5])
        # Comments are known to lag behind; aliases and addresses of another day would be another list.
        if role != "comments" and len(strangers) > _MOST_STRANGERS * tally[f"{role} rows"]:
            raise ListFormatError(
                f"{role}: {len(strangers)} of {tally[f'{role} rows']} rows belong to no entry of the primary file "
                f"({few} …): the files are not of the same day"
            )
        tally[f"{role} rows of unknown entries"] = len(strangers)
        notes.append(f"{_OPTIONAL[role]}: {len(strangers)} rows belong to no entry ({few})")
    return owned


def _only_names(rows: Iterable[_Row]) -> Mapping[str, str]:
    ids: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        ids[clean(row.cells[1])].append(row.id)
    return {name: found[0] for name, found in ids.items() if len(found) == 1}


# -- one entry -----------------------------------------------------------------------------------


def _entity(row: _Row, whole: _Set) -> ListedEntity:
    schema = _schema(row)
    found = list(_facts(row, schema, whole))
    addresses = tuple(_addresses(row, whole))
    nations = [fact.code for fact in found if isinstance(fact, Nation)]
    flag = _country(row.cells[9]) if row.cells[9] else None
    return ListedEntity(
        list=whole.manifest.id,
        id=row.id,
        schema=schema,
        names=_names(row, found, whole),
        identifiers=distinct((*_columns_as_identifiers(row, schema), *_of(found, Identifier))),
        birth_dates=distinct(_of(found, ListedDate)),
        countries=distinct([*nations, *([flag] if flag else []), *(a.country for a in addresses if a.country)]),
        addresses=distinct(addresses),
        designations=_designations(row, whole.manifest),
        relations=distinct(_resolved(link, whole) for link in (*_owner(row), *_of(found, Relation))),
        attributes=distinct((*_columns_as_attributes(row), *_of(found, Attribute))),
    )


def _schema(row: _Row) -> Schema:
    try:
        return _SCHEMA[clean(row.cells[2]).casefold()]
    except KeyError:
        raise row.fault(3, f"unknown type {row.cells[2]!r}") from None


def _of(found: Iterable[object], kind: type[T]) -> Iterator[T]:
    return (fact for fact in found if isinstance(fact, kind))


def _facts(row: _Row, schema: Schema, whole: _Set) -> Iterator[Fact]:
    remarks = row.cells[11]
    rest = whole.overflow.get(row.id, "")
    if rest:
        whole.tally["remarks with overflow"] += 1
    for fact in facts(remarks + rest, schema, cut=len(remarks) >= _CUT_AT and not rest):
        whole.tally[_kind(fact)] += 1
        yield fact


def _kind(fact: Fact) -> str:
    match fact:
        case Attribute(name=name) if name == CUT:
            return "remarks cut off"
        case Attribute(name=name) if name == UNREAD:
            return "remark items kept as text"
        case ListedName():
            return "weak aliases"
        case _:
            return f"remark items read as {type(fact).__name__}"


def _names(row: _Row, found: Iterable[Fact], whole: _Set) -> tuple[ListedName, ...]:
    primary = ListedName(text=clean(row.cells[1]), kind=NameKind.PRIMARY, type="name")
    if not primary.text:
        raise row.fault(2, "the name is empty")
    named = [primary, *(_alias(alias) for alias in whole.aliases.get(row.id, ())), *_of(found, ListedName)]
    names = merge_names(named)
    whole.tally["names empty or repeated"] += len(named) - len(names)
    return names


def _alias(row: _Row) -> ListedName:
    if row.cells[2] not in _ALIAS_TYPES:
        raise row.fault(3, f"unknown alias type {row.cells[2]!r}")
    return ListedName(text=clean(row.cells[3]), kind=NameKind.STRONG, type=row.cells[2])


def _addresses(row: _Row, whole: _Set) -> Iterator[Address]:
    for line in whole.addresses.get(row.id, ()):
        street, place, country, remark = (clean(cell) if cell else "" for cell in line.cells[2:6])
        country = "" if country.casefold() in _NOWHERE else country
        text = ", ".join(part for part in (street, place, country, remark) if part)
        if not text:
            whole.tally["add rows empty"] += 1
            continue
        code = _country(country) if country else ""
        if code is None:
            whole.tally[f"country not recognised: {country}"] += 1
        yield Address(text=text, city=_POSTCODE.sub("", place.partition(",")[0]), country=code or "")


@cache
def _country(text: str) -> str | None:
    """Read a country as OFAC writes it, "Man, Isle of" and "Region: West Bank" among them."""
    bare = text.removeprefix("Region: ")
    head, _, tail = bare.partition(", ")
    return country_code(bare) or (country_code(f"{tail} {head}") if tail else None)


def _designations(row: _Row, manifest: Manifest) -> tuple[Designation, ...]:
    programmes = [clean(part).strip("[]") for part in row.cells[3].split("] [")]
    return tuple(
        Designation(
            regime=manifest.regime,
            status=manifest.status,
            authority=manifest.authority,
            list_name=manifest.list_name,
            programme=programme,
            reference=row.id,
        )
        for programme in distinct(programmes)
    )


def _columns_as_identifiers(row: _Row, schema: Schema) -> Iterator[Identifier]:
    if schema is Schema.AIRCRAFT:  # an aircraft is listed under its tail number
        yield Identifier(type="tail", value=clean(row.cells[1]), label="SDN_Name")
    if callsign := clean(row.cells[5]):
        yield Identifier(type="callsign", value=callsign, label="Call_Sign")


def _columns_as_attributes(row: _Row) -> Iterator[Attribute]:
    labels = ("Title", "", "Vess_type", "Tonnage", "GRT", "Vess_flag")
    for label, cell in zip(labels, row.cells[4:10], strict=True):
        if label and (value := clean(cell)):
            yield Attribute(name=label, value=value)


def _owner(row: _Row) -> Iterator[Relation]:
    if owner := clean(row.cells[10]):
        yield Relation(type="owned-by", target_name=owner)


def _resolved(relation: Relation, whole: _Set) -> Relation:
    # The full stop that closes the remarks may be the name's own: "… CO., LTD."
    stopped = f"{relation.target_name}."
    name = stopped if stopped in whole.named else relation.target_name
    found = whole.named.get(name, "")
    whole.tally["relations resolved" if found else "relations by name only"] += 1
    return Relation(type=relation.type, target_name=name, target_id=found)


def _noticed(tally: Counter[str]) -> Iterator[str]:
    told = ("remarks cut off", "remark items kept as text", "relations by name only", "add rows empty")
    for key in sorted(tally):
        if key in told or key.startswith("country not recognised"):
            yield f"{key}: {tally[key]}"
