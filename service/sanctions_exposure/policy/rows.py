"""The rows of ``rules/tables/*.csv``: one type per table, its fields the table's columns, in order.

Every row ends with who says so, when, and how sure we are of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sanctions_exposure.model import Confidence, Severity, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What every row of every table carries."""

    authority: str
    publisher: str
    date: str  # of the statement, partial ISO
    confidence: Confidence

    @property
    def source(self) -> Source:
        """The citation as an answer carries it."""
        return _source(self.authority, self.publisher, self.date, self.confidence)


@lru_cache(maxsize=4096)
def _source(authority: str, publisher: str, date: str, confidence: Confidence) -> Source:
    return Source(title=authority, publisher=publisher, date=date, confidence=confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Cited):
    """A place of the corridors; nodes.csv."""

    node: str
    name: str
    country: str
    kind: str  # place, port, airport, border, launch-site
    unlocode: str
    unlocode_confidence: str
    lat: float
    lon: float
    coordinates_confidence: Confidence
    aliases: tuple[str, ...]
    entity: str  # the curated entity that is this place


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNode(Cited):
    """A port, airport or terminal under a ban or tied to a listed operator, from when; listed-nodes.csv."""

    node: str
    kind: str  # port, airport, terminal
    regime: str
    from_: str
    until: str
    annex: str
    entry: str
    severity: Severity
    exempts_food: bool  # the ban has an exception for food and medicine, to be documented


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor(Cited):
    """A corridor; corridors.csv.  ``must_include`` holds requirements such as ``stage:2`` or ``to:ru``."""

    corridor: str
    name: str
    flag: str  # empty: a negative control that never raises anything
    severity: Severity
    direction: str  # forward, both
    minimum_stages: int
    must_include: tuple[str, ...]
    between: str  # what may lie between the required stages: any, none, no-end-country
    country_stops: bool  # a stop known by its country alone may stand for a stage
    modes: tuple[str, ...]  # modes by which the last required stage may be reached; empty: any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Cited):
    """One stage of a corridor and the nodes that make it; corridor-stages.csv."""

    corridor: str
    stage: int
    mode: str
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsCode(Cited):
    """A controlled HS code; chpl.csv and goods-groups.csv.  ``group`` is the tier in the former."""

    group: str
    hs: str
    flag: str
    severity: Severity
    description: str
    from_: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Predecessor(Cited):
    """A code of HS 2017 that HS 2022 split or moved to controlled ones; hs-predecessors.csv."""

    hs: str
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Humanitarian(Cited):
    """An HS prefix that is normally licensable; humanitarian.csv."""

    group: str
    hs: str
    except_: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword(Cited):
    """A term of a goods or payment description that suggests a subject; keywords.csv."""

    keyword: str
    flag: str
    severity: Severity
    term: str
    script: str
    names_product: bool  # nothing else is called so; else the term has civil meanings
    not_when: tuple[str, ...]  # words right before or after it that show another meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class RailTerm(Cited):
    """A word that names a payment rail; rails.csv."""

    rail: str
    flag: str
    name: str
    term: str
    anywhere: bool  # may also stand in the description, currency or bank name; else only in ``rail``


@dataclass(frozen=True, slots=True, kw_only=True)
class RailEvent(Cited):
    """What an authority did about a rail, from when; rail-events.csv."""

    rail: str
    from_: str
    from_confidence: Confidence
    until: str
    regime: str
    severity: Severity
    act: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank(Cited):
    """A bank cut off, banned or frozen; banks.csv."""

    bank: str
    name: str
    country: str
    flag: str
    severity: Severity
    regime: str
    from_: str
    until: str
    measure: str
    bic: str
    bic_confidence: str
    entity: str
    aliases: tuple[str, ...]  # what else it is called, recalled; never what the annex prints or another script alone


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbargoCountry(Cited):
    """A country under comprehensive sanctions; embargo-countries.csv."""

    country: str
    severity: Severity
    partners: tuple[str, ...]  # a second country that makes the nexus one level worse
    from_: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbargoRegion(Cited):
    """A region under comprehensive sanctions, known by the names of its places; embargo-regions.csv."""

    region: str
    name: str
    places: tuple[str, ...]
    severity: Severity
    from_: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner(Cited):
    """A country whose export controls are as strict, and so no third country of the guidance; partner-countries.csv."""

    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub(Cited):
    """A country that guidance names as a transhipment point; diversion-hubs.csv."""

    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratedGrade(Cited):
    """What a curated entity raises when it is not a sanctioned party; curated-grades.csv."""

    match: str  # entity or theme
    key: str
    flag: str  # empty: never a flag
    severity: Severity
    basis: str  # named, implied, successor, sector


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipTest(Cited):
    """From which stake, or by what, an authority treats a company as its listed owner; ownership-tests.csv."""

    regime: str
    name: str
    share: float  # percent
    over: bool  # more than the share; else the share is enough
    control: bool  # control counts as well
    aggregate: bool  # stakes of several listed owners add up
    lists: tuple[str, ...]  # ids of lists it is about begin so; empty: every list of the regime
    not_for: tuple[str, ...]  # measures that freeze nothing, so that owning by half means nothing
    from_: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence(Cited):
    """A general licence for dealings with a listed entity; licences.csv."""

    licence: str
    regime: str
    entity: str  # in the curated set
    names: tuple[str, ...]  # of its entries in other lists, exactly
    from_: str
    until: str
    limits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeAct(Cited):
    """The law by which a regime lists parties; regime-acts.csv."""

    regime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageBox(Cited):
    """A strait, canal or sea as a box of degrees; passages.csv."""

    passage: str
    name: str
    south: float
    north: float
    west: float
    east: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpliedStage(Cited):
    """A carrier or vessel whose service stands for a stage of a corridor; implied-stages.csv."""

    corridor: str
    stage: int
    entity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry(Cited):
    """A ship registry that is false or known for ships that hide; registries.csv."""

    country: str
    kind: str  # false, high-risk
    mid: tuple[str, ...]  # first three digits of its MMSI numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorVessel(Cited):
    """A vessel an authority names in its reasons for listing the operator; operator-vessels.csv."""

    entity: str
    name: str
    imo: str
    operator: str
    regime: str
    from_: str
    until: str
    act: str
