"""A ruleset: rules, flags, thresholds and tables, frozen, with the look-ups conditions need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sanctions_exposure.model import Outcome, Severity, Source
from sanctions_exposure.places import Passage
from sanctions_exposure.policy import rows
from sanctions_exposure.policy.calibration import Calibration
from sanctions_exposure.policy.corridors import Stands
from sanctions_exposure.policy.places import Gazetteer

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagKind:
    """One entry of flags.toml."""

    code: str
    title: str
    severity: Severity  # base; a rule's evidence may grade it otherwise
    meaning: str
    action: str
    would_settle: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The part of the 0–100 scale that belongs to one severity."""

    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number a decision turns on, and why it has its value."""

    value: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named choice of thresholds, and what it does to labelled screening queries."""

    thresholds: Mapping[str, float]  # those it sets otherwise
    recall: float  # share of listed parties found
    false_positives: float  # share of unlisted parties with any hit
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition with its parameters; ``key`` tells equal clauses apart from others."""

    condition: str
    parameters: Parameters
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Changes the severity when its clause finds something."""

    clause: Clause
    steps: int  # raised by, negative: lowered by; 0: set to ``to``
    to: Severity | None
    same_subject: bool  # only where the clause speaks of the flag's own subject
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule document."""

    id: str
    version: int
    flag: str
    summary: str
    effective: date
    until: date | None
    sources: tuple[Source, ...]
    all: tuple[Clause, ...]
    any: tuple[Clause, ...]
    unless: tuple[Clause, ...]
    adjustments: tuple[Adjustment, ...]
    severity: Severity | None
    at_most: Severity | None
    explanation: str
    enabled: bool
    doubt: str

    def in_force(self, on: date) -> bool:
        """Whether the rule speaks on that day."""
        return self.enabled and self.effective <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """What conditions look things up in; built once, at load.

    Compared by identity, so that what was looked up can be remembered.
    """

    gazetteer: Gazetteer
    nodes: Mapping[str, rows.Node]
    listed_nodes: Mapping[str, tuple[rows.ListedNode, ...]]
    corridors: tuple[rows.Corridor, ...]
    corridors_by_flag: Mapping[str, tuple[rows.Corridor, ...]]
    stages: Mapping[str, tuple[rows.Stage, ...]]  # by corridor, in order
    stage_of: Mapping[str, Mapping[str, int]]  # corridor to node to stage
    stands_by_node: Mapping[str, Stands]
    stands_by_country: Mapping[str, Stands]  # for a stop that is a country alone
    codes: Mapping[str, Mapping[str, tuple[rows.GoodsCode, ...]]]  # table to HS prefix
    predecessors: Mapping[str, rows.Predecessor]
    humanitarian_by_chapter: Mapping[str, tuple[rows.Humanitarian, ...]]  # by the first two digits
    keywords: Mapping[str, tuple[tuple[tuple[str, ...], rows.Keyword], ...]]  # first word to (words, keyword)
    rail_terms: Mapping[str, tuple[tuple[tuple[str, ...], rows.RailTerm], ...]]
    rail_events: Mapping[str, tuple[rows.RailEvent, ...]]
    banks_by_bic: Mapping[str, tuple[rows.Bank, ...]]
    banks_by_name: Mapping[str, tuple[rows.Bank, ...]]  # as their annex prints them
    banks_by_alias: Mapping[str, tuple[rows.Bank, ...]]  # as they are called otherwise, recalled
    banks_by_entity: Mapping[str, tuple[rows.Bank, ...]]
    embargoes: tuple[rows.EmbargoCountry, ...]
    embargo_places: Mapping[str, tuple[tuple[tuple[str, ...], rows.EmbargoRegion], ...]]  # by first word
    partners: Mapping[str, rows.Partner]  # by country
    hubs: Mapping[str, tuple[rows.Hub, ...]]  # by country, a row for each authority that names it
    grades_by_entity: Mapping[str, rows.CuratedGrade]
    grades_by_theme: Mapping[str, rows.CuratedGrade]
    vessels_by_imo: Mapping[str, rows.OperatorVessel]
    vessels_by_entity: Mapping[str, rows.OperatorVessel]
    ownership_tests: tuple[rows.OwnershipTest, ...]
    licences_by_entity: Mapping[str, tuple[rows.Licence, ...]]
    licences_by_name: Mapping[str, tuple[rows.Licence, ...]]  # folded name
    regime_acts: Mapping[str, tuple[rows.RegimeAct, ...]]
    passages: tuple[Passage, ...]
    nodes_by_entity: Mapping[str, rows.Node]  # the works and ports that are places
    implied_stages: Mapping[str, tuple[rows.ImpliedStage, ...]]  # by entity
    registries: Mapping[str, rows.Registry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """The frozen policy, named by the digest of every file it was read from."""

    id: str  # "sha256:…"
    rules: tuple[Rule, ...]
    flags: Mapping[str, FlagKind]
    thresholds: Mapping[str, Threshold]
    bands: Mapping[Severity, Band]
    outcomes: Mapping[Severity, Outcome]
    tables: Tables
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    calibration: Calibration | None = None
    # Remembers which rules can speak of requests with given aspects on a day; see `aspects`.
    speaking: dict[tuple[frozenset[str], date], tuple[Rule, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
