"""A search by what may be a number: looked up as every kind of identifier it can be, beside the name it may be too."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from sanctions_exposure.damage import repaired
from sanctions_exposure.matching.index import identifier_key
from sanctions_exposure.model import IDENTIFIER_TYPES, Hit, Identifier, ListedEntity, NameQuery

_LONGEST: Final = 100
_DIGITS_ALONE: Final = frozenset({"imo", "mmsi", "inn", "ogrn"})  # of these the lookup leaves letters out
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", re.IGNORECASE)
# "IMO 9187629", "INN: 7707083893", "SWIFT code SABRRUMM": how papers write them.
_LABELLED: Final = re.compile(
    r"(imo|mmsi|lei|bic|swift|inn|ogrn|duns|icao24)(?:\s*(?:no\.?|number|nr\.?|code))?[\s:.#]+(\S.*)", re.IGNORECASE
)


def as_number(query: NameQuery) -> NameQuery | None:
    """Return the question for whom the text of *query* is an identifier of; None where it can be none."""
    text = query.names[0].strip()
    if len(text) > _LONGEST:
        return None
    if (said := _LABELLED.fullmatch(text)) and any(c.isdigit() for c in said[2]) | bool(_BIC.fullmatch(said[2])):
        kind = said[1].lower()
        found: tuple[Identifier, ...] = (Identifier(type="bic" if kind == "swift" else kind, value=said[2]),)
    else:
        found = tuple(Identifier(type=kind, value=text) for kind in sorted(_kinds(text)))
    return msgspec.structs.replace(query, names=(), identifiers=found) if found else None


def is_name(query: NameQuery) -> bool:
    """Whether the text of *query* may be a name."""
    text = repaired(query.names[0]) or query.names[0]
    return any(c.isalpha() for c in text) or as_number(query) is None


def _kinds(text: str) -> frozenset[str]:
    letters, digits = any(c.isalpha() for c in text), sum(c.isdigit() for c in text)
    kinds = frozenset({"bic"}) if _BIC.fullmatch(text) else frozenset[str]()
    if digits >= 4 or (digits and len(text.split()) == 1):
        kinds |= IDENTIFIER_TYPES - {"bic"} - (_DIGITS_ALONE if letters else frozenset())
    return kinds


def held(hits: Sequence[Hit], query: NameQuery, entity: Callable[[str, str], ListedEntity | None]) -> list[Hit]:
    """Return *hits* of an identifier, each saying which of its own identifiers agrees, and no other.

    What was asked as every kind agrees with every kind that shares its numbers, of which an entry holds one.
    """
    asked = {identifier_key(one.type, one.value) for one in query.identifiers}
    found = []
    for hit in hits:
        listed = entity(hit.list, hit.entity_id)
        agreeing = {i.type for i in listed.identifiers if identifier_key(i.type, i.value) in asked} if listed else ()
        others = {key: said for key, said in hit.features.items() if key not in IDENTIFIER_TYPES}
        found.append(msgspec.structs.replace(hit, features={**others, **dict.fromkeys(sorted(agreeing), "agree")}))
    return found


def together(named: Sequence[Hit], numbered: Sequence[Hit], limit: int) -> list[Hit]:
    """Return the hits of both questions, best first, each entity once."""
    best: dict[tuple[str, str], Hit] = {}
    for hit in (*numbered, *named):
        key = (hit.list, hit.entity_id)
        if key not in best or hit.score > best[key].score:
            best[key] = hit
    return sorted(best.values(), key=lambda hit: -hit.score)[:limit]
