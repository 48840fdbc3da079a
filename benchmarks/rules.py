"""How long the rules take for one full shipment, beyond matching: 8 parties, 12 stops, 20 goods lines.

Run: ``python benchmarks/rules.py``.  Hits are made by hand, so no list is searched.  The first evaluation also loads
the tables of the world and computes sea legs; it is told apart.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from sanctions_exposure.model import Facts
from sanctions_exposure.policy import evaluate, load_ruleset
from sanctions_exposure.policy.cases import make_facts

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 300


def shipment() -> Facts:
    """Return an ordinary large shipment with one listed party on it."""
    hit = [{"name": "Glimmerwerk", "id": "invented-1", "score": 0.95, "listed": ["us 2010-01-01", "eu 2012-01-01"]}]
    roles = ["seller", "buyer", "consignor", "consignee", "carrier", "forwarder", "bank", "insurer"]
    lands = ["de", "tr", "nl", "ru", "tr", "ae", "at", "gb"]
    parties = [
        {
            "name": f"Invented Party {number}",
            "role": role,
            "country": land,
            "owners": [{"name": f"Owner {number}", "share": 60.0, "hits": hit if number == 3 else []}],
            "hits": hit if number == 4 else [],
        }
        for number, (role, land) in enumerate(zip(roles, lands, strict=True))
    ]
    stops = [
        "Munich", "Hamburg", "Rotterdam", "Antwerp", "Genoa", "Piraeus", "Istanbul", "Samsun", "Novorossiysk", "Rostov",
        "Volgograd", "Moscow",
    ]  # fmt: skip
    codes = [
        "8542.31",
        "8532.24",
        "8457.10",
        "8407.10",
        "6109.10",
        "8708.40",
        "9014.20",
        "8481.80",
        "7210.49",
        "4412.33",
    ]
    goods = [{"hs": code, "text": f"goods of line {number}", "origin": "de"} for number, code in enumerate(codes * 2)]
    payment = {"currency": "EUR", "payer_country": "ae", "banks": [{"name": "Invented Bank", "country": "at"}]}
    return make_facts(parties=parties, route=stops, goods=goods, payment=payment)


def main() -> None:
    began = time.perf_counter()
    ruleset = load_ruleset(ROOT / "rules")
    loaded = time.perf_counter() - began
    facts = shipment()
    began = time.perf_counter()
    verdict = evaluate(facts, ruleset)
    first = time.perf_counter() - began
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        evaluate(facts, ruleset)
        times.append((time.perf_counter() - began) * 1000)
    json.dump(
        {
            "rules": len(ruleset.rules),
            "flags_raised": len(verdict.flags),
            "load_ms": round(loaded * 1000, 1),
            "first_evaluation_ms": round(first * 1000, 1),
            "median_ms": round(statistics.median(times), 3),
            "p95_ms": round(sorted(times)[int(0.95 * ROUNDS)], 3),
            "best_ms": round(min(times), 3),
        },
        sys.stdout,
        indent=2,
    )
    print()


if __name__ == "__main__":
    main()
