"""The days on which rules may begin to say something else: every date that stands anywhere in a rules folder."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final

from sanctions_exposure.policy.dates import first_day, last_day

# Any number of four digits may be a year: one day too many costs a full screening, one too few a wrong answer.
_DATE: Final = re.compile(r"(?<!\d)\d{4}(?:-\d{2}(?:-\d{2})?)?(?!\d)")


def turning_days(folder: Path) -> frozenset[date]:
    """Return the first and the last day of every date in the files of *folder*; rules know no other dates."""
    found = {text for path in folder.rglob("*") if path.is_file() for text in _DATE.findall(_read(path))}
    return frozenset(day for text in found for day in _days(text))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _days(text: str) -> tuple[date, ...]:
    try:
        return first_day(text), last_day(text)
    except ValueError:  # 8407-10 is a code of goods
        return ()
