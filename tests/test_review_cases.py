"""The worked review examples, end to end: the curated set, real matching, our rules.

Runs where the examples lie beside the checkout (or in EXPOSURE_TEST_DATA).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.model import Severity
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.lists import ListDesk
from sanctions_exposure.wiring.screener import Screener

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("EXPOSURE_TEST_DATA", ROOT.parent / "shared"))
CASES = SHARED / "domain" / "review-cases.yml"
ROLES = {
    "exporter": "seller", "supplier": "seller", "shipper": "consignor", "merchant": "buyer", "customer": "buyer",
    "ultimate consignee": "end_user", "end user": "end_user", "signatory": "other", "charterer": "other",
}  # fmt: skip
REAL_LISTS = {"us_ofac_sdn": "ofac/csv_20231228", "us_ofac_cons": "ofac/cons_csv_202512", "un_sc": "un_sc"}

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
        route[1] |= {"mode": "sea", "vessel": {k: v for k, v in vessel.items() if v}}
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


@pytest.fixture(scope="module", params=["curated set alone", "with OFAC and UN"])
def screener(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Screener:
    """A screener on the embedded default, and one that has the real lists too; both must answer alike."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), rules=ROOT / "rules", lists=ROOT / "lists")
    if request.param != "curated set alone":
        desk, now = ListDesk.of(settings), datetime(2026, 8, 31, tzinfo=UTC)
        desk.publish_curated(now)
        for list_id, folder in REAL_LISTS.items():
            desk.refresh(list_id, SHARED / "data" / folder, now)
    return Screener.open(settings)


@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["id"]))
def test_worked_example_gets_the_flags_a_reviewer_expects(screener: Screener, case: dict[str, Any]) -> None:
    expected = case["expected"]

    screening = screener.screen(as_request(case, as_of="2026-08-31"))

    codes = {flag.code for flag in screening.flags}
    serious = {f["code"] for f in expected["flags"] if Severity(f["severity"]).rank >= Severity.HIGH.rank}
    assert serious <= codes
    assert not codes.intersection(expected.get("must_not_flag", ()))
    overall = "none" if expected["overall_severity"] == "clear" else expected["overall_severity"]
    assert screening.severity == overall


@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["id"]))
def test_worked_example_gets_every_flag_at_the_severity_it_names(screener: Screener, case: dict[str, Any]) -> None:
    screening = screener.screen(as_request(case, as_of="2026-08-31"))

    worst: dict[str, str] = {}
    for flag in screening.flags:  # worst first
        worst.setdefault(flag.code, str(flag.severity))
    expected = {f["code"]: f["severity"] for f in case["expected"]["flags"]}
    assert {code: worst.get(code) for code in expected} == expected


@pytest.mark.parametrize("screener", ["with OFAC and UN"], indirect=True)  # the curated set does not hold the company
@pytest.mark.parametrize(
    ("as_of", "regimes", "severity", "rule"),
    [
        ("2025-12-14", ["us"], "critical", "sanctioned-party"),
        ("2025-12-15", ["us"], "high", "sanctioned-party-licensed"),
    ],
    ids=["the day before the licence", "listed but licensed"],
)
def test_a_general_licence_makes_a_state_of_its_own_from_its_day_on(
    screener: Screener, as_of: str, regimes: list[str], severity: str, rule: str
) -> None:
    screening = screener.screen({"name": "OJSC Belaruskali", "country": "by", "as_of": as_of, "regimes": regimes})

    first = screening.flags[0]
    assert (first.code, str(first.severity), first.rule.id) == ("SANCTIONED_PARTY", severity, rule)
    licences = [licence["licence"] for licence in first.evidence[0]["licences"]]
    assert licences == (["Belarus General License 13"] if severity == "high" else [])
