"""Countries as lists name them, looked up once: a list names a few hundred, thousands of times."""

from __future__ import annotations

from functools import lru_cache

from sanctions_exposure.countries import country_code


@lru_cache(maxsize=8192)
def country(text: str) -> str:
    """Return the alpha-2 code of a code or name, lower case; an empty string when nothing is known by it."""
    return (country_code(text) or "") if text else ""
