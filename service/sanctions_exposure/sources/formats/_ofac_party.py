"""What OFAC's XML forms have in common: one party as it is gathered, and the entry it becomes.

The CSV form says the same things in its own way; whatever form a list was read from, the entry must be the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

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
from sanctions_exposure.sources.formats._ofac_remarks import Fact, Nation, Said, facts, is_known, labelled
from sanctions_exposure.sources.formats._text import clean, distinct, merge_names
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

SCHEMA = {
    "Individual": Schema.PERSON,
    "Entity": Schema.ORGANIZATION,
    "Vessel": Schema.VESSEL,
    "Aircraft": Schema.AIRCRAFT,
}
ALIAS_TYPES = {"a.k.a.": "aka", "f.k.a.": "fka", "n.k.a.": "nka"}
_NOWHERE = "undetermined"
_SDN = "SDN List"

# Scripts by OFAC's words, ISO 15924. Latin is what all names without one are in.
_SCRIPTS = {
    "Latin": "", "Cyrillic": "Cyrl", "Arabic": "Arab", "Chinese Simplified": "Hans", "Chinese Traditional": "Hant",
    "Armenian": "Armn", "Georgian": "Geor", "Greek": "Grek", "Hebrew": "Hebr", "Japanese": "Jpan", "Korean": "Kore",
    "Thai": "Thai", "Devanagari": "Deva", "Bengali": "Beng", "Khmer": "Khmr", "Lao": "Laoo", "Burmese": "Mymr",
    "Ethiopic": "Ethi", "Tamil": "Taml", "Sinhala": "Sinh", "Hangul": "Kore",
}  # fmt: skip

# "From is … To", in our words; the remarks of the classic forms say no more than "Linked To".
_RELATIONS = {
    "Owned or Controlled By": "owned-by",
    "Acting for or on behalf of": "acting-for",
    "Providing support to": "supporting",
    "Family member of": "family-of",
    "Associate Of": "associate-of",
    "Leader or official of": "leader-of",
    "playing a significant role in": "significant-role-in",
    "Principal Executive Officer": "principal-executive-of",
    "Owns, controls, or operates": "controls",
    "Property in the interest of": "property-of",
}


@dataclass(slots=True)
class Party:
    """One entry while it is being read; ``relations`` carry OFAC's number as target id, wherever it leads."""

    id: str
    schema: Schema
    names: list[ListedName] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)
    lists: list[tuple[str, str]] = field(default_factory=list)  # name of a list, since when
    measures: list[str] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)

    def fault(self, what: str) -> ListFormatError:
        """Return the error that names this entry."""
        return ListFormatError(f"entry {self.id}: {what}")

    def add_name(self, text: str, *, kind: NameKind, of_type: str, script: str = "") -> None:
        """Add a name as published, unless it is empty."""
        if text:
            self.names.append(ListedName(text=text, kind=kind, type=of_type, script=script))

    def add(self, label: str, value: str, tally: Counter[str], *, country: str = "", more: str = "") -> None:
        """Add what OFAC says under *label*."""
        if not is_known(label):
            tally[f"label nobody knows, kept as an attribute: {label}"] += 1
        if value or more:
            self.facts += labelled(label, value, self.schema, country=country, more=more)

    def add_remarks(self, remarks: str) -> None:
        """Add what the remarks say; they are shorter than the CSV's, since much has an element of its own."""
        if remarks:
            bare = remarks.replace("(Linked To:", "Linked To:")
            items = (one.removesuffix(")") if one.startswith("Linked To:") else one for one in bare.split("; "))
            self.facts += facts("; ".join(items) + ".", self.schema, cut=False)  # the full stop the CSV closes with

    def note(self, name: str, value: str) -> None:
        """Keep something else word for word."""
        self.facts.append(Attribute(name=name, value=value))


def name_of(parts: Sequence[str], others: Sequence[str], *, script: str = "") -> str:
    """Print a name as OFAC does: ``FAMILY, Given``; right to left and in Chinese without a comma.

    >>> name_of(["Testova"], ["Anna", "Maria"]), name_of(["Example Ltd"], [])
    ('TESTOVA, Anna Maria', 'EXAMPLE LTD')
    """
    main, rest = " ".join(parts), " ".join(others)
    if script in {"Hans", "Hant", "Jpan", "Kore"}:
        return f"{main}{rest}"
    if script in {"Arab", "Hebr"}:
        return f"{rest} {main}".strip()
    return f"{main.upper()}, {rest}" if main and rest else main.upper() or rest


def script_of(word: str, party: Party) -> str:
    """Return the ISO 15924 code of a script in OFAC's words; a word nobody knows is an error."""
    try:
        return _SCRIPTS[word]
    except KeyError:
        raise party.fault(f"unknown script {word!r}") from None


def alias_type(word: str, party: Party) -> str:
    """Return the type of an alias; one nobody knows is an error."""
    try:
        return ALIAS_TYPES[word.casefold()]
    except KeyError:
        raise party.fault(f"unknown alias type {word!r}") from None


def schema_of(word: str, entry_id: str) -> Schema:
    """Return the schema of OFAC's word for a kind of party; one nobody knows is an error."""
    try:
        return SCHEMA[word]
    except KeyError:
        raise ListFormatError(f"entry {entry_id}: unknown type {word!r}") from None


def relation_type(word: str, tally: Counter[str]) -> str:
    """Return the type of a relation; one nobody knows keeps OFAC's words and is counted."""
    if word not in _RELATIONS:
        tally[f"relation nobody knows, kept in its own words: {word}"] += 1
    return _RELATIONS.get(word) or "-".join(word.casefold().split())


def address_of(parts: Mapping[str, str], country: str, tally: Counter[str]) -> Address | None:
    """Put an address together as the CSV prints it, from OFAC's names of its parts; None where nothing is known."""
    if not country and (region := parts.get("REGION")):
        country = f"Region: {region}"
    if country.casefold() == _NOWHERE:
        country = ""
    street = [parts[key] for key in ("ADDRESS1", "ADDRESS2", "ADDRESS3") if parts.get(key)]
    city = parts.get("CITY", "")
    place = ", ".join(part for part in (city, parts.get("STATE/PROVINCE", "")) if part)
    place = f"{place} {parts.get('POSTAL CODE', '')}".strip()
    text = ", ".join(part for part in (*street, place, country) if part)
    if not text:
        tally["addresses empty"] += 1
        return None
    return Address(text=text, city=city, country=_country(country, tally) if country else "")


_COUNTRIES: dict[str, str] = {}


def _country(text: str, tally: Counter[str]) -> str:
    code = _COUNTRIES.get(text)
    if code is None:
        bare = text.removeprefix("Region: ")
        head, _, tail = bare.partition(", ")
        code = _COUNTRIES[text] = country_code(bare) or (country_code(f"{tail} {head}") if tail else "") or ""
    if not code:
        tally[f"country not recognised: {text}"] += 1
    return code


# -- to entries ----------------------------------------------------------------------------------


def entries(parties: Sequence[Party], manifest: Manifest, tally: Counter[str]) -> tuple[ListedEntity, ...]:
    """Return the parties as entries; relations find their targets now that all are known.

    Raises:
        ListFormatError: an entry is there twice or has no name.
    """
    by_id: dict[str, Party] = {}
    for party in parties:
        if party.id in by_id:
            raise party.fault("is there twice")
        if not party.names:
            raise party.fault("has no name")
        by_id[party.id] = party
    captions = Counter(party.names[0].text for party in parties)
    named = {party.names[0].text: party.id for party in parties if captions[party.names[0].text] == 1}
    return tuple(_entry(party, manifest, by_id, named, tally) for party in parties)


def _entry(
    party: Party, manifest: Manifest, by_id: Mapping[str, Party], named: Mapping[str, str], tally: Counter[str]
) -> ListedEntity:
    said = Said(party.facts)
    weak = said.of(ListedName)
    names = merge_names([*party.names, *weak])
    tally["names empty or repeated"] += len(party.names) + len(weak) - len(names)
    tail = [Identifier(type="tail", value=names[0].text, label="SDN_Name")] if party.schema is Schema.AIRCRAFT else []
    countries = [*[one.code for one in said.of(Nation)], *[one.country for one in party.addresses if one.country]]
    return ListedEntity(
        list=manifest.id,
        id=party.id,
        schema=party.schema,
        names=names,
        identifiers=distinct([*tail, *said.of(Identifier)]),
        birth_dates=distinct(said.of(ListedDate)),
        countries=distinct(countries),
        addresses=distinct(party.addresses),
        designations=designations(party, manifest),
        relations=distinct(_targets([*party.relations, *said.of(Relation)], by_id, named, tally)),
        attributes=distinct([*said.of(Attribute), *_memberships(party)]),
    )


def designations(party: Party, manifest: Manifest) -> tuple[Designation, ...]:
    """Return a designation for each programme, as the CSV has them, and the day where a form tells it.

    The forms that tell days tell them per list, not per programme: the earliest of this publication's lists counts,
    since a look-back must not miss a listing.
    """
    own = [since for name, since in party.lists if since and (name == _SDN) is (manifest.list_name == "SDN")]
    return tuple(
        manifest.designation(
            programme=programme,
            reference=party.id,
            listed_on=min(own, default=""),
            measures=distinct(party.measures),
        )
        for programme in distinct(party.programmes) or ("",)
    )


def _memberships(party: Party) -> Iterator[Attribute]:
    for name, since in distinct(party.lists):
        yield Attribute(name="sanctions list", value=f"{name}, since {since}" if since else name)


def _targets(
    links: Iterable[Relation], by_id: Mapping[str, Party], named: Mapping[str, str], tally: Counter[str]
) -> Iterator[Relation]:
    for link in links:
        if link.target_id:
            here = by_id.get(link.target_id)
            name = here.names[0].text if here else link.target_name
            found = link.target_id if here else ""  # it may stand on OFAC's other list
        else:
            name = f"{link.target_name}." if f"{link.target_name}." in named else link.target_name
            found = named.get(name, "")
        tally["relations resolved" if found else "relations by name only"] += 1
        yield replace(link, target_name=name, target_id=found)


def parsed(parties: Sequence[Party], manifest: Manifest, tally: Counter[str], published_on: str) -> ParsedList:
    """Return the list that the parties make."""
    told = ("label nobody", "relation nobody", "relations by name only", "country not", "dangling", "addresses empty")
    tally["entries"] = len(parties)
    entities = entries(parties, manifest, tally)
    return ParsedList(
        entities=entities,
        published_on=published_on,
        version=published_on[:10],
        notes=tuple(f"{key}: {tally[key]}" for key in sorted(tally) if key.startswith(told)),
        tally=dict(sorted(tally.items())),
    )


def us_date(text: str) -> str:
    """Read ``mm/dd/yyyy`` into an ISO date; empty where it is none.

    >>> us_date("03/28/2025")
    '2025-03-28'
    """
    month, _, rest = clean(text).partition("/")
    day, _, year = rest.partition("/")
    whole = month.isdigit() and day.isdigit() and year.isdigit() and len(year) == 4
    return f"{year}-{int(month):02d}-{int(day):02d}" if whole else ""
