"""Distances, and the way a ship takes between two places: inferred from a maritime network, never submitted."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Final

from sanctions_exposure.places.once import once

if TYPE_CHECKING:
    from scgraph import GeoGraph

Point = tuple[float, float]  # latitude, longitude, degrees
_EARTH: Final = 6371.0088  # mean radius, km (IUGG)
_TURN: Final = threading.Lock()  # the library adds both ends to its network for as long as it looks for a way


def great_circle(one: Point, other: Point) -> float:
    """Return the shortest distance over the globe, km.

    >>> round(great_circle((55.75, 37.62), (35.67, 51.42)))
    2466
    """
    (lat1, lon1), (lat2, lon2) = one, other
    half = (
        sin(radians(lat2 - lat1) / 2) ** 2
        + cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * _EARTH * asin(min(1.0, sqrt(half)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeaLeg:
    """The likely way between two places.  Compared by identity, as one of two ends is computed once."""

    path: tuple[Point, ...]
    km: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passage:
    """A strait, canal or sea as a box; a way that enters the box takes the passage.  Compared by identity."""

    id: str
    name: str
    south: float
    north: float
    west: float
    east: float

    def holds(self, point: Point) -> bool:
        """Whether *point* lies in it."""
        return self.south <= point[0] <= self.north and self.west <= point[1] <= self.east

    def met_by(self, start: Point, end: Point) -> bool:
        """Whether the straight piece from *start* to *end* enters it (Liang and Barsky's clipping)."""
        low, high = 0.0, 1.0
        for a, b, least, most in ((start[0], end[0], self.south, self.north), (start[1], end[1], self.west, self.east)):
            step = b - a
            if step == 0.0:
                if not least <= a <= most:
                    return False
                continue
            first, last = sorted(((least - a) / step, (most - a) / step))
            low, high = max(low, first), min(high, last)
            if low > high:
                return False
        return True


@once
def _network() -> GeoGraph:
    from scgraph.geographs.marnet import marnet_geograph

    return marnet_geograph


def load() -> None:
    """Read the network of sea ways."""
    _network()


@lru_cache(maxsize=8192)
def sea_leg(start: Point, end: Point) -> SeaLeg | None:
    """Return the likely way of a ship, or None when the network joins the two places by no water."""
    try:
        with _TURN:
            found = _network().get_shortest_path(
                origin_node={"latitude": start[0], "longitude": start[1]},
                destination_node={"latitude": end[0], "longitude": end[1]},
                output_units="km",
            )
    except ValueError:  # what the library raises where there is no path
        return None
    return SeaLeg(path=tuple((float(p[0]), float(p[1])) for p in found["coordinate_path"]), km=float(found["length"]))


@lru_cache(maxsize=8192)
def crossed(leg: SeaLeg, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Return the passages the way takes, in its order."""
    first: dict[str, tuple[int, Passage]] = {}
    for number, (start, end) in enumerate(pairwise(leg.path)):
        for passage in passages:
            # A piece over the date line is no straight line in degrees: its ends alone count.
            hit = passage.met_by(start, end) if abs(start[1] - end[1]) < 180 else passage.holds(end)
            if hit and passage.id not in first:
                first[passage.id] = (number, passage)
    return tuple(passage for _, passage in sorted(first.values(), key=lambda f: (f[0], f[1].id)))
