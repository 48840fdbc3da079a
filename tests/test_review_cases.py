"""The worked review examples, end to end: real lists, real matching, our rules.

Runs where the shared facts lie beside the checkout (or in EXPOSURE_TEST_DATA) and a snapshot can be opened.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.model import Severity

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("EXPOSURE_TEST_DATA", ROOT.parent / "shared"))
CASES = SHARED / "domain" / "review-cases.yml"
ROLES = {
    "exporter": "seller", "supplier": "seller", "shipper": "consignor", "merchant": "buyer", "customer": "buyer",
    "ultimate consignee": "end_user", "end user": "end_user", "signatory": "other", "charterer": "other",
}  # fmt: skip

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not CASES.exists(), reason=f"no review examples at {CASES}: set EXPOSURE_TEST_DATA"),
]


def as_request(case: dict[str, Any], *, as_of: str) -> dict[str, Any]:
    """Return a worked example as a request of our contract."""
    given = case["input"]
    shipment, payment = given.get("shipment") or {}, given.get("payment") or {}
    vessel = shipment.get("vessel")
    route: list[dict[str, Any]] = [{"place": place} for place in shipment.get("route", [])]
    if vessel:  # the ship carries the first leg, which ends at the second stop
        identifiers = [{"type": "imo", "value": vessel["imo"]}] if vessel.get("imo") else []
        ship = {k: v for k, v in (("name", vessel["name"]), ("imo", vessel.get("imo"))) if v}
        route[1] |= {"mode": "sea", "vessel": ship if identifiers else {"name": vessel["name"]}}
    request: dict[str, Any] = {
        "reference": case["id"],
        "as_of": as_of,
        "parties": [
            {"name": p["name"], "role": ROLES.get(p["role"], p["role"]), "countries": [p["country"].lower()]}
            for p in given["counterparties"]
        ],
        "route": route,
        "goods": [{"hs_code": g["hs"], "description": g["description"]} for g in shipment.get("goods", [])],
        "payment": {
            key: payment[theirs]
            for key, theirs in (("currency", "currency"), ("rail", "rail"), ("description", "description"))
            if payment.get(theirs)
        }
        | ({"description": payment["purpose"]} if payment.get("purpose") else {}),
    }
    return {key: value for key, value in request.items() if value}


def _cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    yaml = pytest.importorskip("yaml")  # the examples are YAML; the package itself reads none
    cases: list[dict[str, Any]] = yaml.safe_load(CASES.read_text(encoding="utf-8"))["cases"]
    return cases


@pytest.fixture(scope="module")
def screener() -> Any:
    """A screener on the real lists; skipped until a snapshot has been built from them."""
    data = os.environ.get("EXPOSURE_TEST_SNAPSHOT")
    if not data:
        pytest.skip("set EXPOSURE_TEST_SNAPSHOT to a data folder with a snapshot of the real lists")
    wiring = pytest.importorskip("sanctions_exposure.wiring")
    return wiring.Screener.open(data=Path(data), rules=ROOT / "rules")


@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["id"]))
def test_worked_example_gets_the_flags_a_reviewer_expects(screener: Any, case: dict[str, Any]) -> None:
    expected = case["expected"]

    screening = screener.screen(as_request(case, as_of="2026-08-31"))

    codes = {flag.code for flag in screening.flags}
    serious = {f["code"] for f in expected["flags"] if Severity(f["severity"]).rank >= Severity.HIGH.rank}
    assert serious <= codes
    assert not codes.intersection(expected.get("must_not_flag", ()))
    overall = "none" if expected["overall_severity"] == "clear" else expected["overall_severity"]
    assert screening.severity == overall
