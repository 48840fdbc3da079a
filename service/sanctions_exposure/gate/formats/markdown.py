"""For a comment on a pull request or the summary of a step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sanctions_exposure.gate.formats import wording
from sanctions_exposure.gate.report import Finding, Report, Standing

_MOST: Final = 60_000  # characters; a comment on GitHub holds 65,536
_SPECIAL: Final = re.compile(r"([\\`*{}\[\]<>#|~!]|(?<!\w)_|_(?!\w))")
_SECTIONS: Final = (
    (Standing.FAIL, "Findings that stop the gate"),
    (Standing.WARN, "Below the gate"),
    (Standing.BASELINE, "In the baseline"),
    (Standing.SUPPRESSED, "Suppressed"),
)
_MARKS: Final = {"clear": "✅", "findings": "⛔", "rejected": "⚠️"}


def markdown(report: Report) -> str:
    """Return the report; what does not fit into a comment is counted."""
    lines, size, left = [], 0, 0
    for line in _lines(report):
        size += len(line) + 1
        if size <= _MOST:
            lines.append(line)
        else:
            left += 1
    if left:
        lines += ["", f"… and {left} more lines: the JSON report has all of them."]
    return "\n".join(lines) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "## Sanctions check"
    yield ""
    yield f"{_MARKS.get(report.verdict, '🛑')} **{wording.verdict(report)}** {wording.counts(report)}."
    for problem in report.problems:
        yield f"\n> **Not complete:** {_plain(problem)}"
    for warning in report.warnings:
        yield f"\n> **Warning:** {_plain(warning)}"
    for standing, title in _SECTIONS:
        found = report.having(standing)
        if found:
            yield from _table(title, found)
    if report.rejected:
        yield f"\n### Rows that could not be screened ({len(report.rejected)})\n"
        yield "| Row | Name | Why |\n|---|---|---|"
        for row in report.rejected:
            yield f"| {_plain(row.file)}:{row.line} | {_plain(row.name)} | {_plain(row.error)} |"
    yield f"\n<sub>{_plain(wording.gate(report))} {_plain(wording.basis(report))}</sub>"


def _table(title: str, findings: tuple[Finding, ...]) -> Iterator[str]:
    yield f"\n### {title} ({len(findings)})\n"
    yield "| Severity | Row | Name | Listed as | Rule | Why |\n|---|---|---|---|---|---|"
    for f in findings:
        why = f.explanation if f.standing in {Standing.FAIL, Standing.WARN} else wording.standing(f)
        place, listed = f"{_plain(f.file)}:{f.line}", _plain(wording.entities(f)) or "–"
        yield f"| {f.severity} {f.score} | {place} | {_plain(f.name)} | {listed} | {f.rule} | {_plain(why)} |"


def _plain(text: str) -> str:
    """Return *text* so that it marks nothing up, names no account and links nowhere."""
    return _SPECIAL.sub(r"\\\1", wording.line(text)).replace("@", "@\u2060").replace("://", ":\u2060//")
