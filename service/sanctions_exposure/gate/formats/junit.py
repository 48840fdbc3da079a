"""For Jenkins, GitLab and every other reader of JUnit XML: one test case for each row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET  # nosec B405

from sanctions_exposure.gate.formats import wording
from sanctions_exposure.gate.report import Finding, Report, RowResult, Standing

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """Return the report: a failure stops the gate, an error was not screened, skipped was accepted."""
    by_row: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_row[finding.file, finding.row].append(finding)
    by_file: dict[str, list[RowResult]] = defaultdict(list)
    for row in report.rows:
        by_file[row.file].append(row)
    root = ET.Element("testsuites", name="exposure check")
    for file, rows in by_file.items():
        _suite(root, file, [_row(row, by_row[file, row.row]) for row in rows], report)
    _suite(root, "exposure check", [_basis(report)], report)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, name: str, cases: Sequence[ET.Element], report: Report) -> None:
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": _text(name),
            "tests": str(len(cases)),
            "timestamp": report.screened_at.removesuffix("Z"),
            "time": "0",
            **{key: str(sum(case.find(tag) is not None for case in cases)) for key, tag in counted.items()},
        },
    )
    suite.extend(cases)


def _case(name: str, classname: str, **place: str) -> ET.Element:
    named = {"name": name, "classname": classname, "time": "0"} | place
    return ET.Element("testcase", {key: _text(value) for key, value in named.items()})


def _row(row: RowResult, findings: Sequence[Finding]) -> ET.Element:
    name = f"row {row.row}: {wording.line(row.name or row.reference or 'unreadable', 200)}"
    case = _case(name, row.file, file=row.file, line=str(row.line))
    failing = [f for f in findings if f.standing is Standing.FAIL]
    accepted = [f for f in findings if f.standing in {Standing.SUPPRESSED, Standing.BASELINE}]
    if row.outcome == "error":
        _said(case, "error", "not screened", wording.line(row.error))
    elif failing:
        worst = max(failing, key=lambda f: (f.severity.rank, f.score))
        _said(case, "failure", worst.code, wording.headline(worst), "\n".join(map(_told, failing)))
    elif accepted:
        _said(case, "skipped", "accepted", "; ".join(f"{f.title}: {wording.standing(f)}" for f in accepted))
    others = [f for f in findings if f not in failing]
    if others:
        ET.SubElement(case, "system-out").text = _text("\n".join(map(_told, others)))
    return case


def _basis(report: Report) -> ET.Element:
    """Return the case that fails when the check itself is not complete: no reader must take that for a pass."""
    case = _case("lists, rules and input", "exposure check")
    if report.problems:
        _said(case, "error", "not screened", "; ".join(report.problems))
    said = (*report.warnings, wording.counts(report), wording.gate(report), wording.basis(report))
    ET.SubElement(case, "system-out").text = _text("\n".join(said))
    return case


def _said(case: ET.Element, tag: str, kind: str, message: str, body: str = "") -> None:
    ET.SubElement(case, tag, type=_text(kind), message=_text(message)).text = _text(body) or None


def _told(finding: Finding) -> str:
    remark = wording.standing(finding)
    head = f"[{finding.standing}] {finding.severity} {finding.score} {wording.headline(finding)} ({finding.rule})"
    return f"{head}\n{wording.line(finding.explanation)}" + (f"\n{remark}" if remark else "")


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
