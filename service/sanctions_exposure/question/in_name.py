"""Identifiers that stand in a name: "Zelmira IMO 8312227" names a ship by its number too.

Only what its form or check digit, or a label before it, makes an identifier is taken for one.  It is looked up beside
the name and, since nobody said whose it is, never speaks against a match.
"""

from __future__ import annotations

import re
from typing import Final

from stdnum import bic, imo, lei
from stdnum.ru import inn, ogrn

from sanctions_exposure.countries import country_code
from sanctions_exposure.model import IN_NAME, Identifier

_DIGIT: Final = re.compile(r"\d")
_IMO: Final = re.compile(r"(?:(?<=imo)|(?<![\w+/.,-]))\d{7}(?![\d/.-]|,\d)", re.IGNORECASE)
_LEI: Final = re.compile(r"(?<!\w)[A-Za-z\d]{18}\d{2}(?!\w)")
_RUSSIAN: Final = re.compile(
    r"(?<!\w)(?:(inn|инн)|ogrn(?:ip)?|огрн(?:ип)?)[\s.:#№-]*(?:no\.?\s*)?(\d{9,15})(?!\w)", re.IGNORECASE
)
_BIC_TOLD: Final = re.compile(
    r"(?<!\w)(?:bic|swift)(?:[\s/-]*(?:bic|code))?[\s.:#-]*([a-z]{6}[a-z\d]{2}(?:[a-z\d]{3})?)(?!\w)", re.IGNORECASE
)
_BIC: Final = re.compile(r"(?<!\w)[A-Z]{4}([A-Z]{2})(?=[A-Z\d]*\d)[A-Z\d]{2}(?:[A-Z\d]{3})?(?!\w)")
_WALLET: Final = re.compile(
    r"(?<!\w)(?:0x[\da-fA-F]{40}|bc1[a-z\d]{25,59}|(?=[A-Z\d]*[a-z])(?=\w*\d)[A-Za-z\d]{26,106})(?!\w)"
)


def identifiers_in(name: str) -> tuple[Identifier, ...]:
    """Return the identifiers that stand in *name*.

    >>> [(i.type, i.value) for i in identifiers_in("Zelmira IMO 9074729")]
    [('imo', '9074729')]
    """
    if _DIGIT.search(name) is None and "bic" not in (lower := name.lower()) and "swift" not in lower:
        return ()
    found: list[tuple[str, str, str]] = [("imo", one, "") for one in _IMO.findall(name) if imo.is_valid(one)]
    found += [("lei", one, "") for one in _LEI.findall(name) if lei.is_valid(one)]
    for is_inn, number in _RUSSIAN.findall(name):
        if not is_inn and ogrn.is_valid(number):
            found.append(("ogrn", number, "ru"))
        elif is_inn and (whole := with_leading_zero(number)):
            found.append(("inn", whole, "ru"))
    told = [one for one in _BIC_TOLD.findall(name) if bic.is_valid(one)]
    told += [one[0] for one in _BIC.finditer(name) if country_code(one[1])]
    found += [("bic", one, "") for one in told]
    found += [("crypto_wallet", one, "") for one in _WALLET.findall(name)]
    return tuple(Identifier(type=kind, value=n, country=land, label=IN_NAME) for kind, n, land in dict.fromkeys(found))


def with_leading_zero(number: str) -> str:
    """Return a Russian tax number with the zero that a table took from its front; empty for what is none.

    >>> with_leading_zero("107054321"), with_leading_zero("123")
    ('', '')
    """
    padded = "0" + number if len(number) in {9, 11} else number
    return padded if inn.is_valid(padded) else ""


def note(identifier: Identifier, pointer: str) -> str:
    """Say that a part of a name was looked up as an identifier."""
    return f"{pointer}: {identifier.value!r} in the name was looked up as {identifier.type.upper()} number too."
