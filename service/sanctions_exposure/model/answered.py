"""What we answer: flags with their rules, states of lists, the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from sanctions_exposure.model.common import Json, ListStateName, Outcome, Severity
from sanctions_exposure.model.listed import Source


class RuleRef(msgspec.Struct, frozen=True, kw_only=True):
    """The rule that spoke."""

    id: str
    version: int


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's finding, with everything a reviewer must defend."""

    code: str
    title: str
    severity: Severity
    score: int
    subject: str  # JSON pointer into the request
    explanation: str
    action: str
    rule: RuleRef
    regimes: tuple[str, ...] = ()
    would_settle: tuple[str, ...] = ()
    evidence: tuple[Mapping[str, Json], ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyResult:
    """One line about each submitted party."""

    id: str
    pointer: str
    status: str  # "hit", "clear" or "not_screened"
    hits: int
    best_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """One list as this snapshot holds it."""

    id: str
    title: str
    publisher: str
    regime: str
    state: ListStateName
    version: str = ""  # the publisher's own date where there is one
    published_on: str = ""
    retrieved_at: str = ""
    entities: int = 0
    names: int = 0
    max_age_hours: float | None = None
    age_hours: float | None = None
    age_known: bool = True  # False: our clock says it was looked at in the future
    checked_at: str = ""  # when its publisher was last found to have no newer version
    tried_at: str = ""  # when its publisher was last asked
    refuses: bool = False  # too old or not there, and whoever runs us wants no answer about its regime then
    sha256: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What rules make of the facts: flags, worst first, and what follows from them."""

    outcome: Outcome
    severity: Severity
    score: int
    flags: tuple[Flag, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """The whole answer.  The edge adds ``id``, ``screened_at`` and ``took_ms``."""

    reference: str
    as_of: date
    outcome: Outcome
    severity: Severity
    score: int
    flags: tuple[Flag, ...]
    parties: tuple[PartyResult, ...]
    lists: tuple[ListState, ...]
    snapshot: str
    ruleset: str
    engine: str
    warnings: tuple[str, ...]
    id: str = ""
    screened_at: datetime | None = None
    took_ms: float = 0.0
