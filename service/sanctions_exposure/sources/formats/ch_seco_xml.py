"""Switzerland's consolidated list, XML: programmes and places first, then targets that refer to them by number.

De-listed targets stay in the file; the modification with the newest effective date says which they are.  A
modification repeats what it changed under the same names, so only direct children of a target are its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product

from msgspec.structs import replace

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
from sanctions_exposure.sources.formats._dates import plausible_date
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, distinct, merge_names, possible_date, slip
from sanctions_exposure.sources.formats._xml import Element, outermost, stream, text
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_ROOT = "swiss-sanctions-list"
_RECORDS = ("sanctions-program", "place", "target")
_OBJECTS = {"vessel": Schema.VESSEL, "aircraft": Schema.AIRCRAFT}
_QUALITY = {"good": NameKind.STRONG, "": NameKind.STRONG, "low": NameKind.WEAK}
_NAME_TYPES = frozenset({"primary-name", "alias", "formerly-known-as"})
_PART_TYPES = frozenset(
    {
        "family-name", "given-name", "further-given-name", "father-name", "grand-father-name", "maiden-name", "title",
        "suffix", "tribal-name", "whole-name", "other",
    }
)  # fmt: skip
_MODIFICATIONS = frozenset({"listed", "amended", "de-listed"})
_MOST_VARIANTS = 32  # of one name: six parts of four spellings each would make 4,096
_DOCUMENTS = {"passport": "passport", "diplomatic-passport": "passport", "id-card": "national_id"}
_PARTY = frozenset({"individual", "entity", "object"})
_TARGET = frozenset({"sanctions-set-id", "foreign-identifier", "modification", "generic-attribute", *_PARTY})
_OF_PARTY = frozenset({"identity", "justification", "other-information", "relation", "generic-attribute"})
_OF_IDENTITY = frozenset(
    {"name", "day-month-year", "place-of-birth", "nationality", "address", "identification-document"}
)
_ADDRESS = ("c-o", "address-details", "p-o-box", "zip-code", "remarks")


@dataclass(slots=True)
class _Book:
    """What stands before the targets, by number."""

    manifest: Manifest
    tally: Counter[str]
    programmes: dict[str, str] = field(default_factory=dict)  # of a sanctions set
    measures: dict[str, str] = field(default_factory=dict)
    places: dict[str, Mapping[str, str]] = field(default_factory=dict)


def recognises(head: bytes) -> bool:
    """Say whether a document opens like this form."""
    return b"<swiss-sanctions-list" in head


def published_on(document: bytes) -> str:
    """Return the date a document carries."""
    return outermost(document, _ROOT).get("date", "")


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the target and the element.
    """
    document = files["primary"]
    root = outermost(document, _ROOT)
    book = _Book(manifest, Counter())
    entities: dict[str, ListedEntity] = {}
    for element in stream(document, _ROOT, _RECORDS, _RECORDS):
        if element.tag == "sanctions-program":
            _add_programme(element, book)
        elif element.tag == "place":
            book.places[element.get("ssid", "")] = {str(c.tag): text(c) for c in element.iterchildren("*") if text(c)}
        else:
            entity = _Target(element, book).entity()
            if entity.id in entities:
                raise ListFormatError(f"target {entity.id} is there twice")
            entities[entity.id] = entity
    told = ("unknown element", "spellings left out", "country not recognised", "place unknown")
    notes = [f"{key}: {count}" for key, count in sorted(book.tally.items()) if key.startswith(told)]
    if (kind := root.get("list-type", "")) != "whole-list":
        notes.append(f"list-type is {kind!r}: not the whole list")
    date = root.get("date", "")
    names = {key: entity.caption for key, entity in entities.items()}
    return ParsedList(
        entities=tuple(_named(entity, names) for entity in entities.values()),
        published_on=date,
        version=date,
        notes=tuple(notes),
        tally=dict(sorted(book.tally.items())),
    )


def _add_programme(element: Element, book: _Book) -> None:
    english = [c for c in element.iterchildren("program-name", "program-key") if c.get("lang", "eng") == "eng"]
    title = next((text(c) for tag in ("program-name", "program-key") for c in english if c.tag == tag), "")
    for found in element.iterchildren("sanctions-set"):
        key = found.get("ssid", "")
        if found.get("lang", "eng") == "eng" or key not in book.measures:
            book.programmes[key], book.measures[key] = title, text(found)


class _Target:
    """One target, whose parts all have to say where they stand."""

    __slots__ = ("book", "element", "key", "party", "schema")

    def __init__(self, element: Element, book: _Book) -> None:
        self.element, self.book = element, book
        self.key: str = element.get("ssid", "")
        if not self.key:
            raise ListFormatError("target: has no ssid")
        parties = [child for child in element.iterchildren("*") if child.tag in _PARTY]
        if len(parties) != 1:
            raise self.fault(f"holds {len(parties)} parties, not one")
        self.party = parties[0]
        self.schema = self._schema()

    def fault(self, what: str) -> ListFormatError:
        return ListFormatError(f"target {self.key}: {what}")

    def _schema(self) -> Schema:
        if self.party.tag != "object":
            return Schema.PERSON if self.party.tag == "individual" else Schema.ORGANIZATION
        kind = self.party.get("object-type", "")
        if kind not in _OBJECTS:
            raise self.fault(f"unknown object-type {kind!r}")
        return _OBJECTS[kind]

    def entity(self) -> ListedEntity:
        self.book.tally[f"{self.schema.value} targets"] += 1
        # The main identity first: its primary name is the party's.
        identities = sorted(self.party.iterchildren("identity"), key=lambda i: i.get("main") != "true")
        addresses = distinct(a for identity in identities for a in self._addresses(identity))
        nations = [n for identity in identities for n in self._nations(identity)]
        return ListedEntity(
            list=self.book.manifest.id,
            id=self.key,
            schema=self.schema,
            names=self._names(identities),
            identifiers=distinct(d for identity in identities for d in self._documents(identity)),
            birth_dates=distinct(d for identity in identities for d in self._dates(identity)),
            countries=distinct(code for code in (*nations, *(a.country for a in addresses)) if code),
            addresses=addresses,
            designations=self._designations(),
            relations=distinct(self._relations()),
            attributes=distinct(self._attributes(identities)),
        )

    # -- names

    def _names(self, identities: list[Element]) -> tuple[ListedName, ...]:
        found = [name for identity in identities for e in identity.iterchildren("name") for name in self._name(e)]
        found.sort(key=lambda name: name.kind is not NameKind.PRIMARY)
        names = merge_names(found)
        if not names:
            raise self.fault("there is no name")
        first = names[0]
        if first.kind is not NameKind.PRIMARY:
            return names
        # A second identity has a primary name as well, and a party only one.
        others = (
            ListedName(text=n.text, kind=NameKind.STRONG, type=n.type, script=n.script, language=n.language)
            if n.kind is NameKind.PRIMARY
            else n
            for n in names[1:]
        )
        return (first, *others)

    def _name(self, element: Element) -> Iterator[ListedName]:
        kind, quality = element.get("name-type", ""), element.get("quality", "")
        if kind not in _NAME_TYPES:
            raise self.fault(f"unknown name-type {kind!r}")
        if quality not in _QUALITY:
            # A guess either floods reviewers or hides a listed party.
            raise self.fault(f"unknown quality {quality!r} of a name")
        self.book.tally["names published"] += 1
        parts = sorted(element.iterchildren("name-part"), key=_order)
        for part in parts:
            if part.get("name-part-type", "") not in _PART_TYPES:
                raise self.fault(f"unknown name-part-type {part.get('name-part-type')!r}")
        whole = clean(" ".join(text(value) for part in parts for value in part.iterchildren("value")))
        grade = _QUALITY[quality]
        primary = kind == "primary-name" and grade is NameKind.STRONG
        yield ListedName(
            text=whole, kind=NameKind.PRIMARY if primary else grade, type=kind, language=element.get("lang", "")
        )
        yield from self._variants(parts, whole, kind, grade)

    def _variants(self, parts: list[Element], whole: str, kind: str, grade: NameKind) -> Iterator[ListedName]:
        """Yield every other spelling of the *whole* name, script by script; a part without one keeps its own."""
        scripts = distinct(v.get("script", "") for part in parts for v in part.iterchildren("spelling-variant"))
        for script in scripts:
            choices = []
            for part in parts:
                spelt = [text(v) for v in part.iterchildren("spelling-variant") if v.get("script", "") == script]
                own = [text(v) for v in part.iterchildren("value")]
                choices.append(own + spelt if script in {"", "LATN"} else spelt or own)
            total = 1
            for choice in choices:
                total *= max(1, len(choice))
            if total > _MOST_VARIANTS:
                self.book.tally["spellings left out"] += total - _MOST_VARIANTS
            for words in islice(product(*(choice or [""] for choice in choices)), _MOST_VARIANTS):
                spelling = clean(" ".join(words))
                if spelling != whole:
                    yield ListedName(text=spelling, kind=grade, type=f"{kind} spelling", script=script.title())

    # -- facts

    def _dates(self, identity: Element) -> Iterator[ListedDate]:
        for element in identity.iterchildren("day-month-year"):
            year, month, day = (element.get(key, "") for key in ("year", "month", "day"))
            parts = [f"{year:>04}", *([f"{month:>02}"] if month else []), *([f"{day:>02}"] if month and day else [])]
            if start := possible_date(said := "-".join(parts)):
                # The quality is of the record, so a low one is a doubt of the date.
                doubtful = element.get("quality", "good") != "good"
                yield ListedDate(start=start, approximate=doubtful, text=slip(said, start))

    def _nations(self, identity: Element) -> Iterator[str]:
        for element in identity.iterchildren("nationality"):
            for nation in element.iterchildren("country"):
                yield self._country(nation.get("iso-code", "") or text(nation))

    def _country(self, name: str) -> str:
        code = country(name)
        if name and not code:
            self.book.tally[f"country not recognised: {name}"] += 1
        return code

    def _addresses(self, identity: Element) -> Iterator[Address]:
        for element in identity.iterchildren("address"):
            found = {str(c.tag): text(c) for c in element.iterchildren("*")}
            place = self._place(element)
            parts = [found.get(key, "") for key in _ADDRESS] + [
                place.get(k, "") for k in ("location", "area", "country")
            ]
            if any(parts):
                yield Address(
                    text=", ".join(part for part in parts if part),
                    city=place.get("location", ""),
                    country=self._country(place.get("country", "")),
                )

    def _place(self, element: Element) -> Mapping[str, str]:
        key = element.get("place-id", "")
        if key and key not in self.book.places:
            self.book.tally["place unknown"] += 1
        return self.book.places.get(key, {})

    def _documents(self, identity: Element) -> Iterator[Identifier]:
        for element in identity.iterchildren("identification-document"):
            found = {str(c.tag): text(c) for c in element.iterchildren("*")}
            if number := found.get("number", ""):
                kind = element.get("document-type", "")
                issuer = country(
                    found.get("issuer", "") or next((c.get("code", "") for c in element.iter("issuer")), "")
                )
                yield Identifier(type=_DOCUMENTS.get(kind, "other"), value=number, country=issuer, label=kind)

    def _designations(self) -> tuple[Designation, ...]:
        modifications = [
            (self._kind(m), m.get("effective-date", "")) for m in self.element.iterchildren("modification")
        ]
        newest = max(modifications, key=lambda m: m[1], default=("listed", ""))
        listed = [day for kind, day in modifications if kind == "listed" and plausible_date(day)]
        sets = [text(e) for e in self.element.iterchildren("sanctions-set-id")]
        for key in sets:
            if key not in self.book.measures:
                raise self.fault(f"unknown sanctions-set-id {key!r}")
        out = newest[0] == "de-listed"
        self.book.tally["targets de-listed"] += out
        manifest = self.book.manifest
        reference = next((text(e) for e in self.element.iterchildren("foreign-identifier")), "") or self.key
        reasons = [text(e) for e in self.party.iterchildren("justification")]
        return distinct(
            manifest.designation(
                delisted=out,
                programme=self.book.programmes.get(key, ""),
                reference=reference,
                listed_on=min(listed, default=""),
                until=(possible_date(newest[1]) or "") if out else "",
                reason=" ".join(reason for reason in reasons if reason),
                measures=(self.book.measures[key],) if key else (),
            )
            for key in sets or [""]
        )

    def _kind(self, modification: Element) -> str:
        kind = str(modification.get("modification-type", ""))
        if kind not in _MODIFICATIONS:
            raise self.fault(f"unknown modification-type {kind!r}")
        return kind

    def _relations(self) -> Iterator[Relation]:
        for element in self.party.iterchildren("relation"):
            target = element.get("target-id", "")
            yield Relation(type=element.get("relation-type", "linked-to"), target_name=target, target_id=target)

    def _attributes(self, identities: list[Element]) -> Iterator[Attribute]:
        if sex := self.party.get("sex"):
            yield Attribute(name="sex", value=sex)
        for element in self.party.iterchildren("other-information"):
            yield Attribute(name="other-information", value=text(element))
        for element in self.element.iterchildren("modification"):
            days = [f"{key} {element.get(key)}" for key in ("effective-date", "publication-date") if element.get(key)]
            yield Attribute(name="modification", value=", ".join([self._kind(element), *days]))
        for identity in identities:
            for element in identity.iterchildren("place-of-birth"):
                place = ", ".join(self._place(element).values())
                yield Attribute(name="place-of-birth", value=place or f"place {element.get('place-id', '')}")
            for element in identity.iterchildren("identification-document"):
                yield Attribute(name="identification-document", value=_everything(element))
            yield from self._strange(identity, _OF_IDENTITY)
        yield from self._strange(self.party, _OF_PARTY)
        yield from self._strange(self.element, _TARGET)

    def _strange(self, parent: Element, known: frozenset[str]) -> Iterator[Attribute]:
        for child in parent.iterchildren("*"):
            if child.tag not in known:
                self.book.tally[f"unknown element {child.tag}"] += 1
                yield Attribute(name=str(child.tag), value=_everything(child))
            elif child.tag == "generic-attribute":
                yield Attribute(name=child.get("name", "generic-attribute"), value=_everything(child))


def _order(part: Element) -> int:
    order = part.get("order", "0")
    return int(order) if order.isdigit() else 0


def _everything(element: Element) -> str:
    """Return all an element says, its attributes and texts alike."""
    said = [
        text
        for one in element.iter("*")
        for text in (*(f"{key} {value}" for key, value in one.attrib.items() if key != "ssid"), clean(one.text or ""))
    ]
    return clean(", ".join(text for text in said if text))


def _named(entity: ListedEntity, names: Mapping[str, str]) -> ListedEntity:
    """Return an entity whose relations name the targets they point at."""
    if not entity.relations:
        return entity
    known = (replace(one, target_name=names.get(one.target_id, one.target_name)) for one in entity.relations)
    return replace(entity, relations=tuple(known))
