"""One report that holds everything a report can hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sanctions_exposure.gate.report import (
    Acceptance,
    Basis,
    Counts,
    Finding,
    Gate,
    ListUse,
    Match,
    Report,
    RowResult,
    Standing,
)
from sanctions_exposure.model import Severity

FINDING = Finding(
    fingerprint="0123456789abcdef0123456789abcdef",
    file="suppliers/a b, ü.csv",
    row=1,
    line=2,
    reference="PO-1",
    name='Vexorin & "Sons" <Works>',
    subject="/parties/0",
    identifiers=("REG1",),
    rule="sanctioned-party",
    rule_version=2,
    code="SANCTIONED_PARTY",
    title="Sanctioned party",
    severity=Severity.CRITICAL,
    score=97,
    explanation="It matched: 100 % | by, the\nsame words.",
    action="Do not proceed.",
    regimes=("us",),
    matches=(Match(list="us_ofac_sdn", entity_id="1001", caption="Vexorin", score=1.0, record="sha256:ab"),),
    url="https://example.org/list",
)


@pytest.fixture
def report() -> Report:
    """Findings of every standing, a rejected row, a problem and a warning."""
    accepted = Acceptance(
        reason="Another one", approved_by="A. Reviewer", expires="2027-01-01", file=".sanctions-ignore.yaml", line=3
    )
    findings = (
        FINDING,
        replace(FINDING, row=2, line=3, severity=Severity.LOW, score=20, standing=Standing.WARN, rule="sea-caspian"),
        replace(FINDING, row=3, line=4, standing=Standing.SUPPRESSED, accepted=(accepted,)),
        replace(FINDING, row=4, line=5, standing=Standing.BASELINE),
    )
    rows = tuple(
        RowResult(
            file=f.file,
            row=f.row,
            line=f.line,
            reference=f.reference,
            name=f.name,
            outcome="block",
            severity=f.severity,
            score=f.score,
        )
        for f in findings
    )
    failed = replace(rows[0], row=5, line=6, name="?!\x00", outcome="error", error="/name: no letter", score=0)
    clear = replace(rows[0], row=6, line=7, name="Clean", outcome="clear", severity=Severity.NONE, score=0)
    return Report(
        version="0.1.0",
        screened_at=(datetime(2026, 11, 22, tzinfo=UTC) + timedelta()).strftime("%Y-%m-%dT%H:%M:%SZ"),
        as_of="2026-11-22",
        verdict="not_screened",
        exit_code=3,
        gate=Gate(fail_on="medium", allow_stale=True),
        basis=Basis(snapshot="20261122-0123456789ab", ruleset="sha256:cd", engine="0.1.0"),
        counts=Counts(rows=6, rejected=1, fail=1, warn=1, suppressed=1, baseline=1),
        problems=("list un_sc was never loaded",),
        warnings=("--allow-stale: list eu_fsf is too old (500 hours) and was used all the same",),
        lists=(
            ListUse(
                id="eu_fsf", title="EU", regime="eu", state="stale", version="2026-10-01", entities=5, age_hours=500.0,
                required=True, problem="is too old (500 hours)", waived=True,
            ),
        ),
        findings=findings,
        rows=(*rows, failed, clear),
    )  # fmt: skip
