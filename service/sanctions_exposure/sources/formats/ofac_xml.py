"""OFAC's classic XML, SDN.XML and CONSOLIDATED.XML, in its old and its new namespace.

The layout is documented at https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas.
The spelling of ``publshInformation`` is the publisher's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import NameKind
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._ofac_party import (
    Party,
    address_of,
    alias_type,
    parsed,
    schema_of,
    us_date,
)
from sanctions_exposure.sources.formats._ofac_remarks import column
from sanctions_exposure.sources.formats._text import clean
from sanctions_exposure.sources.formats._xml import Element, outermost, stream, taken_apart, text, texts
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_ROOT = "sdnList"
_DATE = re.compile(rb"<Publish_Date>([^<]+)<")
_CATEGORIES = {"strong": NameKind.STRONG, "weak": NameKind.WEAK}
_VALUES = frozenset({"uid", "firstName", "lastName", "title", "sdnType", "remarks"})
_GROUPS = frozenset(
    {
        "programList", "idList", "akaList", "addressList", "nationalityList", "citizenshipList", "dateOfBirthList",
        "placeOfBirthList", "vesselInfo",
    }
)  # fmt: skip
_VESSEL = {
    "callSign": "Call_Sign",
    "vesselType": "Vess_type",
    "tonnage": "Tonnage",
    "grossRegisteredTonnage": "GRT",
    "vesselFlag": "Vess_flag",
    "vesselOwner": "Vess_owner",
}
_ADDRESS = {
    "address1": "ADDRESS1",
    "address2": "ADDRESS2",
    "address3": "ADDRESS3",
    "city": "CITY",
    "stateOrProvince": "STATE/PROVINCE",
    "postalCode": "POSTAL CODE",
}


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return b"<sdnList" in head


def published_on(document: bytes) -> str:
    """Return the date a document says it was published on, without reading all of it."""
    match = _DATE.search(document[:4096])
    return us_date(match.group(1).decode("ascii", "replace")) if match else ""


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``; ``Record_Count`` is known to be wrong and never read.

    Raises:
        ListFormatError: names the entry and what is wrong with it.
    """
    document = files["primary"]
    outermost(document, _ROOT)
    tally: Counter[str] = Counter()
    records = stream(document, _ROOT, {"sdnEntry"}, {"publshInformation", "sdnEntry"})
    parties = [_party(element, tally) for element in records]
    return parsed(parties, manifest, tally, published_on(document))


def _party(element: Element, tally: Counter[str]) -> Party:
    one, parts = taken_apart(element)
    if not one.get("uid", "").isdigit():
        raise ListFormatError(f"sdnEntry {one.get('lastName')!r}: uid is missing or no number")
    party = Party(one["uid"], schema_of(one.get("sdnType", ""), one["uid"]))
    for tag in parts.keys() - _VALUES - _GROUPS:
        tally[f"label nobody knows, kept as an attribute: {tag}"] += 1
        party.note(tag, clean(" ".join(parts[tag].itertext())))
    party.add_name(_name(one), kind=NameKind.PRIMARY, of_type="name")
    party.programmes = [text(child) for child in _children(parts, "programList")]
    if title := one.get("title"):
        party.facts += column("Title", title)
    _add_aliases(party, parts, tally)
    _add_dates_and_places(party, parts, tally)
    _add_ids(party, parts, tally)
    if (vessel := parts.get("vesselInfo")) is not None:
        _add_vessel(party, texts(vessel))
    for child in _children(parts, "addressList"):
        found = texts(child)
        address = address_of(
            {_ADDRESS[k]: v for k, v in found.items() if k in _ADDRESS}, found.get("country", ""), tally
        )
        party.addresses += [address] if address else []
    party.add_remarks(one.get("remarks", ""))
    return party


def _children(parts: dict[str, Element], name: str) -> Iterator[Element]:
    return iter(parts.get(name, ()))


def _name(record: dict[str, str]) -> str:
    last, first = record.get("lastName", ""), record.get("firstName", "")
    return f"{last}, {first}" if last and first else last or first


def _add_aliases(party: Party, parts: dict[str, Element], tally: Counter[str]) -> None:
    for child in _children(parts, "akaList"):
        alias = texts(child)
        category = alias.get("category", "")
        if category not in _CATEGORIES:
            raise party.fault(f"unknown alias category {category!r} of {_name(alias)!r}")
        tally[f"aliases {category}"] += 1
        party.add_name(_name(alias), kind=_CATEGORIES[category], of_type=alias_type(alias.get("type", ""), party))


def _add_dates_and_places(party: Party, parts: dict[str, Element], tally: Counter[str]) -> None:
    said = (
        ("dateOfBirthList", "dateOfBirth", "Birthdate"),
        ("placeOfBirthList", "placeOfBirth", "Place of Birth"),
        ("nationalityList", "country", "Nationality Country"),
        ("citizenshipList", "country", "Citizenship Country"),
    )
    for group, tag, label in said:
        for child in _children(parts, group):
            if value := texts(child).get(tag):
                party.add(label, value, tally)


def _add_ids(party: Party, parts: dict[str, Element], tally: Counter[str]) -> None:
    for child in _children(parts, "idList"):
        record = texts(child)
        more = [f"issued {record['issueDate']}"] if "issueDate" in record else []
        more += [f"expires {record['expirationDate']}"] if "expirationDate" in record else []
        if label := record.get("idType"):
            number, country = record.get("idNumber", ""), record.get("idCountry", "")
            party.add(label, number, tally, country=country, more=" ".join(more))


def _add_vessel(party: Party, vessel: dict[str, str]) -> None:
    for tag, word in _VESSEL.items():
        if tag in vessel:
            party.facts += column(word, vessel[tag])
