"""Orders as ERP systems export them: a row for each order line, the order's parties repeated in each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product, zip_longest
from typing import Final

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.question import no_value

# Our field: the headers that mean it, letters and digits only. The first of each is what documentation names; SAP's
# field names and its German captions are among them.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("order", "ordernumber", "orderno", "ponumber", "pono", "po", "purchaseorder", "ebeln", "bestellnummer",
              "documentnumber", "reference"),
    "supplier_name": ("suppliername", "supplier", "vendorname", "vendor", "name1", "lieferant", "name"),
    "supplier_country": ("suppliercountry", "vendorcountry", "land1", "country"),
    "supplier_address": ("supplieraddress", "vendoraddress", "address"),
    "supplier_street": ("supplierstreet", "stras", "street"),
    "supplier_city": ("suppliercity", "ort01", "city"),
    "supplier_registration": ("supplierregistration", "registrationnumber", "registration"),
    "supplier_tax": ("suppliertax", "vatnumber", "vatid", "taxnumber", "stceg", "tax"),
    "supplier_lei": ("supplierlei", "lei"),
    "buyer_name": ("buyername", "buyer", "companyname", "butxt"),
    "buyer_country": ("buyercountry",),
    "ship_to_name": ("shiptoname", "shipto", "consignee", "deliverto", "goodsrecipient"),
    "ship_to_country": ("shiptocountry", "consigneecountry", "destinationcountry"),
    "ship_to_city": ("shiptocity", "destination"),
    "ship_from_country": ("shipfromcountry", "despatchcountry"),
    "ship_from_city": ("shipfromcity", "portofloading"),
    "end_user": ("enduser", "endusername"),
    "carrier": ("carrier", "carriername"),
    "forwarder": ("forwarder", "freightforwarder"),
    "manufacturer": ("manufacturer", "manufacturername", "mfrnr"),
    "description": ("description", "itemdescription", "materialdescription", "shorttext", "txz01", "goods"),
    "hs_code": ("hscode", "hscodes", "commoditycode", "customscode", "tariffcode", "stawn"),
    "origin": ("origin", "countryoforigin", "herkl"),
    "currency": ("currency", "currencycode", "waers"),
    "bank": ("bank", "bankname", "banka"),
    "bic": ("bic", "swift", "swiftcode"),
}  # fmt: skip
_MEANINGS: Final = {header: ours for ours, headers in FIELDS.items() for header in (ours.replace("_", ""), *headers)}
_PARTIES: Final = (
    ("seller", "supplier_name"), ("buyer", "buyer_name"), ("consignee", "ship_to_name"), ("end_user", "end_user"),
    ("carrier", "carrier"), ("forwarder", "forwarder"), ("other", "manufacturer"),
)  # fmt: skip
_NUMBERS: Final = ("registration", "tax", "lei")
_MOST_ORDERS: Final = 1000

Line = Mapping[str, Sequence[str]]  # what the columns of one meaning say, each value once


def read_orders(document: bytes, mapping: Mapping[str, str] | None = None) -> list[dict[str, Json]]:
    """Return one request for each order, in order of appearance.

    Args:
        document: CSV with a header row; comma, semicolon or tab.
        mapping: their column to one of FIELDS, where its header does not say it.

    Raises:
        InvalidInput: it is no table that can be read whole, or none of its columns is known.
    """
    rows = _rows(document)
    header = next(rows, None)
    if header is None:
        raise InvalidInput("the table is empty: it needs a header row")
    meanings = _meanings(header, mapping or {})
    orders: dict[str, list[Line]] = {}
    for number, row in enumerate(rows, start=2):
        if len(row) > len(header):
            raise InvalidInput(f"row {number} has {len(row)} cells, but the header has {len(header)}")
        if error := next((error for at in meanings if at < len(row) and (error := no_value(row[at]))), ""):
            raise InvalidInput(f"row {number} holds {error}, which is no value")
        if any(cell.strip() for cell in row):
            line = _line(row, meanings)
            orders.setdefault(next(iter(line.get("order", ())), f"row {number}"), []).append(line)
    if not orders:
        raise InvalidInput("the table holds no order: no row stands below its header")
    if len(orders) > _MOST_ORDERS:
        raise InvalidInput(f"{len(orders)} orders; at most {_MOST_ORDERS} are checked at once")
    expected = any(ours.startswith("supplier_") for ours in meanings.values())
    return [_request(reference, lines, expected=expected) for reference, lines in orders.items()]


def _rows(document: bytes) -> Iterator[list[str]]:
    if document.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InvalidInput("this is a workbook, not CSV: save it as CSV")
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("the table is not UTF-8") from None
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    try:
        yield from (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row)
    except csv.Error as error:
        raise InvalidInput(f"the table cannot be read: {error}") from None


def _meanings(header: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    names = [name.strip() for name in header]
    for theirs, ours in mapping.items():
        if ours not in FIELDS:
            raise InvalidInput(f"map {theirs!r}: there is no field {ours!r}; known: {', '.join(FIELDS)}")
        if theirs not in names:
            raise InvalidInput(f"map {theirs!r}: the table has no such column")
    # Several columns may mean the same, such as a number and a name under "Vendor": each is screened, none is dropped.
    found: dict[int, str] = {at: mapping[name] for at, name in enumerate(names) if name in mapping}
    for at, name in enumerate(names):
        ours = _MEANINGS.get(re.sub(r"[\W_]", "", name.casefold()), "")
        if at not in found and ours:
            found[at] = ours
    if not {field for _, field in _PARTIES} & set(found.values()):
        raise InvalidInput("no column names a party: map one, such as map=Creditor=supplier_name")
    return found


def _line(row: Sequence[str], meanings: Mapping[int, str]) -> Line:
    found: dict[str, dict[str, None]] = {}
    for at, ours in meanings.items():
        if at < len(row) and (cell := row[at].strip()):
            found.setdefault(ours, {})[cell] = None
    return {ours: tuple(cells) for ours, cells in found.items()}


def _request(reference: str, lines: Sequence[Line], *, expected: bool) -> dict[str, Json]:
    request: dict[str, Json] = {"reference": reference}
    parts = {
        "parties": _all_parties(lines, expected=expected),
        "route": _once(stop for line in lines for stop in _stops(line)),
        "goods": _once(goods for line in lines for goods in _goods(line)),
        "payment": _payment(lines),
    }
    return request | {key: value for key, value in parts.items() if value}


# -- parties -----------------------------------------------------------------------------------------


def _all_parties(lines: Sequence[Line], *, expected: bool) -> list[dict[str, Json]]:
    """Return the parties of an order; one without a name or number is among them, and makes the order an error.

    Args:
        lines: of the order.
        expected: whether the table has a column that tells of a supplier, so that an order without one lacks it.
    """
    found = _once(party for line in lines for party in _parties(line))
    named = [party for party in found if "name" in party]
    kept = [party for party in found if "name" in party or not any(_repeats(party, other) for other in named)]
    if not kept or (expected and not any(party["role"] == "seller" for party in kept)):
        kept.append({"role": "seller"})
    return kept


def _repeats(nameless: Mapping[str, Json], named: Mapping[str, Json]) -> bool:
    """Whether a line that leaves the name out says nothing that the line with the name did not say."""
    return all(named.get(key) == value for key, value in nameless.items())


def _parties(line: Line) -> Iterator[dict[str, Json]]:
    for role, column in _PARTIES:
        about = _about(line, column.removesuffix("_name"))
        cells = line.get(column, ())
        # A number beside a name is what the caller's books call it: it may be no name, and must not stand for one.
        names = [cell for cell in cells if any(c.isalpha() for c in cell)] or list(cells)
        numbers = [cell for cell in cells if cell not in names]
        for at, name in enumerate(names):
            further = {"aliases": numbers} if numbers and not at else {}
            yield {"role": role, "name": name} | further | about
        if about and not names:
            yield {"role": role} | about


def _about(line: Line, prefix: str) -> dict[str, Json]:
    """Return what a line says of a party besides its name."""
    if prefix == "ship_to" and "ship_to_name" not in line:
        return {}  # only where the goods go, which is a stop of the route
    found: dict[str, Json] = {}
    if countries := line.get(f"{prefix}_country", ()):
        found |= {"countries": list(countries)} if len(countries) > 1 else {"country": countries[0]}
    further = []
    for kind in _NUMBERS:
        values = line.get(f"{prefix}_{kind}", ())
        if values:
            found[kind] = values[0]
        further += [{"type": kind, "value": value} for value in values[1:]]
    if further:
        found["identifiers"] = further
    address = ", ".join(part for key in ("address", "street", "city") for part in line.get(f"{prefix}_{key}", ()))
    return found | ({"address": address} if address else {})


# -- places, goods, money ------------------------------------------------------------------------------


def _stops(line: Line) -> Iterator[dict[str, str]]:
    for prefix in ("ship_from", "ship_to"):
        yield from _combined(line, {"place": f"{prefix}_city", "country": f"{prefix}_country"})


def _goods(line: Line) -> Iterator[dict[str, str]]:
    described = {"description": ("; ".join(line["description"]),)} if "description" in line else {}
    yield from _combined(
        {**line, **described}, {"description": "description", "hs_code": "hs_code", "origin": "origin"}
    )


def _payment(lines: Sequence[Line]) -> dict[str, Json]:
    payment: dict[str, Json] = {}
    # Lines may be paid in different currencies; together they stand as a pair does, "RUB/IRR".
    if currencies := dict.fromkeys(cell.upper() for line in lines for cell in line.get("currency", ())):
        payment["currency"] = "/".join(currencies)
    if banks := _once(bank for line in lines for bank in _banks(line)):
        payment["banks"] = banks
    return payment


def _banks(line: Line) -> Iterator[dict[str, Json]]:
    for name, bic in zip_longest(line.get("bank", ()), line.get("bic", ())):
        yield {key: value for key, value in (("name", name), ("bic", bic)) if value}


def _combined(line: Line, keys: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield every combination of what the columns say, each said by its key; nothing where they say nothing."""
    said = {key: line[column] for key, column in keys.items() if column in line}
    if said:
        yield from (dict(zip(said, values, strict=True)) for values in product(*said.values()))


def _once(found: Iterator[dict[str, Json]]) -> list[dict[str, Json]]:
    seen: list[dict[str, Json]] = []
    for one in found:
        if one and one not in seen:
            seen.append(one)
    return seen
