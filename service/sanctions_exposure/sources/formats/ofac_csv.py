"""OFAC's classic CSV files, SDN and non-SDN: no header, ``-0-`` for nothing, Ctrl-Z at the end.

The layout is documented at https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import msgspec

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
from sanctions_exposure.sources.formats._ofac_remarks import CUT, STRAY, UNREAD, Fact, Nation, Said, facts
from sanctions_exposure.sources.formats._text import clean, decode, distinct, merge_names, refuse_strangers
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_PRIMARY, _STRONG, _AIRCRAFT = NameKind.PRIMARY, NameKind.STRONG, Schema.AIRCRAFT  # sooner than by their classes
_COLUMNS = {"primary": 12, "alt": 5, "add": 6, "comments": 2}
_SCHEMA = {
    "": Schema.ORGANIZATION,  # an entity is the one thing OFAC writes no type for
    "individual": Schema.PERSON,
    "vessel": Schema.VESSEL,
    "aircraft": Schema.AIRCRAFT,
}
_NULLS = {f"-0-{' ' * blanks}": "" for blanks in range(64)}  # one blank everywhere; it was missing before
_nothing_or = _NULLS.get
_ALIAS_TYPES = frozenset({"aka", "fka", "nka"})
_ATTRIBUTES = (("Title", 4), ("Vess_type", 6), ("Tonnage", 7), ("GRT", 8), ("Vess_flag", 9))
_CUT_AT = 1000  # characters; the rest of the remarks is in the comments file
_KINDS: dict[type, str] = {
    kind: f"remark items read as {kind.__name__}" for kind in (ListedDate, Identifier, Relation, Nation)
} | {ListedName: "weak aliases"}
_ATTRIBUTE_KINDS = {CUT: "remarks cut off", UNREAD: "remark items kept as text"}
_END = b"\x1a"  # Ctrl-Z
_MANY, _LEAST_NAMES = 50, 0.5  # of a hundred entries ninety-nine have a name of their own
# Files published minutes apart differ by a few entries: more is a doubt, and much more are files of different days.
_FEW_STRANGERS, _MOST_STRANGERS = 0.001, 0.01
_NOWHERE = frozenset({"undetermined"})
_POSTCODE = re.compile(r"(?:\s+\S*\d\S*)+$")  # "Moscow 119261": one field holds city, province and code


class _Row(msgspec.Struct, frozen=True, gc=False):
    """One line of one file; a null is an empty string."""

    file: str
    line: int
    id: str
    cells: list[str]

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
    remarked: list[Fact]  # counted when all are read: to begin a count takes longest


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read one set of files; only ``primary`` must be there.

    Raises:
        ListFormatError: names the file, line and column.
    """
    if "primary" not in files:
        raise ListFormatError(f"{manifest.id}: the primary file is missing, so there are no names to go with the rest")
    primary = list(_rows(files, "primary", manifest))
    ids = _unique(primary)
    _check_names(primary)
    tally: Counter[str] = Counter({"primary rows": len(primary)})
    notes = [f"{what} not given" for role, what in _OPTIONAL.items() if role not in files]
    doubts: list[str] = []
    rows = {role: _rows(files, role, manifest) if role in files else () for role in _OPTIONAL}
    owned = {role: _by_owner(role, rows[role], ids, (tally, notes, doubts)) for role in _OPTIONAL}
    overflow = {owner: "".join(row.cells[1] for row in rows) for owner, rows in owned["comments"].items()}
    whole = _Set(owned["alt"], owned["add"], overflow, _only_names(primary), manifest, tally, [])
    entities = tuple([_entity(row, whole) for row in primary])
    tally.update(dict(_told(whole.remarked)))
    return ParsedList(entities=entities, notes=(*notes, *_noticed(tally)), tally=dict(tally), doubts=tuple(doubts))


_OPTIONAL = {"alt": "aliases", "add": "addresses", "comments": "overflow of remarks"}


# -- rows ----------------------------------------------------------------------------------------


def _rows(files: Files, role: str, manifest: Manifest) -> Iterator[_Row]:
    document = files[role]
    refuse_strangers(document, role)
    body = document.rstrip(b"\x1a \x00")
    if body and not body.endswith((b"\n", b"\r")):
        raise ListFormatError(f"{role}: ends in the middle of a line, so it is not whole: {body[-40:]!r}")
    reader = csv.reader(io.StringIO(decode(body, role), newline=""), strict=True)
    columns = _COLUMNS[role]
    try:
        for found in reader:
            cells = list(map(_nothing_or, found, found))
            number = cells[0] if cells else ""
            row = _Row(role, reader.line_num, number, cells)
            if len(cells) != columns:
                raise row.fault(len(cells), f"has {len(cells)} columns, not {columns}: {found[:2]!r}")
            if not (number.isascii() and number.isdigit()):
                raise row.fault(1, f"{number!r} is no entry number")
            yield row
    except csv.Error as error:
        raise ListFormatError(f"{role} line {reader.line_num}: {error}") from None
    # Nothing else tells a file that was cut between two lines from a whole one.
    if not document.rstrip(b" \x00\r\n").endswith(_END):
        raise ListFormatError(
            f"{role} ({' or '.join(manifest.role(role).patterns)}): ends after line {reader.line_num} without the "
            "Ctrl-Z with which OFAC ends every file, so it is not whole"
        )


def _unique(rows: Iterable[_Row]) -> frozenset[str]:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise row.fault(1, f"entry number {row.id} is there twice")
        seen.add(row.id)
    return frozenset(seen)


def _check_names(rows: Sequence[_Row]) -> None:
    """Refuse a file whose columns were exchanged: the same few programmes would be everybody's name."""
    names = {row.cells[1] for row in rows}
    if len(rows) >= _MANY and len(names) < _LEAST_NAMES * len(rows):
        few = ", ".join(repr(name) for name in sorted(names)[:3])
        raise ListFormatError(f"primary, column 2: {len(rows)} entries share {len(names)} names ({few} …)")


def _by_owner(
    role: str, rows: Iterable[_Row], ids: Collection[str], whole: tuple[Counter[str], list[str], list[str]]
) -> Mapping[str, list[_Row]]:
    """Return the rows by entry, and add to tally, notes and doubts what is to be said of those that belong to none."""
    tally, notes, doubts = whole
    owned: dict[str, list[_Row]] = defaultdict(list)
    strangers: list[str] = []
    for row in rows:
        (owned[row.id].append(row) if row.id in ids else strangers.append(row.id))
    if found := sum(map(len, owned.values())) + len(strangers):
        tally[f"{role} rows"] = found
    if strangers:
        few = ", ".join(strangers[:5])
        told = f"{role}: {len(strangers)} of {found} rows belong to no entry of the primary file ({few} …)"
        # Comments are known to lag behind; aliases and addresses of another day would be another list.
        if role != "comments" and len(strangers) > _MOST_STRANGERS * found:
            raise ListFormatError(f"{told}: the files are not of the same day")
        if role != "comments" and len(strangers) > _FEW_STRANGERS * found:
            doubts.append(f"{told}: the primary file may have been cut")
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
    said = _said(row, schema, whole)
    addresses = _addresses(row, whole)
    flag = _country(row.cells[9]) if row.cells[9] else None
    countries = [*(fact.code for fact in said.of(Nation)), *([flag] if flag else [])]
    return ListedEntity(
        list=whole.manifest.id,
        id=row.id,
        schema=schema,
        names=_names(row, said.of(ListedName), whole),
        identifiers=distinct(said.of(Identifier)),
        birth_dates=distinct(said.of(ListedDate)),
        countries=distinct([*countries, *[one.country for one in addresses if one.country]]),
        addresses=distinct(addresses),
        designations=_designations(row, whole.manifest),
        relations=distinct([_resolved(link, whole) for link in said.of(Relation)]),
        attributes=distinct(said.of(Attribute)),
    )


def _schema(row: _Row) -> Schema:
    try:
        return _SCHEMA[clean(row.cells[2]).casefold()]
    except KeyError:
        raise row.fault(3, f"unknown type {row.cells[2]!r}") from None


def _said(row: _Row, schema: Schema, whole: _Set) -> Said:
    """Return what columns say, then what remarks do."""
    remarks = row.cells[11]
    rest = whole.overflow.get(row.id, "")
    was_cut = len(remarks) >= _CUT_AT
    if rest:
        whole.tally["remarks with overflow" if was_cut else "overflow of remarks that were never cut"] += 1
    found = facts(remarks + rest if was_cut else remarks, schema, cut=was_cut and not rest)
    if rest and not was_cut:  # of another day's remarks: half a word of it would make one of these another's
        found.append(Attribute(name=STRAY, value=clean(rest)))
    whole.remarked.extend(found)
    return Said([*_columns(row, schema), *found])


def _told(found: Sequence[Fact]) -> Iterator[tuple[str, int]]:
    """Yield how many facts of each kind remarks hold."""
    kinds = Counter(map(type, found))
    for kind, what in _KINDS.items():
        if kinds[kind]:
            yield what, kinds[kind]
    names = Counter([fact.name for fact in found if type(fact) is Attribute])
    for name, what in _ATTRIBUTE_KINDS.items():
        if names[name]:
            yield what, names.pop(name)
    if names:
        yield "remark items read as Attribute", names.total()


def _names(row: _Row, weak: Iterable[ListedName], whole: _Set) -> tuple[ListedName, ...]:
    primary = ListedName(text=clean(row.cells[1]), kind=_PRIMARY, type="name")
    if not primary.text:
        raise row.fault(2, "the name is empty")
    named = [primary, *[_alias(alias) for alias in whole.aliases.get(row.id, ())], *weak]
    names = merge_names(named)
    whole.tally["names empty or repeated"] += len(named) - len(names)
    return names


def _alias(row: _Row) -> ListedName:
    if row.cells[2] not in _ALIAS_TYPES:
        raise row.fault(3, f"unknown alias type {row.cells[2]!r}")
    return ListedName(text=clean(row.cells[3]), kind=_STRONG, type=row.cells[2])


def _addresses(row: _Row, whole: _Set) -> list[Address]:
    found = []
    for line in whole.addresses.get(row.id, ()):
        street, place, country, remark = [clean(cell) if cell else "" for cell in line.cells[2:6]]
        if country.casefold() in _NOWHERE:
            country = ""
        text = ", ".join([part for part in (street, place, country, remark) if part])
        if not text:
            whole.tally["add rows empty"] += 1
            continue
        code = _country(country) if country else ""
        if code is None:
            whole.tally[f"country not recognised: {country}"] += 1
        found.append(Address(text=text, city=_city(place) if place else "", country=code or ""))
    return found


@lru_cache(maxsize=8192)
def _city(place: str) -> str:
    return _POSTCODE.sub("", place.partition(",")[0])


@cache
def _country(text: str) -> str | None:
    """Read a country as OFAC writes it, "Man, Isle of" and "Region: West Bank" among them."""
    bare = text.removeprefix("Region: ")
    head, _, tail = bare.partition(", ")
    return country_code(bare) or (country_code(f"{tail} {head}") if tail else None)


def _designations(row: _Row, manifest: Manifest) -> tuple[Designation, ...]:
    return tuple(
        [
            manifest.designation(
                programme=programme,
                reference=row.id,
            )
            for programme in _programmes(row.cells[3])
        ]
    )


@lru_cache(maxsize=1024)
def _programmes(cell: str) -> tuple[str, ...]:
    return distinct([clean(part).strip("[]") for part in cell.split("] [")])


def _columns(row: _Row, schema: Schema) -> list[Fact]:
    found: list[Fact] = []
    if schema is _AIRCRAFT:  # an aircraft is listed under its tail number
        found.append(Identifier(type="tail", value=clean(row.cells[1]), label="SDN_Name"))
    if not any(row.cells[4:11]):  # most are no ships and have no title
        return found
    if callsign := clean(row.cells[5]):
        found.append(Identifier(type="callsign", value=callsign, label="Call_Sign"))
    for label, at in _ATTRIBUTES:
        if value := clean(row.cells[at]):
            found.append(Attribute(name=label, value=value))
    if owner := clean(row.cells[10]):
        found.append(Relation(type="owned-by", target_name=owner))
    return found


def _resolved(relation: Relation, whole: _Set) -> Relation:
    # The full stop that closes the remarks may be the name's own: "… CO., LTD."
    stopped = f"{relation.target_name}."
    name = stopped if stopped in whole.named else relation.target_name
    found = whole.named.get(name, "")
    whole.tally["relations resolved" if found else "relations by name only"] += 1
    return Relation(type=relation.type, target_name=name, target_id=found)


def _noticed(tally: Counter[str]) -> Iterator[str]:
    told = (
        "remarks cut off",
        "overflow of remarks that were never cut",
        "remark items kept as text",
        "relations by name only",
        "add rows empty",
    )
    for key in sorted(tally):
        if key in told or key.startswith("country not recognised"):
            yield f"{key}: {tally[key]}"
