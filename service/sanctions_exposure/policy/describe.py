"""Says what a ruleset holds, as plain data for the API, the command line and the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from sanctions_exposure.model import Json
from sanctions_exposure.policy.ruleset import Adjustment, Clause, Rule, Ruleset
from sanctions_exposure.policy.wording import source_evidence


def describe_rules(ruleset: Ruleset) -> list[dict[str, Json]]:
    """Return every rule: what it looks for, from when, on whose word; the enabled and the switched off alike."""
    return [_rule(rule, ruleset) for rule in ruleset.rules]


def _rule(rule: Rule, ruleset: Ruleset) -> dict[str, Json]:
    return {
        "id": rule.id,
        "version": rule.version,
        "flag": rule.flag,
        "title": ruleset.flags[rule.flag].title,
        "severity": str(rule.severity or ruleset.flags[rule.flag].severity),
        "summary": rule.summary,
        "effective": rule.effective.isoformat(),
        "until": rule.until.isoformat() if rule.until else None,
        "enabled": rule.enabled,
        "doubt": rule.doubt,
        "all": _clauses(rule.all),
        "any": _clauses(rule.any),
        "unless": _clauses(rule.unless),
        "adjustments": [_adjustment(a) for a in rule.adjustments],
        "sources": [dict(source_evidence(s)) for s in rule.sources],
    }


def _clauses(clauses: Iterable[Clause]) -> list[dict[str, Json]]:
    return [_clause(c) for c in clauses]


def _clause(clause: Clause) -> dict[str, Json]:
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in clause.parameters.items()}
    return {"condition": clause.condition, **plain}


def _adjustment(change: Adjustment) -> dict[str, Json]:
    return {
        **_clause(change.clause),
        "by": change.steps or None,
        "to": str(change.to) if change.to else None,
        "because": change.because,
    }


def describe_flags(ruleset: Ruleset) -> list[dict[str, Json]]:
    """Return the register of flags, in its order."""
    return [
        {
            "code": kind.code,
            "title": kind.title,
            "severity": str(kind.severity),
            "meaning": kind.meaning,
            "action": kind.action,
            "would_settle": list(kind.would_settle),
            "rules": [r.id for r in ruleset.rules if r.flag == kind.code],
        }
        for kind in ruleset.flags.values()
    ]


def describe_corridors(ruleset: Ruleset) -> list[dict[str, Json]]:
    """Return every corridor with its stages, and every node of a stage with its place and any ban on it."""
    tables = ruleset.tables
    return [
        {
            "id": corridor.corridor,
            "name": corridor.name,
            "flag": corridor.flag or None,
            "severity": str(corridor.severity),
            "direction": corridor.direction,
            "minimum_stages": corridor.minimum_stages,
            "must_include": list(corridor.must_include),
            "effective": [r.effective.isoformat() for r in ruleset.rules if r.flag == corridor.flag][:1],
            "source": dict(source_evidence(corridor.source)),
            "stages": [
                {
                    "stage": stage.stage,
                    "mode": stage.mode,
                    "nodes": [_node(ruleset, node) for node in stage.nodes],
                }
                for stage in tables.stages[corridor.corridor]
            ],
        }
        for corridor in tables.corridors
    ]


def _node(ruleset: Ruleset, node: str) -> dict[str, Json]:
    row = ruleset.tables.nodes[node]
    return {
        "node": row.node,
        "name": row.name,
        "country": row.country,
        "kind": row.kind,
        "unlocode": row.unlocode or None,
        "lat": row.lat,
        "lon": row.lon,
        "aliases": list(row.aliases),
        "listed": [
            {"regime": b.regime, "since": b.from_, "until": b.until or None, "annex": b.annex, "entry": b.entry}
            for b in ruleset.tables.listed_nodes.get(node, ())
        ],
    }
