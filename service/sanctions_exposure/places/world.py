"""Finds the place that a code or a name means, or says which places it may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz, process

from sanctions_exposure.places.spots import AIRPORT_WORDS, PORT_WORDS, Spot, name_keys
from sanctions_exposure.places.tables import airports, cities, ports
from sanctions_exposure.text import words

_FAR_LARGER: Final = 20  # times: Hamburg is the one in Germany, but nobody knows which Tripoli is meant
_NEAR: Final = 88.0  # similarity, 0–100: one letter in eight
_MIN_NEAR: Final = 6  # shorter names are one letter away from too many others
_MOST: Final = 5  # choices told


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found: a place, or only choices; ``near`` when the spelling differs, ``guess`` when a code was bent."""

    spot: Spot | None = None
    choices: tuple[Spot, ...] = ()
    near: bool = False
    guess: bool = False


_NOTHING: Final = Answer()


@lru_cache(maxsize=32768)
def find(text: str, *, country: str = "", mode: str = "", locode: str = "") -> Answer:
    """Return the place that *text* or *locode* means; *country* and the *mode* of arrival tell namesakes apart."""
    code = (locode or text).replace(" ", "").strip()
    if locode and (spot := _by_locode(locode.replace(" ", ""), country)):
        return spot
    if not locode and (found := _by_code(code, country)):
        return found
    if not text.strip():
        return _NOTHING
    return _by_name(text, country, mode) or _near(text, country) or _NOTHING


def _by_code(code: str, country: str) -> Answer | None:
    """Read five capitals as a UN/LOCODE, three and four as an airport, if no city is called so as well."""
    if re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", code):
        return _by_locode(code, country)
    if not re.fullmatch(r"[A-Z]{3,4}", code):
        return None
    spot = airports().by_code.get(code)
    if spot is None or (country and spot.country != country):
        return None
    named = _cities(code, country)
    # PRG is a name of Prague; but BARI, in capitals, is a town in Italy long before it is a field elsewhere.
    if not named or any(n.country == spot.country for n in named):
        return Answer(spot=spot)
    return Answer(choices=(spot, *named[: _MOST - 1])) if len(code) == 3 else None


def _by_locode(code: str, country: str) -> Answer | None:
    port = ports().by_code.get(code)
    if port is not None:
        return Answer(spot=port) if country in {"", port.country} else None
    # Where a place has an airport, UN/LOCODE mostly takes the airport's three letters: a reading worth its warning.
    airport = airports().by_code.get(code[2:])
    if airport is not None and airport.country == code[:2].lower() and country in {"", airport.country}:
        return Answer(spot=airport, guess=True)
    return None


def _cities(text: str, country: str) -> list[Spot]:
    """Cities of that name, the largest first; one that has it as its own name goes before all that are also called so.

    "Petersburg" is the name of a small town and what a large one is called: both count as what may be meant.
    """
    table = cities()
    for key in name_keys(text):
        found = [n for n in table.named(key) if country in {"", table.countries[n]}]
        if found:
            own = [n for n in found if table.folded[n] == key]
            known = own if own and max(table.people[own]) * _FAR_LARGER >= max(table.people[found]) else found
            return sorted((table.spot(n) for n in known), key=lambda s: (-s.weight, s.country, s.name))
    return []


def _coded(table: dict[str, tuple[Spot, ...]], text: str, country: str) -> list[Spot]:
    for key in name_keys(text):
        if found := [s for s in table.get(key, ()) if country in {"", s.country}]:
            return found
    return []


def _by_name(text: str, country: str, mode: str) -> Answer | None:
    said = set(words(text))
    by_sea = mode == "sea" or not said.isdisjoint(PORT_WORDS)
    if not said.isdisjoint(AIRPORT_WORDS) and (found := _coded(airports().by_name, text, country)):
        return _decided(found)
    towns = _cities(text, country)
    if by_sea and (found := _coded(ports().by_name, text, country)) and _decided(towns).spot is None:
        return _decided(found)
    for candidates in (towns, _coded(ports().by_name, text, country), _coded(airports().by_name, text, country)):
        if candidates:
            return _decided(candidates)
    return None


def _decided(found: Sequence[Spot], *, near: bool = False) -> Answer:
    """Take the one that is meant: the only one, or one that dwarfs the others; else leave the choice to the reader."""
    if not found:
        return _NOTHING
    one_country = len({s.country for s in found}) == 1
    clear = len(found) == 1 or (found[0].weight > 0 and found[0].weight >= _FAR_LARGER * found[1].weight)
    if clear:
        return Answer(spot=found[0], near=near)
    choices = tuple(_distinct(found))[:_MOST]
    return Answer(spot=found[0] if one_country else None, choices=choices, near=near)


def _distinct(found: Iterable[Spot]) -> Iterable[Spot]:
    return {(s.name, s.country, s.lat, s.lon): s for s in found}.values()


def _near(text: str, country: str) -> Answer | None:
    """Look for a name that differs by a letter or so: read as the place within a known country, else only offered."""
    key = " ".join(words(text))
    if len(key) < _MIN_NEAR:
        return None
    table = cities()
    if country:
        pool = {n: table.folded[n] for n, c in enumerate(table.countries) if c == country}
        close = process.extract(key, pool, scorer=fuzz.ratio, score_cutoff=_NEAR, limit=_MOST)
        numbers = [int(n) for _, _, n in close]
    else:
        numbers = [int(n) for _, _, n in process.extract(key, table.folded, scorer=fuzz.ratio, score_cutoff=_NEAR)]
    spots = sorted((table.spot(n) for n in numbers), key=lambda s: (-s.weight, s.country, s.name))
    if not spots:
        return None
    decided = _decided(spots, near=True)
    return decided if country else Answer(choices=tuple(_distinct(spots))[:_MOST], near=True)
