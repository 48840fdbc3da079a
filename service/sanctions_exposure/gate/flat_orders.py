"""Orders as ERP systems export them: a row for each order line, the order's parties repeated in each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json

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
_MOST_ORDERS: Final = 1000


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
    orders: dict[str, list[dict[str, str]]] = {}
    for number, row in enumerate(rows, start=2):
        if len(row) > len(header):
            raise InvalidInput(f"row {number} has {len(row)} cells, but the header has {len(header)}")
        cells = {ours: cell for at, ours in meanings.items() if at < len(row) and (cell := row[at].strip())}
        if cells:
            orders.setdefault(cells.get("order") or f"row {number}", []).append(cells)
    if len(orders) > _MOST_ORDERS:
        raise InvalidInput(f"{len(orders)} orders; at most {_MOST_ORDERS} are checked at once")
    return [_request(reference, lines) for reference, lines in orders.items()]


def _rows(document: bytes) -> Iterator[list[str]]:
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
    found: dict[int, str] = {at: mapping[name] for at, name in enumerate(names) if name in mapping}
    for at, name in enumerate(names):
        ours = _MEANINGS.get(re.sub(r"[\W_]", "", name.casefold()), "")
        if at not in found and ours and ours not in found.values():
            found[at] = ours
    if not {field for _, field in _PARTIES} & set(found.values()):
        raise InvalidInput("no column names a party: map one, such as map=Creditor=supplier_name")
    return found


def _request(reference: str, lines: Sequence[Mapping[str, str]]) -> dict[str, Json]:
    request: dict[str, Json] = {"reference": reference}
    parts = {
        "parties": _once(party for line in lines for party in _parties(line)),
        "route": _once(stop for line in lines for stop in _stops(line)),
        "goods": _once(goods for line in lines if (goods := _kept(line, ("description", "hs_code", "origin")))),
        "payment": _payment(lines),
    }
    return request | {key: value for key, value in parts.items() if value}


def _parties(line: Mapping[str, str]) -> Iterator[dict[str, Json]]:
    for role, column in _PARTIES:
        if name := line.get(column):
            party: dict[str, Json] = {"role": role, "name": name}
            prefix = column.removesuffix("_name")
            party |= {key: line[f"{prefix}_{key}"] for key in ("country", "registration", "tax", "lei")
                      if f"{prefix}_{key}" in line}  # fmt: skip
            address = ", ".join(
                line[f"{prefix}_{key}"] for key in ("address", "street", "city") if f"{prefix}_{key}" in line
            )
            yield party | ({"address": address} if address else {})


def _stops(line: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for prefix in ("ship_from", "ship_to"):
        stop = {key: line[f"{prefix}_{part}"] for key, part in (("place", "city"), ("country", "country"))
                if f"{prefix}_{part}" in line}  # fmt: skip
        if stop:
            yield stop


def _payment(lines: Sequence[Mapping[str, str]]) -> dict[str, Json]:
    payment: dict[str, Json] = {}
    if currency := next((line["currency"] for line in lines if "currency" in line), ""):
        payment["currency"] = currency
    if banks := _once(
        {key: line[column] for key, column in (("name", "bank"), ("bic", "bic")) if column in line} for line in lines
    ):
        payment["banks"] = banks
    return payment


def _kept(line: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: line[key] for key in keys if key in line}


def _once(found: Iterator[dict[str, Json]]) -> list[dict[str, Json]]:
    seen: list[dict[str, Json]] = []
    for one in found:
        if one and one not in seen:
            seen.append(one)
    return seen
