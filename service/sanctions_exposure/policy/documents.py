"""Reads the TOML documents: rules, the flag register and the thresholds, refusing every key nobody knows."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final, TypeVar

from sanctions_exposure.countries import country_code
from sanctions_exposure.errors import RulesError
from sanctions_exposure.model import Confidence, Outcome, Severity, Source
from sanctions_exposure.policy.calibration import Calibration
from sanctions_exposure.policy.conditions import CONDITIONS, Condition, Parameter
from sanctions_exposure.policy.ruleset import Adjustment, Band, Clause, FlagKind, Profile, Rule, Threshold

T = TypeVar("T")
Document = Mapping[str, Any]

# Thresholds the code asks for; one that nobody reads, or that is missing, stops the load.
THRESHOLDS: Final = frozenset({"name-review", "name-strong"})


@dataclass(frozen=True, slots=True)
class _Keys:
    """One TOML table with the place it stands at; every key must be read exactly once."""

    place: str
    values: Document

    def fault(self, key: str, what: str) -> RulesError:
        return RulesError(f"{self.place}: {key}: {what}")

    def only(self, known: Iterable[str]) -> None:
        if unknown := sorted(self.values.keys() - set(known)):
            raise self.fault(unknown[0], "unknown key")

    def get(self, key: str, kind: type[T], default: T | None = None) -> T:
        if key not in self.values:
            if default is None:
                raise self.fault(key, "is missing")
            return default
        value = self.values[key]
        wrong_bool = isinstance(value, bool) and kind is not bool
        if not isinstance(value, kind) or wrong_bool:
            raise self.fault(key, f"{value!r} is not a {_NAMES.get(kind, kind.__name__)}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.get(key, str, default).strip()
        if not value and default is None:
            raise self.fault(key, "is empty")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.get(key, list, [])
        if not all(isinstance(v, str) for v in values):
            raise self.fault(key, "is not a list of texts")
        return tuple(values)

    def one_of(self, key: str, kind: Callable[[str], T]) -> T:
        value = self.text(key)
        try:
            return kind(value)
        except ValueError:
            raise self.fault(key, f"unknown value {value!r}") from None

    def day(self, key: str) -> date:
        value = self.get(key, date)
        if isinstance(value, datetime):
            raise self.fault(key, "is a time, not a date")
        return value


_NAMES: Final = {str: "text", int: "whole number", date: "date", list: "list", dict: "table", bool: "true or false"}


def read_flags(place: str, document: Document) -> dict[str, FlagKind]:
    """Return the register of flags by code, in file order."""
    found = {}
    for code in document:
        keys = _Keys(f"{place}: {code}", _Keys(place, document).get(code, dict))
        keys.only(("title", "severity", "meaning", "action", "would_settle"))
        found[code] = FlagKind(
            code=code,
            title=keys.text("title"),
            severity=keys.one_of("severity", Severity),
            meaning=keys.text("meaning"),
            action=keys.text("action"),
            would_settle=keys.texts("would_settle"),
        )
    return found


def read_thresholds(place: str, document: Document) -> dict[str, Threshold]:
    """Return the named thresholds."""
    top = _Keys(place, document)
    top.only(("threshold", "outcome", "band", "profile", "calibration"))
    named = top.get("threshold", dict)
    if wrong := sorted(named.keys() ^ THRESHOLDS):
        raise top.fault(f"threshold.{wrong[0]}", "unknown threshold" if wrong[0] in named else "is missing")
    found = {}
    for name, values in named.items():
        keys = _Keys(f"{place}: threshold.{name}", values)
        keys.only(("value", "reason"))
        value = keys.get("value", float)
        if not 0.0 < value <= 1.0:
            raise keys.fault("value", f"{value} is not between 0 and 1")
        found[name] = Threshold(value=value, reason=keys.text("reason"))
    return found


def read_profiles(place: str, document: Document) -> dict[str, Profile]:
    """Return the named profiles; a rules folder may have none."""
    found = {}
    for name, values in _Keys(place, document).get("profile", dict, {}).items():
        if not isinstance(values, dict):
            raise _Keys(f"{place}: profile", {}).fault(name, f"{values!r} is not a table")
        keys = _Keys(f"{place}: profile.{name}", values)
        keys.only((*sorted(THRESHOLDS), "recall", "false-positives", "reason"))
        shares = {key: keys.get(key, float) for key in sorted(values.keys() - {"reason"})}
        if wrong := [key for key, share in shares.items() if not 0.0 <= share <= 1.0]:
            raise keys.fault(wrong[0], f"{shares[wrong[0]]} is not between 0 and 1")
        found[name] = Profile(
            thresholds={key: share for key, share in shares.items() if key in THRESHOLDS},
            recall=keys.get("recall", float),
            false_positives=keys.get("false-positives", float),
            reason=keys.text("reason"),
        )
    return found


def read_calibration(place: str, document: Document) -> Calibration | None:
    """Return how often hits of each score were right, where the document says so."""
    values = _Keys(place, document).get("calibration", dict, {})
    if not values:
        return None
    keys = _Keys(f"{place}: calibration", values)
    keys.only(("points", "reason"))
    points = keys.get("points", list)
    if len(points) < _FEWEST_POINTS or not all(_is_point(point) for point in points):
        raise keys.fault("points", "is not a list of [score, best, other], each between 0 and 1")
    scores, best, other = zip(*points, strict=True)
    for before, after in pairwise(points):
        if not (before[0] < after[0] and before[1] <= after[1] and before[2] <= after[2]):
            raise keys.fault("points", f"{after} does not rise from {before}")
    return Calibration(scores=scores, best=best, other=other, reason=keys.text("reason"))


_FEWEST_POINTS: Final = 2  # that make a line


def _is_point(point: object) -> bool:
    return isinstance(point, list) and len(point) == 3 and all(isinstance(v, float) and 0 <= v <= 1 for v in point)


def read_outcomes(place: str, document: Document) -> dict[Severity, Outcome]:
    """Return what follows from each severity."""
    keys = _Keys(f"{place}: outcome", _Keys(place, document).get("outcome", dict))
    keys.only((*Severity, "reason"))
    return {severity: keys.one_of(severity, Outcome) for severity in Severity}


def read_bands(place: str, document: Document) -> dict[Severity, Band]:
    """Return the scores that belong to each severity: rising, and not overlapping."""
    top = _Keys(f"{place}: band", _Keys(place, document).get("band", dict))
    top.only((*Severity, "reason"))
    bands: dict[Severity, Band] = {}
    floor = -1
    for severity in Severity:
        keys = _Keys(f"{place}: band.{severity}", top.get(severity, dict))
        keys.only(("low", "high"))
        band = Band(low=keys.get("low", int), high=keys.get("high", int))
        if not floor < band.low <= band.high <= 100:
            raise keys.fault("low", f"{band.low}–{band.high} does not follow the band below it")
        floor = band.high
        bands[severity] = band
    return bands


_RULE_KEYS: Final = (
    *("id", "version", "flag", "summary", "effective", "until", "enabled", "doubt", "severity", "at_most"),
    *("sources", "all", "any", "unless", "raise", "lower", "explanation"),
)


def read_rule(file: str, document: Document, *, flags: frozenset[str]) -> Rule:
    """Return the rule of one document; its id is its file's name."""
    keys = _Keys(file, document)
    keys.only(_RULE_KEYS)
    if keys.text("id") != file.removesuffix(".toml"):
        raise keys.fault("id", f"{keys.text('id')!r} is not the name of the file")
    if keys.text("flag") not in flags:
        raise keys.fault("flag", f"unknown flag {keys.text('flag')!r}")
    groups = {g: _clauses(keys, g, flags) for g in ("all", "any", "unless")}
    if not groups["all"] and not groups["any"]:
        raise keys.fault("all", "a rule needs at least one condition")
    until = keys.day("until") if "until" in document else None
    if until is not None and until <= keys.day("effective"):
        raise keys.fault("until", "is not after 'effective'")
    if not keys.get("enabled", bool, True) and not keys.text("doubt", ""):
        raise keys.fault("doubt", "a rule that is switched off says why")
    return Rule(
        id=keys.text("id"),
        version=keys.get("version", int),
        flag=keys.text("flag"),
        summary=keys.text("summary"),
        effective=keys.day("effective"),
        until=until,
        sources=_sources(keys),
        all=groups["all"],
        any=groups["any"],
        unless=groups["unless"],
        adjustments=tuple(_adjustments(keys, flags)),
        severity=keys.one_of("severity", Severity) if "severity" in document else None,
        at_most=keys.one_of("at_most", Severity) if "at_most" in document else None,
        explanation=_template(keys, groups),
        enabled=keys.get("enabled", bool, True),
        doubt=keys.text("doubt", ""),
    )


def _sources(keys: _Keys) -> tuple[Source, ...]:
    found = []
    for number, values in enumerate(keys.get("sources", list)):
        source = _Keys(f"{keys.place}: sources[{number}]", values)
        source.only(("title", "publisher", "date", "section", "url", "confidence"))
        found.append(
            Source(
                title=source.text("title"),
                publisher=source.text("publisher"),
                date=source.text("date"),
                section=source.text("section", ""),
                url=source.text("url", ""),
                confidence=source.one_of("confidence", Confidence),
            )
        )
    if not found:
        raise keys.fault("sources", "a rule names what it implements")
    return tuple(found)


def _clauses(keys: _Keys, group: str, flags: frozenset[str]) -> tuple[Clause, ...]:
    values = keys.get(group, list, [])
    return tuple(_clause(_Keys(f"{keys.place}: {group}[{n}]", v), flags, ()) for n, v in enumerate(values))


def _clause(keys: _Keys, flags: frozenset[str], also: Sequence[str]) -> Clause:
    name = keys.text("condition")
    if name not in CONDITIONS:
        raise keys.fault("condition", f"unknown condition {name!r}")
    condition = CONDITIONS[name]
    keys.only(("condition", *condition.parameters, *also))
    parameters = {
        key: _parameter(keys, key, spec, flags) for key, spec in condition.parameters.items() if key in keys.values
    }
    if missing := [k for k, spec in condition.parameters.items() if spec.required and k not in parameters]:
        raise keys.fault(missing[0], f"condition {name!r} needs this parameter")
    return Clause(condition=name, parameters=parameters, key=name + json.dumps(parameters, sort_keys=True))


def _parameter(keys: _Keys, key: str, spec: Parameter, flags: frozenset[str]) -> Any:
    if spec.kind == "yes-no":
        return keys.get(key, bool)
    if spec.kind == "number":
        value = keys.values[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise keys.fault(key, f"{value!r} is not a number")
        return value
    if spec.kind in {"list", "country-list"}:
        values = keys.texts(key)
        if not values:
            raise keys.fault(key, "is empty")
        if spec.kind == "country-list" and (wrong := [v for v in values if country_code(v) != v]):
            raise keys.fault(key, f"unknown country {wrong[0]!r}; write ISO 3166 alpha-2 in lower case")
        return values
    value = keys.text(key)
    if spec.kind == "flag" and value not in flags:
        raise keys.fault(key, f"unknown flag {value!r}")
    if spec.kind == "severity":
        return str(keys.one_of(key, Severity))
    if spec.choices and value not in spec.choices:
        what = "table" if spec.kind == "table" else "value"
        raise keys.fault(key, f"unknown {what} {value!r}; one of {', '.join(spec.choices)}")
    return value


def _adjustments(keys: _Keys, flags: frozenset[str]) -> Iterable[Adjustment]:
    for group, sign in (("raise", 1), ("lower", -1)):
        for number, values in enumerate(keys.get(group, list, [])):
            own = _Keys(f"{keys.place}: {group}[{number}]", values)
            clause = _clause(own, flags, ("by", "to", "same_subject", "because"))
            if ("by" in values) == ("to" in values):
                raise own.fault("by", "write either 'by' (steps) or 'to' (a severity)")
            _check_words(own, "because", own.text("because"), _words(clause))
            yield Adjustment(
                clause=clause,
                steps=sign * own.get("by", int) if "by" in values else 0,
                to=own.one_of("to", Severity) if "to" in values else None,
                same_subject=own.get("same_subject", bool, False),
                because=own.text("because"),
            )


def _template(keys: _Keys, groups: Mapping[str, tuple[Clause, ...]]) -> str:
    """Return the explanation, once every placeholder is one that the conditions are sure to fill."""
    text = " ".join(keys.text("explanation").split())
    filled: set[str] = set()
    for clause in groups["all"]:
        filled |= _words(clause)
    if groups["any"]:
        filled |= frozenset.intersection(*(_words(c) for c in groups["any"]))
    _check_words(keys, "explanation", text, filled)
    return text


def _check_words(keys: _Keys, key: str, text: str, filled: Iterable[str]) -> None:
    known = set(filled)
    try:
        used = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise keys.fault(key, str(error)) from None
    if unknown := [name for name in used if name not in known]:
        raise keys.fault(key, f"no condition of this rule fills {{{unknown[0]}}}")


def _words(clause: Clause) -> frozenset[str]:
    condition: Condition = CONDITIONS[clause.condition]
    return condition.words
