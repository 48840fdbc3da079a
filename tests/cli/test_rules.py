"""``exposure rules check`` and ``exposure rules test``, without a process of their own: they need no lists."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sanctions_exposure.cli.rules import rules

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "rules", tmp_path / "rules"))


def test_cases_beside_the_rules_are_run(folder: Path) -> None:
    shutil.copytree(ROOT / "tests" / "cases", folder / "cases", ignore=shutil.ignore_patterns("examples"))

    done = CliRunner().invoke(rules, ["test", str(folder)])

    assert done.exit_code == 0, done.output
    assert "0 failed" in done.output


def test_a_rule_that_no_longer_does_what_its_case_says_is_named(folder: Path) -> None:
    rule = folder / "listed-port.toml"
    rule.write_text(rule.read_text(encoding="utf-8").replace("2024-11-18\nsummary", "2026-12-01\nsummary"), "utf-8")

    done = CliRunner().invoke(rules, ["test", str(folder), "--cases", str(ROOT / "tests" / "cases")])

    assert done.exit_code == 1
    assert "listed-port: “Astrakhan, under the EU ban.”: expected fires, but it is silent" in done.output


def test_a_folder_without_cases_says_so(folder: Path) -> None:
    done = CliRunner().invoke(rules, ["test", str(folder)])

    assert done.exit_code != 0
    assert "no cases stand beside the rules" in str(done.exception or done.output)


def test_every_fault_of_a_folder_is_told_with_file_line_and_key(folder: Path) -> None:
    port = folder / "listed-port.toml"
    port.write_text(port.read_text(encoding="utf-8").replace('kind = "port"', 'kind = "harbour"'), "utf-8")
    table = folder / "tables" / "nodes.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("55.7505", "north"), "utf-8")

    done = CliRunner().invoke(rules, ["check", str(folder)])

    text = str(done.exception)
    line = port.read_text(encoding="utf-8").splitlines().index('kind = "harbour"') + 1
    assert f"listed-port.toml: line {line}: all[0]: kind: unknown value 'harbour'" in text
    assert "tables/nodes.csv: line 2: column 'lat': 'north'" in text
