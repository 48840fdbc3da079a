"""What is known beside the name: identifiers decide; birth date and country raise or lower, each saying what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sanctions_exposure.matching.index import identifier_key
from sanctions_exposure.model import NameQuery, Schema

MOST_GAIN = 0.0  # no qualifier but an identifier lifts a name that was below the cutoff

# Identifiers that one entity only can have; agreeing on one settles who it is.
UNIQUE = frozenset({"imo", "mmsi", "lei", "bic", "inn", "ogrn", "registration", "tax", "passport", "national_id", "tail",
                    "icao24", "crypto_wallet", "duns"})  # fmt: skip
_DISAGREE = {"birth_date": 0.82, "country": 0.95, "identifier": 0.85, "schema": 0.90}
_YEAR_SLIP = 0.97  # lists and records often differ by a year


@dataclass(frozen=True, slots=True)
class Record:
    """What the index keeps of an entity beside its names."""

    list: str
    id: str
    schema: Schema
    caption: str
    countries: frozenset[str]
    births: tuple[str, ...]  # partial ISO dates, "start/end" for a range

    @classmethod
    def parse(cls, line: str) -> Record:
        """Read one line of the index's entity table."""
        source, entity, schema, caption, countries, births = line.split("\t")
        return cls(
            source, entity, Schema(schema), caption, frozenset(filter(None, countries.split(";"))),
            tuple(filter(None, births.split(";"))),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """The score with qualifiers, and what each did."""

    score: float
    features: Mapping[str, float | str]


def judge(query: NameQuery, name_score: float, record: Record, identifiers: frozenset[tuple[str, str]]) -> Judged:
    """Return the score of *query* against an entity whose best name scored *name_score*."""
    features: dict[str, float | str] = {}
    score = name_score
    agreed, disagreed = _identifiers(query, identifiers)
    for kind in agreed:
        features[kind] = "agree"
    for kind in disagreed:
        features[kind] = "disagree"
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


def _identifiers(query: NameQuery, listed: frozenset[tuple[str, str]]) -> tuple[list[str], list[str]]:
    agreed, disagreed = [], []
    types = {kind for kind, _ in listed}
    for identifier in query.identifiers:
        key = tuple(identifier_key(identifier.type, identifier.value).split(":", 1))
        if key in listed and identifier.type in UNIQUE:
            agreed.append(identifier.type)
        elif identifier.type in types and identifier.type in {"imo", "lei", "inn", "ogrn", "mmsi"}:
            disagreed.append(identifier.type)
    return sorted(set(agreed)), sorted(set(disagreed) - set(agreed))


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
