"""The ignore file: findings a person accepted, for a reason, until a day, and only while the listed record stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from sanctions_exposure.errors import InvalidInput, SettingsError
from sanctions_exposure.gate.findings import key_of
from sanctions_exposure.gate.report import Acceptance, Finding, Standing
from sanctions_exposure.gate.yaml_reading import Placed, read_yaml
from sanctions_exposure.model import Json

MOST_DAYS: Final = 365  # a year; what is accepted for longer is no longer looked at
DEFAULT: Final = ".sanctions-ignore.yaml"

_KEYS: Final = ("entity", "rule", "subject", "reason", "approved_by", "expires", "list_fingerprint")
_NEEDED: Final = ("subject", "reason", "approved_by", "expires")


class State(StrEnum):
    """What an entry does today."""

    IN_FORCE = "in force"
    EXPIRED = "expired"
    LAPSED = "lapsed"  # the listed record is not the one that was looked at
    UNUSED = "unused"  # nothing it would accept was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One accepted finding."""

    file: str
    line: int
    subject: str
    reason: str
    approved_by: str
    expires: date
    entity: str = ""  # "us_ofac_sdn:41010"
    rule: str = ""  # rule id or flag code
    list_fingerprint: str = ""

    def about(self, finding: Finding) -> bool:
        """Say whether the subject and the rule are those of *finding*."""
        return self.rule in {"", finding.rule, finding.code} and self._names(finding)

    def _names(self, finding: Finding) -> bool:
        name = key_of(finding.name)
        known = {name, "sha256:" + hashlib.sha256(name.encode()).hexdigest(), *map(key_of, finding.identifiers)}
        return key_of(self.subject) in known

    @property
    def acceptance(self) -> Acceptance:
        """What the report says of it."""
        return Acceptance(
            reason=self.reason,
            approved_by=self.approved_by,
            expires=self.expires.isoformat(),
            file=self.file,
            line=self.line,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An entry, what it does today, and the findings it was weighed against."""

    entry: Entry
    state: State
    why: str
    findings: tuple[Finding, ...] = ()


def read_ignore_file(path: Path, name: str, today: date, *, most_days: int = MOST_DAYS) -> tuple[Entry, ...]:
    """Return the entries of an ignore file.

    Raises:
        SettingsError: it cannot be read, or an entry lacks what it needs; names file and line.
    """
    try:
        document = read_yaml(path.read_bytes(), name)
    except OSError as error:
        raise SettingsError(f"{name}: cannot be read: {error.strerror}") from None
    except InvalidInput as error:
        raise SettingsError(str(error)) from None
    listed = document.get("ignore") if isinstance(document, dict) and document.keys() <= {"version", "ignore"} else None
    if document is None or (isinstance(document, dict) and "ignore" in document and listed is None):
        return ()
    if not isinstance(listed, list) or document.get("version", 1) != 1:
        raise SettingsError(f"{name}: must hold `version: 1` and a list under `ignore`")
    return tuple(_entry(one, name, today, most_days) for one in listed)


def _entry(placed: Placed, name: str, today: date, most_days: int) -> Entry:
    where, value = f"{name}, line {placed.line}", placed.value
    if not isinstance(value, dict) or not all(isinstance(text, str | int) for text in value.values()):
        raise SettingsError(f"{where}: an entry is an object of texts")
    if unknown := sorted(value.keys() - set(_KEYS)):
        raise SettingsError(f"{where}: unknown key {', '.join(unknown)}; there are {', '.join(_KEYS)}")
    texts = {key: str(text).strip() for key, text in value.items()}
    if lacking := [key for key in _NEEDED if not texts.get(key)]:
        raise SettingsError(f"{where}: an entry needs {', '.join(lacking)}")
    if not (texts.get("entity") or texts.get("rule")):
        raise SettingsError(f"{where}: an entry needs the entity it accepts, or a rule")
    if texts.get("entity") and not re.fullmatch(r"sha256:[0-9a-f]{64}", texts.get("list_fingerprint", "")):
        raise SettingsError(f"{where}: an entry about an entity needs its list_fingerprint, sha256: and 64 digits")
    expires = _day(texts.pop("expires"), where)
    if expires > today + timedelta(days=most_days):
        raise SettingsError(f"{where}: expires {expires}: at most {most_days} days from today are allowed")
    return Entry(file=name, line=placed.line, expires=expires, **texts)


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{where}: expires {text!r} is no date such as 2027-05-31") from None


def apply(
    entries: Sequence[Entry], findings: Sequence[Finding], today: date
) -> tuple[tuple[Finding, ...], tuple[Judged, ...]]:
    """Return the findings with those suppressed that entries accept, and what became of each entry.

    A finding that rests on listed entities is accepted only when each of them is: by an entry that names it, whose
    fingerprint is the record's of today.
    """
    done = tuple(_accepted(finding, entries, today) for finding in findings)
    return done, tuple(_judged(entry, done, today) for entry in entries)


def _accepted(finding: Finding, entries: Sequence[Entry], today: date) -> Finding:
    fitting = [entry for entry in entries if entry.about(finding) and today <= entry.expires]
    if not finding.matches:
        used = [entry for entry in fitting if not entry.entity][:1]
    else:
        each = [_for_match(fitting, match.entity, match.record) for match in finding.matches]
        used = [entry for entry in each if entry]
        if len(used) < len(each):
            return finding
    accepted = tuple(entry.acceptance for entry in dict.fromkeys(used))
    return replace(finding, standing=Standing.SUPPRESSED, accepted=accepted) if accepted else finding


def _for_match(entries: Sequence[Entry], entity: str, record: str) -> Entry | None:
    return next((e for e in entries if e.entity == entity and e.list_fingerprint == record), None)


def _judged(entry: Entry, findings: Sequence[Finding], today: date) -> Judged:
    fitting = tuple(f for f in findings if entry.about(f) and _touches(entry, f))
    if today > entry.expires:
        return Judged(entry=entry, state=State.EXPIRED, why=f"it expired on {entry.expires}", findings=fitting)
    records = {m.record for f in fitting for m in f.matches if m.entity == entry.entity}
    if entry.entity and records and entry.list_fingerprint not in records:
        why = f"the record {entry.entity} is not the one that was looked at: its fingerprint is {min(records)} now"
        return Judged(entry=entry, state=State.LAPSED, why=why, findings=fitting)
    if any(entry.acceptance in f.accepted for f in fitting):
        return Judged(entry=entry, state=State.IN_FORCE, why=f"until {entry.expires}", findings=fitting)
    if fitting:
        lacking = sorted({m.entity for f in fitting for m in f.matches if m.entity != entry.entity})
        why = f"the finding also rests on {', '.join(lacking)}: accept each of them by an entry of its own"
        return Judged(entry=entry, state=State.UNUSED, why=why, findings=fitting)
    return Judged(entry=entry, state=State.UNUSED, why="nothing was found that it would accept: remove it")


def _touches(entry: Entry, finding: Finding) -> bool:
    return any(m.entity == entry.entity for m in finding.matches) if entry.entity else True


def warnings(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield a line for each entry that does not do what its author meant."""
    for one in judged:
        if one.state is not State.IN_FORCE:
            entry = one.entry
            what = " ".join(filter(None, (entry.entity, entry.rule, "for", repr(entry.subject))))
            yield f"{entry.file}:{entry.line}: suppression {one.state.value}: {what}: {one.why}"


def explanation(judged: Sequence[Judged], findings: Sequence[Finding], today: date) -> str:
    """Say what each entry does and why, then how to write one for each finding that is open."""
    lines = [f"{len(judged)} suppressions" if judged else "There are no suppressions."]
    for one in judged:
        entry = one.entry
        about = ", ".join(filter(None, (entry.entity, entry.rule)))
        lines += [
            "",
            f"{entry.file}:{entry.line}  {one.state.value.upper()}  {about}  for {entry.subject!r}",
            f"  why: {one.why}",
            f"  reason: {entry.reason} (approved by {entry.approved_by}, expires {entry.expires})",
            *(f"  finding: {f.file}:{f.line} {key_line(f)}" for f in one.findings),
        ]
    still = [f for f in findings if f.standing in {Standing.FAIL, Standing.WARN}]
    if still:
        lines += ["", "# To accept an open finding, complete its entry and put it under `ignore:`"]
        lines += [line for f in still for line in _template(f, today)]
    return "\n".join(lines) + "\n"


def key_line(finding: Finding) -> str:
    """Return a finding in a few words."""
    return " ".join(filter(None, (finding.code, finding.name, *(m.entity for m in finding.matches))))


def _template(finding: Finding, today: date) -> Iterator[str]:
    keys: list[Mapping[str, str]] = [{"entity": m.entity, "list_fingerprint": m.record} for m in finding.matches]
    for key in keys or [{}]:
        yield f"  # {finding.file}:{finding.line} {finding.title}"
        fields = {"rule": finding.rule, "subject": finding.name} | dict(key)
        fields |= {"reason": "", "approved_by": "", "expires": (today + timedelta(days=90)).isoformat()}
        for number, (name, value) in enumerate(fields.items()):
            yield f"  {'- ' if number == 0 else '  '}{name}: {_quoted(value)}"


def _quoted(value: Json) -> str:
    text = " ".join(str(value).split())
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
