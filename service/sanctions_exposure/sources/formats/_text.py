"""What all formats do to text: clean it, read its dates, and refuse documents that are something else."""

from __future__ import annotations

import re
import unicodedata
from calendar import month_name, monthrange
from collections.abc import Hashable, Iterable
from typing import TypeVar

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import ListedName

T = TypeVar("T", bound=Hashable)

_MONTHS = {name.casefold(): at for at, name in enumerate(month_name) if name}
_MONTHS |= {name[:3]: at for name, at in _MONTHS.items()} | {"sept": 9}
_DATE = re.compile(r"(?:(?P<day>\d{1,2}) )?(?:(?P<month>[A-Za-z]{3,9})\.? )?(?P<year>[12]\d{3})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|(?<!\d)(?!0+\D)\d{1,2}[ /.-](?:[A-Za-z]{3,9}\.?|\d{1,2})[ /.-]\d{4}")
_ISO = re.compile(r"([12]\d{3})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?")


def clean(text: str) -> str:
    r"""Return *text* in NFC on one line: blanks of any kind collapsed, control and direction marks gone.

    >>> clean("  Anna\xa0 \n Exemplova\x00 ")
    'Anna Exemplova'
    """
    # Nearly all of a list: what is printable holds no blank but the plain one.
    plain = text.isprintable() and "  " not in text and text == text.strip()
    if plain and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text
    normal = " ".join(unicodedata.normalize("NFC", text).split())
    if not normal.isprintable():
        # ZWJ and ZWNJ stay: they are spelling in Persian and Indic scripts.
        bare = "".join(c for c in normal if c.isprintable() or c in "\u200c\u200d")
        normal = " ".join(bare.split())
    return normal


def distinct(items: Iterable[T]) -> tuple[T, ...]:
    """Return *items* without repetitions, in their order."""
    found = tuple(items)
    return found if len(found) < 2 else tuple(dict.fromkeys(found))  # nearly all are none or one: nothing to hash


def merge_names(names: Iterable[ListedName]) -> tuple[ListedName, ...]:
    """Return *names* without empty ones and without a second of the same text and kind."""
    found: dict[tuple[str, str], ListedName] = {}
    for name in names:
        if (text := name.text) and (key := (text, name.kind)) not in found:
            found[key] = name
    return tuple(found.values())


def iso_date(text: str) -> str | None:
    """Return *text* if it is an ISO date of the calendar, full or partial, else None."""
    return text if text and possible_date(text) == text else None


def possible_date(text: str) -> str | None:
    """Return an ISO date as far as the calendar has it: where the month has no such day, the month may still be right.

    >>> possible_date("1972-02-29"), possible_date("1970-02-31"), possible_date("1970-13")
    ('1972-02-29', '1970-02', None)
    """
    match = _ISO.fullmatch(text)
    if not match:
        return None
    year, month, day = match.groups()
    return text if not day or day < "29" or int(day) <= monthrange(int(year), int(month))[1] else text[:7]


def slip(text: str, read: str) -> str:
    """Return *text* where it names a day, and *read* is only its month because that has no such day; else nothing.

    >>> slip("31 Nov 1970", "1970-11"), slip("Nov 1970", "1970-11")
    ('31 Nov 1970', '')
    """
    return text if len(read) == 7 and _DAY.search(text) else ""


def partial_date(text: str) -> str | None:
    """Read ``1963``, ``May 1963``, ``09 May 1963`` or ISO into an ISO date as exact as it is; None for all else.

    >>> partial_date("Nov. 1973"), partial_date("31 Nov 1970"), partial_date("30-35 years old")
    ('1973-11', '1970-11', None)
    """
    if found := possible_date(text):
        return found
    match = _DATE.fullmatch(text)
    if not match:
        return None
    day, month, year = match.group("day", "month", "year")
    if month is None:
        return year if day is None else None
    number = _MONTHS.get(month.casefold())
    if number is None:
        return None
    month = f"{year}-{number:02d}"
    return (possible_date(f"{month}-{int(day):02d}") or month) if day else month


def refuse_strangers(document: bytes, what: str) -> None:
    """Raise ListFormatError when *document* is empty or a web page instead of *what*.

    Publishers answer with a log-in or error page, or with nothing at all, and still say 200.
    """
    head = document[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise ListFormatError(f"{what}: the document is empty")
    if head.startswith((b"<!doctype html", b"<html")):
        raise ListFormatError(f"{what}: the document is a web page: {clean(head[:80].decode('latin-1'))!r}")


def decode(document: bytes, what: str) -> str:
    """Return *document* as text; a byte order mark is dropped.

    Raises:
        ListFormatError: it is not UTF-8.
    """
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListFormatError(f"{what}: not UTF-8 at byte {error.start}") from None
