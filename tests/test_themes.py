"""docs/themes.md against lists and rules: each claim of the article has what the page says stands for it."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest

from sanctions_exposure.policy import Ruleset, describe_flags, load_ruleset

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("EXPOSURE_TEST_DATA", ROOT.parent / "shared"))
CLAIMS = SHARED / "domain" / "themes.md"
_ROW = re.compile(r"\| (\d\.\d+) \| (.+?) \| (.+?) \| (.+?) \|")
ROWS = [m.groups() for m in map(_ROW.fullmatch, (ROOT / "docs" / "themes.md").read_text("utf-8").splitlines()) if m]
# How many claims each part of the article makes.
PARTS = {"0": 4, "1": 6, "2": 25, "3": 20, "4": 5, "5": 4, "6": 7, "7": 6}


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load_ruleset(ROOT / "rules")


@pytest.fixture(scope="module")
def known(ruleset: Ruleset) -> dict[str, set[str]]:
    """Every id that the page may name, by its kind."""
    tables = ruleset.tables
    coded = {row.group for table in tables.codes.values() for rows in table.values() for row in rows}
    licensable = {row.group for rows in tables.humanitarian_by_chapter.values() for row in rows}
    return {
        "entity": {row["id"] for row in _csv("entities")},
        "corridor": set(tables.stages),
        "node": set(tables.nodes),
        "goods": coded | licensable,
        "keyword": {keyword.keyword for rows in tables.keywords.values() for _, keyword in rows},
        "rail": {term.rail for rows in tables.rail_terms.values() for _, term in rows},
        "rule": {rule.id for rule in ruleset.rules if rule.enabled},
        "row": {number for number, *_ in ROWS},
    }


def _csv(name: str) -> list[dict[str, str]]:
    with (ROOT / "lists" / "curated" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_claim_has_one_row() -> None:
    numbers = [number for number, *_ in ROWS]

    assert numbers == [f"{part}.{n}" for part, count in PARTS.items() for n in range(1, count + 1)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_the_page_names_is_there(row: tuple[str, ...], known: dict[str, set[str]], ruleset: Ruleset) -> None:
    number, claim, cell, flags = row
    named = [reference.split("/", maxsplit=1) for reference in _named(cell)]

    assert claim
    assert named or "context" in cell, f"row {number} is represented by nothing and is no context"
    assert [f"{kind}/{one}" for kind, one in named if one not in known[kind]] == []
    assert set(_named(flags)) <= {flag["code"] for flag in describe_flags(ruleset)}
    assert named or flags == "–"


def test_every_entity_the_page_names_can_be_told_in_an_answer(ruleset: Ruleset) -> None:
    grades, tables = ruleset.tables.grades_by_theme, ruleset.tables
    listed = {row["entity_id"] for row in _csv("listings") if row["status"] in {"listed", "restricted", "advisory"}}
    entities = {row["id"]: row for row in _csv("entities")}
    named = {r.removeprefix("entity/") for *_, cell, _ in ROWS for r in _named(cell) if r.startswith("entity/")}

    silent = [
        one
        for one in sorted(named - listed - tables.grades_by_entity.keys())
        # Systems, products and programmes are found by rails, keywords and corridors, not as parties.
        if entities[one]["schema"] not in {"PaymentSystem", "Product", "Programme"}
        and grades.keys().isdisjoint(entities[one]["themes"].split(";"))
    ]

    assert silent == []


@pytest.mark.realdata
@pytest.mark.skipif(not CLAIMS.exists(), reason=f"no claims at {CLAIMS}: set EXPOSURE_TEST_DATA")
def test_the_page_has_every_claim_and_every_entity_of_the_facts_it_was_made_from() -> None:
    cells = {number: cell for number, _, cell, _ in ROWS}
    entities = {row["id"] for row in _csv("entities")}
    lacking = []

    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        if claim := re.match(r"\| (\d\.\d+) \|.*?\|.*?\|(.*)\|.*\|", line):
            wanted = {one for one in _named(claim[2]) if one in entities}
            told = {reference.split("/", maxsplit=1)[1] for reference in _named(cells[claim[1]])}
            lacking += [(claim[1], one) for one in sorted(wanted - told)]

    assert lacking == []
