"""Dates of a listing, held to years in which a listing can be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sanctions_exposure.model import ListedEntity
from sanctions_exposure.sources.formats._text import possible_date

# No list of today is older, and an order that outlasts the century is a mistyped one.
_EARLIEST, _LATEST = 1940, 2099


def plausible_date(text: str) -> str:
    """Return *text* where it is a whole ISO date of a plausible year, else an empty string.

    >>> plausible_date("2022-08-24"), plausible_date("0097-06-30"), plausible_date("3017-01-01"), plausible_date("2022")
    ('2022-08-24', '', '', '')
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return ""
    return found.isoformat() if _EARLIEST <= found.year <= _LATEST else ""


def plausible_or_month(text: str) -> str:
    """Return what ``plausible_date`` does, and of a day that its month does not have the month.

    >>> plausible_or_month("2022-02-31"), plausible_or_month("1402-06-24"), plausible_or_month("1402-02-31")
    ('2022-02', '', '')
    """
    month = possible_date(text)
    slipped = month is not None and month != text and _EARLIEST <= int(month[:4]) <= _LATEST
    return month if month and slipped else plausible_date(text)


def newest_listing(entities: Iterable[ListedEntity]) -> str:
    """Return the newest date of listing: the nearest thing to a version in a file that has no date of its own."""
    return max((act.listed_on for entity in entities for act in entity.designations), default="")


def us_date(text: str) -> str:
    """Return ``mm/dd/yyyy`` as an ISO date; an empty string where it is none of a plausible year.

    >>> us_date("3/20/1992"), us_date("02/30/2022")
    ('1992-03-20', '')
    """
    month, _, rest = text.partition("/")
    day, _, year = rest.partition("/")
    return plausible_date(f"{year}-{month:>02}-{day:>02}")
