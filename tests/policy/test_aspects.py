"""Leaving rules out must change nothing: a condition finds nothing where none of the aspects it needs is there."""

import sys
import tomllib
from datetime import date
from typing import Any

import pytest

from sanctions_exposure import screening
from sanctions_exposure.model import Facts
from sanctions_exposure.policy.aspects import NEEDS, aspects_of, speaking
from sanctions_exposure.policy.conditions import CONDITIONS
from sanctions_exposure.policy.context import Context
from sanctions_exposure.policy.evaluate import evaluate
from sanctions_exposure.wiring.screener import Screener
from support.server import ROOT

EXAMPLES: list[dict[str, Any]] = [
    example
    for path in sorted((ROOT / "tests" / "cases" / "examples").glob("*.toml"))
    for example in tomllib.loads(path.read_text(encoding="utf-8"))["example"]
]
ALONE = [
    {"name": "Example Trading"},
    {"name": "Example Trading", "country": "ae"},
    {"name": "Example Trading", "country": "ir", "role": "buyer"},
    {"name": "Example Bank", "role": "bank"},
    {"imo": "9074720"},
    {"name": "Sample Star", "schema": "Vessel", "country": "km"},
    {"name": "Sample Star", "schema": "Vessel", "events": [{"type": "ais_gap", "hours": 90}]},
    {"bic": "VTBRRUMM"},
    {"goods": [{"hs_code": "8542.31"}]},
    {"route": ["RU Astrakhan", "Bandar Abbas"]},
    {"payment": {"currency": "RUB", "rail": "Mir"}},
    {"name": "OJSC BelAZ"},
]


@pytest.fixture(scope="module")
def asked(screener: Screener) -> list[Facts]:
    """What rules look at, of every example and of requests with a single aspect."""
    found: list[Facts] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screening, "evaluate", lambda facts, ruleset: found.append(facts) or evaluate(facts, ruleset))
        for request in [*ALONE, *(example["request"] for example in EXAMPLES)]:
            screener.screen(request)
    return found


def test_every_condition_says_what_it_needs() -> None:
    assert NEEDS.keys() == CONDITIONS.keys()


def test_a_condition_finds_nothing_where_none_of_its_aspects_is(screener: Screener, asked: list[Facts]) -> None:
    clauses = {c.key: c for rule in screener.ruleset.rules for c in (*rule.all, *rule.any, *rule.unless)}
    left_out = 0

    for facts in asked:
        context, aspects = Context.of(facts, screener.ruleset), aspects_of(facts)
        for clause in clauses.values():
            if NEEDS[clause.condition].isdisjoint(aspects):
                left_out += 1
                assert not list(CONDITIONS[clause.condition].run(context, clause.parameters)), clause.key

    assert left_out > len(asked)


def test_all_rules_and_those_that_can_speak_say_the_same(
    screener: Screener, asked: list[Facts], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [evaluate(facts, screener.ruleset) for facts in asked]

    monkeypatch.setattr(
        sys.modules[evaluate.__module__],
        "speaking",
        lambda ruleset, _, day: tuple(r for r in ruleset.rules if r.in_force(day)),
    )
    assert few == [evaluate(facts, screener.ruleset) for facts in asked]


def test_of_a_name_that_resembles_nobody_no_rule_speaks(screener: Screener, asked: list[Facts]) -> None:
    assert aspects_of(asked[0]) == frozenset()
    assert speaking(screener.ruleset, frozenset(), date(2026, 1, 1)) == ()
