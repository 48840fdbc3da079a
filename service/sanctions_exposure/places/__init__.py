"""Places of the world: ports, airports and cities by code and name, and the way a ship takes between two of them."""

from sanctions_exposure.places.sea import Passage, Point, SeaLeg, crossed, great_circle, sea_leg
from sanctions_exposure.places.spots import Spot
from sanctions_exposure.places.world import Answer, find

__all__ = ["Answer", "Passage", "Point", "SeaLeg", "Spot", "crossed", "find", "great_circle", "sea_leg"]
