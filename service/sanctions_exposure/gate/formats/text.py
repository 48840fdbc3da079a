"""For people: one line a finding, then why; a summary; colours only where asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sanctions_exposure.gate.formats import wording
from sanctions_exposure.gate.report import Finding, Report, Standing
from sanctions_exposure.model import Severity

_COLOURS: Final = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "34",
    Severity.NONE: "32",
}
_VERDICTS: Final = {"clear": "1;32", "findings": "1;31", "rejected": "1;33"}
_SECTIONS: Final = (
    (Standing.FAIL, "Findings at or above the gate"),
    (Standing.WARN, "Below the gate"),
    (Standing.BASELINE, "In the baseline"),
    (Standing.SUPPRESSED, "Suppressed"),
)


def text(report: Report, *, colour: bool = False) -> str:
    """Return the report for a terminal or a log."""
    return "\n".join(_lines(report, _Painter(on=colour))) + "\n"


class _Painter:
    def __init__(self, *, on: bool) -> None:
        self._on = on

    def __call__(self, said: str, code: str) -> str:
        return f"\x1b[{code}m{said}\x1b[0m" if self._on else said


def _lines(report: Report, paint: _Painter) -> Iterator[str]:
    for standing, title in _SECTIONS:
        found = report.having(standing)
        if found:
            yield paint(f"{title} ({len(found)})", "1")
            for finding in found:
                yield from _finding(finding, paint)
            yield ""
    if report.rejected:
        yield paint(f"Rows that could not be screened ({len(report.rejected)})", "1")
        for row in report.rejected:
            name = f"  {wording.line(row.name, 200)}" if row.name else ""
            yield f"  {wording.place(row.file, row.line)}{name}  {wording.line(row.error)}"
        yield ""
    for warning in report.warnings:
        yield f"{paint('warning:', '33')} {wording.line(warning)}"
    for problem in report.problems:
        yield f"{paint('not complete:', '1;31')} {wording.line(problem)}"
    yield f"{paint(wording.verdict(report), _VERDICTS.get(report.verdict, '1;31'))} {wording.counts(report)}."
    yield paint(wording.gate(report), "2")
    yield paint(wording.basis(report), "2")


def _finding(finding: Finding, paint: _Painter) -> Iterator[str]:
    severity = paint(f"{finding.severity.upper()} {finding.score}", _COLOURS[finding.severity])
    reference = f"  [{wording.line(finding.reference, 100)}]" if finding.reference else ""
    place = paint(wording.place(finding.file, finding.line), "1")
    head = f"  {place}  {severity}  {wording.headline(finding)} ({finding.rule}){reference}"
    # One line a finding: whoever greps for a row must get all of it.
    yield f"{head} – {wording.line(finding.explanation)}"
    if said := wording.standing(finding) if finding.standing is Standing.SUPPRESSED else "":
        yield paint(f"      {said}", "2")
