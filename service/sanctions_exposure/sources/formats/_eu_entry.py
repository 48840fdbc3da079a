"""One entry of the EU's list, gathered from its XML or from either of its CSV forms.

All three say the same under different names; here every detail is a record under the XML's attribute names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from stdnum import imo
from stdnum.ru import inn, ogrn

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
    Schema,
    Source,
)
from sanctions_exposure.sources.formats._text import distinct, iso_date, merge_names, possible_date
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

Record = Mapping[str, str]  # the XML's attribute name -> text, "remark" among them; only what says something

# There are no ships: what is not a person is an enterprise, whatever it is.
_SCHEMA = {"P": Schema.PERSON, "E": Schema.ORGANIZATION}
_TYPES = {
    "passport": "passport", "id": "national_id", "ssn": "national_id", "unssn": "national_id",
    "nationcert": "national_id", "residentperm": "national_id", "electionid": "national_id",
    "regnumber": "registration", "tradelic": "registration", "fiscalcode": "tax", "taxid": "tax", "euvat": "tax",
    "imo": "imo", "swiftbic": "bic", "drivinglicence": "other", "birthcert": "other", "travelcardid": "other",
    "travelid": "other", "other": "other",
}  # fmt: skip
_PRIMARY, _STRONG, _WEAK = NameKind  # by names of their own: sooner than by their class
_PLAIN = frozenset({"", "en"})
_LOW = re.compile(r"\blow[ -]quality\b|\bweak\b", re.IGNORECASE)
_FORMER = re.compile(r"\bform(?:er|erly)\b", re.IGNORECASE)
_CODE = re.compile(r"(?P<number>.*?) ?\((?P<code>[a-z]+)-(?P<label>.*)", re.DOTALL)
_LISTED = re.compile(
    r"\bdate of (?:eu )?(?:listing|designation|inclusion)\b[^0-9]{0,60}(\d{1,2})[./](\d{1,2})[./](\d{4})",
    re.IGNORECASE,
)
_FLAGS = ("diplomatic", "knownExpired", "knownFalse", "reportedLost", "revokedByIssuer")
_SUBJECT = (
    ("euReferenceNumber", "EU reference"),
    ("unitedNationId", "UN reference"),
    ("designationDetails", "designation"),
)
_PARTS = ("firstName", "middleName", "lastName")
_OF_NAMES = ("title", "function", "gender")
_OF_ADDRESSES = ("contactInfo", "remark", "asAtListingTime")
_DATES = ("birthdate", "year", "yearRangeFrom", "yearRangeTo")
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no"})


@dataclass(slots=True)
class Entry:
    """One entry while it is being read."""

    id: str
    subject: Record  # of the entity itself: euReferenceNumber, designationDate, unitedNationId …
    kind: str  # "P" or "E"
    regulation: Record
    remarks: list[str] = field(default_factory=list)
    names: list[Record] = field(default_factory=list)
    citizenships: list[Record] = field(default_factory=list)
    births: list[Record] = field(default_factory=list)
    addresses: list[Record] = field(default_factory=list)
    documents: list[Record] = field(default_factory=list)
    others: list[Attribute] = field(default_factory=list)

    def fault(self, what: str) -> ListFormatError:
        """Return the error that names this entry."""
        return ListFormatError(f"entity {self.id}: {what}")


def parsed(entries: Iterable[Entry], manifest: Manifest, tally: Counter[str], generated: str) -> ParsedList:
    """Return the list that the entries make.

    Raises:
        ListFormatError: an entry is there twice, has no name, or is of a kind nobody knows.
    """
    entities = tuple(_entity(entry, manifest, tally) for entry in entries)
    twice = [key for key, count in Counter(entity.id for entity in entities).items() if count > 1]
    if twice:
        raise ListFormatError(f"entity {twice[0]} is there twice")
    told = ("country not", "identification type", "unknown", "birth date kept", "date of listing")
    return ParsedList(
        entities=entities,
        published_on=generated,
        version=generated[:10],
        notes=tuple(f"{key}: {tally[key]}" for key in sorted(tally) if key.startswith(told)),
        tally=dict(sorted(tally.items())),
    )


def _entity(entry: Entry, manifest: Manifest, tally: Counter[str]) -> ListedEntity:
    try:
        schema = _SCHEMA[entry.kind]
    except KeyError:
        raise entry.fault(f"unknown subject type {entry.kind!r}") from None
    names = _names(entry, tally)
    addresses = distinct([one for record in entry.addresses if (one := _address(record)) is not None])
    citizenships = [_country(one, tally) for one in entry.citizenships]
    births = [_birth_date(one) for one in entry.births]
    documents = [(record, _identifier(record, tally)) for record in entry.documents]
    return ListedEntity(
        list=manifest.id,
        id=entry.id,
        schema=schema,
        names=names,
        identifiers=distinct([found for _, found in documents if found is not None]),
        birth_dates=distinct([one for one in births if one is not None]),
        countries=distinct([code for code in [*citizenships, *[one.country for one in addresses]] if code]),
        addresses=addresses,
        designations=(_designation(entry, manifest, tally),),
        attributes=distinct([*_attributes(entry, births, documents, tally), *entry.others]),
    )


# -- names ---------------------------------------------------------------------------------------


def _names(entry: Entry, tally: Counter[str]) -> tuple[ListedName, ...]:
    """Return the names, the main one first: the list marks none, so it is the first in English or no language."""
    found = [name for record in entry.names if (name := _name(record)) is not None]
    if not found:
        raise entry.fault("there is no name")
    strong = [one for one in found if one.kind is _STRONG]
    main = next((one for one in strong if one.language in _PLAIN), strong[0] if strong else found[0])
    shown = main.text
    first = ListedName(text=shown, kind=_PRIMARY, type="name", language=main.language)
    names = merge_names([first, *[one for one in found if one.text != shown]])
    tally["names"] += len(found)
    tally["names repeated"] += len(found) - len(names)
    tally["weak names"] += [one.kind for one in names].count(_WEAK)
    return names


def _name(record: Record) -> ListedName | None:
    text = record.get("wholeName") or " ".join([record[part] for part in _PARTS if part in record])
    if not text:
        return None
    remark = record.get("remark")
    # The flag says true for nearly all; the remark is where a grade is really told.
    weak = record.get("strong") == "false" or (remark and _LOW.search(remark))
    return ListedName(
        text=text,
        kind=_WEAK if weak else _STRONG,
        type="formerly known as" if remark and _FORMER.search(remark) else "alias",
        language=record.get("nameLanguage", "").lower(),
    )


# -- details -------------------------------------------------------------------------------------


def _birth_date(record: Record) -> ListedDate | None:
    """Return the date of one record, never more exact than it is; None where it is a place only, or not Gregorian."""
    circa = record.get("circa", "").lower() in _YES
    said = record.get("birthdate", "")
    start = possible_date(said)
    # The whole date is one of ours whatever the calendar; its parts are not: 1390 of the Hijra is 1970.
    if not start and record.get("calendarType", "GREGORIAN").upper() != "GREGORIAN":
        return None
    if not start and (year := record.get("year")):
        month, day = record.get("monthOfYear", ""), record.get("dayOfMonth", "")
        said = year + (f"-{int(month):02d}" if month.isdigit() else "") + _day(month, day)
        start = possible_date(said)
    if start:
        return ListedDate(start=start, approximate=circa, text="" if start == said else said)
    first, last = iso_date(record.get("yearRangeFrom", "")), iso_date(record.get("yearRangeTo", ""))
    if not (first or last):
        return None
    return ListedDate(start=first or last or "", end=last if first and last != first else None, approximate=circa)


def _day(month: str, day: str) -> str:
    return f"-{int(day):02d}" if month.isdigit() and day.isdigit() else ""


def _address(record: Record) -> Address | None:
    place = " ".join(record[part] for part in ("zipCode", "city") if part in record)
    country = "" if record.get("countryIso2Code") == "00" else record.get("countryDescription", "")
    box = f"PO Box {record['poBox']}" if "poBox" in record else ""
    parts = (record.get("number", ""), record.get("street", ""), box, place, record.get("place", ""))
    text = ", ".join(distinct([part for part in (*parts, record.get("region", ""), country) if part]))
    if not text:
        return None
    return Address(text=text, city=record.get("city", ""), country=_known(record.get("countryIso2Code", ""), country))


def _country(record: Record, tally: Counter[str]) -> str:
    code, name = record.get("countryIso2Code", ""), record.get("countryDescription", "")
    found = _known(code, name)
    if not found and code != "00" and (code or name):
        tally[f"country not recognised: {code or name}"] += 1
    return found


@lru_cache(maxsize=4096)
def _known(code: str, name: str) -> str:
    if code == "00":
        return ""
    return (country_code(code) if code else None) or (country_code(name) if name else None) or ""


def _identifier(record: Record, tally: Counter[str]) -> Identifier | None:
    number, code = record.get("number") or record.get("latinNumber", ""), record.get("identificationTypeCode", "")
    label = record.get("identificationTypeDescription") or code
    if code and code not in _TYPES:
        tally[f"identification type nobody knows, kept as other: {code}"] += 1
    kind = _TYPES.get(code, "other")
    country = _country(record, tally)
    if not number or len(number) > 100 or not (kind == "bic" or any(c.isdigit() for c in number)):
        return None
    kind, number = _refined(kind, number, country, record.get("remark", ""))
    return Identifier(type=kind, value=number, country=country, label=label)


def _refined(kind: str, number: str, country: str, remark: str) -> tuple[str, str]:
    """Tell the kinds apart that the EU files under one code, by their check digits."""
    if kind == "imo":
        bare = number.upper().removeprefix("IMO").strip()
        # Companies have IMO numbers too, with another check digit; they must never meet a ship's.
        return ("imo", bare) if imo.is_valid(bare) else ("registration", number)
    russian = country == "ru" or not country
    if kind in {"tax", "other"} and (country == "ru" or "INN" in remark) and inn.is_valid(number):
        return "inn", number
    if kind in {"registration", "other"} and russian and len(number) in {13, 15} and ogrn.is_valid(number):
        return "ogrn", number
    return kind, number


def split_number(text: str) -> dict[str, str]:
    """Take the composite apart that the CSV has for a number.

    >>> list(split_number("5571322 (imo-IMO (vessel identification)) (2019)").values())
    ['5571322', 'imo', 'IMO (vessel identification)']
    """
    match = _CODE.fullmatch(text)
    if not match:
        return {"number": text}
    depth, label = 1, ""
    for character in match["label"]:
        depth += (character == "(") - (character == ")")
        if not depth:
            break
        label += character
    return {
        "number": match["number"],
        "identificationTypeCode": match["code"],
        "identificationTypeDescription": label,
    }


# -- what the act says ---------------------------------------------------------------------------


def _designation(entry: Entry, manifest: Manifest, tally: Counter[str]) -> Designation:
    act, remarks = entry.regulation, "; ".join(entry.remarks)
    until = possible_date(entry.subject.get("delistingDate", "")) or ""
    title = act.get("numberTitle", "")
    return manifest.designation(
        delisted=bool(until),
        programme=act.get("programme", ""),
        reference=entry.subject.get("euReferenceNumber") or entry.id,
        listed_on=_day_of_listing(entry.subject.get("designationDate", ""), tally) or _listed_on(remarks),
        until=until,
        reason=remarks,
        source=Source(
            title=title,
            publisher="Official Journal of the European Union",
            date=act.get("publicationDate", ""),
            url=act.get("publicationUrl", ""),
        )
        if title
        else None,
    )


def _day_of_listing(text: str, tally: Counter[str]) -> str:
    found = possible_date(text) or ""
    if found != text:
        tally[f"date of listing that cannot be, read as {found or 'none'}: {text}"] += 1
    return found


def _listed_on(remarks: str) -> str:
    """Return the earliest date of listing that the remarks tell in words; the act itself is only the latest one.

    A date of UN designation is another authority's, and earlier.
    """
    days = (f"{year}-{int(month):02d}-{int(day):02d}" for day, month, year in _LISTED.findall(remarks))
    return min((day for day in days if iso_date(day)), default="")


def _attributes(
    entry: Entry,
    births: Sequence[ListedDate | None],
    documents: Sequence[tuple[Record, Identifier | None]],
    tally: Counter[str],
) -> list[Attribute]:
    found = []
    for key, name in _SUBJECT:
        if key in entry.subject:
            found.append(Attribute(name=name, value=entry.subject[key]))
    for record in entry.names:
        found += [Attribute(name=key, value=record[key]) for key in _OF_NAMES if key in record]
        if "remark" in record:
            found.append(Attribute(name="name remark", value=f"{record.get('wholeName', '')}: {record['remark']}"))
    for record in entry.citizenships:
        found.append(Attribute(name="citizenship", value=_joined(record, ("region", "countryDescription", "remark"))))
    found += _of_births(entry, births, tally)
    for record in entry.addresses:
        found += [
            Attribute(name=f"address {key}", value=value)
            for key in _OF_ADDRESSES
            if (value := record.get(key)) and value.lower() not in _NO
        ]
    for record, identifier in documents:
        found += _of_document(record, identifier)
    return [one for one in found if one.value]


def _of_births(entry: Entry, births: Sequence[ListedDate | None], tally: Counter[str]) -> Iterator[Attribute]:
    for record, date in zip(entry.births, births, strict=True):
        place = _joined(record, ("city", "place", "region", "zipCode", "countryDescription"))
        if place:
            yield Attribute(name="place of birth", value=place)
        if "remark" in record:
            yield Attribute(name="birth remark", value=record["remark"])
        if not date and any(key in record for key in _DATES):
            tally["birth date kept as text"] += 1
            keys = ("birthdate", "year", "monthOfYear", "dayOfMonth", "yearRangeFrom", "yearRangeTo", "calendarType")
            yield Attribute(name="date of birth", value=_joined(record, keys))


def _of_document(record: Record, identifier: Identifier | None) -> list[Attribute]:
    flags = [flag for flag in _FLAGS if record.get(flag, "").lower() in _YES]
    keys = ("issuedBy", "issueDate", "validFrom", "validTo", "nameOnDocument", "latinNumber", "region", "remark")
    more = [f"{key} {record[key]}" for key in keys if key in record]
    if identifier and not (flags or more):
        return []
    label = record.get("identificationTypeDescription") or record.get("identificationTypeCode", "")
    said = ", ".join((record.get("number", ""), *more, *flags))
    return [Attribute(name="document", value=f"{label}: {said}" if label else said)]


def _joined(record: Record, keys: Sequence[str]) -> str:
    unknown = record.get("countryIso2Code") == "00"
    values = [record[key] for key in keys if key in record and not (unknown and key == "countryDescription")]
    return ", ".join(distinct(values))
