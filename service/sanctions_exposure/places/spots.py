"""One place of the world, and how its name is folded to be looked up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanctions_exposure.text import words

PORT_WORDS: Final = frozenset({"port", "seaport", "harbour", "harbor", "bandar", "порт", "بندر"})
AIRPORT_WORDS: Final = frozenset({"airport", "aeroport", "apt", "аэропорт", "فرودگاه"})
_AROUND: Final = (
    PORT_WORDS
    | AIRPORT_WORDS
    | {"of", "the", "city", "international", "intl", "город", "terminal", "station", "станция"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A port, an airport or a city; ``weight`` is its number of people, 0 where nobody counts them."""

    name: str
    country: str
    lat: float
    lon: float
    kind: str  # port, airport, city
    code: str = ""
    weight: int = 0

    @property
    def label(self) -> str:
        """How a reader tells it from others of its name."""
        return f"{self.name} ({self.country.upper()}{', ' + self.kind if self.kind != 'city' else ''})"


def name_keys(text: str) -> Iterator[str]:
    """Yield the keys of a name: as it is written, with Saint written out, and without "port of" and the like.

    >>> list(name_keys("Port of St. John's"))
    ['port of st johns', 'port of saint johns', 'saint johns']
    """
    plain = words(text)
    saint = tuple("saint" if w == "st" else w for w in plain)
    bare = list(saint)
    while bare and bare[0] in _AROUND:
        bare.pop(0)
    while bare and bare[-1] in _AROUND:
        bare.pop()
    yield from dict.fromkeys(" ".join(parts) for parts in (plain, saint, bare) if parts)
