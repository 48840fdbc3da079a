"""For code scanning: SARIF 2.1.0, with fingerprints that survive moving a row."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec

from sanctions_exposure.gate.formats import wording
from sanctions_exposure.gate.report import Finding, Report, Standing
from sanctions_exposure.model import Severity

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {Standing.FAIL: "error", Standing.WARN: "warning"}
# GitHub grades by this number: over 9 critical, from 7 high, from 4 medium.
_GRADES: Final = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.5",
    Severity.NONE: "0.0",
}


def sarif(report: Report) -> str:
    """Return the report as one SARIF run."""
    rules = _rules(report)
    indices = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": report.tool,
                "version": report.version,
                "semanticVersion": report.version,
                "rules": rules,
            }
        },
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, indices) for finding in report.findings],
        "properties": {
            "verdict": report.verdict,
            "gate": msgspec.to_builtins(report.gate),
            "basis": msgspec.to_builtins(report.basis),
            "counts": msgspec.to_builtins(report.counts),
            "asOf": report.as_of,
            "listVersions": {use.id: use.version for use in report.lists},
            "lists": [msgspec.to_builtins(use) for use in report.lists],
        },
    }
    return (
        msgspec.json.format(
            msgspec.json.encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}), indent=1
        ).decode()
        + "\n"
    )


def _rules(report: Report) -> list[dict[str, Any]]:
    first: dict[str, Finding] = {}
    for finding in report.findings:
        kept = first.setdefault(finding.rule, finding)
        if finding.severity.rank > kept.severity.rank:
            first[finding.rule] = finding
    return [_rule(finding) for _, finding in sorted(first.items())]


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": finding.rule,
        "name": "".join(part.capitalize() for part in finding.rule.split("-")),
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": f"{finding.title} ({finding.code}, rule {finding.rule})."},  # GitHub asks for it
        "help": {"text": finding.action or finding.title},
        "properties": {
            "security-severity": _GRADES[finding.severity],
            "tags": ["security", "sanctions", finding.code],
        },
    }
    return rule | ({"helpUri": finding.url} if finding.url else {})


def _result(finding: Finding, indices: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": indices[finding.rule],
        "level": _LEVELS.get(finding.standing, "note"),
        "message": {"text": f"{wording.headline(finding)}. {wording.line(finding.explanation, 4000)}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.file, safe="/"), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": finding.line},
                }
            }
        ],
        "partialFingerprints": {"sanctionsMatch/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity.value,
            "score": finding.score,
            "standing": finding.standing.value,
            "row": finding.row,
            "reference": finding.reference,
            "subject": finding.subject,
            "regimes": list(finding.regimes),
            "entities": [match.entity for match in finding.matches],
        },
    }
    if finding.standing in {Standing.SUPPRESSED, Standing.BASELINE}:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": wording.standing(finding)}
        ]
    return result


def _invocation(report: Report) -> dict[str, Any]:
    notes = [_note(problem, "error") for problem in report.problems]
    notes += [_note(f"{row.file}:{row.line} could not be screened: {row.error}", "error") for row in report.rejected]
    notes += [_note(warning, "warning") for warning in report.warnings]
    return {
        "executionSuccessful": report.complete,
        "exitCode": report.exit_code,
        "endTimeUtc": report.screened_at,
        "toolExecutionNotifications": notes,
    }


def _note(said: str, level: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": wording.line(said, 4000)}}
