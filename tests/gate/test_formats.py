"""Every format is read here by what reads it there: a schema or a parser that is not ours."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import junitparser
import pytest
import sarif_om

from sanctions_exposure.gate.formats import FORMATS
from sanctions_exposure.gate.formats.github import github
from sanctions_exposure.gate.formats.gitlab import gitlab
from sanctions_exposure.gate.formats.json_report import json_report, schema
from sanctions_exposure.gate.formats.junit import junit
from sanctions_exposure.gate.formats.markdown import markdown
from sanctions_exposure.gate.formats.sarif import sarif
from sanctions_exposure.gate.formats.text import text
from sanctions_exposure.gate.report import Report
from support.server import ROOT

from .conftest import FINDING

PUBLISHED = ROOT / "docs" / "check-report.schema.json"


# -- JSON ----------------------------------------------------------------------------------------


def test_the_json_report_keeps_to_the_published_schema(report: Report) -> None:
    published = json.loads(PUBLISHED.read_bytes())

    jsonschema.Draft202012Validator(published).validate(json.loads(json_report(report)))

    assert published == json.loads(json.dumps(schema())), "write docs/check-report.schema.json anew"


# -- SARIF ---------------------------------------------------------------------------------------

# The object model of the standard: what each property holds. A key that a class does not know is refused.
PARTS = {
    "runs": "Run", "tool": "Tool", "driver": "ToolComponent", "rules": "ReportingDescriptor", "results": "Result",
    "invocations": "Invocation", "locations": "Location", "physicalLocation": "PhysicalLocation",
    "artifactLocation": "ArtifactLocation", "region": "Region", "message": "Message", "suppressions": "Suppression",
    "toolExecutionNotifications": "Notification", "shortDescription": "MultiformatMessageString",
    "help": "MultiformatMessageString",
}  # fmt: skip


def modelled(value: Any, kind: str) -> Any:
    """Build the object of the standard's model; unknown properties and missing ones raise."""
    model = getattr(sarif_om, kind)
    names = {field.metadata.get("schema_property_name", field.name): field.name for field in model.__attrs_attrs__}
    # The model is that of a draft, which called the status of a suppression its state.
    if kind == "Suppression":
        names["status"] = names.pop("state", "state")
    made = {}
    for key, item in value.items():
        assert key in names, f"{kind} has no property {key!r}"
        part = PARTS.get(key)
        if part is None:
            made[names[key]] = item
        elif isinstance(item, list):
            made[names[key]] = [modelled(one, part) for one in item]
        else:
            made[names[key]] = modelled(item, part)
    return model(**made)


def test_sarif_is_what_the_object_model_of_the_standard_holds(report: Report) -> None:
    log = modelled(json.loads(sarif(report)), "SarifLog")

    (run,) = log.runs
    assert log.version == "2.1.0"
    assert [r.level for r in run.results] == ["error", "warning", "note", "note"]
    assert {run.tool.driver.rules[r.rule_index].id for r in run.results} == {"sanctioned-party", "sea-caspian"}
    assert all(r.rule_id == run.tool.driver.rules[r.rule_index].id for r in run.results)


def test_sarif_names_file_line_fingerprint_suppressions_and_lists(report: Report) -> None:
    (run,) = json.loads(sarif(report))["runs"]

    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert unquote(place["artifactLocation"]["uri"]) == FINDING.file
    assert " " not in place["artifactLocation"]["uri"]
    assert place["region"]["startLine"] == 2
    assert run["results"][0]["partialFingerprints"] == {"sanctionsMatch/v1": FINDING.fingerprint}
    assert "suppressions" not in run["results"][0]
    assert "A. Reviewer" in run["results"][2]["suppressions"][0]["justification"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert any("un_sc" in note["message"]["text"] for note in invocation["toolExecutionNotifications"])
    assert run["properties"]["listVersions"] == {"eu_fsf": "2026-10-01"}


@pytest.mark.slow
def test_sarif_passes_the_validator_of_the_standard_and_of_github(report: Report, tmp_path: Path) -> None:
    found = shutil.which("sarif-multitool-linux")
    if found is None:
        pytest.skip("the SARIF Multitool is not installed; .ci/run brings it")
    folder = Path(found).resolve().parent
    document, said = tmp_path / "ours.sarif", tmp_path / "said.sarif"
    document.write_text(sarif(report), encoding="utf-8")

    jsonschema.Draft202012Validator(json.loads((folder / "sarif-2.1.0.json").read_bytes())).validate(
        json.loads(document.read_bytes())
    )
    run = subprocess.run(
        [folder / "Sarif.Multitool", "validate", document, "--rule-kind", "Sarif;Ghas", "--output", said],
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    results = json.loads(said.read_bytes())["runs"][0]["results"]
    assert [r for r in results if r.get("level") == "error"] == [], run.stdout
    assert run.returncode == 0


# -- JUnit ---------------------------------------------------------------------------------------


def test_junit_is_read_by_a_parser_of_it(report: Report) -> None:
    suites = junitparser.JUnitXml.fromstring(junit(report).encode())

    cases = {case.name: [type(r).__name__ for r in case.result] for suite in suites for case in suite}
    assert list(cases.values()) == [["Failure"], [], ["Skipped"], ["Skipped"], ["Error"], [], ["Error"]]
    assert (suites.tests, suites.failures, suites.errors) == (7, 1, 2)


def test_an_incomplete_check_without_a_row_is_no_passing_junit_report(report: Report) -> None:
    empty = replace(report, findings=(), rows=())

    suites = junitparser.JUnitXml.fromstring(junit(empty).encode())

    assert suites.errors == 1


# -- GitHub and GitLab ---------------------------------------------------------------------------


def test_annotations_escape_what_the_runner_would_read(report: Report) -> None:
    lines = github(report).splitlines()

    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    (finding,) = [line for line in lines if line.startswith("::error file")]
    properties = finding.removeprefix("::error ").split("::")[0]
    assert properties.split(",")[:2] == ["file=suppliers/a b%2C ü.csv", "line=2"]
    assert "100 %25" in finding


def test_annotations_beyond_what_github_shows_are_counted(report: Report) -> None:
    many = replace(report, problems=(), findings=tuple(replace(FINDING, row=n) for n in range(50)))

    errors = [line for line in github(many).splitlines() if line.startswith("::error")]

    assert len(errors) == 10
    assert "41 more" in errors[-1]


# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}


def test_code_quality_has_the_fields_gitlab_asks_for_and_no_fingerprint_twice(report: Report) -> None:
    entries = json.loads(gitlab(replace(report, findings=(*report.findings, FINDING))))

    jsonschema.Draft202012Validator(CODE_QUALITY).validate(entries)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    assert "blocker" in {entry["severity"] for entry in entries}


def test_gitlab_fingerprints_do_not_depend_on_the_line(report: Report) -> None:
    moved = replace(report, findings=tuple(replace(f, line=f.line + 7) for f in report.findings))

    prints = [[e["fingerprint"] for e in json.loads(gitlab(one))] for one in (report, moved)]

    assert prints[0] == prints[1]


# -- Markdown and text ---------------------------------------------------------------------------


def test_markdown_marks_nothing_up_that_came_from_a_file(report: Report) -> None:
    said = markdown(report)

    assert "<Works>" not in said
    (row,) = [line for line in said.splitlines() if "critical 97" in line and "a b" in line and "Reviewer" not in line][
        :1
    ]
    assert row.replace("\\|", "").count("|") == 7


def test_markdown_fits_into_a_comment_and_counts_what_does_not(report: Report) -> None:
    many = replace(report, findings=tuple(replace(FINDING, row=n) for n in range(5000)))

    said = markdown(many)

    assert len(said) < 65_536
    assert "more lines" in said


def test_text_shows_what_is_accepted_with_who_and_why(report: Report) -> None:
    said = text(report)

    assert "accepted until 2027-01-01 by A. Reviewer: Another one (.sanctions-ignore.yaml:3)" in said
    assert "\x1b" not in said
    assert "\x1b[" in text(report, colour=True)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_that_a_check_is_not_complete_and_what_was_waived(report: Report, form: str) -> None:
    said = FORMATS[form](report)

    assert "un_sc" in said
    assert "allow-stale" in said
