"""The README's examples, run as they stand."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from sanctions_exposure.wiring.screener import Screener
from support.server import ROOT, Server, environment

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    return [line for line in block.splitlines() if line.strip()]


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder with an ``exposure`` that is this checkout."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "exposure"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sanctions_exposure "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


def contains(found: Any, shown: Any) -> bool:
    if isinstance(shown, dict):
        return isinstance(found, dict) and all(k in found and contains(found[k], v) for k, v in shown.items())
    if isinstance(shown, list):
        return all(any(contains(one, part) for one in found) for part in shown)
    return bool(found == shown)


CURLS: Final = [block for block in blocks("sh") if block.startswith("curl")]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
@pytest.mark.parametrize("number", range(len(CURLS)))
def test_each_curl_command_is_answered(number: int, server: Server) -> None:
    command = CURLS[number].replace("http://127.0.0.1:8080", server.address)

    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=60)

    assert json.loads(done.stdout)["outcome"] in {"review", "block"}


def test_the_answer_shown_is_part_of_the_answer_given(server: Server) -> None:
    (shown,) = blocks("json")

    found = server.ask("/v1/screen", {"name": "OJSC BelAZ", "country": "by"}).json

    assert contains(found, json.loads(shown))


def test_the_commands_run_and_the_table_says_what_is_promised(data: Path, screener: Screener, bin_folder: Path) -> None:
    (table,) = blocks("csv")
    (bin_folder / "suppliers.csv").write_text(table, encoding="utf-8")
    env = environment(EXPOSURE_DATA=str(data), PATH=f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    asked = [line for block in blocks("sh") if block.startswith("exposure") for line in commands(block)]

    codes = [
        subprocess.run(["bash", "-c", line], cwd=bin_folder, env=env, capture_output=True, timeout=60, check=False)
        for line in asked
    ]

    assert [done.returncode for done in codes] == [0, 0, 0, 4]
    with (bin_folder / "screened.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["screening_outcome"] for row in csv.DictReader(stream)] == ["block", "clear", "error"]


def test_the_python_example_runs(data: Path, screener: Screener) -> None:
    (code,) = blocks("python")

    subprocess.run([sys.executable, "-c", code], env=environment(EXPOSURE_DATA=str(data)), timeout=60, check=True)


def test_both_commands_of_a_newcomer_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in ("serve", "test"):
        assert f"make {target}" in README
        assert f"\n{target}:" in makefile


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http|#)([^)#]+)", README))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
