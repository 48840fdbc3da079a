"""Reads numbers out of the UK lists, where a field may hold several, with words around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from stdnum import imo
from stdnum.ru import inn, ogrn

from sanctions_exposure.countries import country_code
from sanctions_exposure.model import Identifier
from sanctions_exposure.sources.formats._document_numbers import document_numbers
from sanctions_exposure.sources.formats._text import distinct

_NUMBERED = re.compile(r"(?:^|\s)\(?\d{1,2}\)\s*")
_PLAIN = re.compile(r"[\w./ -]{3,30}")
_NUMBER = re.compile(r"(?=[A-Z0-9/-]*\d)[A-Z0-9][A-Z0-9/-]{3,29}", re.IGNORECASE)
_DIGITS = re.compile(r"(?<!\d)\d{10,15}(?!\d)")
_YEAR = re.compile(r"[12]\d{3}")
# "Iran passport number …", "Passport No: 592667 (Qatari …": the country is told in words, where it is told.
_COUNTRY = re.compile(r"[^\w]*(?P<country>[A-Z][\w' ]+?)(?: (?:passport|national|number|identity|id\b)|[.,;(]|$)")
_TYPES = {"PassportNumber": "passport", "NationalIdentifierNumber": "national_id"}


def numbered(text: str) -> tuple[str, ...]:
    """Take apart what stands in one field: ``(1) A (2) B`` and ``1) A 2) B`` are two.

    >>> numbered("(1) EC6530802 (2) EB2778599"), numbered("1) Saudi Arabia 2) Qatar"), numbered("Example (2) Ltd")
    (('EC6530802', 'EB2778599'), ('Saudi Arabia', 'Qatar'), ('Example (2) Ltd',))
    """
    if not text.lstrip("( ").startswith("1)"):
        return (text,) if text else ()
    return tuple(piece for part in _NUMBERED.split(text) if (piece := part.strip(" ,;")))


def identifiers(
    documents: Iterable[tuple[str, str, str]], values: Mapping[str, Iterable[str]]
) -> tuple[Identifier, ...]:
    """Return the identifiers among an entry's documents and values."""
    found: list[Identifier] = []
    for element, number, more in documents:
        found += _documents(element, number, more)
    for text in values.get("IMONumber", ()):
        found += _imo_numbers(text)
    for text in values.get("BusinessRegistrationNumber", ()):
        found += _registrations(text)
    found += [
        Identifier(type="crypto_wallet", value=text, label="CryptoWalletAddress")
        for text in values.get("CryptoWalletAddress", ())
    ]
    return distinct(found)


def _documents(element: str, number: str, more: str) -> Iterator[Identifier]:
    kind = _TYPES[element]
    details = numbered(more)
    pieces = numbered(number)
    for at, piece in enumerate(pieces):
        detail = details[at] if len(details) == len(pieces) else more
        for value in document_numbers(piece):
            yield Identifier(type=kind, value=value, country=_country(detail) or _country(piece), label=element)


def says_more(number: str) -> bool:
    """Whether the cell of a document holds anything beside its numbers."""
    return any(document_numbers(piece) != (piece,) for piece in numbered(number))


def _first_number(text: str) -> str:
    """Return the first word that is a number and no year; in the oldest files it stands inside a sentence."""
    for word in _NUMBER.findall(text):
        if not _YEAR.fullmatch(word):
            return str(word)
    return ""


@lru_cache(maxsize=4096)
def _country(text: str) -> str:
    match = _COUNTRY.match(text)
    return (country_code(match["country"].strip()) or "") if match else ""


def _imo_numbers(text: str) -> Iterator[Identifier]:
    for number in re.findall(r"(?<!\d)\d{7}(?!\d)", text):
        # Owners and managers have IMO company numbers, whose check digit differs from that of ships.
        yield Identifier(type="imo" if imo.is_valid(number) else "registration", value=number, label="IMONumber")


def _registrations(text: str) -> Iterator[Identifier]:
    label = "BusinessRegistrationNumber"
    for piece in numbered(text):
        known = [one for number in _DIGITS.findall(piece) if (one := _russian(number, label))]
        yield from known
        if not known and _PLAIN.fullmatch(piece) and any(c.isdigit() for c in piece):
            yield Identifier(type="registration", value=piece, label=label)
        elif not known and (number := _first_number(piece)):
            yield Identifier(type="registration", value=number, label=label)


def _russian(number: str, label: str) -> Identifier | None:
    """Return what Russian check digits prove a number to be."""
    if len(number) in {13, 15} and ogrn.is_valid(number):
        return Identifier(type="ogrn", value=number, country="ru", label=label)
    if len(number) in {10, 12} and inn.is_valid(number):
        return Identifier(type="inn", value=number, label=label)
    return None
