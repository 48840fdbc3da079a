"""What a UK list says of designations: some entries stand under several regimes, each from a day of its own."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from sanctions_exposure.model import Designation
from sanctions_exposure.sources.formats._text import distinct, iso_date, possible_date
from sanctions_exposure.sources.manifest import Manifest

# Every measure has several spellings; the first key that stands in it decides, so the longer one comes first.
_MEASURES = (
    ("asset freeze", "Asset freeze"), ("travel ban", "Travel ban"), ("trust services", "Trust services sanctions"),
    ("director disqualification", "Director disqualification"), ("targeted arms embargo", "Targeted arms embargo"),
    ("arms embargo", "Arms embargo"), ("shipping & trade", "Shipping and trade sanctions"),
    ("shipping sanctions", "Shipping sanctions"), ("transport sanctions", "Transport sanctions"),
    ("port entry", "Prohibition of port entry"), ("business arrangements", "Prevention of business arrangements"),
    ("chartering", "Chartering of ships"), ("crew servicing", "Crew servicing of ships and aircraft"),
    ("representative offices", "Closure of representative offices"),
    ("internet services", "Internet services sanctions"),
    ("correspondent banking", "Prohibition on correspondent banking"),
    ("technical assistance", "Technical assistance related to aircraft"), ("de-flag", "De-flag"), ("deflag", "De-flag"),
    ("charter", "Chartering of ships"),
)  # fmt: skip


@dataclass(slots=True)
class Act:
    """One designation while it is being read."""

    regime: str = ""
    designated: str = ""  # dd/mm/yyyy
    measures: str = ""
    reason: str = ""
    reference: str = ""
    remarks: dict[str, None] = field(default_factory=dict)  # what its rows say under "Other Information"

    def designation(self, entry_id: str, manifest: Manifest, tally: Counter[str]) -> Designation:
        """Return it.

        Raises:
            ValueError: the day is none.
        """
        listed_on = _date_of_listing(self.designated)
        if self.designated and not listed_on:
            raise ValueError(f"date of designation {self.designated!r} is no date")
        if listed_on != _iso_order(self.designated):
            tally[f"unknown day of listing, read as its month: {self.designated}"] += 1
        return manifest.designation(
            programme=self.regime,
            reference=self.reference or entry_id,
            listed_on=listed_on,
            until=manifest.closed_on,
            reason=self.reason,
            measures=_measures(self.measures, tally),
        )


def earlier(one: str, other: str) -> str:
    """Return the earlier of two days as published; what is no date stays, to be complained of."""
    days = [text for text in (one, other) if text]
    return min(days, key=_date_of_listing, default="")


def uk_date(text: str) -> str:
    """Read ``dd/mm/yyyy`` or ``dd-mm-yyyy`` into an ISO date; empty where it is none.

    >>> uk_date("29/06/2012"), uk_date("27-02-2024"), uk_date("soon")
    ('2012-06-29', '2024-02-27', '')
    """
    return iso_date(_iso_order(text)) or ""


def _iso_order(text: str) -> str:
    parts = text.replace("-", "/").split("/")
    if len(parts) != 3 or not all(part.isdigit() for part in parts) or len(parts[2]) != 4:
        return ""
    return f"{parts[2]}-{parts[1]:0>2}-{parts[0]:0>2}"


@lru_cache(maxsize=4096)  # hundreds are listed on one day
def _date_of_listing(text: str) -> str:
    return possible_date(_iso_order(text)) or ""


@lru_cache(maxsize=4096)
def _split_measures(text: str) -> tuple[tuple[str, bool], ...]:
    found = []
    for piece in re.split(r"\||, ", text):
        bare = piece.strip().casefold()
        known = next((word for key, word in _MEASURES if key in bare), None)
        if bare.strip("-"):
            found.append((known or piece.strip(), known is not None))
    return tuple(found)


def _measures(text: str, tally: Counter[str]) -> tuple[str, ...]:
    pieces = _split_measures(text)
    for word, known in pieces:
        if not known:
            tally[f"measure nobody knows, kept in its own words: {word}"] += 1
    return distinct([word for word, _ in pieces])
