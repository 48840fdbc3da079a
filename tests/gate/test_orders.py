"""Purchase orders as others write them, read as requests of ours."""

from pathlib import Path

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
        (b"supplier\n\xff\n", "UTF-8"),
        (b"supplier\na,b\n", "row 2"),
        (b'supplier\n"a\n', "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_read_whole_is_refused(document: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_orders(document)


def test_every_field_and_role_is_documented() -> None:
    page = (Path(ROOT) / "docs" / "ci.md").read_text(encoding="utf-8")

    assert [field for field in FIELDS if f"`{field}`" not in page] == []
    assert [element for element in ROLES if f"`{element}`" not in page] == []
