"""Canada's Consolidated Autonomous Sanctions List, XML: a flat record per party, typed by many hands.

Several names stand in one element, divided by whatever came to hand: ``;``, ``,``, `` / ``, or a language's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
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
from sanctions_exposure.sources.formats._dates import newest_listing, plausible_or_month
from sanctions_exposure.sources.formats._text import clean, distinct, merge_names, possible_date, slip
from sanctions_exposure.sources.formats._xml import Element, outermost, stream
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_ROOT, _RECORD = "data-set", "record"
_OLD = {"Entity": "EntityOrShip", "DateOfBirth": "DateOfBirthOrShipBuildDate", "Title": "TitleOrShip"}  # until 2023
_KNOWN = frozenset(
    {
        "Country", "LastName", "GivenName", "EntityOrShip", "TitleOrShip", "ShipIMONumber", "Aliases",
        "DateOfBirthOrShipBuildDate", "Schedule", "Item", "DateOfListing",
    }
)  # fmt: skip
_HYPHENATED = re.compile(r"(?<=\w)-\s*\n\s*(?=\w)")  # a word the publisher broke at the end of a line
_LANGUAGE = re.compile(r"(?:^|(?<=[\s,;/(]))(?:Russian|Belarus{1,2}ian|Ukrainian|Arabic|Burmese|Chinese|Farsi)\s?:\s*")
_SLASH = re.compile(r" / |(?<=[\"»\w]{2})/ ")
_CYRILLIC_OR = re.compile(r"(?<=[\u0400-\u04ff\"»)]),? (?:or|and) (?=[\u0400-\u04ff\"«(])")
_COMMA = re.compile(r",\s+")
_LEGAL_FORM = re.compile(
    r"(?:(?:JSC|OJSC|CJSC|PJSC|LLC|LTD|INC|CO|CORP|FSUE|AO|OOO|OAO|ZAO|PAO|S\.?A|GMBH|PLC|LLP|JR|SR|"
    r"АО|ООО|ОАО|ЗАО|ПАО|ФГУП|АК|НП|АНО)\.?|(?:Open |Public )?Joint.Stock Company|Limited Liability Company|"
    r"(?:(?:Открытое|Закрытое|Публичное) )?Акционерное Общество|Некоммерческое Партнерство|"
    r"Общество С Ограниченной Ответственностью)[\"»”')]?",
    re.IGNORECASE,
)
_ALSO = re.compile(r"(?P<name>.+?) ?\((?:also known as|a\.?k\.?a\.?|formerly(?: known as)?) (?P<others>.+?)\)?")
_BILINGUAL = re.compile(r"(?P<one>[^/]+ [^/]+)/(?P<other>[^/]+ [^/]+)")
_BETWEEN = re.compile(r"(\d{4})-(\d{4})")
_EITHER = re.compile(r" or ", re.IGNORECASE)

Record = Mapping[str, str]


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the record and the element.
    """
    tally: Counter[str] = Counter()
    document = files["primary"]
    outermost(document, _ROOT)
    records = stream(document, _ROOT, {_RECORD}, {_RECORD})
    entities = tuple(_entity(at, element, manifest, tally) for at, element in enumerate(records, 1))
    seen: set[str] = set()
    for entity in entities:
        if entity.id in seen:
            raise ListFormatError(f"{_ROOT}: {entity.id!r} is there twice")
        seen.add(entity.id)
    told = ("unknown element", "date kept as text")
    notes = tuple(f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith(told))
    return ParsedList(
        entities=entities, version=newest_listing(entities), notes=notes, tally=dict(sorted(tally.items()))
    )


def _entity(at: int, element: Element, manifest: Manifest, tally: Counter[str]) -> ListedEntity:
    one, strange = _record(at, element, tally)
    ship, person = "ShipIMONumber" in one, "LastName" in one or "GivenName" in one
    schema = Schema.PERSON if person else Schema.VESSEL if ship else Schema.ORGANIZATION
    tally[f"{schema.value} records"] += 1
    dates, unread = _dates(one)
    tally["date kept as text"] += len(unread)
    programme = one["Country"].partition(" / ")[0]
    label = "ship build date" if ship else "date of birth"
    return ListedEntity(
        list=manifest.id,
        id=" | ".join((programme, one.get("Schedule", ""), one["Item"])),
        schema=schema,
        names=_names(at, one, tally),
        identifiers=(Identifier(type="imo", value=one["ShipIMONumber"], label="ShipIMONumber"),) if ship else (),
        birth_dates=() if ship else dates,
        designations=(_designation(at, one, programme, manifest),),
        attributes=distinct((*_attributes(one), *_as_attributes(label, dates if ship else (), unread), *strange)),
    )


def _record(at: int, element: Element, tally: Counter[str]) -> tuple[Record, list[Attribute]]:
    one: dict[str, str] = {}
    strange: list[Attribute] = []
    for child in element.iterchildren("*"):
        tag = _OLD.get(child.tag, child.tag)
        if tag not in _KNOWN or tag in one or len(child):
            tally[f"unknown element {child.tag}"] += 1
            strange.append(Attribute(name=str(child.tag), value=clean(" ".join(child.itertext()))))
        elif text := clean(_HYPHENATED.sub("-", child.text or "")):
            one[tag] = text
    for tag in ("Country", "Item"):
        if tag not in one:
            raise ListFormatError(f"record {at}, {tag!r}: is missing")
    return one, strange


# -- names ---------------------------------------------------------------------------------------


def _names(at: int, one: Record, tally: Counter[str]) -> tuple[ListedName, ...]:
    first, *others = _primary(one)
    if not first:
        raise ListFormatError(f"record {at}: there is neither a person's nor an entity's name")
    published = [part for part in map(clean, one.get("Aliases", "").split(";")) if part]
    tally["names published"] += 1 + len(published)
    # The list does not grade its aliases.
    aliases = [alias for part in published for alias in pieces(part)]
    found = [
        ListedName(text=first, type="name"),
        *(ListedName(text=text, kind=NameKind.STRONG, type="name") for text in others),
        *(ListedName(text=text, kind=NameKind.STRONG, type="alias") for text in aliases),
    ]
    return merge_names(found)


def _primary(one: Record) -> list[str]:
    if "EntityOrShip" not in one:
        return [" ".join(one[tag] for tag in ("GivenName", "LastName") if tag in one)]
    name = one["EntityOrShip"]
    if match := _ALSO.fullmatch(name):
        return [match["name"], *pieces(match["others"])]
    if match := _BILINGUAL.fullmatch(name):  # English/French
        return [match["one"], match["other"]]
    return [name]


def pieces(text: str) -> list[str]:
    """Take apart one alias text, but never a name from its legal form or the middle of a sentence.

    >>> pieces("Zavod Primer, OOO"), pieces("Anna Uno, Russian: Анна Уно"), pieces("Анна Уно / Ганна Уно")
    (['Zavod Primer, OOO'], ['Anna Uno', 'Анна Уно'], ['Анна Уно', 'Ганна Уно'])
    """
    found = []
    for labelled in _LANGUAGE.split(text):
        for slashed in _SLASH.split(labelled.strip(" ,/")):
            for either in _CYRILLIC_OR.split(slashed):
                found += _at_commas(either.strip(" ,"))
    return [part for part in found if part]


def _at_commas(text: str) -> list[str]:
    parts = _COMMA.split(text)
    if any(_LEGAL_FORM.fullmatch(part) or part[:1].islower() for part in parts):
        return [text]
    return [part.strip(" ,") for part in parts]


# -- the rest ------------------------------------------------------------------------------------


def _dates(one: Record) -> tuple[tuple[ListedDate, ...], list[str]]:
    found, unread = [], []
    for text in _EITHER.split(one.get("DateOfBirthOrShipBuildDate", "")):
        if match := _BETWEEN.fullmatch(text):
            found.append(ListedDate(start=match[1], end=match[2]))
        elif start := possible_date(text):
            found.append(ListedDate(start=start, text=slip(text, start)))
        elif text:
            unread.append(text)
    return tuple(found), unread


def _designation(at: int, one: Record, programme: str, manifest: Manifest) -> Designation:
    listed = one.get("DateOfListing", "")
    day = plausible_or_month(listed)
    if listed and not day:
        raise ListFormatError(f"record {at}, 'DateOfListing': {listed!r} is no date")
    schedule = f"Schedule {one['Schedule']}, " if "Schedule" in one else ""
    return manifest.designation(
        programme=programme,
        reference=f"{schedule}item {one['Item']}",
        listed_on=day,
    )


def _attributes(one: Record) -> Iterator[Attribute]:
    yield Attribute(name="Country", value=one["Country"])
    for tag in ("TitleOrShip", "Aliases"):
        if tag in one:
            yield Attribute(name=tag, value=one[tag])
    if "EntityOrShip" in one and len(_primary(one)) > 1:
        yield Attribute(name="EntityOrShip", value=one["EntityOrShip"])


def _as_attributes(label: str, dates: tuple[ListedDate, ...], unread: list[str]) -> Iterator[Attribute]:
    yield from (Attribute(name=label, value=found.start) for found in dates)
    yield from (Attribute(name=label, value=text) for text in unread)
