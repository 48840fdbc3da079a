"""Orders decided over HTTP: one word, the reasons, and the same answer for the same key."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.api import create_app
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.screener import Screener
from support.checking import CLEAN, LISTED, publish
from support.server import ROOT, running

ORDERS = ROOT / "tests" / "fixtures" / "orders"
UBL = (ORDERS / "order.xml").read_bytes()
ERP = (ORDERS / "erp.csv").read_bytes()
ORDER = {
    "reference": "PO-1",
    "parties": [{"role": "buyer", "name": CLEAN, "country": "fr"}, {"role": "seller", "name": LISTED}],
}
CALM = {"reference": "PO-2", "parties": [{"role": "seller", "name": CLEAN}]}


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("core")
    publish(data)
    return data


@pytest.fixture(scope="session")
def buyer(core: Path) -> FlaskClient:
    settings = Settings(data=core)
    return create_app(settings, Screener.open(settings)).test_client()


def ask(
    client: FlaskClient, order: Any, *, kind: str = "application/json", query: str = "", key: str | None = None
) -> tuple[int, Any]:
    content = order if isinstance(order, bytes) else json.dumps(order).encode()
    headers = {"Idempotency-Key": key} if key is not None else {}
    response = client.post(f"/v1/check{query}", data=content, content_type=kind, headers=headers)
    return response.status_code, response.get_json(force=True)


def test_an_order_with_a_listed_party_is_blocked_with_reasons(buyer: FlaskClient) -> None:
    status, found = ask(buyer, ORDER)

    assert (status, found["decision"], found["reference"]) == (200, "block", "PO-1")
    (reason,) = found["reasons"]
    assert (reason["kind"], reason["name"], reason["entities"]) == ("flag", LISTED, ["us_ofac_sdn:1001"])
    assert reason["subject"] == "/parties/1"
    assert reason["explanation"]
    assert found["snapshot"]


def test_an_order_without_findings_is_clear(buyer: FlaskClient) -> None:
    _, found = ask(buyer, CALM)

    assert (found["decision"], found["reasons"]) == ("clear", [])


def test_an_order_that_wants_a_look_is_to_be_reviewed(buyer: FlaskClient) -> None:
    _, found = ask(buyer, CALM | {"route": ["RU Astrakhan", "IRBAZ"]})

    assert found["decision"] == "review"


def test_nothing_is_clear_without_the_lists_it_must_rest_on(client: FlaskClient) -> None:
    _, found = ask(client, CALM)
    _, told = ask(client, CALM, query="?require_list=curated")
    _, listed = ask(client, {"name": "OJSC BelAZ", "country": "by"})

    assert found["decision"] == "error"
    assert "un_sc was never loaded" in " ".join(r["explanation"] for r in found["reasons"])
    assert told["decision"] == "clear"
    assert listed["decision"] == "block"


def test_an_order_is_judged_by_the_lists_of_the_regimes_it_names(buyer: FlaskClient) -> None:
    _, found = ask(buyer, CALM | {"regimes": ["jp"]})
    _, told = ask(buyer, CALM | {"regimes": ["jp"]}, query="?regimes=us&regimes=eu")

    assert (found["decision"], told["decision"]) == ("error", "clear")


def test_an_order_that_cannot_be_screened_is_an_error_that_says_where(buyer: FlaskClient) -> None:
    _, found = ask(buyer, {"reference": "PO-3", "parties": [{"name": "?!"}]})

    assert (found["decision"], found["reference"]) == ("error", "PO-3")
    assert found["reasons"][0] == {
        "kind": "input",
        "pointer": "/parties/0/name",
        "explanation": found["reasons"][0]["explanation"],
    }


def test_half_a_character_is_an_error_and_no_fault_of_ours(buyer: FlaskClient) -> None:
    status, found = ask(buyer, b'{"reference": "r\\ud800", "parties": [{"name": "a\\ud800"}]}')

    assert (status, found["decision"], found["reference"]) == (200, "error", "r?")


def test_a_ubl_order_is_decided(buyer: FlaskClient) -> None:
    status, found = ask(buyer, UBL, kind="application/xml")

    assert (status, found["decision"], found["reference"]) == (200, "block", "PO-INVENTED-7")


def test_an_erp_export_is_decided_order_by_order(buyer: FlaskClient) -> None:
    status, found = ask(buyer, ERP, kind="text/csv; charset=utf-8")

    assert (status, found["decision"]) == (200, "block")
    assert [(c["reference"], c["decision"]) for c in found["checks"]] == [
        ("4500000001", "clear"),
        ("4500000002", "block"),
    ]


def test_columns_are_mapped_by_the_query(buyer: FlaskClient) -> None:
    table = f"Creditor\n{LISTED}\n".encode()

    assert ask(buyer, table, kind="text/csv")[0] == 422
    assert ask(buyer, table, kind="text/csv", query="?map=Creditor%3Dsupplier_name")[1]["decision"] == "block"


def test_a_number_under_the_same_meaning_hides_no_name(buyer: FlaskClient) -> None:
    _, found = ask(buyer, f"Vendor,Vendor name\n100023,{LISTED}\n".encode(), kind="text/csv")
    _, nobody = ask(buyer, b"PO,Supplier,Country\n1,,BY\n", kind="text/csv")

    assert (found["decision"], nobody["decision"]) == ("block", "error")


@pytest.mark.parametrize(
    ("content", "kind", "query", "status"),
    [
        (b"{", "application/json", "", 400),
        (b"x", "text/plain", "", 415),
        (b"<Order/>", "application/xml", "", 422),
        (b"a,b\n1,2\n", "text/csv", "", 422),
        (b"PO,Supplier\n", "text/csv", "", 422),
        (b"A\nx\n", "text/csv", "?map=A%3Dsupplier_name&map=A%3Dbuyer_name", 422),
        (b'{"name": "x"}', "application/json", "?require_list=nonesuch", 422),
        (b'{"name": "x"}', "application/json", "?regimes=atlantis", 422),
        (b'{"name": "x"}', "application/json", "?map=x", 200),
    ],
)
def test_what_is_no_order_is_refused(buyer: FlaskClient, content: bytes, kind: str, query: str, status: int) -> None:
    assert ask(buyer, content, kind=kind, query=query)[0] == status


def test_the_same_key_gives_the_same_bytes_and_refuses_another_order(buyer: FlaskClient) -> None:
    first, second = ask(buyer, ORDER, key="a-1"), ask(buyer, ORDER, key="a-1")

    assert first == second
    assert ask(buyer, ORDER)[1]["screening"] != first[1]["screening"]
    assert ask(buyer, CALM, key="a-1")[0] == 422
    assert ask(buyer, CALM, key="bad key")[0] == 422


def test_a_request_that_was_refused_does_not_use_its_key_up(buyer: FlaskClient) -> None:
    assert ask(buyer, b"{", key="b-1")[0] == 400
    assert ask(buyer, b"{", key="b-1")[0] == 400
    assert ask(buyer, CALM, key="b-1")[0] == 200


def test_a_key_is_remembered_across_restarts_and_workers(tmp_path: Path) -> None:
    data = tmp_path / "data"
    publish(data)

    with running(data, workers=2) as server, ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda _: server.ask("/v1/check", ORDER, headers={"Idempotency-Key": "k"}), range(8)))
    with running(data) as server:
        again = server.ask("/v1/check", ORDER, headers={"Idempotency-Key": "k"})

    given = {reply.body for reply in asked if reply.status == 200}
    assert given == {again.body}
    assert {reply.status for reply in asked} <= {200, 409}
    assert again.headers["Idempotency-Replayed"] == "true"
