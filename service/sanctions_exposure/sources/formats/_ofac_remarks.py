"""Reads the Remarks of OFAC's classic files: one text in which most of what is known about a party is joined by "; ".

Every item becomes a typed fact where a rule knows it, and stays word for word as an attribute where none does.
"""

from __future__ import annotations

import re
from calendar import month_abbr, monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any, TypeVar

from stdnum import imo
from stdnum.ru import inn, ogrn

from sanctions_exposure.countries import country_code
from sanctions_exposure.model import Attribute, Identifier, ListedDate, ListedName, NameKind, Relation, Schema
from sanctions_exposure.sources.formats._ofac_labels import (
    ATTRIBUTE,
    DIGITLESS,
    IDENTIFIERS,
    LABELLED,
    NATION,
    kind_of,
)
from sanctions_exposure.sources.formats._text import clean, partial_date

UNREAD = "remark"  # attribute of an item that no rule knows
STRAY = "remark (overflow)"  # attribute of an overflow whose remarks were not broken off
CUT = "remark (cut off)"  # attribute of the item the publisher broke off


@dataclass(frozen=True, slots=True)
class Nation:
    """A country the party belongs to by nationality, citizenship or registration."""

    code: str


Fact = ListedName | ListedDate | Identifier | Relation | Attribute | Nation
F = TypeVar("F", bound=Fact)


class Said:
    """Facts by what they are, each kind in its order."""

    __slots__ = ("_by_kind",)

    def __init__(self, found: Iterable[Fact]) -> None:
        by_kind: dict[type, list[Any]] = {}
        for fact in found:
            if (kind := type(fact)) in by_kind:
                by_kind[kind].append(fact)
            else:
                by_kind[kind] = [fact]
        self._by_kind = by_kind

    def of(self, kind: type[F]) -> list[F]:
        """Return the facts of one kind."""
        return self._by_kind.get(kind, [])


_DATED = re.compile(r"(?P<label>(?:Listing|Effective) Date \([^()]+\)):? ?(?P<rest>.*)")  # of which directive or list
_WALLET = re.compile(r"(?P<label>Digital Currency Address - [A-Z0-9]+) (?P<rest>\S+?);?")
_ALIAS = re.compile(r"(?P<type>[afn])\.k\.a\. '(?P<name>.*)'")
_LINK = re.compile(r"Linked To: (?P<name>.+)")
_DOB = re.compile(r"DOB (?P<circa>circa )?(?P<start>.+?)(?:(?: to |(?<=\d{4})-(?=\d{4}))(?P<end>.+))?")
_ALTERNATIVE = re.compile(r"alt\. ", re.IGNORECASE)
_MORE = re.compile(r",? (?:issued|expires|expired)\b.*", re.IGNORECASE)


def facts(remarks: str, schema: Schema, *, cut: bool) -> list[Fact]:
    """Return what *remarks* say, item by item; *cut* says that the publisher broke them off."""
    if not remarks:
        return []
    items = clean(remarks).removesuffix(".").split("; ")
    whole = items[:-1] if cut else items
    found: list[Fact] = []
    for item in whole:
        if stripped := item.strip():
            found += _facts_of(stripped, schema)
    if cut:  # half a passport number is another person's
        found.append(Attribute(name=CUT, value=clean(items[-1])))
    return found


@lru_cache(maxsize=1 << 16)
def _facts_of(item: str, schema: Schema) -> tuple[Fact, ...]:
    return tuple(_item(item, schema))  # "Gender Male" stands in half of all entries


def _item(item: str, schema: Schema) -> Iterator[Fact]:
    text = _ALTERNATIVE.sub("", item, count=1) if item[:5].casefold() == "alt. " else item
    # The first letters tell which pattern may fit at all: there are a hundred thousand items.
    if text[1:5] == ".k.a" and (match := _ALIAS.fullmatch(text)):
        # A quoted name in the remarks is OFAC's only mark of a weak alias in these files.
        yield ListedName(text=_unquoted(match["name"]), kind=NameKind.WEAK, type=f"{match['type']}ka")
    elif text.startswith("Linked To: ") and (match := _LINK.fullmatch(text)):
        yield Relation(type="linked-to", target_name=match["name"])
    elif text.startswith("Digital Currency ") and (match := _WALLET.fullmatch(text)):
        yield Identifier(type="crypto_wallet", value=match["rest"], label=match["label"])
    elif text.startswith("DOB "):
        yield _birth_date(text)
    elif match := LABELLED.fullmatch(text):
        yield from _introduced(match["label"], match["rest"], text, schema)
    elif match := _DATED.fullmatch(text):
        yield Attribute(name=match["label"], value=match["rest"] or text)
    else:
        yield Attribute(name=UNREAD, value=item)


def _introduced(label: str, rest: str, text: str, schema: Schema) -> Iterator[Fact]:
    kind = kind_of(label)
    if kind == NATION:
        yield from _nation(label, rest)
    elif kind == ATTRIBUTE:
        yield Attribute(name=label.removesuffix(" -"), value=rest or text)
    else:
        yield from _identifier(kind, label, rest, schema)


def _unquoted(name: str) -> str:
    """Drop a second pair of quotes; a lone one is an apostrophe that belongs to the name ('ABD)."""
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] == "'" else name


def _birth_date(text: str) -> Fact:
    if day := partial_date(said := text.removeprefix("DOB ")):  # nearly all
        return ListedDate(start=day, text=said)
    match = _DOB.fullmatch(text)
    if match and (start := partial_date(match["start"])):
        end = partial_date(match["end"]) if match["end"] else None
        if end or not match["end"]:
            return ListedDate(start=start, end=end, approximate=bool(match["circa"]), text=said)
    return Attribute(name=UNREAD, value=text)


def _nation(label: str, rest: str) -> Iterator[Fact]:
    yield Attribute(name=label, value=rest)
    if code := _code(rest):
        yield Nation(code)


def _identifier(kind: str, label: str, rest: str, schema: Schema) -> Iterator[Fact]:
    low = rest.casefold()
    more = _MORE.search(f" {rest}") if "issued" in low or "expire" in low else None
    value = f" {rest}"[: more.start()].strip() if more else rest
    value, named = _of_country(value)
    country = _code(named) if named else ""
    if not _may_be_number(kind, value):
        yield Attribute(name=label, value=rest or label)  # prose that begins like an identifier
        return
    kind, value = _refined(kind, value, country, schema)
    yield Identifier(type=kind, value=value, country=country, label=label)
    if more:  # dates and places of issue
        yield Attribute(name=label, value=rest)


def _may_be_number(kind: str, value: str) -> bool:
    return 0 < len(value) <= 100 and (kind in DIGITLESS or any(map(str.isdigit, value)))


def _of_country(value: str) -> tuple[str, str]:
    """Return a number and the country that stands behind it in brackets; all of it where none does."""
    if value.endswith(")"):
        number, bracket, country = value[:-1].rpartition("(")
        if bracket and ")" not in country and _code(country):
            return number.removesuffix(" "), country
    return value, ""


def _refined(kind: str, value: str, country: str, schema: Schema) -> tuple[str, str]:
    """Tell the kinds apart that OFAC files under one label, by their check digits."""
    bare = value.removeprefix("IMO ")
    # A company's IMO number has another check digit and must never meet a ship's.
    if schema is Schema.VESSEL and kind in {"registration", "other"} and (bare != value or imo.is_valid(bare)):
        return "imo", bare
    if country == "ru" and kind == "tax" and inn.is_valid(value):
        return "inn", value
    if country == "ru" and kind == "registration" and ogrn.is_valid(value):
        return "ogrn", value
    return ("registration" if bare != value else kind), value


def numbered(label: str, value: str, country: str, schema: Schema) -> Identifier | None:
    """Return the identifier that OFAC calls *label*, as other agencies repeat it; None where it names no number."""
    if label.startswith("Digital Currency Address"):
        return Identifier(type="crypto_wallet", value=value, label=label)
    kind = kind_of(label)
    if kind not in IDENTIFIERS or not _may_be_number(kind, value):
        return None
    kind, value = _refined(kind, value, country, schema)
    return Identifier(type=kind, value=value, country=country, label=label)


# -- what the XML forms hold apart ---------------------------------------------------------------

# The XML forms' words for what the CSV has a column or another word for.
_COLUMNS = {
    "Vessel Call Sign": "Call_Sign", "VESSEL TYPE": "Vess_type", "Vessel Type": "Vess_type",
    "Vessel Tonnage": "Tonnage", "Vessel Gross Registered Tonnage": "GRT", "Vessel Flag": "Vess_flag",
    "Vessel Owner": "Vess_owner", "Title": "Title",
}  # fmt: skip
_WORDS = {
    "Birthdate": "DOB",
    "Place of Birth": "POB",
    "Nationality Country": "nationality",
    "Citizenship Country": "citizen",
}


def labelled(label: str, value: str, schema: Schema, *, country: str = "", more: str = "") -> Iterator[Fact]:
    """Yield what *value* says under OFAC's *label*, the very facts that the CSV's remarks give for it.

    Args:
        label: the type of a document or feature, as OFAC words it.
        value: the number or text.
        schema: of the party; a vessel's and a company's IMO number are two things.
        country: who issued it, as OFAC words it.
        more: when it was issued and until when it is valid.
    """
    kind, word, ahead = _meaning(label)
    value = ahead + value
    match kind:
        case "column":
            yield from column(word, value)
        case "dob":
            yield _birth_date(f"DOB {value}")
        case "wallet":
            yield Identifier(type="crypto_wallet", value=value, label=word)
        case "nation":
            yield from _nation(word, value)
        case "attribute" | "unknown":
            yield Attribute(name=word, value=value)
        case _:
            yield from _numbered((kind, word), value, schema, country=country, more=more)


def printed_date(start: str, end: str, *, circa: bool = False) -> str:
    """Print a period of two ISO days as the remarks do: a whole year or month is one word.

    >>> printed_date("1963-01-01", "1963-12-31", circa=True), printed_date("1955-03-01", "1956-03-31")
    ('circa 1963', 'Mar 1955 to Mar 1956')
    """
    try:
        date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:  # no days of the calendar: as published, for a person to read
        return start if start == end else " to ".join(part for part in (start, end) if part)
    words = _printed_period(start, end)
    return f"circa {words}" if circa else words


def _printed_period(start: str, end: str) -> str:
    if start == end:
        return f"{start[8:]} {month_abbr[int(start[5:7])]} {start[:4]}"
    whole_start, whole_end = start[8:] == "01", int(end[8:]) == monthrange(int(end[:4]), int(end[5:7]))[1]
    if whole_start and whole_end and start[5:7] == "01" and end[5:7] == "12":
        return start[:4] if start[:4] == end[:4] else f"{start[:4]} to {end[:4]}"
    if whole_start and whole_end:
        first, last = (f"{month_abbr[int(one[5:7])]} {one[:4]}" for one in (start, end))
        return first if first == last else f"{first} to {last}"
    return f"{_printed_period(start, start)} to {_printed_period(end, end)}"


def is_known(label: str) -> bool:
    """Say whether OFAC's *label* is one that a rule knows."""
    return _meaning(label)[0] != "unknown"


def column(word: str, value: str) -> Iterator[Fact]:
    """Yield what a column of the CSV says of a vessel, by the column's name."""
    if word == "Call_Sign":
        yield Identifier(type="callsign", value=value, label=word)
    elif word == "Vess_owner":
        yield Relation(type="owned-by", target_name=value)
    else:
        yield Attribute(name=word, value=value)
        if word == "Vess_flag" and (code := _code(value)):
            yield Nation(code)


@cache
def _meaning(label: str) -> tuple[str, str, str]:
    """Return what a label names, the label as the remarks write it, and what of it belongs to the value."""
    plain = label.replace("\u2019", "'")
    if plain in _COLUMNS:
        return "column", _COLUMNS[plain], ""
    word = _WORDS.get(plain, plain)
    if word == "DOB":
        return "dob", word, ""
    text = f"{word} \0"
    if match := _WALLET.fullmatch(text):
        return "wallet", match["label"], ""
    if match := LABELLED.fullmatch(text):
        kind, word = kind_of(match["label"]), match["label"]
        return kind, word.removesuffix(" -"), "" if kind == NATION else match["rest"][:-1]
    if match := _DATED.fullmatch(text):
        return ATTRIBUTE, match["label"], match["rest"][:-1]
    return "unknown", plain, ""


def _numbered(meaning: tuple[str, str], value: str, schema: Schema, *, country: str, more: str) -> Iterator[Fact]:
    kind, word = meaning
    if not country:
        value, country = _of_country(value)  # the publisher put both into one element
    code = _code(country) if country else ""
    whole = " ".join(part for part in (value, f"({country})" if country else "", more) if part)
    if not _may_be_number(kind, value):
        yield Attribute(name=word, value=whole or word)
        return
    kind, value = _refined(kind, value, code, schema)
    yield Identifier(type=kind, value=value, country=code, label=word)
    if more or (country and not code):
        yield Attribute(name=word, value=whole)


@cache
def _code(country: str) -> str:
    return country_code(country) or ""
