"""Purchase orders as others write them, read as requests of ours."""

from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.gate.flat_orders import FIELDS, read_orders
from sanctions_exposure.gate.ubl import ROLES, read_order
from sanctions_exposure.question import read_subject
from support.server import ROOT

ORDERS = ROOT / "tests" / "fixtures" / "orders"
UBL = (ORDERS / "order.xml").read_bytes()
ERP = (ORDERS / "erp.csv").read_bytes()


def test_a_ubl_order_gives_every_party_in_it_with_its_role() -> None:
    request = read_order(UBL)

    assert [(p["role"], p.get("name")) for p in request["parties"]] == [
        ("buyer", "Quorvane Blixtrop Bakery"),
        ("seller", "Vexorin Works"),
        ("carrier", "Harmless Haulage"),
        ("other", "Plainly Harmless Castings"),
        ("vessel", "Invented Breeze"),
    ]
    seller = request["parties"][1]
    assert seller["aliases"] == ["Vexorin Plumbatic Works"]
    assert {"type": "registration", "value": "REG1001"} in seller["identifiers"]
    assert {"type": "duns", "value": "000000001"} in seller["identifiers"]


def test_a_ubl_order_gives_places_goods_and_money() -> None:
    request = read_order(UBL)

    assert request["reference"] == "PO-INVENTED-7"
    assert request["route"] == [{"place": "Mersin", "country": "TR"}, {"place": "Lyon", "country": "FR"}]
    assert request["goods"] == [
        {"description": "Bearings: Plain ball bearings", "hs_code": "8482.10", "origin": "TR"}
    ] or (request["goods"][0]["hs_code"] == "848210")
    assert request["payment"] == {"currency": "EUR", "banks": [{"name": "Invented Bank", "bic": "INVTFRPP"}]}
    assert request["parties"][-1]["imo"] == "1000007"
    read_subject(request)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"<Order", "not XML"),
        (b"<Order/>", "not a UBL 2 Order"),
        (UBL.replace(b"xsd:Order-2", b"xsd:Invoice-2"), "not a UBL 2 Order"),
        (b'<!DOCTYPE Order [<!ENTITY a "b">]>' + UBL[UBL.index(b"<Order") :], "DOCTYPE"),
        (
            ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE Order>' + UBL[UBL.index(b"<Order") :].decode()).encode(
                "utf-16"
            ),
            "DOCTYPE",
        ),
    ],
)
def test_what_is_no_order_or_might_do_harm_is_refused(document: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_order(document)


def test_lines_of_an_erp_export_are_gathered_by_order() -> None:
    first, second = read_orders(ERP)

    assert first["reference"] == "4500000001"
    assert [p["name"] for p in first["parties"]] == ["Quorvane Blixtrop Bakery"]
    assert [g["hs_code"] for g in first["goods"]] == ["1101.00", "2102.10"]
    assert second["parties"] == [
        {"role": "seller", "name": "Vexorin Plumbatic Works", "country": "AE", "address": "Dubai"}
    ]
    assert second["payment"] == {"currency": "USD"}
    for request in (first, second):
        read_subject(request)


def test_columns_of_other_systems_can_be_mapped() -> None:
    (order,) = read_orders(b"Creditor,x\nVexorin Plumbatic Works,1\n", {"Creditor": "supplier_name"})

    assert order["parties"][0]["name"] == "Vexorin Plumbatic Works"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no column names a party"),
        (b"supplier,po\n", "no order"),
        (b"supplier,po\n,\n", "no order"),
        (b"supplier\n\xff\n", "UTF-8"),
        (b"supplier\na,b\n", "row 2"),
        (b'supplier\n"a\n', "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_read_whole_is_refused(document: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_orders(document)


def names(order: dict[str, Any]) -> list[str]:
    return [party["name"] for party in order["parties"] if "name" in party]


@pytest.mark.parametrize(
    ("table", "mapping", "found"),
    [
        (b"Vendor,Vendor name\n100023,Vexorin Works\n", {}, ["Vexorin Works"]),
        (b"Vendor name,Vendor\nVexorin Works,100023\n", {}, ["Vexorin Works"]),
        (b"Supplier,Supplier\nPlain Bakery,Vexorin Works\n", {}, ["Plain Bakery", "Vexorin Works"]),
        (b"Supplier,Supplier\nVexorin Works,Vexorin Works\n", {}, ["Vexorin Works"]),
        (b"A,B\nPlain,Vexorin Works\n", {"A": "supplier_name", "B": "supplier_name"}, ["Plain", "Vexorin Works"]),
        (b"A,Supplier\nPlain,Vexorin Works\n", {"A": "supplier_name"}, ["Plain", "Vexorin Works"]),
        (b"Vendor\n100023\n", {}, ["100023"]),
    ],
)
def test_of_columns_that_mean_the_same_none_is_dropped(table: bytes, mapping: dict[str, str], found: list[str]) -> None:
    (order,) = read_orders(table, mapping)

    assert names(order) == found
    read_subject(order)


def test_a_number_beside_a_name_is_another_name_of_it_and_its_further_columns_are_told_too() -> None:
    header = b"Vendor,Vendor name,Country,Land1,VAT ID,Tax number,Description,Short text,HS code,Customs code\n"
    (order,) = read_orders(header + b"100023,Vexorin Works,AE,BY,T1,T2,Bearings,of steel,848210,848220\n")

    assert order["parties"] == [
        {
            "role": "seller", "name": "Vexorin Works", "aliases": ["100023"], "countries": ["AE", "BY"], "tax": "T1",
            "identifiers": [{"type": "tax", "value": "T2"}],
        }
    ]  # fmt: skip
    assert [g["hs_code"] for g in order["goods"]] == ["848210", "848220"]
    assert order["goods"][0]["description"] == "Bearings; of steel"
    read_subject(order)


def test_every_line_of_an_order_says_how_it_is_paid() -> None:
    (order,) = read_orders(
        b"PO,Supplier,Currency,Bank,Swift\n1,Vexorin Works,EUR,Plain Bank,\n1,Vexorin Works,rub,Other Bank,INVTRUMM\n"
    )

    assert order["payment"] == {
        "currency": "EUR/RUB", "banks": [{"name": "Plain Bank"}, {"name": "Other Bank", "bic": "INVTRUMM"}],
    }  # fmt: skip


def test_a_supplier_without_a_name_is_screened_by_its_numbers() -> None:
    (order,) = read_orders(b"PO,Supplier,VAT ID\n1,,T1\n")

    assert order["parties"] == [{"role": "seller", "tax": "T1"}]
    read_subject(order)


@pytest.mark.parametrize(
    "table",
    [
        b"PO,Supplier,Country\n1,,BY\n",
        b"PO,Supplier,Description\n1,,Flour\n",
        b"PO,Supplier\n1,\n",
        b"PO,Supplier,Note\n,,call them\n",
        b"PO,Supplier,Buyer\n1,,Plain Bakery\n",
        b"PO,Supplier,Country\n1,Plain Bakery,FR\n1,,BY\n",
    ],
)
def test_an_order_that_does_not_say_who_supplies_it_cannot_be_clear(table: bytes) -> None:
    (order,) = read_orders(table)

    with pytest.raises(InvalidInput):
        read_subject(order)


def test_a_line_that_leaves_the_supplier_to_the_line_before_is_no_fault() -> None:
    (order,) = read_orders(b"PO,Supplier,Country,Goods\n1,Plain Bakery,FR,Flour\n1,,FR,Yeast\n1,,,Salt\n,,,\n")

    assert order["parties"] == [{"role": "seller", "name": "Plain Bakery", "country": "FR"}]
    assert len(order["goods"]) == 3


SELLER = UBL[UBL.index(b"<cac:SellerSupplierParty>") : UBL.index(b"</cac:SellerSupplierParty>")]


@pytest.mark.parametrize(
    "inside",
    [
        b"<cac:SellerSupplierParty>",
        b"<cac:SellerSupplierParty><cac:Party/>",
        b"<cac:SellerSupplierParty><cac:Party><cac:Contact><cbc:Name>A Person</cbc:Name></cac:Contact></cac:Party>",
        b"<cac:SellerSupplierParty><cac:Party><cac:PartyName><cbc:Name/></cac:PartyName></cac:Party>",
    ],
)
def test_a_ubl_order_whose_seller_says_nothing_cannot_be_clear(inside: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_subject(read_order(UBL.replace(SELLER, inside)))


def test_a_ubl_order_without_any_seller_cannot_be_clear() -> None:
    with pytest.raises(InvalidInput):
        read_subject(read_order(UBL.replace(SELLER + b"</cac:SellerSupplierParty>", b"")))


def test_a_ubl_party_is_known_by_its_number_or_by_the_name_it_is_taxed_under() -> None:
    number = b'<cac:PartyIdentification><cbc:ID schemeID="0199">529900T8BM49AURSDO55</cbc:ID></cac:PartyIdentification>'
    taxed = b"<cac:PartyTaxScheme><cbc:RegistrationName>Vexorin Works</cbc:RegistrationName></cac:PartyTaxScheme>"
    begin, end = b"<cac:SellerSupplierParty><cac:Party>", b"</cac:Party>"

    by_number = read_order(UBL.replace(SELLER, begin + number + end))["parties"][1]
    by_name = read_order(UBL.replace(SELLER, begin + taxed + end))["parties"][1]

    assert by_number == {"role": "seller", "identifiers": [{"type": "lei", "value": "529900T8BM49AURSDO55"}]}
    assert by_name == {"role": "seller", "name": "Vexorin Works"}


def test_a_ubl_bank_may_stand_in_its_branch_and_every_currency_counts() -> None:
    institution = UBL[UBL.index(b"<cac:FinancialInstitution>") : UBL.index(b"</cac:FinancialInstitutionBranch>")]
    second = b"</cbc:DocumentCurrencyCode><cbc:PricingCurrencyCode>RUB</cbc:PricingCurrencyCode>"
    order = UBL.replace(b"</cbc:DocumentCurrencyCode>", second)

    alone = read_order(order.replace(institution, b"<cbc:ID>INVTRUMM</cbc:ID>"))
    beside = read_order(
        order.replace(institution, b"<cbc:ID>invtrumm</cbc:ID>" + institution.replace(b"INVTFRPP", b""))
    )

    assert alone["payment"] == {"currency": "EUR/RUB", "banks": [{"bic": "INVTRUMM"}]}
    assert beside["payment"]["banks"] == [{"name": "Invented Bank", "bic": "INVTRUMM"}]


def test_every_field_and_role_is_documented() -> None:
    page = (Path(ROOT) / "docs" / "ci.md").read_text(encoding="utf-8")

    assert [field for field in FIELDS if f"`{field}`" not in page] == []
    assert [element for element in ROLES if f"`{element}`" not in page] == []
