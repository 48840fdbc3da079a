"""What is known beside the name: identifiers decide; birth date and country raise or lower, each saying what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from sanctions_exposure.matching.index import SHORTEST_IDENTIFIER, identifier_key
from sanctions_exposure.model import IN_NAME, NameQuery, Schema

# One entity in the world has such an identifier; agreeing on it settles who it is.
GLOBAL = frozenset({"imo", "mmsi", "lei", "bic", "icao24", "crypto_wallet", "tail"})
# Numbers are given out country by country, so two countries may give out the same one.
NATIONAL = frozenset({"inn", "ogrn", "registration", "tax", "passport", "national_id", "duns"})
RUSSIAN = frozenset({"inn", "ogrn"})  # by their names, whatever country the caller gives the party
_CHECKED = frozenset({"imo", "lei", "inn", "ogrn", "mmsi"})  # one entity has one, so another value speaks against it
_UNNAMED = 0.3  # below this a name says nothing for a number that another country may have given out too
_DISAGREE = {"birth_date": 0.82, "country": 0.95, "identifier": 0.85}
_YEAR_SLIP = 0.97  # lists and records often differ by a year


class Record(msgspec.Struct, frozen=True, gc=False):
    """What the index keeps of an entity beside its names."""

    list: str
    id: str
    schema: Schema
    caption: str
    countries: frozenset[str]
    births: tuple[str, ...]  # partial ISO dates, "start/end" for a range

    @classmethod
    def parse(cls, line: str, first_name: Callable[[Schema], str]) -> Record:
        """Read one line of the index's entity table; where it has no caption, the first indexed name is it."""
        source, entity, schema, caption, countries, births = line.split("\t")
        kind = Schema(schema)
        return cls(
            source, entity, kind, caption or first_name(kind), frozenset(filter(None, countries.split(";"))),
            tuple(filter(None, births.split(";"))),
        )  # fmt: skip


class Judged(msgspec.Struct, frozen=True, gc=False):
    """The score with qualifiers, and what each did."""

    score: float
    features: Mapping[str, float | str]


def judge(query: NameQuery, name_score: float, record: Record, identifiers: frozenset[tuple[str, str]]) -> Judged:
    """Return the score of *query* against an entity whose best name scored *name_score*."""
    features: dict[str, float | str] = {}
    score = name_score
    agreed, disagreed = _identifiers(query, identifiers)
    # Whoever gives nothing but a number asks about that number, whichever country gave it out.
    told = bool(query.names or query.countries)
    if agreed and told and GLOBAL.isdisjoint(agreed) and not _same_country(query, record) and name_score < _UNNAMED:
        agreed = [kind for kind in agreed if kind in RUSSIAN and "ru" in record.countries]
    features.update(dict.fromkeys(agreed, "agree"))
    features.update(dict.fromkeys(disagreed, "disagree"))
    if query.birth_date and record.births:
        said = births_agree(query.birth_date, record.births)
        features["birth_date"] = said
        score *= {"agree": 1.0, "close": _YEAR_SLIP, "disagree": _DISAGREE["birth_date"]}[said]
    if query.countries and record.countries:
        same = not record.countries.isdisjoint(query.countries)
        features["country"] = "agree" if same else "disagree"
        score *= 1.0 if same else _DISAGREE["country"]
    if agreed:
        # The number names the entity; how well the name agrees still ranks.
        score = max(score, 0.95 + 0.05 * name_score)
    elif disagreed:
        score *= _DISAGREE["identifier"]
    return Judged(round(min(score, 1.0), 4), features)


def _same_country(query: NameQuery, record: Record) -> bool:
    """Whether the entity belongs to a country of the query, or to the one that gave out a number of it."""
    return not record.countries.isdisjoint((*query.countries, *(i.country for i in query.identifiers)))


def _identifiers(query: NameQuery, listed: frozenset[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return the types that agree and those that speak against; *listed* holds (type, lookup key)."""
    keys = {key for _, key in listed}
    types = {kind for kind, _ in listed}
    agreed, disagreed = set(), set()
    for identifier in query.identifiers:
        key = identifier_key(identifier.type, identifier.value)
        if key in keys and len(key.partition(":")[2]) >= SHORTEST_IDENTIFIER and identifier.type in GLOBAL | NATIONAL:
            agreed.add(identifier.type)
        elif identifier.type in types & _CHECKED and identifier.label != IN_NAME:
            disagreed.add(identifier.type)
    return sorted(agreed), sorted(disagreed - agreed)


def births_agree(asked: str, listed: tuple[str, ...]) -> str:
    """Return ``agree``, ``close`` (a year apart, or day and month swapped) or ``disagree``."""
    results = {_birth(asked, one) for one in listed}
    return "agree" if "agree" in results else "close" if "close" in results else "disagree"


def _birth(asked: str, listed: str) -> str:
    start, _, end = listed.partition("/")
    if end:
        return "agree" if start[:4] <= asked[:4] <= end[:4] else "disagree"
    shared = min(len(asked), len(start))
    if asked[:shared] == start[:shared]:
        return "agree"
    if asked[:4] == start[:4]:
        swapped = len(asked) == len(start) == 10 and (asked[5:7], asked[8:]) == (start[8:], start[5:7])
        return "close" if swapped or shared < 10 or asked[5:7] == start[5:7] or asked[8:] == start[8:] else "disagree"
    return "close" if asked[:4].isdigit() and abs(int(asked[:4]) - int(start[:4])) <= 1 else "disagree"
