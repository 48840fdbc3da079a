"""Places of the world: ports, airports and cities by code and name, and the way a ship takes between two of them."""

from sanctions_exposure.places import sea, tables
from sanctions_exposure.places.sea import Passage, Point, SeaLeg, crossed, great_circle, sea_leg
from sanctions_exposure.places.spots import Spot
from sanctions_exposure.places.world import Answer, find

__all__ = ["Answer", "Passage", "Point", "SeaLeg", "Spot", "crossed", "find", "great_circle", "load", "sea_leg"]


def load() -> None:
    """Read every table now instead of at the first question: a second, and a hundred megabytes for workers to share."""
    tables.ports()
    tables.airports()
    tables.cities()
    sea.load()
