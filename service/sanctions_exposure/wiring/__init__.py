"""The only place that knows every room: settings in, ready parts out."""

from sanctions_exposure.wiring.clock import RefreshClock
from sanctions_exposure.wiring.lists import ListDesk
from sanctions_exposure.wiring.screener import Screener

__all__ = ["ListDesk", "RefreshClock", "Screener"]
