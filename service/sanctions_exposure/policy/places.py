"""Finds the node a stop means: by UN/LOCODE, by a code or a name in any script, or by its country alone.

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

from sanctions_exposure.countries import country_code, country_name
from sanctions_exposure.model import Stop
from sanctions_exposure.policy.rows import Node
from sanctions_exposure.policy.text import words

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
_MIN_TYPO: Final = 6  # shorter names are one letter away from too many others
_TYPO_RATIO: Final = 0.88


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a stop was read as; ``node`` is None where only its country is known, or nothing."""

    pointer: str
    text: str
    node: Node | None
    country: str
    mode: str
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """Look-ups from codes and keys to nodes; a key may belong to several nodes in different countries."""

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
    """Return the node *stop* means, or its country, or neither with a warning that names the pointer."""
    country = country_code(stop.country) or "" if stop.country else ""
    text = stop.place or stop.locode
    for code in (stop.locode, stop.place):
        if nodes := _in_country(gazetteer.by_code.get(code.replace(" ", "").strip()), country):
            return _known(stop, text, nodes[0])
    name = stop.place
    for reading, said, sure in _readings(stop.place, country):
        if nodes := _exact(reading, said, gazetteer):
            return _named(stop, nodes, said, near=False)
        if sure:  # what is left once the country is taken off is what may be misspelt
            name, country = reading, country or said
    if nodes := _nearest(name, country, gazetteer):
        return _named(stop, nodes, country, near=True)
    # A code of five capitals that nobody knows may as well be a town: only a code beside a name tells its country.
    if not country and stop.locode and stop.locode != stop.place.replace(" ", ""):
        country = country_code(stop.locode[:2]) or ""
    if not country and stop.place:
        country = country_code(stop.place) or ""
    return Place(
        pointer=stop.pointer,
        text=text,
        node=None,
        country=country,
        mode=stop.mode,
        warning=_unknown(stop, text, country),
    )


def _unknown(stop: Stop, text: str, country: str) -> str:
    if not text or (country and country_code(text) == country):
        return ""
    if not country:
        return f"{stop.pointer}: “{text}” is no place we know, so it was left out of the route."
    if country in {"ru", "by", "ir"}:  # where a port or airport may be under a ban, a name nobody knows matters
        return f"{stop.pointer}: “{text}” is no place we know; it was taken as {country_name(country)} alone."
    return ""


def _known(stop: Stop, text: str, node: Node, warning: str = "") -> Place:
    return Place(pointer=stop.pointer, text=text, node=node, country=node.country, mode=stop.mode, warning=warning)


def _named(stop: Stop, nodes: tuple[Node, ...], country: str, *, near: bool) -> Place:
    node = nodes[0]
    warning = ""
    if near:
        warning = (
            f"{stop.pointer}: “{stop.place}” was read as {node.name} ({node.country.upper()}); check the spelling."
        )
    elif not country and len({n.country for n in nodes}) > 1:
        others = ", ".join(f"{n.name} ({n.country.upper()})" for n in nodes[1:])
        warning = f"{stop.pointer}: “{stop.place}” was read as {node.name} ({node.country.upper()}), not as {others}."
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
    shapes = _Shapes(gazetteer.by_shape)
    found = (_in_country(gazetteer.by_key.get(_near(key, shapes)), country) for key in place_keys(name))
    return next((nodes for nodes in found if nodes), ())


def _in_country(nodes: Iterable[Node] | None, country: str) -> tuple[Node, ...]:
    return tuple(n for n in nodes or () if not country or n.country == country)


class _Shapes:
    """Hashable by identity, so that near misses can be remembered."""

    __slots__ = ("table",)

    def __init__(self, table: Mapping[tuple[str, int], tuple[str, ...]]) -> None:
        self.table = table

    def __hash__(self) -> int:
        return id(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shapes) and self.table is other.table


@lru_cache(maxsize=16384)
def _near(key: str, shapes: _Shapes) -> str:
    """Return the one key a letter or so away from *key*; empty when there is none, or more than one."""
    if len(key) < _MIN_TYPO:
        return ""
    lengths = range(len(key) - 1, len(key) + 2)
    close = [
        known
        for length in lengths
        for known in shapes.table.get((key[0], length), ())
        if len(known) >= _MIN_TYPO and SequenceMatcher(None, key, known, autojunk=False).ratio() >= _TYPO_RATIO
    ]
    return close[0] if len(close) == 1 else ""
