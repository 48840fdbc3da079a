"""OFAC's ADVANCED XML: a relational dump whose parties, places, documents and list entries refer to each other.

Places and documents come before the parties, relations and entries after them, so all are kept by number while the
document streams by, and joined at its end.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import Address, NameKind, Relation, Schema
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._ofac_party import (
    Party,
    address_of,
    alias_type,
    name_of,
    parsed,
    relation_type,
    script_of,
)
from sanctions_exposure.sources.formats._ofac_remarks import printed_date
from sanctions_exposure.sources.formats._text import clean
from sanctions_exposure.sources.formats._xml import Element, groups, local, outermost, stream, text, texts
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_ROOT = "Sanctions"
_RECORDS = frozenset(
    {"ReferenceValueSets", "Location", "IDRegDocument", "DistinctParty", "ProfileRelationship", "SanctionsEntry"}
)
_SECTIONS = frozenset(
    {
        "DateOfIssue", "ReferenceValueSets", "Locations", "IDRegDocuments", "DistinctParties", "ProfileRelationships",
        "SanctionsEntries", "SanctionsEntryLinks",
    }
)  # fmt: skip
_ISSUED = re.compile(
    rb"<DateOfIssue[^>]*>\s*<Year>(\d{4})</Year>\s*<Month>(\d{1,2})</Month>\s*<Day>(\d{1,2})</Day>", re.DOTALL
)
_MAIN_PARTS = frozenset({"Last Name", "Entity Name", "Vessel Name", "Aircraft Name"})
_DOCUMENT_DATES = {"Issue Date": "issued", "Expiration Date": "expires"}


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return re.search(rb"<(?:\w+:)?Sanctions[\s>]", head) is not None


def published_on(document: bytes) -> str:
    """Return the date a document says it was issued on, without reading all of it."""
    match = _ISSUED.search(document[:4096])
    return "-".join((match[1].decode(), f"{int(match[2]):02d}", f"{int(match[3]):02d}")) if match else ""


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the entry and what is wrong with it.
    """
    document = files["primary"]
    outermost(document, _ROOT)
    dump = _Dump()
    for element in stream(document, _ROOT, _RECORDS, _SECTIONS):
        _READERS[local(element)](dump, element)
    return parsed([_joined(party, dump) for party in dump.parties], manifest, dump.tally, published_on(document))


@dataclass(slots=True)
class _Document:
    label: str
    number: str
    country: str
    more: str
    valid: bool
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Dump:
    """What was read so far, by OFAC's numbers."""

    words: dict[str, dict[str, str]] = field(default_factory=dict)  # reference set -> number -> word
    entity_kinds: dict[str, Schema] = field(default_factory=dict)  # PartySubTypeID -> what it is
    places: dict[str, Address | None] = field(default_factory=dict)
    documents: dict[str, list[_Document]] = field(default_factory=lambda: defaultdict(list))  # by identity
    identities: dict[str, str] = field(default_factory=dict)  # party -> identity
    parties: list[Party] = field(default_factory=list)
    relations: dict[str, list[Relation]] = field(default_factory=lambda: defaultdict(list))  # by party
    entries: dict[str, list[_ListEntry]] = field(default_factory=lambda: defaultdict(list))  # by party
    tally: Counter[str] = field(default_factory=Counter)

    def word(self, kind: str, number: str | None, where: str) -> str:
        """Return the word behind a number of a reference set; one that is not there is an error."""
        try:
            return self.words[kind][number or ""]
        except KeyError:
            raise ListFormatError(f"{where}: {kind} {number!r} is not among the reference values") from None


@dataclass(slots=True)
class _ListEntry:
    list_name: str
    since: str
    programmes: list[str]
    measures: list[str]


# -- sections ------------------------------------------------------------------------------------


def _read_references(dump: _Dump, element: Element) -> None:
    kinds = {"1": "Individual", "2": "Entity"}
    for group in element.iterchildren("*"):
        for one in group.iterchildren("*"):
            name, number = local(one), one.get("ID", "")
            dump.words.setdefault(name, {})[number] = text(one)
            if name == "PartyType":
                kinds[number] = text(one)
            elif name == "PartySubType":
                dump.entity_kinds[number] = _schema(text(one), kinds.get(one.get("PartyTypeID", ""), ""), one)


def _schema(word: str, party_type: str, element: Element) -> Schema:
    found = {"Vessel": Schema.VESSEL, "Aircraft": Schema.AIRCRAFT}.get(word) or {
        "Individual": Schema.PERSON,
        "Entity": Schema.ORGANIZATION,
    }.get(party_type)
    if not found:
        raise ListFormatError(f"PartySubType {element.get('ID')}: unknown kind of party {word!r} {party_type!r}")
    return found


def _read_place(dump: _Dump, element: Element) -> None:
    number = element.get("ID", "")
    where, country = f"Location {number}", ""
    parts: dict[str, str] = {}
    for child in element.iterchildren("*"):
        match local(child):
            case "LocationCountry":
                country = dump.word("Country", child.get("CountryID"), where)
            case "LocationPart":
                kind = dump.word("LocPartType", child.get("LocPartTypeID"), where)
                values = (texts(one).get("Value", "") for one in child.iterchildren("*"))
                parts.setdefault(kind, next((value for value in values if value), ""))
    dump.places[number] = address_of(parts, country, dump.tally)


def _read_document(dump: _Dump, element: Element) -> None:
    where = f"IDRegDocument {element.get('ID')}"
    label = dump.word("IDRegDocType", element.get("IDRegDocTypeID"), where)
    issuer = element.get("IssuedBy-CountryID")
    country = dump.word("Country", issuer, where) if issuer else ""
    record, more = texts(element), {}
    for child in element.iterchildren("*"):
        if local(child) == "DocumentDate":
            kind = dump.word("IDRegDocDateType", child.get("IDRegDocDateTypeID"), where)
            if kind not in _DOCUMENT_DATES:
                raise ListFormatError(f"{where}: unknown kind of date {kind!r}")
            more[_DOCUMENT_DATES[kind]] = _period(groups(child).get("DatePeriod"))
    dump.documents[element.get("IdentityID", "")].append(
        _Document(
            label=label,
            number=record.get("IDRegistrationNo", ""),
            country="" if country == "undetermined" else country,
            more=" ".join(f"{word} {more[word]}" for word in ("issued", "expires") if more.get(word)),
            valid=dump.word("Validity", element.get("ValidityID"), where) == "Valid",
            notes=tuple(record[key] for key in ("IssuingAuthority", "Comment") if key in record),
        )
    )


def _read_relation(dump: _Dump, element: Element) -> None:
    source, target = element.get("From-ProfileID", ""), element.get("To-ProfileID", "")
    word = dump.word("RelationType", element.get("RelationTypeID"), f"ProfileRelationship {element.get('ID')}")
    kind = relation_type(word, dump.tally)
    kind = f"former-{kind}" if element.get("Former") == "true" else kind
    dump.relations[source].append(Relation(type=kind, target_name=f"OFAC entry {target}", target_id=target))


def _read_entry(dump: _Dump, element: Element) -> None:
    where = f"SanctionsEntry {element.get('ID')}"
    entry = _ListEntry(dump.word("List", element.get("ListID"), where), "", [], [])
    for child in element.iterchildren("*"):
        match local(child):
            case "EntryEvent":
                day = _day(groups(child).get("Date"))
                entry.since = min(filter(None, (entry.since, day)), default="")
            case "SanctionsMeasure":
                kind = dump.word("SanctionsType", child.get("SanctionsTypeID"), where)
                comment = texts(child).get("Comment", "")
                if kind == "Program":
                    entry.programmes.append(comment)
                else:
                    entry.measures.append(kind)
            case other if other != "LimitationsToListing":
                dump.tally[f"label nobody knows, kept as an attribute: {other}"] += 1
    dump.entries[element.get("ProfileID", "")].append(entry)


# -- parties -------------------------------------------------------------------------------------


def _read_party(dump: _Dump, element: Element) -> None:
    number = element.get("FixedRef", "")
    parts = groups(element)
    if not number.isdigit() or "Profile" not in parts:
        raise ListFormatError(f"DistinctParty {number!r}: FixedRef is no number, or there is no Profile")
    profile = parts["Profile"]
    subtype = profile.get("PartySubTypeID", "")
    if subtype not in dump.entity_kinds:
        raise ListFormatError(f"entry {number}: PartySubType {subtype!r} is not among the reference values")
    party = Party(number, dump.entity_kinds[subtype])
    for child in profile.iterchildren("*"):
        match local(child):
            case "Identity":
                dump.identities[number] = child.get("ID", "")
                _add_names(dump, party, child)
            case "Feature":
                _add_feature(dump, party, child)
            case other if other not in {"Comment", "SanctionsEntryReference", "ExternalReference"}:
                dump.tally[f"label nobody knows, kept as an attribute: {other}"] += 1
                party.note(other, clean(" ".join(child.itertext())))
    party.add_remarks(texts(element).get("Comment", ""))
    dump.parties.append(party)


def _add_names(dump: _Dump, party: Party, identity: Element) -> None:
    aliases = [child for child in identity.iterchildren("*") if local(child) == "Alias"]
    group = groups(identity).get("NamePartGroups")
    kinds = {
        one.get("ID", ""): dump.word("NamePartType", one.get("NamePartTypeID"), f"entry {party.id}")
        for one in (group.iterdescendants("{*}NamePartGroup") if group is not None else ())
    }
    for alias in sorted(aliases, key=lambda one: one.get("Primary") != "true"):  # stable: the rest keeps its order
        primary, low = alias.get("Primary") == "true", alias.get("LowQuality")
        if low not in {"true", "false"}:
            raise party.fault(f"LowQuality is {low!r}, not true or false")
        word = dump.word("AliasType", alias.get("AliasTypeID"), f"entry {party.id}") if not primary else ""
        of_type = alias_type(word, party) if word and word != "Name" else "name"
        for spelling in alias.iterchildren("*"):
            printed, script = _printed_name(dump, party, spelling, kinds)
            first = primary and not party.names
            kind = NameKind.PRIMARY if first else NameKind.WEAK if low == "true" else NameKind.STRONG
            party.add_name(printed, kind=kind, of_type=of_type, script=script)
            dump.tally[f"names {'in other scripts' if script else kind.value}"] += 1


def _printed_name(dump: _Dump, party: Party, spelling: Element, kinds: dict[str, str]) -> tuple[str, str]:
    main: list[str] = []
    others: list[tuple[bool, str]] = []
    script = ""
    for part in spelling.iterchildren("*"):
        for value in part.iterchildren("*"):
            kind = kinds.get(value.get("NamePartGroupID", ""), "")
            script = script_of(dump.word("Script", value.get("ScriptID"), f"entry {party.id}"), party)
            if kind in _MAIN_PARTS:
                main.append(text(value))
            else:
                others.append((kind != "First Name", text(value)))
    given = [value for _, value in sorted(others, key=lambda one: one[0])]
    return name_of(main, given, script=script), script


def _add_feature(dump: _Dump, party: Party, element: Element) -> None:
    label = dump.word("FeatureType", element.get("FeatureTypeID"), f"entry {party.id}")
    for version in element.iterchildren("*"):
        if local(version) != "FeatureVersion":
            continue
        said = False
        period = detail = ""
        for child in version.iterchildren("*"):
            match local(child):
                case "DatePeriod":
                    period = _period(child)
                case "VersionDetail":
                    detail = text(child) or _looked_up(dump, party, child)
                case "VersionLocation":
                    said = True
                    _add_place(dump, party, label, child.get("LocationID", ""))
        if value := detail or period:
            party.add(label, value, dump.tally)
        elif not said:
            dump.tally["features without a value"] += 1


def _looked_up(dump: _Dump, party: Party, detail: Element) -> str:
    number = detail.get("DetailReferenceID")
    return dump.word("DetailReference", number, f"entry {party.id}") if number else ""


def _add_place(dump: _Dump, party: Party, label: str, number: str) -> None:
    if number not in dump.places:
        dump.tally["dangling references to a location"] += 1
        return
    place = dump.places[number]
    if place and label == "Location":
        party.addresses.append(place)
    elif place:  # a place of birth, a flag, a nationality
        party.add(label, place.text, dump.tally)


def _joined(party: Party, dump: _Dump) -> Party:
    for document in dump.documents.pop(dump.identities.get(party.id, ""), ()):
        party.add(document.label, document.number, dump.tally, country=document.country, more=document.more)
        if not document.valid:
            party.note("Document not valid", f"{document.label} {document.number}")
        for note in document.notes:
            party.note("Document", f"{document.label} {document.number}: {note}")
    for entry in dump.entries.pop(party.id, ()):
        party.lists.append((entry.list_name, entry.since))
        party.programmes += entry.programmes
        party.measures += entry.measures
    party.relations = dump.relations.pop(party.id, [])
    return party


# -- dates ---------------------------------------------------------------------------------------


def _day(element: Element | None) -> str:
    """Return an ISO day, or what there is of one; empty where there is nothing."""
    one = texts(element) if element is not None else {}
    return "-".join(one[key].zfill(2) for key in ("Year", "Month", "Day") if key in one)


def _period(element: Element | None) -> str:
    bounds = groups(element) if element is not None else {}
    if "Start" not in bounds or "End" not in bounds:
        return ""
    start, end = groups(bounds["Start"]), groups(bounds["End"])
    circa = "true" in {bounds["Start"].get("Approximate"), bounds["End"].get("Approximate")}
    return printed_date(_day(start.get("From")), _day(end.get("To")), circa=circa)


_READERS: dict[str, Callable[[_Dump, Element], None]] = {
    "ReferenceValueSets": _read_references,
    "Location": _read_place,
    "IDRegDocument": _read_document,
    "DistinctParty": _read_party,
    "ProfileRelationship": _read_relation,
    "SanctionsEntry": _read_entry,
}
