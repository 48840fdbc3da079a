"""A baseline: what was found when a gate was first set up, so that only what is new stops the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.gate.report import Finding, Standing
from sanctions_exposure.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A finding that stood when the baseline was made; words are there for its readers."""

    fingerprint: str
    severity: Severity
    records: tuple[str, ...]  # fingerprints of the listed records
    rule: str
    name: str
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """``--create-baseline`` writes one, ``--baseline`` reads it."""

    format: int = 1
    created_at: str
    snapshot: str
    findings: tuple[Known, ...]

    @classmethod
    def of(cls, findings: Sequence[Finding], *, created_at: str, snapshot: str) -> Baseline:
        """Return the baseline of what was found; what is suppressed has its own file."""
        rising = sorted(findings, key=lambda f: f.severity.rank)  # of the same finding in two rows, the worse counts
        known = {f.fingerprint: _known(f) for f in rising if f.standing is not Standing.SUPPRESSED}
        return cls(created_at=created_at, snapshot=snapshot, findings=tuple(known[key] for key in sorted(known)))

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a baseline.

        Raises:
            SettingsError: it is not there or is none.
        """
        try:
            found = msgspec.json.decode(path.read_bytes(), type=cls)
        except OSError as error:
            raise SettingsError(f"baseline {path}: cannot be read: {error.strerror}") from None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SettingsError(f"baseline {path}: {error}") from None
        if found.format != 1:
            raise SettingsError(f"baseline {path}: has format {found.format}, this version reads 1")
        return found

    def document(self) -> bytes:
        """Return it as a file that shows well in a diff."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    def apply(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Mark the findings that stood already: same records, and no worse than then."""
        known = {one.fingerprint: one for one in self.findings}
        return tuple(
            replace(f, standing=Standing.BASELINE)
            if f.standing is not Standing.SUPPRESSED and _still(f, known.get(f.fingerprint))
            else f
            for f in findings
        )


def _known(finding: Finding) -> Known:
    return Known(
        fingerprint=finding.fingerprint,
        severity=finding.severity,
        records=_records(finding),
        rule=finding.rule,
        name=finding.name,
        entities=tuple(match.entity for match in finding.matches),
    )


def _still(finding: Finding, known: Known | None) -> bool:
    return known is not None and known.records == _records(finding) and finding.severity.rank <= known.severity.rank


def _records(finding: Finding) -> tuple[str, ...]:
    return tuple(sorted(match.record for match in finding.matches))
