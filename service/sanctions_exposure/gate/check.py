"""One check from files to report: read everything, screen what is to be screened, weigh it against the gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from sanctions_exposure import __version__
from sanctions_exposure.errors import InvalidInput, ListError, NotReady, SettingsError
from sanctions_exposure.gate import coverage, ignore
from sanctions_exposure.gate.baseline import Baseline
from sanctions_exposure.gate.changed import Since, changed
from sanctions_exposure.gate.files import Item, Meaning, content, found_files, read_items, shown
from sanctions_exposure.gate.findings import findings_of, row_result
from sanctions_exposure.gate.report import (
    Basis,
    Counts,
    Finding,
    Gate,
    ListUse,
    Report,
    RowResult,
    Standing,
    Verdict,
    verdict_of,
)
from sanctions_exposure.model import Json, Severity

NEVER: Final = "never"
_BATCH: Final = 200  # requests asked at once; far below what a server takes in one body


class Desk(Protocol):
    """Who answers: this process or a server; the answers are the documents of the contract."""

    def basis(self) -> Basis:
        """Return which lists, rules and program answer."""

    def lists(self) -> Sequence[Mapping[str, Json]]:
        """Return the state of every list."""

    def rules(self) -> frozenset[str]:
        """Return every rule id and flag code."""

    def screen(self, requests: Sequence[Json]) -> Sequence[Mapping[str, Json]]:
        """Return the answers, in order."""

    def entity(self, list_id: str, entity_id: str) -> Mapping[str, Json] | None:
        """Return a listed entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one check is asked to do."""

    files: tuple[Path, ...]
    root: Path  # paths are named from here
    now: datetime
    gate: Gate
    as_of: date | None = None
    exclude: tuple[str, ...] = ()
    meaning: Meaning = field(default_factory=Meaning)
    ignore_file: Path | None = None
    baseline: Path | None = None
    make_baseline: bool = False  # what is found now is the baseline
    most_days: int = ignore.MOST_DAYS

    @property
    def demand(self) -> coverage.Demand:
        """What is asked of the lists."""
        gate = self.gate
        return coverage.Demand(
            required=gate.require_lists, regimes=gate.regimes, max_age=gate.max_list_age, allow_stale=gate.allow_stale
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The report, and what ``--explain-ignore`` and ``--create-baseline`` need beside it."""

    report: Report
    judged: tuple[ignore.Judged, ...] = ()
    baseline: Baseline | None = None  # of what was found, when one was asked for and the check is complete


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    items: tuple[Item, ...]
    unchanged: int
    remarks: tuple[str, ...]


def check(task: Task, open_desk: Iterable[Desk]) -> Checked:
    """Run a check; whatever keeps it from being complete stands in the report.

    Args:
        task: what to do.
        open_desk: yields the desk, once the input is known to be readable.

    Raises:
        SettingsError: an option or a file of settings is wrong.
    """
    entries = _entries(task)
    baseline = Baseline.read(task.baseline) if task.baseline else None
    try:
        read = _read(task)
    except InvalidInput as error:
        return Checked(report=_report(task, problems=(str(error),), unreadable=True))
    try:
        desk = next(iter(open_desk))
        return _screened(task, read, desk, entries, baseline)
    except (NotReady, ListError) as error:
        return Checked(report=_report(task, problems=(str(error),), warnings=read.remarks))


def _entries(task: Task) -> tuple[ignore.Entry, ...]:
    if task.ignore_file is None:
        return ()
    name = shown(task.ignore_file, task.root)
    return ignore.read_ignore_file(task.ignore_file, name, task.now.date(), most_days=task.most_days)


def _read(task: Task) -> _Read:
    since = Since.of(task.gate.changed_only, task.root) if task.gate.changed_only else None
    remarks: list[str] = []
    items: list[Item] = []
    total = 0
    for path in found_files(task.files, task.exclude, remarks.append):
        name = shown(path, task.root)
        found = read_items(content(path), name, task.meaning, remarks.append)
        total += len(found)
        if not found:
            remarks.append(f"{name}: holds nothing to screen")
        items += _changed(found, since, path, name, task.meaning) if since else found
    if not total:  # a gate that looked at nothing must not be passed
        raise InvalidInput("; ".join(["there is nothing to screen", *remarks]))
    return _Read(items=tuple(items), unchanged=total - len(items), remarks=tuple(remarks))


def _changed(found: Sequence[Item], since: Since, path: Path, name: str, meaning: Meaning) -> Sequence[Item]:
    before = since.before(path)
    if before is None:
        return found
    return changed(found, lambda: read_items(before, name, meaning, lambda _: None))


# -- screening ---------------------------------------------------------------------------------------


def _screened(
    task: Task, read: _Read, desk: Desk, entries: Sequence[ignore.Entry], baseline: Baseline | None
) -> Checked:
    _refuse_unknown_rules(task.gate, desk.rules())
    basis, uses = desk.basis(), coverage.judge(desk.lists(), task.demand)
    record = cache(desk.entity)
    rows: list[RowResult] = []
    findings: list[Finding] = []
    for item, answer in _answers(read.items, desk, basis):
        rows.append(row_result(item, answer))
        findings += findings_of(item, answer, record)
    weighed = tuple(replace(f, standing=_standing(f, task.gate)) for f in findings)
    done, judged = ignore.apply(entries, weighed, task.now.date())
    problems = coverage.problems(uses)
    created = None
    if task.make_baseline and not problems:
        created = Baseline.of(done, created_at=_moment(task.now), snapshot=basis.snapshot)
    for one in filter(None, (baseline, created)):
        done = one.apply(done)
    report = _report(
        task,
        problems=problems,
        warnings=(*coverage.waivers(uses), *read.remarks, *ignore.warnings(judged)),
        basis=basis,
        lists=uses,
        findings=done,
        rows=tuple(rows),
        unchanged=read.unchanged,
    )
    return Checked(report=report, judged=judged, baseline=created)


def _refuse_unknown_rules(gate: Gate, known: frozenset[str]) -> None:
    for pattern in (*gate.fail_on_rules, *gate.warn_rules):
        if not any(fnmatchcase(name, pattern) for name in known):
            raise SettingsError(f"no rule or flag is called {pattern!r}: `exposure rules` shows them")


def _answers(items: Sequence[Item], desk: Desk, basis: Basis) -> Iterator[tuple[Item, Mapping[str, Json]]]:
    for start in range(0, len(items), _BATCH):
        chunk = items[start : start + _BATCH]
        asked = [item.request for item in chunk if not isinstance(item.request, InvalidInput)]
        answers = iter(desk.screen(asked) if asked else ())
        for item in chunk:
            if isinstance(item.request, InvalidInput):
                yield item, {"outcome": "error", "error": {"title": str(item.request)}}
                continue
            answer = next(answers)
            if answer["outcome"] != "error" and (answer["snapshot"], answer["ruleset"]) != (
                basis.snapshot,
                basis.ruleset,
            ):
                raise NotReady("other lists or rules were published while the check ran: run it again")
            yield item, answer


def _standing(finding: Finding, gate: Gate) -> Standing:
    if _named(finding, gate.fail_on_rules):  # the stricter of two options holds
        return Standing.FAIL
    if _named(finding, gate.warn_rules) or gate.fail_on == NEVER:
        return Standing.WARN
    return Standing.FAIL if finding.severity.rank >= Severity(gate.fail_on).rank else Standing.WARN


def _named(finding: Finding, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (finding.rule, finding.code))


# -- the report --------------------------------------------------------------------------------------


def _report(  # noqa: PLR0913 - everything a report names
    task: Task,
    *,
    problems: tuple[str, ...],
    warnings: tuple[str, ...] = (),
    unreadable: bool = False,
    basis: Basis | None = None,
    lists: tuple[ListUse, ...] = (),
    findings: tuple[Finding, ...] = (),
    rows: tuple[RowResult, ...] = (),
    unchanged: int = 0,
) -> Report:
    counts = Counts(
        rows=len(rows),
        rejected=sum(row.outcome == "error" for row in rows),
        unchanged=unchanged,
        **{standing.value: sum(f.standing is standing for f in findings) for standing in Standing},
    )
    verdict = verdict_of(counts, problems, unreadable=unreadable)
    return Report(
        version=__version__,
        screened_at=_moment(task.now),
        as_of=(task.as_of or task.now.date()).isoformat(),
        verdict=verdict.name.lower(),
        exit_code=Verdict(verdict).value,
        gate=task.gate,
        basis=basis or Basis(),
        counts=counts,
        problems=problems,
        warnings=warnings,
        lists=lists,
        findings=tuple(sorted(findings, key=lambda f: (f.file, f.line, f.row, -f.severity.rank, -f.score, f.rule))),
        rows=rows,
    )


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
