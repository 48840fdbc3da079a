"""What others paste into their pipelines: checked by the consumer's own schema, and run as far as it runs here."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from support.checking import BAD_ROW, GOOD_ROW, publish, run, table
from support.server import ROOT, environment

EXAMPLE = ROOT / "examples" / "procurement-repo"


def vendored(name: str) -> Any:
    folder = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    return json.loads((folder / name).read_bytes())


def loaded(path: Path) -> Any:
    # BaseLoader would read numbers as text, and YAML 1.1 reads `on:` as true: the schemas expect the word.
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in found.items()} if isinstance(found, dict) else found


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("action.yml", "github-actions.json"),
        ("examples/procurement-repo/.github/workflows/sanctions.yml", "github-workflows.json"),
        ("ci/gitlab.yml", "gitlab-ci.json"),
        ("examples/procurement-repo/.gitlab-ci.yml", "gitlab-ci.json"),
    ],
)
def test_a_file_for_a_pipeline_keeps_to_the_schema_of_its_reader(path: str, schema: str) -> None:
    jsonschema.validators.validator_for(vendored(schema))(vendored(schema)).validate(loaded(ROOT / path))


def test_pre_commit_accepts_the_hooks_and_the_example() -> None:
    for command, path in (
        ("validate-manifest", ROOT / ".pre-commit-hooks.yaml"),
        ("validate-config", EXAMPLE / ".pre-commit-config.yaml"),
    ):
        subprocess.run([sys.executable, "-m", "pre_commit", command, str(path)], check=True, timeout=60)


def test_every_option_that_the_drop_ins_set_is_one() -> None:
    known = subprocess.run(
        [sys.executable, "-m", "sanctions_exposure", "check", "--help"],
        env=environment(COLUMNS="200"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    options = {option.upper().replace("-", "_") for option in re.findall(r"--([a-z0-9-]+)", known)} | {"FILES"}

    for path in (ROOT / "action.yml", ROOT / "ci" / "gitlab.yml", EXAMPLE / ".gitlab-ci.yml", ROOT / "docs" / "ci.md"):
        set_there = set(re.findall(r"EXPOSURE_CHECK_([A-Z0-9_]*[A-Z0-9])", path.read_text(encoding="utf-8")))
        assert set_there <= options, path


@pytest.fixture
def example(tmp_path: Path) -> Path:
    folder = tmp_path / "procurement-repo"
    shutil.copytree(EXAMPLE, folder)
    return folder


def test_the_example_repository_runs_as_its_page_says(example: Path, data: Path) -> None:
    made = run("--output", "lists/exposure.zip", cwd=example, data=data, group="lists bundle")

    done = run(cwd=example, data=example / "nowhere")

    assert (made.code, done.code) == (0, 1), done.out + done.err
    assert "suppliers/suppliers.csv:3" in done.out
    assert "Options" not in done.err
    assert {"sanctions.sarif", "sanctions.md"} <= {path.name for path in example.iterdir()}
    report = json.loads((example / "sanctions.sarif").read_bytes())["runs"][0]["properties"]
    assert report["counts"]["rejected"] == 0
    assert report["basis"]["bundle"] == "lists/exposure.zip"


def test_the_example_asks_for_the_core_lists_once_its_line_is_deleted(example: Path, data: Path) -> None:
    run("--output", "lists/exposure.zip", cwd=example, data=data, group="lists bundle")
    options = example / "exposure.toml"
    text = options.read_text(encoding="utf-8")
    options.write_text(re.sub(r"^require-list.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")

    assert run(cwd=example, data=example / "nowhere").code == 3


def _action_step(step: dict[str, Any], inputs: dict[str, str], folder: Path, **variables: str) -> tuple[int, str]:
    given = {"python-version": "", **inputs}
    values = {
        name: re.sub(r"\$\{\{ inputs\.([a-z0-9-]+) \}\}", lambda m: given.get(m[1], ""), text)
        for name, text in step["env"].items()
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment(**values, **variables),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_step_of_the_action_annotates_summarises_and_fails(tmp_path: Path) -> None:
    action = loaded(ROOT / "action.yml")
    step = action["runs"]["steps"][-1]
    data = tmp_path / "data"
    publish(data)
    table(tmp_path, GOOD_ROW, BAD_ROW, name="a b/suppliers.csv")
    command = tmp_path / "temp" / "sanctions-exposure" / "bin" / "exposure"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sanctions_exposure "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    outputs, summary = tmp_path / "outputs", tmp_path / "summary"

    code, said = _action_step(
        step,
        {"files": "a b\n", "output": "sarif=r.sarif\njunit=r.xml"},
        tmp_path,
        RUNNER_TEMP=str(tmp_path / "temp"),
        GITHUB_OUTPUT=str(outputs),
        GITHUB_STEP_SUMMARY=str(summary),
        EXPOSURE_DATA=str(data),
    )

    assert code == 1, said
    assert "::error file=a b/suppliers.csv,line=3" in said
    assert outputs.read_text(encoding="utf-8") == "exit-code=1\n"
    assert "## Sanctions check" in summary.read_text(encoding="utf-8")
    assert (tmp_path / "r.sarif").exists()
    assert (tmp_path / "r.xml").exists()
    assert set(re.findall(r"inputs\.([a-z0-9-]+)", (ROOT / "action.yml").read_text())) <= action["inputs"].keys()


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.slow
def test_pre_commit_itself_installs_the_hook_and_stops_the_commit(tmp_path: Path) -> None:
    data, repository = tmp_path / "data", tmp_path / "repository"
    publish(data)
    repository.mkdir()
    git(repository, "init", "-q")
    table(repository, GOOD_ROW, name="suppliers/a.csv")
    git(repository, "add", ".")
    env = environment(EXPOSURE_DATA=str(data), PRE_COMMIT_HOME=str(tmp_path / "cache"))
    del env["PYTHONPATH"]

    def hook() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "exposure-check", "--all-files", "--verbose"],
            cwd=repository,
            env=env | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    clean = hook()
    table(repository, BAD_ROW, name="suppliers/b.csv")
    git(repository, "add", ".")
    stopped = hook()

    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert stopped.returncode == 1
    assert "suppliers/b.csv:2" in stopped.stdout
    assert "exit code: 1" in stopped.stdout
