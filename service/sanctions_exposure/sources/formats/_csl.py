"""One record of the US Consolidated Screening List, whichever form it came in.

The list joins thirteen lists of three agencies.  Each entry keeps the list it comes from; nothing is merged, because
the same party stands in several of them for different reasons and under different prohibitions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from msgspec.structs import replace

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Address,
    Attribute,
    Designation,
    DesignationStatus,
    Identifier,
    ListedDate,
    ListedEntity,
    ListedName,
    NameKind,
    Relation,
    Schema,
)
from sanctions_exposure.sources.formats._dates import plausible_date
from sanctions_exposure.sources.formats._ofac_remarks import numbered
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, distinct, merge_names, possible_date
from sanctions_exposure.sources.manifest import Manifest

TEXTS = (
    "source", "entity_number", "type", "name", "title", "federal_register_notice", "start_date", "end_date",
    "standard_order", "license_requirement", "license_policy", "call_sign", "vessel_type", "gross_tonnage",
    "gross_registered_tonnage", "vessel_flag", "vessel_owner", "remarks", "source_list_url", "source_information_url",
)  # fmt: skip
MANY = ("programs", "alt_names", "citizenships", "dates_of_birth", "nationalities", "places_of_birth")
KNOWN = frozenset({*TEXTS, *MANY, "_id", "id", "addresses", "ids", "country"})


@dataclass(frozen=True, slots=True)
class List:
    """One of the lists behind this one."""

    title: str
    authority: str
    # LISTED: blocked, or named by an export-control list.  RESTRICTED: a narrower prohibition (a directive, a denial
    # order, a debarment, a correspondent account).  The non-SDN lists stand as they do in us_ofac_cons.
    status: DesignationStatus
    measure: str


_LISTED, _RESTRICTED = DesignationStatus.LISTED, DesignationStatus.RESTRICTED
LISTS: Mapping[str, List] = {
    "SDN": List("SDN", "OFAC", _LISTED, "blocking"),
    "FSE": List("Foreign Sanctions Evaders List", "OFAC", _RESTRICTED, "transactions prohibited"),
    "SSI": List("Sectoral Sanctions Identifications List", "OFAC", _RESTRICTED, "sectoral directives"),
    "PLC": List("Palestinian Legislative Council List", "OFAC", _RESTRICTED, "transactions rejected"),
    "CAP": List("CAPTA List", "OFAC", _RESTRICTED, "correspondent or payable-through accounts"),
    "CMIC": List("Non-SDN CMIC List", "OFAC", _RESTRICTED, "securities"),
    "NS-MBS": List("Non-SDN Menu-Based Sanctions List", "OFAC", _RESTRICTED, "menu-based sanctions"),
    "EL": List("Entity List", "BIS", _LISTED, "export licence required"),
    "MEU": List("Military End User List", "BIS", _LISTED, "export licence required"),
    "UVL": List("Unverified List", "BIS", _RESTRICTED, "licence exceptions suspended"),
    "DPL": List("Denied Persons List", "BIS", _RESTRICTED, "export privileges denied"),
    "DTC": List("ITAR Debarred", "US Department of State", _RESTRICTED, "defence trade debarment"),
    "ISN": List("Nonproliferation Sanctions", "US Department of State", _LISTED, "non-proliferation sanctions"),
}
_CODE = re.compile(r"\(([A-Z][A-Z-]*)(?: List)?\)")
_SCHEMA = {
    "individual": Schema.PERSON,
    "entity": Schema.ORGANIZATION,
    "vessel": Schema.VESSEL,
    "aircraft": Schema.AIRCRAFT,
    "": Schema.LEGAL_ENTITY,  # BIS and State do not say what a party is
}
_BIRTH = re.compile(r"(circa )?([\d-]+)(?: to ([\d-]+))?")
_LINK = re.compile(r"\(Linked To: ((?:[^()]|\([^()]*\))+)\)")
_ISO_LIKE = re.compile(r"\d{4}-\d\d-\d\d")
_KEPT = (
    "title", "federal_register_notice", "standard_order", "license_requirement", "license_policy", "vessel_type",
    "gross_tonnage", "gross_registered_tonnage", "vessel_flag", "source_list_url", "source_information_url",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """One item of ``ids``, which holds more than numbers."""

    label: str
    value: str
    country: str = ""
    dates: tuple[str, ...] = ()  # of issue and of expiry, as published


@dataclass(frozen=True, slots=True)
class Record:
    """One record with lists where the form at hand joins texts."""

    where: str
    text: Mapping[str, str]
    many: Mapping[str, tuple[str, ...]]
    addresses: tuple[Address, ...]
    numbers: tuple[Number, ...]
    strange: tuple[Attribute, ...] = ()  # of columns nobody knows
    code: str = field(init=False)

    def __post_init__(self) -> None:
        """Find the list first: without it nothing can be said of the record."""
        match = _CODE.search(self.text["source"])
        if not match or match.group(1) not in LISTS:
            raise self.fault("source", f"unknown list {self.text['source']!r}")
        object.__setattr__(self, "code", match.group(1))

    def fault(self, key: str, what: str) -> ListFormatError:
        """Return the error that names this record and *key*."""
        return ListFormatError(f"{self.where}, {key!r}: {what}")


def entities(records: Iterable[Record], manifest: Manifest, tally: Counter[str]) -> tuple[ListedEntity, ...]:
    """Return the entities of all *records*, each under its list.

    Raises:
        ListFormatError: a record says something the publisher never says.
    """
    whole = list(records)
    ids = _ids(whole)
    return tuple(_entity(record, key, manifest, tally) for record, key in zip(whole, ids, strict=True))


def _ids(records: list[Record]) -> list[str]:
    """Return a key for each record that survives a change of its content.

    OFAC's entries have a number.  The others only have a digest of their content, so they go by list and name; where
    several share those, their addresses tell them apart, and after that their order.
    """
    keys = [_key(record) for record in records]
    common = Counter(keys)
    keys = [
        key if common[key] == 1 or record.text["entity_number"] else _digest(record.code, key, _places(record))
        for record, key in zip(records, keys, strict=True)
    ]
    seen: Counter[str] = Counter()
    for at, key in enumerate(keys):
        seen[key] += 1
        if seen[key] > 1:
            keys[at] = f"{key}-{seen[key]}"
    return keys


def _key(record: Record) -> str:
    number = record.text["entity_number"]
    return f"{record.code}-{number}" if number else _digest(record.code, record.text["name"].casefold())


def _places(record: Record) -> str:
    return "|".join(address.text for address in record.addresses)


def _digest(code: str, *parts: str) -> str:
    return f"{code}-{sha256('|'.join(parts).encode()).hexdigest()[:12]}"


def _entity(record: Record, key: str, manifest: Manifest, tally: Counter[str]) -> ListedEntity:
    tally[f"{record.code} entries"] += 1
    try:
        schema = _SCHEMA[record.text["type"].casefold()]
    except KeyError:
        raise record.fault("type", f"unknown type {record.text['type']!r}") from None
    nations = (country(text) for text in (*record.many["nationalities"], *record.many["citizenships"]))
    flag = country(record.text["vessel_flag"])
    found = [_number(number, schema) for number in record.numbers]
    return ListedEntity(
        list=manifest.id,
        id=key,
        schema=schema,
        names=_names(record, tally),
        identifiers=distinct((*_call_sign(record), *(one for one in found if isinstance(one, Identifier)))),
        birth_dates=distinct(_birth_dates(record)),
        countries=distinct(c for c in (*nations, flag, *(a.country for a in record.addresses)) if c),
        addresses=distinct(record.addresses),
        designations=_designations(record, manifest),
        relations=distinct(_relations(record)),
        attributes=distinct((*_attributes(record), *(one for one in found if isinstance(one, Attribute)))),
    )


def _names(record: Record, tally: Counter[str]) -> tuple[ListedName, ...]:
    if not record.text["name"]:
        raise record.fault("name", "is empty")
    # The list does not say how much it trusts an alias, so none of them is weak.
    aliases = (alias.removeprefix("and ") for alias in record.many["alt_names"])  # "A; B; and C"
    found = [
        ListedName(text=record.text["name"], type="name"),
        *(ListedName(text=alias, kind=NameKind.STRONG, type="alt_name") for alias in aliases),
    ]
    names = merge_names(found)
    tally["names published"] += len(found)
    tally["names repeated"] += len(found) - len(names)
    return names


def _number(number: Number, schema: Schema) -> Identifier | Attribute:
    known = numbered(number.label, number.value, number.country, schema)
    if known:
        # Dates of issue and expiry have no place of their own, so they stay with the label.
        return replace(known, label=f"{known.label} ({', '.join(number.dates)})") if number.dates else known
    text = ", ".join(part for part in (number.country.upper(), *number.dates, number.value) if part)
    return Attribute(name=number.label.rstrip(" -:"), value=text or number.label)


def _call_sign(record: Record) -> Iterator[Identifier]:
    if sign := record.text["call_sign"]:
        yield Identifier(type="callsign", value=sign, label="call_sign")


def _birth_dates(record: Record) -> Iterator[ListedDate]:
    for text in record.many["dates_of_birth"]:
        match = _BIRTH.fullmatch(text)
        start, end = (possible_date(day or "") for day in match.groups()[1:3]) if match else (None, None)
        if not match or not start or (match[3] and not end):
            raise record.fault("dates_of_birth", f"{text!r} is no date")
        more = match[1] or (start, end) != (match[2], match[3])
        yield ListedDate(start=start, end=end, approximate=bool(match[1]), text=text if more else "")


def _designations(record: Record, manifest: Manifest) -> tuple[Designation, ...]:
    source = LISTS[record.code]
    return tuple(
        Designation(
            regime=manifest.regime,
            status=source.status,
            authority=source.authority,
            list_name=source.title,
            programme=programme,
            reference=record.text["entity_number"],
            listed_on=_date(record, "start_date"),
            until=_date(record, "end_date"),
            reason=record.text["license_policy"],
            measures=(source.measure,),
        )
        for programme in distinct(record.many["programs"]) or ("",)
    )


def _date(record: Record, key: str) -> str:
    """Return a date of the listing, or nothing where the publisher mistyped its year (0097): an attribute holds it."""
    text = record.text[key]
    if text and not _ISO_LIKE.fullmatch(text):
        raise record.fault(key, f"{text!r} is no date")
    return plausible_date(text)


def _relations(record: Record) -> Iterator[Relation]:
    if owner := record.text["vessel_owner"]:
        yield Relation(type="owned-by", target_name=owner)
    for match in _LINK.finditer(record.text["remarks"]):
        yield Relation(type="linked-to", target_name=match.group(1))


def _attributes(record: Record) -> Iterator[Attribute]:
    for key in _KEPT:
        if text := record.text[key]:
            yield Attribute(name=key, value=text)
    for key in ("start_date", "end_date"):
        if record.text[key] and not plausible_date(record.text[key]):
            yield Attribute(name=f"{key} as published", value=record.text[key])
    for key in ("citizenships", "nationalities", "places_of_birth"):
        yield from (Attribute(name=key, value=text) for text in record.many[key])
    rest = clean(_LINK.sub("", record.text["remarks"])).strip("; ")
    if rest:
        yield Attribute(name="remarks", value=rest)
    yield from record.strange
