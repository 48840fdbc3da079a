"""For GitHub Actions: workflow commands that become annotations beside the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sanctions_exposure.gate.formats import wording
from sanctions_exposure.gate.report import Finding, Report, Standing

_SHOWN: Final = 10  # GitHub shows this many annotations of one kind for a step


def github(report: Report) -> str:
    """Return the annotations, worst first; what GitHub would not show is counted in one more."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield _command("error", "Not screened", problem)
    errors = _worst(report.having(Standing.FAIL))
    yield from _annotations("error", errors, _SHOWN - min(len(report.problems), _SHOWN - 1))
    warnings = _worst(report.having(Standing.WARN))
    for row in report.rejected[: _SHOWN // 2]:
        yield _command("warning", "Row rejected", f"{row.name}: {row.error}", row.file, row.line)
    yield from _annotations("warning", warnings, _SHOWN // 2)
    noted = (*report.warnings, *(_noted(f) for f in report.having(Standing.SUPPRESSED)))
    for remark in noted[: _SHOWN - 1]:
        yield _command("notice", "Sanctions check", remark)
    said = f"{wording.verdict(report)} {wording.counts(report)}. {wording.gate(report)} {wording.basis(report)}"
    yield _command("notice", "Sanctions check", said)


def _worst(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (-f.severity.rank, -f.score))


def _annotations(kind: str, findings: Sequence[Finding], room: int) -> Iterator[str]:
    shown = findings if len(findings) <= room else findings[: room - 1]
    for f in shown:
        said = f"{wording.headline(f)}. {f.explanation} {f.action}"
        yield _command(kind, f"{f.title} ({f.severity} {f.score})", said, f.file, f.line)
    if len(shown) < len(findings):
        yield _command(kind, "More findings", f"{len(findings) - len(shown)} more: see the summary of this step")


def _noted(finding: Finding) -> str:
    return f"suppressed: {finding.file}:{finding.line} {wording.headline(finding)}: {wording.standing(finding)}"


def _command(kind: str, title: str, message: str, file: str = "", row: int = 0) -> str:
    place = {"file": file, "line": str(row)} if file else {}
    properties = ",".join(f"{key}={_property(value)}" for key, value in (place | {"title": title}).items())
    return f"::{kind} {properties}::{_data(wording.line(message, 4000))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(wording.line(text)).replace(":", "%3A").replace(",", "%2C")
