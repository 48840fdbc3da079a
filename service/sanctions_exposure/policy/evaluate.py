"""Goes from facts to flags: pure, and the same for the same facts byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sanctions_exposure.model import Facts, Flag, RuleRef, Severity, Source, Verdict
from sanctions_exposure.policy.aspects import aspects_of, speaking
from sanctions_exposure.policy.conditions import CONDITIONS
from sanctions_exposure.policy.context import Context, Evidence, Finding, address_warnings
from sanctions_exposure.policy.goods import predecessor_warnings
from sanctions_exposure.policy.payment import payer_warnings
from sanctions_exposure.policy.ruleset import Clause, Rule, Ruleset

_ORDER = tuple(Severity)


class _Raised(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's finding with the severity it came to."""

    rule: Rule
    finding: Finding
    severity: Severity
    explanation: str


class _Runner:
    """Runs clauses, each distinct one once per screening."""

    __slots__ = ("_context",)

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, clause: Clause) -> tuple[Finding, ...]:
        found: tuple[Finding, ...] | None = self._context.memo.get(clause.key)
        if found is None:
            found = tuple(CONDITIONS[clause.condition].run(self._context, clause.parameters))
            self._context.memo[clause.key] = found
        return found


def evaluate(facts: Facts, ruleset: Ruleset) -> Verdict:
    """Apply the rules in force on ``facts.as_of`` and say what follows."""
    rules = speaking(ruleset, aspects_of(facts), facts.as_of)
    asked = facts.subject
    if not rules and not asked.route and not asked.goods and not asked.payment:
        return _silent(ruleset)
    context = Context.of(facts, ruleset)
    runner = _Runner(context)
    raised = [r for rule in rules for r in _apply(rule, runner, ruleset)]
    flags = tuple(sorted((_flag(group, ruleset) for group in _grouped(raised)), key=_worst_first))
    severity = max((f.severity for f in flags), key=lambda s: s.rank, default=Severity.NONE)
    return Verdict(
        outcome=ruleset.outcomes[severity],
        severity=severity,
        score=max((f.score for f in flags), default=0),
        flags=flags,
        warnings=(
            *(p.warning for p in context.places if p.warning),
            *predecessor_warnings(context),
            *payer_warnings(asked),
            *address_warnings(facts),
        ),
    )


def _silent(ruleset: Ruleset) -> Verdict:
    nothing = Severity.NONE
    return Verdict(outcome=ruleset.outcomes[nothing], severity=nothing, score=0, flags=(), warnings=())


def _worst_first(flag: Flag) -> tuple[int, str, str]:
    return (-flag.severity.rank, flag.code, flag.subject)


def _apply(rule: Rule, runner: _Runner, ruleset: Ruleset) -> Iterable[_Raised]:
    """Yield what *rule* raises: one per subject its first condition names, backed by what the others found."""
    needed = []
    for clause in rule.all:
        found = runner.run(clause)
        if not found:
            return
        needed.append(found)
    either = [f for clause in rule.any for f in runner.run(clause)] if rule.any else []
    if (rule.any and not either) or (rule.unless and any(runner.run(clause) for clause in rule.unless)):
        return
    subjects = needed[0] if needed else tuple(either)
    backing = [f for found in needed[1:] for f in found] + (either if needed else [])
    for finding in subjects:
        whole = _backed(finding, backing)
        severity = rule.severity or finding.severity or ruleset.flags[rule.flag].severity
        severity, reasons = _adjusted(rule, finding, severity, runner)
        text = rule.explanation.format_map(whole.words)
        text = " ".join([text, *reasons]) if reasons else text
        yield _Raised(rule=rule, finding=whole, severity=severity, explanation=text)


def _backed(finding: Finding, backing: Sequence[Finding]) -> Finding:
    if not backing:
        return finding
    words = {k: v for other in reversed(backing) for k, v in other.words.items()} | dict(finding.words)
    return Finding(
        subject=finding.subject,
        evidence=finding.evidence + tuple(e for other in backing for e in other.evidence),
        words=words,
        severity=finding.severity,
        strength=finding.strength,
        unique=finding.unique,
        regimes=finding.regimes,
        sources=finding.sources + tuple(s for other in backing for s in other.sources),
    )


def _adjusted(rule: Rule, finding: Finding, severity: Severity, runner: _Runner) -> tuple[Severity, list[str]]:
    reasons: list[str] = []
    limit = rule.at_most or Severity.CRITICAL
    severity = _lower_of(severity, limit)
    for change in rule.adjustments:
        found = runner.run(change.clause)
        if change.same_subject:
            found = tuple(f for f in found if f.subject == finding.subject)
        if not found:
            continue
        steps = min(max(severity.rank + change.steps, Severity.INFO.rank), len(_ORDER) - 1)
        moved = _lower_of(change.to or _ORDER[steps], limit)
        if moved is not severity:
            word = "Raised" if moved.rank > severity.rank else "Lowered"
            reasons.append(f"{word} to {moved}: {change.because.format_map(found[0].words)}")
            severity = moved
    return severity, reasons


def _lower_of(one: Severity, other: Severity) -> Severity:
    return one if one.rank <= other.rank else other


def _grouped(raised: Sequence[_Raised]) -> Iterable[list[_Raised]]:
    """Put together what says the same thing of the same part: one code, one subject, worst first."""
    groups: dict[tuple[str, str], list[_Raised]] = {}
    for item in raised:
        groups.setdefault((item.rule.flag, item.finding.subject), []).append(item)
    for group in groups.values():
        if len(group) > 1:
            group.sort(key=lambda r: (-r.severity.rank, -r.finding.strength, r.rule.id, r.explanation))
        yield group


def _flag(group: Sequence[_Raised], ruleset: Ruleset) -> Flag:
    first = group[0]
    kind = ruleset.flags[first.rule.flag]
    return Flag(
        code=kind.code,
        title=kind.title,
        severity=first.severity,
        score=_score(first, ruleset),
        subject=first.finding.subject,
        explanation=first.explanation if len(group) == 1 else " ".join(dict.fromkeys(r.explanation for r in group)),
        action=kind.action,
        rule=RuleRef(id=first.rule.id, version=first.rule.version),
        regimes=tuple(sorted({r for item in group for r in item.finding.regimes})),
        would_settle=kind.would_settle,
        evidence=_distinct([e for item in group for e in item.finding.evidence]),
        sources=_sources(group),
    )


def _score(raised: _Raised, ruleset: Ruleset) -> int:
    """Place the flag inside its severity's band; the top of the scale needs exact name and unique identifier."""
    band = ruleset.bands[raised.severity]
    top = 100 if raised.finding.unique and raised.severity is Severity.CRITICAL else min(band.high, 99)
    if top == 100:
        return 100
    return band.low + round((top - band.low) * min(max(raised.finding.strength, 0.0), 1.0))


def _distinct(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    if len(evidence) < 2:
        return tuple(evidence)
    return tuple({msgspec.json.encode(e, order="deterministic"): e for e in evidence}.values())


def _sources(group: Sequence[_Raised]) -> tuple[Source, ...]:
    found = [s for item in group for s in (*item.finding.sources, *item.rule.sources)]
    return tuple(dict.fromkeys(found))
