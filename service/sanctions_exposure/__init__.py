"""Tells whether a party, shipment or payment is exposed to sanctions, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Screener", "__version__"]

if TYPE_CHECKING:
    from sanctions_exposure.wiring.screener import Screener


def __getattr__(name: str) -> Any:  # the module protocol says Any
    # Screener is imported on first use, so that `import sanctions_exposure` stays cheap for the command line.
    if name == "Screener":
        from sanctions_exposure.wiring.screener import Screener

        return Screener
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
