"""Partial dates: ``2022``, ``2022-03`` or ``2022-03-12``, and what was in force on a day."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Final

_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def check_partial(text: str) -> None:
    """Refuse what is no partial date.

    Raises:
        ValueError: *text* is not ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.
    """
    first_day(text)


@lru_cache(maxsize=4096)
def first_day(text: str) -> date:
    """Return the earliest day *text* can mean.

    >>> first_day("2022-03")
    datetime.date(2022, 3, 1)
    """
    found = _PARTIAL.fullmatch(text)
    if found is None:
        raise ValueError("not a date (YYYY, YYYY-MM or YYYY-MM-DD)")
    return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))


@lru_cache(maxsize=4096)
def last_day(text: str) -> date:
    """Return the latest day *text* can mean.

    >>> last_day("2022-02")
    datetime.date(2022, 2, 28)
    """
    found = _PARTIAL.fullmatch(text)
    if found is None:
        raise ValueError("not a date (YYYY, YYYY-MM or YYYY-MM-DD)")
    year, month = int(found[1]), int(found[2] or 12)
    return date(year, month, int(found[3] or monthrange(year, month)[1]))


def in_force(on: date, *, since: str, until: str) -> bool:
    """Whether something in force from *since* until the day before *until* was in force *on* that day.

    An empty date is open.  A partial date is read so that doubt counts as in force.
    """
    return (not since or on >= first_day(since)) and (not until or on < last_day(until))
