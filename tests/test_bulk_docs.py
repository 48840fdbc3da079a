"""The examples of docs/bulk.md, run as they stand."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from sanctions_exposure.wiring.screener import Screener
from support.server import ROOT, Server, environment

PAGE: Final = (ROOT / "docs" / "bulk.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the table of the page and an ``exposure`` that is this checkout."""
    command = tmp_path / "exposure"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sanctions_exposure "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (table,) = blocks("csv")
    (tmp_path / "suppliers.csv").write_text(table, encoding="utf-8")
    return tmp_path


def test_the_commands_run_and_say_what_is_promised(data: Path, screener: Screener, folder: Path) -> None:
    assert screener.snapshot.id
    env = environment(EXPOSURE_DATA=str(data), PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")
    commands, _ = blocks("sh")

    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=folder, env=env, capture_output=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr
    assert b"'Supplier name' is read as 'name'" in done.stderr
    for name in ("screened.csv", "again.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            assert [row["screening_outcome"] for row in csv.DictReader(stream, delimiter=";")] == ["block", "clear"]
    assert len((folder / "screened.ndjson").read_bytes().splitlines()) == 2


def test_the_python_example_runs(data: Path, screener: Screener) -> None:
    assert screener.snapshot.id
    (code,) = blocks("python")

    subprocess.run([sys.executable, "-c", code], env=environment(EXPOSURE_DATA=str(data)), timeout=60, check=True)


def test_the_calls_over_http_are_answered(server: Server, folder: Path) -> None:
    subprocess.run(["gzip", "-k", "suppliers.csv"], cwd=folder, check=True)
    _, calls = blocks("sh")
    calls = calls.replace("http://127.0.0.1:8080", server.address).replace("Supplier%3D", "Supplier%20name%3D")

    done = subprocess.run(["bash", "-e", "-c", calls], cwd=folder, capture_output=True, timeout=60, check=True)

    assert b";block;critical;" in done.stdout
    assert b'"outcome":"clear"' in done.stdout


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http|#)([^)#]+)", PAGE))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()
