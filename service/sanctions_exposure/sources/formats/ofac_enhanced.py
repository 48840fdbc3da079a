"""OFAC's ENHANCED XML: self-contained entries with weak aliases, scripts, list dates and relations by number.

The publisher packs it into a ZIP; the service hands it out filtered by programme as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import NameKind, Relation
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._ofac_party import (
    Party,
    address_of,
    alias_type,
    parsed,
    relation_type,
    schema_of,
    script_of,
)
from sanctions_exposure.sources.formats._ofac_remarks import column, printed_date
from sanctions_exposure.sources.formats._text import clean
from sanctions_exposure.sources.formats._xml import Element, groups, local, outermost, stream, taken_apart, text, texts
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_ROOT = "sanctionsData"
_DATE = re.compile(rb"<dataAsOf>(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(?:\.\d+)?)?([+-]\d{2}:\d{2}|Z)?<")
_SECTIONS = frozenset({"publicationInfo", "referenceValues", "featureTypes", "entities"})
_GROUPS = frozenset(
    {
        "generalInfo", "sanctionsLists", "sanctionsPrograms", "sanctionsTypes", "legalAuthorities", "names",
        "addresses", "features", "identityDocuments", "relationships",
    }
)  # fmt: skip
_FLAGS = {"true": True, "false": False}


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return b"<sanctionsData" in head


def published_on(document: bytes) -> str:
    """Return the moment a document says its data are of, without reading all of it."""
    match = _DATE.search(document[:8192])
    if not match:
        return ""
    day, clock, zone = (part.decode() if part else "" for part in match.groups())
    return f"{day}T{clock}{zone}" if clock else day


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the entry and what is wrong with it.
    """
    document = files["primary"]
    outermost(document, _ROOT)
    tally: Counter[str] = Counter()
    records = stream(document, _ROOT, {"entity", "referenceValue", "featureType"}, _SECTIONS)
    parties = [_party(element, tally) for element in records if local(element) == "entity"]
    return parsed(parties, manifest, tally, published_on(document))


def _party(element: Element, tally: Counter[str]) -> Party:
    number = element.get("id", "")
    if not number.isdigit():
        raise ListFormatError(f"entity {number!r}: id is missing or no number")
    parts = groups(element)
    general = texts(parts["generalInfo"]) if "generalInfo" in parts else {}
    party = Party(number, schema_of(general.get("entityType", ""), number))
    for tag in parts.keys() - _GROUPS:
        tally[f"label nobody knows, kept as an attribute: {tag}"] += 1
        party.note(tag, clean(" ".join(parts[tag].itertext())))
    for child in _children(parts, "names"):
        _add_name(party, child, tally)
    party.programmes = [text(child) for child in _children(parts, "sanctionsPrograms")]
    party.lists = [(text(child), child.get("datePublished", "")[:10]) for child in _children(parts, "sanctionsLists")]
    party.measures = [text(child) for child in _children(parts, "sanctionsTypes")]
    if title := general.get("title"):
        party.facts += column("Title", title)
    for child in _children(parts, "features"):
        feature = texts(child)
        party.add(feature.get("type", ""), feature.get("value", ""), tally)
    for child in _children(parts, "identityDocuments"):
        _add_document(party, child, tally)
    for child in _children(parts, "addresses"):
        _add_addresses(party, child, tally)
    for child in _children(parts, "legalAuthorities"):
        party.note("Legal authority", text(child))
    party.relations = [_relation(party, child, tally) for child in _children(parts, "relationships")]
    party.add_remarks(general.get("remarks", ""))
    return party


def _children(parts: Mapping[str, Element], name: str) -> Iterator[Element]:
    return iter(parts.get(name, ()))


def _flag(record: Mapping[str, str], name: str, party: Party) -> bool:
    try:
        return _FLAGS[record.get(name, "")]
    except KeyError:
        raise party.fault(f"{name} is {record.get(name, '')!r}, not true or false") from None


def _add_name(party: Party, element: Element, tally: Counter[str]) -> None:
    record, parts = taken_apart(element)
    primary = _flag(record, "isPrimary", party)
    weak = _flag(record, "isLowQuality", party)
    of_type = "name" if primary else alias_type(record.get("aliasType", ""), party)
    for child in _children(parts, "translations"):
        spelling = texts(child)
        full = spelling.get("formattedFullName", "")
        script = script_of(spelling.get("script", ""), party)
        first = primary and not party.names
        kind = NameKind.PRIMARY if first else NameKind.WEAK if weak else NameKind.STRONG
        party.add_name(full, kind=kind, of_type=of_type, script=script)
        tally[f"names {'in other scripts' if script else kind.value}"] += bool(full)


def _add_document(party: Party, element: Element, tally: Counter[str]) -> None:
    record, parts = taken_apart(element)
    more = [
        f"{word} {printed}"
        for word, tag in (("issued", "issueDate"), ("expires", "expirationDate"))
        if tag in parts and (printed := _printed(texts(parts[tag])))
    ]
    label, number = record.get("type", ""), record.get("documentNumber", "")
    country = record.get("issuingCountry", "")
    party.add(label, number, tally, country=country, more=" ".join(more))
    if record.get("isValid") == "false":
        party.note("Document not valid", f"{label} {number}")
    for tag in ("issuingAuthority", "issuingLocation", "comments"):
        if tag in record:
            party.note("Document", f"{label} {number}: {record[tag]}")


def _printed(period: Mapping[str, str]) -> str:
    start, end = period.get("fromDateBegin", ""), period.get("toDateEnd", "")
    return printed_date(start, end, circa=period.get("isApproximate") == "true")


def _add_addresses(party: Party, element: Element, tally: Counter[str]) -> None:
    country, found = texts(element).get("country", ""), False
    for spelling in _children(groups(element), "translations"):
        found = True
        parts = {}
        for part in _children(groups(spelling), "addressParts"):
            record = texts(part)
            parts[record.get("type", "")] = record.get("value", "")
        if address := address_of(parts, country, tally):
            party.addresses.append(address)
    if not found:
        address = address_of({}, country, tally)
        party.addresses += [address] if address else []


def _relation(party: Party, element: Element, tally: Counter[str]) -> Relation:
    record, parts = taken_apart(element)
    target = parts.get("relatedEntity")
    if target is None:
        raise party.fault(f"a relationship {record.get('type')!r} leads nowhere")
    return Relation(
        type=relation_type(record.get("type", ""), tally),
        target_name=text(target),
        target_id=target.get("entityId", ""),
    )
