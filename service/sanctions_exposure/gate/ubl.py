"""A UBL 2.x Order as a screening request: every party in it wherever it stands, places, goods and money.

Element names are those of the OASIS Universal Business Language 2.0 to 2.4, whose orders differ in nothing read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lxml import etree

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.sources.safe_xml import SAFE

Element = Any  # lxml ships no types

NAMESPACE: Final = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"
# The element a party stands in says its role; a party in any other is screened too, as `other`.
ROLES: Final[Mapping[str, str]] = {
    "BuyerCustomerParty": "buyer",
    "AccountingCustomerParty": "buyer",
    "OriginatorCustomerParty": "end_user",
    "SellerSupplierParty": "seller",
    "DespatchParty": "consignor",
    "ConsignorParty": "consignor",
    "DeliveryParty": "consignee",
    "ConsigneeParty": "consignee",
    "FinalDeliveryParty": "consignee",
    "UltimateConsigneeParty": "consignee",
    "NotifyParty": "notify_party",
    "CarrierParty": "carrier",
    "FreightForwarderParty": "forwarder",
    "InsuranceParty": "insurer",
}
# Identifier schemes (ISO 6523 and their names) that we compare.
SCHEMES: Final[Mapping[str, str]] = {"0199": "lei", "LEI": "lei", "0060": "duns", "DUNS": "duns", "IMO": "imo"}
# What tells the name under which a party is registered.
_REGISTERED: Final = frozenset({"PartyLegalEntity", "PartyTaxScheme"})
_CURRENCIES: Final = (
    "DocumentCurrencyCode", "PricingCurrencyCode", "RequestedInvoiceCurrencyCode", "PaymentCurrencyCode",
    "TaxCurrencyCode", "PaymentAlternativeCurrencyCode",
)  # fmt: skip
GOODS_LISTS: Final = frozenset({"HS", "HTS", "CN", "TARIC", "STI", "CUSTOMS"})
_DEEPEST: Final = 64


def read_order(document: bytes) -> dict[str, Json]:
    """Return the request an Order asks.

    Raises:
        InvalidInput: it is no XML, declares a DOCTYPE, or is no UBL Order.
    """
    root = _root(document)
    request: dict[str, Json] = {"reference": _text(root, "ID")}
    parties = list(_unique(_parties(root)))
    vessels = [v for stage in _all(root, "MaritimeTransport") if (v := _vessel(stage))]
    found = {
        "parties": [*parties, *_unique(vessels)],
        "route": list(_route(root)),
        "goods": [goods for item in _all(root, "Item") if (goods := _goods(item))],
        "payment": _payment(root),
    }
    return {key: value for key, value in (request | found).items() if value}


def _root(document: bytes) -> Element:
    if b"<!DOCTYPE" in document:
        raise InvalidInput("the order declares a DOCTYPE, which no UBL document does")
    try:
        root = etree.fromstring(document, etree.XMLParser(**SAFE))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvalidInput(f"the order is not XML: {error}") from None
    if root.getroottree().docinfo.doctype:  # in an encoding the search above cannot see through
        raise InvalidInput("the order declares a DOCTYPE, which no UBL document does")
    name = etree.QName(root)
    if (name.namespace, name.localname) != (NAMESPACE, "Order"):
        raise InvalidInput(f"the document is a {name.localname!r} of {name.namespace!r}, not a UBL 2 Order")
    return root


# -- parties -----------------------------------------------------------------------------------------


def _parties(root: Element) -> Iterator[dict[str, Json]]:
    """Yield every party; one without a name or number too, since an order that names nobody must not be clear."""
    sellers = 0
    for element in root.iter():
        if _is_party(element):
            party = _party(element)
            sellers += party["role"] == "seller"
            yield party
    if not sellers:  # every Order has one
        yield {"role": "seller"}


def _is_party(element: Element) -> bool:
    inside = {_local(child) for child in element}
    if inside & {"PartyName", "PartyLegalEntity", "PartyIdentification", "PartyTaxScheme"}:
        return True
    # In "BuyerCustomerParty" and its like, "Party" is the party.
    return _local(element).endswith("Party") and "Party" not in inside


def _party(element: Element) -> dict[str, Json]:
    holder = element if _local(element) in ROLES else element.getparent()
    legal = _child(element, "PartyLegalEntity")
    names = [_text(one, "Name") for one in element if _local(one) == "PartyName"]
    names += [_text(one, "RegistrationName") for one in element if _local(one) in _REGISTERED]
    known = list(dict.fromkeys(filter(None, names)))
    address = _child(element, "PostalAddress")
    country = _country(address) or _country(_child(legal, "RegistrationAddress"))
    party = {
        "role": ROLES.get(_local(holder) if holder is not None else "", "other"),
        "name": known[0] if known else "",
        "aliases": known[1:],
        "country": country,
        "address": _address(address),
        "identifiers": list(_unique(_identifiers(element))),
    }
    return {key: value for key, value in party.items() if value}


def _identifiers(element: Element) -> Iterator[dict[str, str]]:
    for child in element:
        kind, holder = _local(child), None
        if kind == "PartyIdentification":
            holder = _child(child, "ID")
            scheme = (holder.get("schemeID") or holder.get("schemeName") or "").upper() if holder is not None else ""
            kind = SCHEMES.get(scheme, "other")
        elif kind == "PartyLegalEntity":
            holder, kind = _child(child, "CompanyID"), "registration"
            kind = SCHEMES.get((holder.get("schemeID") or "").upper(), kind) if holder is not None else kind
        elif kind == "PartyTaxScheme":
            holder, kind = _child(child, "CompanyID"), "tax"
        if value := _own(holder):
            yield {"type": kind, "value": value}


def _vessel(transport: Element) -> dict[str, Json]:
    number, name = _text(transport, "VesselID"), _text(transport, "VesselName")
    imo = re.sub(r"\D", "", number)
    found = {"role": "vessel", "schema": "Vessel", "name": name, "imo": imo if len(imo) == 7 else ""}
    return {key: value for key, value in found.items() if value} if name or found["imo"] else {}


# -- places, goods, money ------------------------------------------------------------------------------


def _route(root: Element) -> Iterator[dict[str, str]]:
    """Yield where the goods leave and where they go, in this order, as far as the order says."""
    last = None
    for delivery in _all(root, "Delivery"):
        for holder in ("DespatchAddress", "DeliveryAddress"):
            for address in _all(delivery, holder):
                stop = _stop(address)
                if stop and stop != last:
                    yield stop
                    last = stop
        for place in _all(delivery, "DeliveryLocation"):
            stop = _stop(_child(place, "Address"))
            if stop and stop != last:
                yield stop
                last = stop


def _stop(address: Element | None) -> dict[str, str]:
    place, country = _text(address, "CityName"), _country(address)
    return {key: value for key, value in (("place", place), ("country", country)) if value}


def _goods(item: Element) -> dict[str, str]:
    words = dict.fromkeys(filter(None, (_text(item, "Name"), _text(item, "Description"))))
    code = next((c for one in _all(item, "ItemClassificationCode") if (c := _customs_code(one))), "")
    code = code or next((c for one in _all(item, "CommodityCode") if (c := _digits(_own(one)))), "")
    origin = _child(item, "OriginCountry")
    found = {"description": ": ".join(words), "hs_code": code, "origin": _text(origin, "IdentificationCode")}
    return {key: value for key, value in found.items() if value}


def _customs_code(element: Element) -> str:
    scheme = (element.get("listID") or element.get("listName") or "").upper()
    return _digits(_own(element)) if scheme in GOODS_LISTS else ""


def _digits(text: str) -> str:
    digits = re.sub(r"[ .\-/]", "", text)
    return digits if re.fullmatch(r"[0-9]{4,14}", digits) else ""


def _payment(root: Element) -> dict[str, Json]:
    banks = []
    for institution in _all(root, "FinancialInstitution"):
        branch = institution.getparent()
        branch = branch if branch is not None and _local(branch) == "FinancialInstitutionBranch" else None
        bic = _bic(_text(institution, "ID")) or _bic(_text(branch, "ID"))
        banks.append({"name": _text(institution, "Name") or _text(branch, "Name"), "bic": bic})
    banks += [  # the BIC often stands in the branch, with no institution below
        {"name": _text(branch, "Name"), "bic": _bic(_text(branch, "ID"))}
        for branch in _all(root, "FinancialInstitutionBranch")
        if _child(branch, "FinancialInstitution") is None
    ]
    told = [{key: value for key, value in bank.items() if value} for bank in banks if any(bank.values())]
    # Several stand together as a pair does, "RUB/IRR".
    currencies = dict.fromkeys(filter(None, (_text(root, element).upper() for element in _CURRENCIES)))
    found = {"currency": "/".join(currencies), "banks": list(_unique(told))}
    return {key: value for key, value in found.items() if value}


def _bic(text: str) -> str:
    code = text.replace(" ", "").upper()
    return code if re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", code) else ""


# -- elements ----------------------------------------------------------------------------------------


def _local(element: Element) -> str:
    return str(etree.QName(element).localname)


def _all(element: Element, name: str) -> Iterator[Element]:
    yield from element.iter(f"{{*}}{name}")


def _child(element: Element | None, name: str) -> Element | None:
    return None if element is None else next((child for child in element if _local(child) == name), None)


def _own(element: Element | None) -> str:
    return " ".join((element.text or "").split()) if element is not None else ""


def _text(element: Element | None, name: str) -> str:
    return _own(_child(element, name))


def _country(address: Element | None) -> str:
    country = _child(address, "Country")
    return _text(country, "IdentificationCode") or _text(country, "Name")


def _address(address: Element | None) -> str:
    parts = ("StreetName", "BuildingNumber", "AdditionalStreetName", "PostalZone", "CityName", "CountrySubentity")
    return ", ".join(filter(None, (_text(address, part) for part in parts)))


def _unique(found: Any) -> Iterator[Any]:
    seen: list[Any] = []
    for one in found:
        if one not in seen:
            seen.append(one)
            yield one
