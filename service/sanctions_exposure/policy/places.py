"""Finds the place a stop means: a node of ours first, then any port, airport or city, else its country alone.

Two spellings are one place when their keys are equal; a key has no case, accent, punctuation, "port of" or "Bandar-e".
A name one letter away is read as the place too, but never without a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

import msgspec

from sanctions_exposure.countries import country_code, country_name
from sanctions_exposure.model import Stop
from sanctions_exposure.places import Answer, Point, Spot, find, great_circle
from sanctions_exposure.policy.rows import Node
from sanctions_exposure.text import words

_SAINT: Final = frozenset({"st", "sankt", "sankt-", "saint", "sv", "svyatoy", "санкт"})
_LINKS: Final = frozenset({"e", "of", "the", "al", "el", "ye"})
_KINDS: Final = frozenset(
    [
        "port",
        "ports",
        "seaport",
        "sea",
        "harbour",
        "harbor",
        "airport",
        "international",
        "apt",
        "intl",
        "aeroport",
        "city",
        "terminal",
        "station",
        "crossing",
        "bandar",
        "bender",
        "порт",
        "аэропорт",
        "город",
        "станция",
        "بندر",
        "فرودگاه",
    ]
)
_CODE_FIRST: Final = re.compile(r"([A-Z]{2,3})[\s:/-]+(\S.*)")
_BRACKETS: Final = re.compile(r"\s*[(\[]([^)\]]*)[)\]]\s*")
_SAME_PLACE: Final = 60.0  # km between where a town and its harbour are drawn
_MIN_TYPO: Final = 6  # shorter names are one letter away from too many others
_TYPO_RATIO: Final = 0.88


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a stop was read as: a node of ours, else a spot of the world, else its country alone, or nothing."""

    pointer: str
    text: str
    node: Node | None
    country: str
    mode: str
    warning: str = ""
    spot: Spot | None = None
    stands_for: tuple[tuple[str, int], ...] = ()  # (corridor, stage) that a carrier stands for
    inferred: str = ""  # why it is in the route though nobody submitted it

    @property
    def name(self) -> str:
        """How a reader knows it."""
        return self.node.name if self.node else self.spot.name if self.spot else country_name(self.country)

    @property
    def point(self) -> Point | None:
        """Latitude and longitude, where it has them."""
        known = self.node or self.spot
        return (known.lat, known.lon) if known else None

    @property
    def kind(self) -> str:
        """place, port, airport, border, city … or nothing."""
        return self.node.kind if self.node else self.spot.kind if self.spot else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gazetteer:
    """Look-ups from codes and keys to nodes; a key may belong to several nodes in different countries.

    Compared by identity, so that what a stop was read as can be remembered.
    """

    by_code: Mapping[str, tuple[Node, ...]]
    by_key: Mapping[str, tuple[Node, ...]]
    by_shape: Mapping[tuple[str, int], tuple[str, ...]]  # first letter and length to keys, for near misses


def place_keys(name: str) -> Iterator[str]:
    """Yield the keys of a place name, the fullest first.

    >>> list(place_keys("Port of St. Petersburg"))
    ['port saint petersburg', 'saint petersburg', 'portsaintpetersburg', 'saintpetersburg']
    """
    full = [("saint" if w in _SAINT else w) for w in words(name) if w not in _LINKS]
    bare = [w for w in full if w not in _KINDS]
    for parts in (full, bare):
        if parts:
            yield " ".join(parts)
    for parts in (full, bare):
        if len(parts) > 1:
            yield "".join(parts)


def build_gazetteer(nodes: Sequence[Node]) -> Gazetteer:
    """Index *nodes* by every code and spelling they have; a city goes before its airports."""
    codes: dict[str, list[Node]] = {}
    keys: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=lambda n: n.kind == "airport"):
        for spelling in _spellings(node):
            if re.fullmatch(r"[A-Z0-9]{3,5}", spelling):
                _add(codes, spelling, node)
            for key in place_keys(spelling):
                _add(keys, key, node)
        if node.unlocode:
            _add(codes, node.unlocode, node)
    shapes: dict[tuple[str, int], list[str]] = {}
    for key in keys:
        shapes.setdefault((key[0], len(key)), []).append(key)
    return Gazetteer(
        by_code={k: tuple(v) for k, v in codes.items()},
        by_key={k: tuple(v) for k, v in keys.items()},
        by_shape={k: tuple(sorted(v)) for k, v in shapes.items()},
    )


def _spellings(node: Node) -> Iterator[str]:
    yield from node.aliases
    yield node.name
    outside = _BRACKETS.sub(" ", node.name).strip()
    yield from outside.split(" / ")


def _add(table: dict[str, list[Node]], key: str, node: Node) -> None:
    held = table.setdefault(key, [])
    if node not in held:
        held.append(node)


def resolve(stop: Stop, gazetteer: Gazetteer) -> Place:
    """Return the place *stop* means, or its country, or neither with a warning that names the pointer."""
    read = _read(stop.place, stop.country, stop.locode, stop.mode, gazetteer)
    warning = f"{stop.pointer}: {read.warning}" if read.warning else ""
    return msgspec.structs.replace(read, pointer=stop.pointer, warning=warning)


@lru_cache(maxsize=32768)
def _read(place: str, said_country: str, locode: str, mode: str, gazetteer: Gazetteer) -> Place:
    """Try our own nodes by code and name, then the world's places, then near misses of both, then the country alone."""
    country = country_code(said_country) or "" if said_country else ""
    stop = Stop(pointer="", place=place, country=country, locode=locode, mode=mode)
    for code in (locode, place):
        if nodes := _in_country(gazetteer.by_code.get(code.replace(" ", "").strip()), country):
            return _known(stop, place or locode, nodes[0])
    name, unsure = place, ""
    for reading, said, sure in _readings(place, country):
        if nodes := _exact(reading, said, gazetteer):
            return _named(stop, nodes, said, near=False)
        if sure:  # what is left once the country is taken off is what may be misspelt
            name, country = reading, country or said
        elif not unsure:
            unsure = reading
    if not country and place and (whole := country_code(place)):
        return Place(pointer="", text=place, node=None, country=whole, mode=mode)
    answer = find(name, country=country, mode=mode, locode=locode if locode != place.replace(" ", "") else "")
    exact = answer.spot is not None and not answer.near
    if not exact and (nodes := _nearest(name, country, gazetteer)):
        return _named(stop, nodes, country, near=True)
    if answer.spot:
        return _at_node(_spotted(stop, answer), answer.spot, gazetteer)
    # A code of five capitals that nobody knows may as well be a town: only a code beside a name tells its country.
    if not country and locode and locode != place.replace(" ", ""):
        country = country_code(locode[:2]) or ""
    return _elsewhere(stop, name, country, gazetteer) or _unread(stop, country, answer)


def _at_node(read: Place, spot: Spot, gazetteer: Gazetteer) -> Place:
    """Return *read* at the node of ours that lies there: the world calls it by more names than we wrote down.

    A town is no airport that has its name, and an airport no port of its town.
    """
    for node in _exact(spot.name, spot.country, gazetteer):
        alike = (node.kind == "airport") == (spot.kind == "airport")
        if alike and great_circle((node.lat, node.lon), (spot.lat, spot.lon)) <= _SAME_PLACE:
            return msgspec.structs.replace(read, node=node, spot=None)
    return read


def _spotted(stop: Stop, answer: Answer) -> Place:
    spot, text = answer.spot, stop.place or stop.locode
    assert spot is not None  # noqa: S101 - the caller looked
    warning = ""
    others = [c.label for c in answer.choices if c != spot]
    if answer.near:
        warning = f"“{text}” was read as {spot.label}; check the spelling."
    elif answer.guess:
        warning = f"the code “{text}” is not in our table; it was read as {spot.label}, whose airport code it ends in."
    elif answer.choices:
        warning = f"“{text}” was read as {spot.label}, the largest of {len(answer.choices)} or more of that name."
    if others and answer.near:
        warning += f" It may also be {', '.join(others)}."
    return Place(pointer="", text=text, node=None, country=spot.country, mode=stop.mode, warning=warning, spot=spot)


def _unread(stop: Stop, country: str, answer: Answer) -> Place:
    text = stop.place or stop.locode
    if not text or (not answer.choices and country and country_code(text) == country):
        warning = ""
    elif answer.choices:
        listed = ", ".join(c.label for c in answer.choices)
        taken = f"it was taken as {country_name(country)} alone" if country else "it was left out of the route"
        may = "is no place we know; it may be" if answer.near else "may be"
        warning = f"“{text}” {may} {listed}: {taken}. Write the country or the code."
    elif country:
        warning = f"“{text}” is no place we know; it was taken as {country_name(country)} alone."
    else:
        warning = f"“{text}” is no place we know, so it was left out of the route."
    return Place(pointer="", text=text, node=None, country=country, mode=stop.mode, warning=warning)


def _known(stop: Stop, text: str, node: Node, warning: str = "") -> Place:
    return Place(pointer=stop.pointer, text=text, node=node, country=node.country, mode=stop.mode, warning=warning)


def _named(stop: Stop, nodes: tuple[Node, ...], country: str, *, near: bool) -> Place:
    node = nodes[0]
    warning = ""
    if near:
        warning = f"“{stop.place}” was read as {node.name} ({node.country.upper()}); check the spelling."
    elif not country and len({n.country for n in nodes}) > 1:
        others = ", ".join(f"{n.name} ({n.country.upper()})" for n in nodes[1:])
        warning = f"“{stop.place}” was read as {node.name} ({node.country.upper()}), not as {others}."
    return _known(stop, stop.place, node, warning)


def _readings(text: str, country: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, country, sure): the text as it stands, then with a country taken off its end or its beginning."""
    yield text, country, True
    head, comma, tail = text.rpartition(",")
    if comma and (said := country_code(tail)):
        yield head, said, True
    if found := _BRACKETS.search(text):
        said = country_code(found[1]) or ""
        yield _BRACKETS.sub(" ", text).strip(), said or country, True
    if (first := _CODE_FIRST.fullmatch(text)) and (said := country_code(first[1])) and country in {"", said}:
        # In a name written in capitals two letters may be a word: LA PAZ lies not in Laos.
        yield first[2], said, not text.isupper()


def _exact(name: str, country: str, gazetteer: Gazetteer) -> tuple[Node, ...]:
    found = (_in_country(gazetteer.by_key.get(key), country) for key in place_keys(name))
    return next((nodes for nodes in found if nodes), ())


def _nearest(name: str, country: str, gazetteer: Gazetteer) -> tuple[Node, ...]:
    found = (_in_country(gazetteer.by_key.get(_near(key, gazetteer)), country) for key in place_keys(name))
    return next((nodes for nodes in found if nodes), ())


def _elsewhere(stop: Stop, name: str, country: str, gazetteer: Gazetteer) -> Place | None:
    """Return the node that is called so in another country than was said: a wrong country must not hide a port."""
    if not country:
        return None
    coded = (gazetteer.by_code.get(code.replace(" ", "").strip(), ()) for code in (stop.locode, stop.place))
    nodes = next((nodes for nodes in coded if nodes), ()) or _exact(name, "", gazetteer)
    if not nodes:
        return None
    text, there = stop.place or stop.locode, f"{nodes[0].name} ({nodes[0].country.upper()})"
    said = f"“{text}” is not known in {country_name(country)}: it was read as {there}; check the country."
    return _known(stop, text, nodes[0], said)


def _in_country(nodes: Iterable[Node] | None, country: str) -> tuple[Node, ...]:
    return tuple(n for n in nodes or () if not country or n.country == country)


@lru_cache(maxsize=16384)
def _near(key: str, gazetteer: Gazetteer) -> str:
    """Return the one key a letter or so away from *key*; empty when there is none, or more than one."""
    if len(key) < _MIN_TYPO:
        return ""
    lengths = range(len(key) - 1, len(key) + 2)
    close = [
        known
        for length in lengths
        for known in gazetteer.by_shape.get((key[0], length), ())
        if len(known) >= _MIN_TYPO and SequenceMatcher(None, key, known, autojunk=False).ratio() >= _TYPO_RATIO
    ]
    return close[0] if len(close) == 1 else ""
