"""Check digits of the identifiers that have them: a slip of the pen is worth a warning, never a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from stdnum import bic, imo, lei
from stdnum.ru import inn, ogrn

from sanctions_exposure.model import Identifier

# Keys that may stand in a party instead of an entry in `identifiers`.
SHORTHANDS: Final = ("imo", "mmsi", "callsign", "lei", "bic", "inn", "ogrn", "registration", "tax", "tail", "icao24")


def _is_mmsi(value: str) -> bool:
    return re.fullmatch(r"\d{9}", value) is not None


_VALID: Final[dict[str, Callable[[str], bool]]] = {
    "imo": imo.is_valid,
    "lei": lei.is_valid,
    "bic": bic.is_valid,
    "inn": inn.is_valid,
    "ogrn": ogrn.is_valid,
    "mmsi": _is_mmsi,
}


def warning(identifier: Identifier, pointer: str) -> str | None:
    """Say what is wrong with an identifier's form or check digit; None when nothing is, or nothing can be told."""
    valid = _VALID.get(identifier.type)
    if valid is None or valid(identifier.value):
        return None
    return (
        f"{pointer}: {identifier.value!r} is not a valid {identifier.type.upper()} number (form or check digit); "
        "it was compared as it stands."
    )
