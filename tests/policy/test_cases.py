"""Every rule has cases that fire, cases that stay silent, and the day before it takes effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanctions_exposure.errors import RulesError
from sanctions_exposure.policy import CaseResult, Ruleset, load_ruleset, run_cases
from sanctions_exposure.policy.cases import read_cases

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "cases"
RESULTS = list(run_cases(load_ruleset(ROOT / "rules"), FOLDER))


@pytest.mark.parametrize("result", RESULTS, ids=[f"{r.rule}: {r.title}" for r in RESULTS])
def test_rule_does_what_its_case_says(result: CaseResult) -> None:
    assert result.fault == ""


def test_there_are_cases_enough(ruleset: Ruleset) -> None:
    assert {r.rule for r in RESULTS} == {rule.id for rule in ruleset.rules}
    assert len(RESULTS) > 4 * len(ruleset.rules)


def test_a_rule_without_cases_and_cases_without_a_rule_are_faults(ruleset: Ruleset, tmp_path: Path) -> None:
    (tmp_path / "no-such-rule.toml").write_text('[[case]]\ntitle = "x"\n', encoding="utf-8")

    faults = {r.rule: r.fault for r in run_cases(ruleset, tmp_path)}

    assert faults["no-such-rule"] == "no rule is called 'no-such-rule'"
    assert faults["listed-port"] == "listed-port has no cases"


def test_a_case_that_the_rule_contradicts_says_what_happened(ruleset: Ruleset, tmp_path: Path) -> None:
    text = """
[[case]]
title = "expected silent"
expect = "silent"
as_of = 2026-08-31
route = ["Astrakhan"]

[[case]]
title = "expected less"
expect = "fires"
severity = "low"
as_of = 2026-08-31
route = ["Astrakhan"]

[[case]]
title = "misspelt"
expect = "fires"
roote = ["Astrakhan"]
"""
    (tmp_path / "listed-port.toml").write_text(text, encoding="utf-8")

    faults = [r.fault for r in run_cases(ruleset, tmp_path) if r.rule == "listed-port"]

    assert faults[:2] == ["expected silent, but it fires", "expected severity low, not high"]
    assert "roote" in faults[2]
    assert faults[3] == "no case that is silent on 2024-11-17, the day before it takes effect"


def test_a_file_of_cases_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "listed-port.toml").write_text("route = 3", encoding="utf-8")

    with pytest.raises(RulesError, match=r"listed-port\.toml: case: is missing"):
        read_cases(tmp_path / "listed-port.toml")
