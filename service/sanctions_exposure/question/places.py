"""Reads a stop that is written as one piece of text: ``IRBAZ``, ``Bandar Abbas, IR``, ``RU Astrakhan``."""

from __future__ import annotations

import re
from typing import Final

from sanctions_exposure.countries import country_code

# UN/LOCODE: two letters of a country, three of a place (digits 2-9 where letters ran out), with or without a space.
_LOCODE: Final = re.compile(r"([A-Z]{2}) ?([A-Z2-9]{3})")
_COUNTRY_FIRST: Final = re.compile(r"([A-Z]{2})\s+(\S.*)")
# In a name written in capitals these are words, not Albania, Laos, Sao Tome and Germany: AL JUBAIL, LA SPEZIA.
_WORDS: Final = frozenset({"AL", "LA", "ST", "DE"})


def read_stop(text: str) -> dict[str, str]:
    """Return ``place``, and ``country`` and ``locode`` where the text says them.

    Five letters may be a code or a town (``DELHI``), so the text stays the place as well; whoever knows the places
    decides.

    >>> read_stop("Bandar Abbas, IR")
    {'place': 'Bandar Abbas', 'country': 'ir'}
    >>> read_stop("IRBAZ")
    {'place': 'IRBAZ', 'locode': 'IRBAZ'}
    """
    text = " ".join(text.split())
    if (code := _LOCODE.fullmatch(text)) and country_code(code[1]):
        return {"place": text, "locode": code[1] + code[2]}
    head, comma, tail = text.rpartition(",")
    if comma and head.strip() and (country := country_code(tail)):
        return {"place": head.strip(), "country": country}
    found = _COUNTRY_FIRST.fullmatch(text)
    if found and (country := country_code(found[1])) and not (found[1] in _WORDS and text.isupper()):
        return {"place": found[2], "country": country}
    return {"place": text}


def read_route(cell: str) -> list[str]:
    """Split a route written in one cell: ``RU Astrakhan > IRBAZ > Nhava Sheva``."""
    return [stop.strip() for stop in re.split(r"[>→]", cell) if stop.strip()]
