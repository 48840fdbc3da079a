"""Sentences that several formats share, and text made harmless for where it goes."""

from __future__ import annotations

import re
from typing import Final

from sanctions_exposure.gate.report import Finding, Report, Standing

# Controls move a terminal's cursor, and marks of direction show a reader something else than what is there.
_UNSHOWN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)


def line(text: str, most: int = 1000) -> str:
    """Return *text* on one line, without what cannot be seen, and not longer than *most* characters."""
    shown = " ".join(_UNSHOWN.sub(" ", text).split())
    shown = shown.replace("##[", "## [")  # GitHub's runner takes it for a command wherever it stands in a log
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def place(file: str, row: int) -> str:
    """Name a line of a file so that the name begins no command of a build runner."""
    shown = line(f"{file}:{row}")
    return f"./{shown}" if shown.startswith(":") else shown


def entities(finding: Finding) -> str:
    """Name the listed entities a finding rests on."""
    return ", ".join(f"{line(m.caption, 200)} [{m.entity}]" for m in finding.matches)


def headline(finding: Finding) -> str:
    """Return who met whom, by which rule."""
    whom = f" → {entities(finding)}" if finding.matches else ""
    return f"{line(finding.name, 200)}{whom}: {finding.title}"


def standing(finding: Finding) -> str:
    """Say why a finding does not stop the pipeline; nothing when it does."""
    if finding.standing is Standing.SUPPRESSED:
        said = [
            f"accepted until {a.expires} by {line(a.approved_by, 200)}: {line(a.reason)} ({a.file}:{a.line})"
            for a in finding.accepted
        ]
        return "; ".join(said)
    return {Standing.BASELINE: "stood when the baseline was made", Standing.WARN: "below the gate"}.get(
        finding.standing, ""
    )


def counts(report: Report) -> str:
    """Return the summary on one line."""
    c = report.counts
    rows = f"{c.rows:,} row{'s' * (c.rows != 1)} screened"
    parts = [rows, f"{c.fail:,} finding{'s stop' if c.fail != 1 else ' stops'} the gate"]
    more = {
        "below the gate": c.warn,
        "suppressed": c.suppressed,
        "in the baseline": c.baseline,
        "rows rejected": c.rejected,
        "rows unchanged": c.unchanged,
    }
    return ", ".join(parts + [f"{number:,} {name}" for name, number in more.items() if number])


def verdict(report: Report) -> str:
    """Return what the check came to, in one sentence."""
    sentences = {
        "clear": "Nothing stands at or above the gate.",
        "findings": "The gate is closed: there are findings.",
        "unreadable": "Input could not be read: nothing was screened.",
        "not_screened": "Could not be screened as it should be: this is no clear.",
        "rejected": "Nothing stands at or above the gate, but some rows were rejected.",
    }
    return sentences[report.verdict]


def basis(report: Report) -> str:
    """Name the lists and rules that answered."""
    b = report.basis
    if not b.snapshot:
        return "No lists were asked."
    used = ", ".join(f"{u.id} {u.version}" for u in report.lists if u.state != "missing") or "no list"
    where = f" from {b.bundle} (sha256 {b.bundle_sha256})" if b.bundle else f" at {b.server}" if b.server else ""
    return f"Snapshot {b.snapshot}{where}: {used}. Rules {b.ruleset[:19]}, engine {b.engine}."


def gate(report: Report) -> str:
    """Say how strict the gate was."""
    g = report.gate
    said = [f"fail on {g.fail_on}"]
    said += [f"fail on rule {rule}" for rule in g.fail_on_rules] + [f"only warn on {rule}" for rule in g.warn_rules]
    said += [f"regimes {', '.join(g.regimes)}"] if g.regimes else []
    said += [f"lists required: {', '.join(g.require_lists)}"] if g.require_lists else []
    said += [f"lists at most {g.max_list_age:g} hours old"] if g.max_list_age is not None else []
    said += ["STALE LISTS ALLOWED"] if g.allow_stale else []
    said += [f"only what changed in {line(g.changed_only)}"] if g.changed_only else []
    said += [f"options from {g.configuration}"] if g.configuration else []
    return "Gate: " + "; ".join(said) + "."
