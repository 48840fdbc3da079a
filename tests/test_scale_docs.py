"""docs/scale.md: its plan is arithmetic that anybody can do again, and its commands are ours."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sanctions_exposure.cli.screen import screen
from sanctions_exposure.wiring.screener import Screener

PAGE = (Path(__file__).parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")


def row(name: str) -> float:
    """Return the number in the plan's row of this name."""
    found = re.search(rf"^\| {re.escape(name)} \| \**([\d,.]+)\** ", PAGE, re.MULTILINE)
    assert found, name
    return float(found[1].replace(",", ""))


def test_the_plan_adds_up() -> None:
    core_hours = row("customers, million") * row("processor time a customer, ms") * 1000 / 3600

    assert row("core hours") == pytest.approx(core_hours, rel=0.02)
    assert row("cores") == row("machines") * row("cores a machine")
    assert row("hours") == pytest.approx(core_hours / row("cores") / row("efficiency"), rel=0.03)
    assert row("money, USD") == pytest.approx(row("hours") * row("cores") * row("price of a core hour, USD"), rel=0.05)


def test_every_option_the_page_names_is_there() -> None:
    told = CliRunner().invoke(screen, ["--help"]).output

    missing = {option for option in re.findall(r"(--[a-z]+)", PAGE) if option not in told} - {"--group"}
    assert not missing


def test_every_method_the_page_calls_is_there() -> None:
    assert {name for name in re.findall(r"Screener\.open\(\)\.(\w+)", PAGE) if not hasattr(Screener, name)} == set()
