"""For GitLab: a code quality report, shown in merge requests."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Final

import msgspec

from sanctions_exposure.gate.formats import wording
from sanctions_exposure.gate.report import Finding, Report, Standing
from sanctions_exposure.model import Severity

_SEVERITIES: Final = {
    Severity.NONE: "info",
    Severity.INFO: "info",
    Severity.LOW: "minor",
    Severity.MEDIUM: "major",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "blocker",
}


def gitlab(report: Report) -> str:
    """Return the report as GitLab reads code quality."""
    seen: Counter[str] = Counter()
    entries = [_problem(problem) for problem in report.problems]
    entries += [_note(report)] if report.gate.allow_stale else []
    entries += [
        _entry(f"{row.name}: not screened: {row.error}", "not-screened", "major", row.file, row.line, seen)
        for row in report.rejected
    ]
    entries += [_finding(finding, seen) for finding in report.findings]
    return msgspec.json.format(msgspec.json.encode(entries), indent=1).decode() + "\n"


def _finding(finding: Finding, seen: Counter[str]) -> dict[str, Any]:
    said = f"{wording.headline(finding)}. {finding.explanation}"
    severity = _SEVERITIES[finding.severity]
    if finding.standing in {Standing.SUPPRESSED, Standing.BASELINE}:
        said, severity = f"[{finding.standing}: {wording.standing(finding)}] {said}", "info"
    return _entry(said, finding.rule, severity, finding.file, finding.line, seen, finding.fingerprint)


def _problem(problem: str) -> dict[str, Any]:
    return _entry(f"Not screened: {problem}", "not-screened", "blocker", ".", 1, Counter())


def _note(report: Report) -> dict[str, Any]:
    return _entry(" ".join(report.warnings) or wording.gate(report), "stale-lists", "info", ".", 1, Counter())


def _entry(  # noqa: PLR0913, PLR0917 - the fields of an entry
    said: str, check: str, severity: str, file: str, row: int, seen: Counter[str], fingerprint: str = ""
) -> dict[str, Any]:
    # GitLab drops an entry whose fingerprint another one has: a party in two rows must stand twice.
    base = f"{fingerprint or said}\n{check}\n{file}"
    seen[base] += 1
    return {
        "description": wording.line(said, 2000),
        "check_name": check,
        "fingerprint": hashlib.sha256(f"{base}\n{seen[base]}".encode("utf-8", "replace")).hexdigest()[:40],
        "severity": severity,
        "location": {"path": file, "lines": {"begin": row}},
    }
