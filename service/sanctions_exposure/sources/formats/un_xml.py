"""The UN Security Council consolidated list, XML.

Text between elements is prose of many hands: line breaks, doubled and non-breaking blanks, empty placeholders.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree
from stdnum import imo

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
)
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._document_numbers import document_numbers
from sanctions_exposure.sources.formats._text import (
    clean,
    distinct,
    merge_names,
    partial_date,
    possible_date,
    refuse_strangers,
    slip,
)
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from sanctions_exposure.sources.safe_xml import SAFE

Element = Any  # lxml ships no types
Record = Mapping[str, str]  # child tag -> text; only children that say something

_ROOT = "CONSOLIDATED_LIST"
_GROUPS = {"INDIVIDUALS": "INDIVIDUAL", "ENTITIES": "ENTITY"}
# The committee's own grades. Another one stops the build: a guess floods reviewers or hides a listed party.
_GRADE = {"Good": NameKind.STRONG, "Low": NameKind.WEAK, "a.k.a.": NameKind.STRONG, "f.k.a.": NameKind.STRONG}
_PASSPORT = re.compile(r"pass(?:e)?port|pasaporte", re.IGNORECASE)
_DATE_TYPES = frozenset({"", "EXACT", "APPROXIMATELY", "BETWEEN"})
_LISTED_ON = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?")
_GENERATED = re.compile(rb"dateGenerated\s*=\s*[\"']([^\"']+)")
_IMO = re.compile(r"\bIMO(?: number)?:? ?(\d{7})\b", re.IGNORECASE)

_SIMPLE = frozenset(
    {
        "DATAID", "VERSIONNUM", "FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME", "UN_LIST_TYPE",
        "REFERENCE_NUMBER", "LISTED_ON", "NAME_ORIGINAL_SCRIPT", "COMMENTS1", "GENDER", "SORT_KEY",
        "SORT_KEY_LAST_MOD", "HAS_INTERPOL_LINK", "INTERPOL_LINK",
    }
)  # fmt: skip
_VALUES = {"TITLE": "title", "DESIGNATION": "designation", "NATIONALITY": "nationality", "LAST_DAY_UPDATED": "updated",
           "LIST_TYPE": ""}  # fmt: skip
_RECORDS = {
    "ALIAS": frozenset({"QUALITY", "ALIAS_NAME", "DATE_OF_BIRTH", "CITY_OF_BIRTH", "COUNTRY_OF_BIRTH", "NOTE"}),
    "ADDRESS": frozenset({"STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY", "NOTE"}),
    "DATE_OF_BIRTH": frozenset({"TYPE_OF_DATE", "DATE", "YEAR", "FROM_YEAR", "TO_YEAR", "NOTE"}),
    "PLACE_OF_BIRTH": frozenset({"STREET", "CITY", "STATE_PROVINCE", "COUNTRY", "NOTE"}),
    "DOCUMENT": frozenset(
        {
            "TYPE_OF_DOCUMENT", "TYPE_OF_DOCUMENT2", "NUMBER", "ISSUING_COUNTRY", "COUNTRY_OF_ISSUE", "CITY_OF_ISSUE",
            "DATE_OF_ISSUE", "DATE_OF_EXPIRY", "NOTE",
        }
    ),
}  # fmt: skip


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this list."""
    return b"<CONSOLIDATED_LIST" in head


def published_on(document: bytes) -> str:
    """Return the date a document says it was generated on, without reading all of it."""
    match = _GENERATED.search(document[:4096])
    return match.group(1).decode("ascii", "replace") if match else ""


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the entry and the element.
    """
    root = _root(files["primary"])
    tally: Counter[str] = Counter()
    entities = tuple(_Entry(element, manifest, tally).entity() for element in _entries(root))
    doubled = [key for key, count in Counter(entity.id for entity in entities).items() if count > 1]
    if doubled:
        raise ListFormatError(f"DATAID {doubled[0]} is there twice")
    generated = root.get("dateGenerated") or ""
    told = ("unknown element", "country not recognised", "birth date kept as text", "date of listing")
    notes = tuple(f"{key}: {tally[key]}" for key in sorted(tally) if key.startswith(told))
    return ParsedList(
        entities=entities,
        published_on=generated,
        version=generated[:10],
        notes=notes,
        tally=dict(sorted(tally.items())),
    )


def _root(document: bytes) -> Element:
    refuse_strangers(document, _ROOT)
    if b"<!DOCTYPE" in document:  # entities live in it, and the publisher has none
        raise ListFormatError(f"{_ROOT}: the document declares a DOCTYPE, which the publisher never does")
    try:
        root = etree.fromstring(document, etree.XMLParser(**SAFE))
    except etree.XMLSyntaxError as error:
        raise ListFormatError(f"{_ROOT}: not whole or not XML: {error}") from None
    if root.getroottree().docinfo.doctype:  # written in an encoding the search above cannot see through
        raise ListFormatError(f"{_ROOT}: the document declares a DOCTYPE, which the publisher never does")
    if root.tag != _ROOT:
        raise ListFormatError(f"{_ROOT}: the outermost element is {root.tag!r}")
    return root


def _entries(root: Element) -> Iterator[Element]:
    for group in root.iterchildren("*"):
        if group.tag not in _GROUPS:  # a new kind of party must not go missing
            raise ListFormatError(f"{_ROOT}: unknown group {group.tag!r}")
        for element in group.iterchildren("*"):
            if element.tag != _GROUPS[group.tag]:
                raise ListFormatError(f"{group.tag}: unknown element {element.tag!r}")
            yield element


class _Entry:
    """One INDIVIDUAL or ENTITY, taken apart once: single values, value lists and records."""

    __slots__ = ("kind", "manifest", "one", "records", "tally", "unknown", "values")

    def __init__(self, element: Element, manifest: Manifest, tally: Counter[str]) -> None:
        self.kind: str = element.tag
        self.manifest, self.tally = manifest, tally
        self.one: dict[str, str] = {}
        self.values: dict[str, list[str]] = {tag: [] for tag in _VALUES}
        self.records: dict[str, list[Record]] = {tag: [] for tag in _RECORDS}
        self.unknown: list[Attribute] = []
        for child in element.iterchildren("*"):
            self._take(child)

    def _take(self, child: Element) -> None:
        bare = child.tag.removeprefix(f"{self.kind}_")
        if child.tag in _SIMPLE and child.tag not in self.one and not len(child):
            self.one[child.tag] = clean(child.text or "")
        elif child.tag in _VALUES:
            for value in child.iterchildren("*"):
                if value.tag != "VALUE":
                    self._report(f"{child.tag}/{value.tag}", value)
                elif text := clean(value.text or ""):
                    self.values[child.tag].append(text)
        elif bare in _RECORDS and bare != child.tag:
            self._take_record(bare, child)
        else:
            self._report(child.tag, child)

    def _take_record(self, bare: str, child: Element) -> None:
        record: dict[str, str] = {}
        for part in child.iterchildren("*"):
            if part.tag not in _RECORDS[bare] or part.tag in record:
                self._report(f"{child.tag}/{part.tag}", part)
            elif text := clean(part.text or ""):
                record[part.tag] = text
        self.tally[f"{child.tag} elements"] += 1
        if record:
            self.records[bare].append(record)

    def _report(self, path: str, element: Element) -> None:
        """Keep what nobody knows: in the notes by name, in the entry word for word."""
        self.tally[f"unknown element {path}"] += 1
        if text := clean(" ".join(element.itertext())):
            self.unknown.append(Attribute(name=path, value=text))

    def fault(self, what: str) -> ListFormatError:
        return ListFormatError(f"{self.kind} {self.one.get('REFERENCE_NUMBER') or self.one.get('DATAID')!r}: {what}")

    # -- to an entity ----------------------------------------------------------------------------

    def entity(self) -> ListedEntity:
        if not self.one.get("DATAID", "").isdigit():
            raise self.fault("DATAID is missing or no number")
        addresses = distinct(self._addresses())
        nations = (self._country(text) for text in self.values["NATIONALITY"])
        self.tally[f"{self.kind} entries"] += 1
        return ListedEntity(
            list=self.manifest.id,
            id=self.one["DATAID"],
            schema=self._schema(),
            names=self._names(),
            identifiers=distinct((*self._documents(), *self._imo_numbers())),
            birth_dates=distinct(self._birth_dates()),
            countries=distinct(code for code in (*nations, *(a.country for a in addresses)) if code),
            addresses=addresses,
            designations=(self._designation(),),
            attributes=distinct((*self._attributes(), *self.unknown)),
        )

    def _schema(self) -> Schema:
        if self.kind == "INDIVIDUAL":
            return Schema.PERSON
        # Ships stand among the entities; their comment opens with the ship's number. A company's has other digits.
        match = _IMO.match(self.one.get("COMMENTS1", ""))
        return Schema.VESSEL if match and imo.is_valid(match.group(1)) else Schema.ORGANIZATION

    def _names(self) -> tuple[ListedName, ...]:
        parts = (self.one.get(f"{nth}_NAME", "") for nth in ("FIRST", "SECOND", "THIRD", "FOURTH"))
        first, *others = _split(" ".join(part for part in parts if part))
        if not first:
            raise self.fault("there is no name")
        found = [ListedName(text=first, kind=NameKind.PRIMARY, type="name")]
        found += [ListedName(text=text, kind=NameKind.STRONG, type="name") for text in others]
        if original := self.one.get("NAME_ORIGINAL_SCRIPT"):
            self.tally["names in original script"] += 1
            found.append(ListedName(text=original, kind=NameKind.STRONG, type="original script"))
        found += self._aliases()
        names = merge_names(found)
        self.tally["names repeated"] += len(found) - len(names)
        return names

    def _aliases(self) -> Iterator[ListedName]:
        for record in self.records["ALIAS"]:
            text, grade = record.get("ALIAS_NAME", ""), record.get("QUALITY", "")
            if not text and not grade:
                continue
            if grade not in _GRADE:
                raise self.fault(f"unknown alias grade {grade!r} of {text!r}")
            if text:
                self.tally[f"aliases {grade}"] += 1
            for name in _split(text):
                yield ListedName(text=name, kind=_GRADE[grade], type=grade)

    def _birth_dates(self) -> Iterator[ListedDate]:
        for record in self.records["DATE_OF_BIRTH"]:
            if record.get("TYPE_OF_DATE", "") not in _DATE_TYPES:
                raise self.fault(f"unknown TYPE_OF_DATE {record['TYPE_OF_DATE']!r}")
            if found := _birth_date(record):
                yield found
        for record in self.records["ALIAS"]:
            if (text := record.get("DATE_OF_BIRTH")) and (start := partial_date(text)):
                said = f"{slip(text, start)} with alias {record.get('ALIAS_NAME', '')}"
                yield ListedDate(start=start, text=said.strip())

    def _addresses(self) -> Iterator[Address]:
        for record in self.records["ADDRESS"]:
            keys = ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")
            text = ", ".join(record[key] for key in keys if key in record)
            if "NOTE" in record:
                text = f"{text} ({record['NOTE']})" if text else record["NOTE"]
            yield Address(text=text, city=record.get("CITY", ""), country=self._country(record.get("COUNTRY", "")))

    def _country(self, text: str) -> str:
        code = country_code(text) if text else ""
        if code is None:
            self.tally[f"country not recognised: {text}"] += 1
        return code or ""

    def _documents(self) -> Iterator[Identifier]:
        for record in self.records["DOCUMENT"]:
            label = ", ".join(record[key] for key in ("TYPE_OF_DOCUMENT", "TYPE_OF_DOCUMENT2") if key in record)
            country = record.get("ISSUING_COUNTRY") or record.get("COUNTRY_OF_ISSUE") or ""
            for number in document_numbers(record.get("NUMBER", "")):
                yield Identifier(type=_document(label), value=number, country=self._country(country), label=label)

    def _imo_numbers(self) -> Iterator[Identifier]:
        for match in _IMO.finditer(self.one.get("COMMENTS1", "")):
            number = match.group(1)
            # Owners and managers have IMO company numbers, whose check digit differs from that of ships.
            kind = "imo" if imo.is_valid(number) else "registration"
            yield Identifier(type=kind, value=number, label="IMO number")

    def _designation(self) -> Designation:
        listed = self.one.get("LISTED_ON", "")
        match = _LISTED_ON.fullmatch(listed)
        day = possible_date(match.group(1)) if match else ""
        if listed and not day:
            raise self.fault(f"LISTED_ON {listed!r} is no date")
        if match and day != match.group(1):
            self.tally[f"date of listing that cannot be, read as its month: {match.group(1)}"] += 1
        return self.manifest.designation(
            programme=self.one.get("UN_LIST_TYPE", ""),
            reference=self.one.get("REFERENCE_NUMBER", ""),
            listed_on=day or "",
            reason=self.one.get("COMMENTS1", ""),
        )

    def _attributes(self) -> Iterator[Attribute]:
        for tag, name in _VALUES.items():
            yield from (Attribute(name=name, value=text) for text in self.values[tag] if name)
        for tag in ("GENDER", "INTERPOL_LINK"):
            if text := self.one.get(tag):
                yield Attribute(name=tag.lower().replace("_", " "), value=text)
        for record in self.records["PLACE_OF_BIRTH"]:
            yield Attribute(name="place of birth", value=", ".join(record.values()))
        for record in self.records["DOCUMENT"]:
            number = record.get("NUMBER", "")
            more = record.keys() - {"TYPE_OF_DOCUMENT", "TYPE_OF_DOCUMENT2", "NUMBER", "ISSUING_COUNTRY"}
            if more or (number and document_numbers(number) != (number,)):
                yield Attribute(name="document", value=", ".join(record.values()))
        for record in self.records["DATE_OF_BIRTH"]:
            if not _birth_date(record) and record.keys() - {"TYPE_OF_DATE"}:
                self.tally["birth date kept as text"] += 1
                yield Attribute(name="date of birth", value=", ".join(record.values()))
        for record in self.records["ALIAS"]:
            text = record.get("ALIAS_NAME", "")
            if record.keys() - {"QUALITY", "ALIAS_NAME"} or _split(text) != [text]:
                yield Attribute(name="alias", value=", ".join(v for k, v in record.items() if k != "QUALITY"))


def _split(text: str) -> list[str]:
    """Take apart what stands in one element: ``A; B`` and ``A (B; C)`` are several names.

    >>> _split("Anna Uno; Anna Due"), _split("Анна (Anna; Hanna)"), _split("Uno (Due) Ltd")
    (['Anna Uno', 'Anna Due'], ['Анна', 'Anna', 'Hanna'], ['Uno (Due) Ltd'])
    """
    if ";" not in text:
        return [text]
    bracketed = re.fullmatch(r"([^();]+) \(([^()]*;[^()]*)\)", text)
    pieces = [bracketed.group(1), *bracketed.group(2).split(";")] if bracketed else text.split(";")
    return [piece.strip() for piece in pieces if piece.strip()]


def _birth_date(record: Record) -> ListedDate | None:
    """Return the date of one record, never more exact than it is; None where it holds none that can be read."""
    kind, note = record.get("TYPE_OF_DATE", ""), record.get("NOTE", "")
    approximate = kind == "APPROXIMATELY" or note.casefold() == "approximately"
    if "FROM_YEAR" in record or "TO_YEAR" in record:
        start, end = record.get("FROM_YEAR"), record.get("TO_YEAR")
        years = [year for year in (start, end) if year]
    else:
        years = [record.get("DATE") or record.get("YEAR") or note]
    read = [partial_date(year) for year in years]
    if not all(read) or not read[0]:
        return None
    end = read[1] if len(read) == 2 else None
    said = distinct(text for text in (slip(years[0], read[0]), note) if text)
    return ListedDate(start=read[0], end=end, approximate=approximate, text=", ".join(said))


def _document(label: str) -> str:
    if not label:
        return "other"
    return "passport" if _PASSPORT.search(label) else "national_id"
