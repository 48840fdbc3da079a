import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.cli.tune import read_decisions, steps
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.policy import load_ruleset
from sanctions_exposure.wiring.screener import Screener
from support.server import COMMAND, ROOT, environment

Tune = Callable[..., "subprocess.CompletedProcess[str]"]

# Nobody of these exists.
PAIRS = """name,listed_name,schema,decision
Quorvane Blixtrop,Quorvane Blixtrop,Person,true
Blixtrop Quorvane,Quorvane Blixtrop,Person,true
Quorvane Blixtropp,Quorvane Blixtrop,Person,yes
Dornwick Trading LLC,Dornwick Trading Limited Liability Company,Company,TRUE
Zelmira Tashov,Quorvane Blixtrop,Person,true
Ostrava Fennimore,Quorvane Blixtrop,Person,false
Dornwick Trading LLC,Dornwick Trading 2 LLC,Company,false
Zelmira Tashov,Zelmira Tashovic,Person,no
"""


@pytest.fixture
def tune(tmp_path: Path) -> Tune:
    """Write a file of decisions and run the command on it."""

    def command(content: str | bytes, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        file = tmp_path / "decisions.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return subprocess.run(
            [*COMMAND, "tune", str(file), *arguments],
            capture_output=True,
            encoding="utf-8",
            env=environment(**({"EXPOSURE_DATA": str(tmp_path / "data")} | settings)),
            timeout=120,
            check=False,
        )

    return command


def table(done: "subprocess.CompletedProcess[str]") -> dict[float, dict[str, Any]]:
    assert done.returncode in {0, 4}, done.stderr
    return {step["threshold"]: step for step in json.loads(done.stdout)["steps"]}


def test_each_threshold_is_told_with_what_it_does(tune: Tune) -> None:
    found = table(tune(PAIRS, "--format", "json"))

    at = found[0.85]
    assert at["recall"] == 0.8  # four of five: Zelmira was said to be Quorvane
    assert found[0.5]["recall"] >= at["recall"] >= found[0.95]["recall"]
    assert found[0.5]["alerts"] >= at["alerts"] >= found[0.95]["alerts"]
    assert at["precision"] == round(4 / at["alerts"], 4)


def test_the_profiles_are_marked_where_they_stand(tune: Tune) -> None:
    ruleset = load_ruleset(ROOT / "rules")
    found = table(tune(PAIRS, "--format", "json"))

    marked = {name: threshold for threshold, step in found.items() for name in step["profiles"]}
    assert marked == {
        "balanced": ruleset.thresholds["name-review"].value,
        "high-recall": ruleset.profiles["high-recall"].thresholds["name-review"],
    }


def test_a_person_reads_it_as_a_table(tune: Tune) -> None:
    done = tune(PAIRS)

    assert done.returncode == 0
    assert "8 decisions, 5 of them matches" in done.stdout
    assert "balanced" in done.stdout
    assert "high-recall" in done.stdout


def test_a_decision_may_name_a_listed_party_by_its_list_and_id(tune: Tune, screener: Screener) -> None:
    rows = (
        "name,list,entity_id,country,decision\nOJSC BelAZ,curated,{id},by,true\nQuorvane Blixtrop,curated,{id},,false\n"
    )
    [belaz] = screener.search({"name": "OJSC BelAZ", "country": "by"}, limit=1)

    found = table(tune(rows.format(id=belaz.entity_id), "--format", "json"))

    assert (found[0.7]["recall"], found[0.7]["false_positive_rate"], found[0.7]["alerts"]) == (1.0, 0.0, 1)


def test_a_party_that_is_listed_no_more_is_left_out_and_said(tune: Tune) -> None:
    done = tune("name,list,entity_id,decision\nQuorvane Blixtrop,curated,no-such-party,true\n", "--format", "json")

    assert done.returncode == 4
    assert "decisions.csv row 2: 'no-such-party' is not on list 'curated' now" in done.stderr
    assert json.loads(done.stdout)["decisions"] == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,listed_name,decision\nA Bel,A Bel,perhaps\n", "decisions.csv row 2: decision: 'perhaps'"),
        ("name,listed_name,decision\nA Bel,A Bel,true\n\n,A Bel,true\n", "decisions.csv row 4"),
        ("name,listed_name,decision\nA Bel,,true\n", "decisions.csv row 2: names no listed party"),
        ("name,listed_name,schema,decision\nA Bel,A Bel,Robot,true\n", "decisions.csv row 2: /schema"),
        ("name,listed_name,decision\nA Bel,A Bel,true,true\n", "decisions.csv row 2: 4 cells"),
        ("name,listed_name,decision\n'A Bel,\"A Bel,true\n", "decisions.csv line"),
        ("name,listed_name\nA Bel,A Bel\n", "decisions.csv row 1: there is no column 'decision'"),
        ("name,decision\nA Bel,true\n", "decisions.csv row 1: needs the column 'listed_name'"),
        ("name,listed_name,name,decision\n", "decisions.csv row 1: column 'name' stands there twice"),
        ("name,listed_name,decision\n", "decisions.csv: holds no decision"),
        ("", "decisions.csv row 1"),
        (b"name,listed_name,decision\nA \xff,A,true\n", "decisions.csv: byte 28 is no UTF-8"),
    ],
)
def test_a_damaged_file_is_refused_by_file_and_row(tmp_path: Path, content: str | bytes, said: str) -> None:
    file = tmp_path / "decisions.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(InvalidInput) as caught:
        read_decisions(file)

    assert said in str(caught.value)


def test_a_damaged_file_ends_the_command_as_unreadable_input(tune: Tune) -> None:
    done = tune("name,listed_name,decision\nA Bel,A Bel,perhaps\n")

    assert done.returncode == 2
    assert "row 2" in done.stderr


def test_semicolons_and_a_byte_order_mark_are_what_spreadsheets_write(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("\ufeffName;Listed_Name;Decision\nA Bel;A, Bel;false positive\n", encoding="utf-8")

    found = read_decisions(file)

    assert [(d.row, d.query.names, d.listed_name, d.is_match) for d in found] == [(2, ("A Bel",), "A, Bel", False)]


def test_a_share_of_nothing_is_not_said_to_be_none() -> None:
    only_matches = steps([(0.9, True)], load_ruleset(ROOT / "rules"))

    assert {step.false_positive_rate for step in only_matches} == {None}
    assert [step.precision for step in only_matches if step.threshold > 0.9] == [None]
