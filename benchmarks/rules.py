"""How long the rules take for one full shipment, beyond matching: 8 parties, 12 stops, 20 goods lines.

Run: ``python benchmarks/rules.py``.  Hits are made by hand, so no list is searched.  The first evaluation also loads
the tables of the world and computes sea legs; it is told apart.  Names and descriptions are others in every round, as
in real traffic; places and codes come back, as there.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from pathlib import Path

from sanctions_exposure.model import Facts
from sanctions_exposure.policy import Ruleset, evaluate, load_ruleset
from sanctions_exposure.policy.cases import make_facts

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 300


CONTROLLED = [
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
PLAIN = ["6109.10", "8481.80", "7210.49", "4412.33", "9403.50", "3926.90", "8422.30", "7318.15", "4819.10", "8536.50"]


def shipment(*, laden: bool, order: int = 0) -> Facts:
    """Return a large shipment, its words told by *order*.

    *laden*: to Russia, with a listed party and owner, and half of the goods controlled.
    """
    hit = [{"name": "Glimmerwerk", "id": "invented-1", "score": 0.95, "listed": ["us 2010-01-01", "eu 2012-01-01"]}]
    roles = ["seller", "buyer", "consignor", "consignee", "carrier", "forwarder", "bank", "insurer"]
    lands = ["de", "tr", "nl", "ru" if laden else "ge", "tr", "ae", "at", "gb"]
    parties = [
        {
            "name": f"Invented Party {number} of {order}",
            "role": role,
            "country": land,
            "owners": [
                {"name": f"Owner {number} of {order}", "share": 60.0, "hits": hit if laden and number == 3 else []}
            ],
            "hits": hit if laden and number == 4 else [],
        }
        for number, (role, land) in enumerate(zip(roles, lands, strict=True))
    ]
    stops = ["Munich", "Hamburg", "Rotterdam", "Antwerp", "Genoa", "Piraeus", "Istanbul", "Samsun"]
    stops += ["Novorossiysk", "Rostov", "Volgograd", "Moscow"] if laden else ["Trabzon", "Batumi", "Poti", "Tbilisi"]
    codes = CONTROLLED if laden else PLAIN
    goods = [
        {"hs": code, "text": f"goods of line {number} of order {order}", "origin": "de"}
        for number, code in enumerate(codes * 2)
    ]
    payment = {"currency": "EUR", "payer_country": "ae", "banks": [{"name": "Invented Bank", "country": "at"}]}
    return make_facts(parties=parties, route=stops, goods=goods, payment=payment)


def measure(shipments: list[Facts], ruleset: Ruleset) -> dict[str, float]:
    began = time.perf_counter()
    verdict = evaluate(shipments[0], ruleset)
    first = time.perf_counter() - began
    gc.collect()
    gc.freeze()  # as the service does once its tables are read
    times = []
    for facts in shipments[1:]:
        began = time.perf_counter()
        evaluate(facts, ruleset)
        times.append((time.perf_counter() - began) * 1000)
    return {
        "flags_raised": len(verdict.flags),
        "first_evaluation_ms": round(first * 1000, 1),
        "median_ms": round(statistics.median(times), 3),
        "p95_ms": round(sorted(times)[int(0.95 * ROUNDS)], 3),
        "best_ms": round(min(times), 3),
    }


def main() -> None:
    began = time.perf_counter()
    ruleset = load_ruleset(ROOT / "rules")
    loaded = round((time.perf_counter() - began) * 1000, 1)
    found = {
        "rules": len(ruleset.rules),
        "load_ms": loaded,
        "plain": measure([shipment(laden=False, order=n) for n in range(ROUNDS + 1)], ruleset),
        "laden": measure([shipment(laden=True, order=n) for n in range(ROUNDS + 1)], ruleset),
    }
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
