"""Partial dates: ``2022``, ``2022-03`` or ``2022-03-12``, and what was in force on a day."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Final

_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def check_partial(text: str) -> None:
    """Refuse what is no partial date of the calendar.

    Raises:
        ValueError: *text* is not ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, or its month has no such day.
    """
    found = _matched(text)
    date(int(found[1]), int(found[2] or 1), int(found[3] or 1))


@lru_cache(maxsize=4096)
def first_day(text: str) -> date:
    """Return the earliest day *text* can mean; a day that the month does not have says no more than the month.

    >>> first_day("2022-03"), first_day("2022-02-31")
    (datetime.date(2022, 3, 1), datetime.date(2022, 2, 1))
    """
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


@lru_cache(maxsize=4096)
def last_day(text: str) -> date:
    """Return the latest day *text* can mean.

    >>> last_day("2022-02")
    datetime.date(2022, 2, 28)
    """
    year, month, day = _parts(text)
    return date(year, month or 12, day or monthrange(year, month or 12)[1])


def _parts(text: str) -> tuple[int, int, int]:
    """Return year, month and day; 0 where there is none.

    A list that an earlier version of this program read may hold 31 February: that must not end a screening.
    """
    year, month, day = (int(part or 0) for part in _matched(text).groups())
    if not 1 <= month <= 12:
        return max(year, 1), 0, 0
    return max(year, 1), month, day if day <= monthrange(max(year, 1), month)[1] else 0


def _matched(text: str) -> re.Match[str]:
    found = _PARTIAL.fullmatch(text)
    if found is None:
        raise ValueError("not a date (YYYY, YYYY-MM or YYYY-MM-DD)")
    return found


def in_force(on: date, *, since: str, until: str) -> bool:
    """Whether something in force from *since* until the day before *until* was in force *on* that day.

    An empty date is open.  A partial date is read so that doubt counts as in force.
    """
    return (not since or on >= first_day(since)) and (not until or on < last_day(until))
