"""Every rule has cases that fire, cases that stay silent, and the day before it takes effect."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.model import Facts
from sanctions_exposure.policy import Ruleset, evaluate

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "cases"


def _read(path: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    return cases


CASES = [(path.stem, case) for path in sorted(FOLDER.glob("*.toml")) for case in _read(path)]


def _only(ruleset: Ruleset, rule: str) -> Ruleset:
    return replace(ruleset, rules=tuple(r for r in ruleset.rules if r.id == rule))


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule}: {case['title']}" for rule, case in CASES])
def test_rule_does_what_its_case_says(
    rule: str, case: dict[str, Any], ruleset: Ruleset, make_facts: Callable[..., Facts]
) -> None:
    given = {k: v for k, v in case.items() if k not in {"title", "expect", "severity"}}

    verdict = evaluate(make_facts(**given), _only(ruleset, rule))

    assert bool(verdict.flags) is (case["expect"] == "fires")
    assert verdict.severity == case.get("severity", "none")


def test_every_rule_has_cases_and_every_case_a_rule(ruleset: Ruleset) -> None:
    files = {path.stem for path in FOLDER.glob("*.toml")}

    assert files == {rule.id for rule in ruleset.rules}


def test_every_rule_fires_stays_silent_and_is_silent_the_day_before_it_takes_effect(ruleset: Ruleset) -> None:
    lacking = []

    for rule in ruleset.rules:
        cases = _read(FOLDER / f"{rule.id}.toml")
        said = {c["expect"] for c in cases}
        before = [c for c in cases if c["expect"] == "silent" and c["as_of"] == rule.effective - timedelta(days=1)]
        if said != {"fires", "silent"} or not before:
            lacking.append(rule.id)

    assert lacking == []
