"""What a check found, as values: every format is a rendering of one ``Report``, so none can say less than another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from sanctions_exposure.model import Severity

FORMAT: Final = 1  # of the JSON report; raised when a field changes its meaning


class Verdict(IntEnum):
    """How a check ends; the numbers are exit codes of the contract."""

    CLEAR = 0
    FINDINGS = 1
    UNREADABLE = 2
    NOT_SCREENED = 3
    REJECTED = 4


class Standing(StrEnum):
    """What a finding does to the gate."""

    FAIL = "fail"  # stops the pipeline
    WARN = "warn"  # below the gate, or its rule only warns
    SUPPRESSED = "suppressed"  # the ignore file says why it is accepted
    BASELINE = "baseline"  # it stood when the baseline was made


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A listed entity that a finding rests on."""

    list: str
    entity_id: str
    caption: str
    matched_name: str = ""
    score: float = 0.0  # 0.0–1.0
    record: str = ""  # fingerprint of the record as listed: "sha256:…"

    @property
    def entity(self) -> str:
        """The entity as ignore files name it."""
        return f"{self.list}:{self.entity_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The entry of an ignore file by which a finding is accepted."""

    reason: str
    approved_by: str
    expires: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One flag of one row."""

    fingerprint: str  # same subject, rule and listed entities: same fingerprint, wherever the row stands
    file: str
    row: int  # which record of the file, from 1
    line: int  # where it stands in the file, from 1; of a workbook, the row of the sheet
    reference: str
    name: str  # whom or what it is about
    subject: str  # JSON pointer into the request
    identifiers: tuple[str, ...]
    rule: str
    rule_version: int
    code: str
    title: str
    severity: Severity
    score: int
    explanation: str
    action: str
    regimes: tuple[str, ...]
    matches: tuple[Match, ...]
    url: str = ""  # the first source that can be looked up
    standing: Standing = Standing.FAIL
    accepted: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row."""

    file: str
    row: int
    line: int
    reference: str
    name: str
    outcome: str  # clear, review, block, or error: it could not be screened
    severity: Severity
    score: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUse:
    """One list, and whether the check may rest on it."""

    id: str
    title: str
    regime: str
    state: str
    version: str
    entities: int
    age_hours: float | None
    required: bool
    problem: str = ""  # why the check may not rest on it
    waived: bool = False  # the problem is a stale list, and --allow-stale was given


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What was asked of the gate, so that a report shows how strict it was."""

    fail_on: str
    fail_on_rules: tuple[str, ...] = ()
    warn_rules: tuple[str, ...] = ()
    regimes: tuple[str, ...] = ()
    require_lists: tuple[str, ...] = ()
    max_list_age: float | None = None  # hours
    allow_stale: bool = False
    changed_only: str = ""
    ignore_file: str = ""
    baseline: str = ""
    configuration: str = ""  # the file options came from


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Which lists, rules and program answered."""

    snapshot: str = ""
    ruleset: str = ""
    engine: str = ""
    bundle: str = ""  # the snapshot file, where one was given
    bundle_sha256: str = ""
    server: str = ""  # where one was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The summary."""

    rows: int = 0
    rejected: int = 0
    unchanged: int = 0  # left out by --changed-only
    fail: int = 0
    warn: int = 0
    suppressed: int = 0
    baseline: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one check says."""

    format: int = FORMAT
    tool: str = "sanctions-exposure"
    version: str
    screened_at: str  # ISO date-time, UTC
    as_of: str
    verdict: str  # clear, findings, unreadable, not_screened or rejected
    exit_code: int
    gate: Gate
    basis: Basis
    counts: Counts
    problems: tuple[str, ...] = ()  # why the check is not complete
    warnings: tuple[str, ...] = ()  # what a reader must know although it stops nothing
    lists: tuple[ListUse, ...] = ()
    findings: tuple[Finding, ...] = ()
    rows: tuple[RowResult, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything was screened against what it should be."""
        return not self.problems

    def having(self, *standings: Standing) -> tuple[Finding, ...]:
        """Return the findings of these standings."""
        return tuple(f for f in self.findings if f.standing in standings)

    @property
    def rejected(self) -> tuple[RowResult, ...]:
        """The rows that could not be screened."""
        return tuple(row for row in self.rows if row.outcome == "error")


def verdict_of(counts: Counts, problems: tuple[str, ...], *, unreadable: bool) -> Verdict:
    """Return how the check ends: unreadable input first, then 3, then 1, then 4."""
    if unreadable:
        return Verdict.UNREADABLE
    if problems:
        return Verdict.NOT_SCREENED
    if counts.fail:
        return Verdict.FINDINGS
    return Verdict.REJECTED if counts.rejected else Verdict.CLEAR
