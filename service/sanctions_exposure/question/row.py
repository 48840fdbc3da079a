"""One row of a table as a request document: the flattened form of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sanctions_exposure.model import Json
from sanctions_exposure.question.identifiers import SHORTHANDS
from sanctions_exposure.question.places import read_route

_ONE: Final = ("name", "schema", "role", "address", "birth_date", *SHORTHANDS)
COLUMNS: Final = (
    "reference", "name", "schema", "role", "aliases", "country", "address", "birth_date", "imo", "lei", "bic", "inn",
    "ogrn", "registration", "tax", "route", "hs_codes", "goods", "currency", "payment_rail", "bank",
)  # fmt: skip


# What a spreadsheet writes where it has no value, in English and German; a file of such a sheet holds them as text.
_NO_VALUE: Final = frozenset(
    {
        "#N/A", "#NV", "#REF!", "#BEZUG!", "#NAME?", "#VALUE!", "#WERT!", "#DIV/0!", "#NULL!", "#NUM!", "#ZAHL!",
        "#SPILL!", "#CALC!", "#FIELD!", "#GETTING_DATA", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#PYTHON!",
        "#NOT-CALCULATED!",
    }
)  # fmt: skip


def no_value(cell: str) -> str:
    """Return the error that *cell* holds in place of a value; nothing where it holds one, or is blank.

    >>> no_value("#REF!"), no_value("#1 Trading")
    ('#REF!', '')
    """
    found = cell.strip() if "#" in cell else ""
    return found if found in _NO_VALUE else ""


def row_document(row: Mapping[str, str]) -> dict[str, Json]:
    """Return the request a row asks; *row* holds cells by contract column, blank ones meaning nothing is known.

    >>> row_document({"name": "BelAZ", "route": "RU Astrakhan > IRBAZ", "hs_codes": ""})
    {'name': 'BelAZ', 'route': ['RU Astrakhan', 'IRBAZ']}
    """
    cells = {column: cell.strip() for column, cell in row.items() if cell.strip()}
    document: dict[str, Json] = {key: cells[key] for key in ("reference", *_ONE) if key in cells}
    if "aliases" in cells:
        document["aliases"] = _parts(cells["aliases"])
    if "country" in cells:
        document["countries"] = _parts(cells["country"])
    if "route" in cells:
        document["route"] = read_route(cells["route"])
    if goods := [{"hs_code": code} for code in _parts(cells.get("hs_codes", "").replace(",", ";"))]:
        document["goods"] = goods
    if "goods" in cells:
        document["goods"] = _described(document.get("goods", []), cells["goods"])
    if payment := _payment(cells):
        document["payment"] = payment
    return document


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _described(goods: list[Json], cell: str) -> list[Json]:
    descriptions = _parts(cell)
    if len(descriptions) == len(goods):  # told side by side: each code has its description
        return [line | {"description": text} for line, text in zip(goods, descriptions, strict=True)]
    return goods + [{"description": text} for text in descriptions]


def _payment(cells: Mapping[str, str]) -> dict[str, Json]:
    payment: dict[str, Json] = {}
    if "currency" in cells:
        payment["currency"] = cells["currency"]
    if "payment_rail" in cells:
        payment["rail"] = cells["payment_rail"]
    if "bank" in cells:
        payment["banks"] = _parts(cells["bank"])
    return payment
