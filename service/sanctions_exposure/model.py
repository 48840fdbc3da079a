"""The frozen types every room shares: listed entities, questions, hits, facts, flags, answers.

Nothing here reads a file, a clock or the environment.  Countries are ISO 3166-1 alpha-2 in lower case.  Scores of
matching are 0.0–1.0; scores of screenings and flags are integers 0–100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

Json = Any  # a value that JSON can carry; evidence is open, everything else is typed


class Schema(StrEnum):
    """What kind of thing a name belongs to."""

    PERSON = "Person"
    COMPANY = "Company"
    ORGANIZATION = "Organization"
    LEGAL_ENTITY = "LegalEntity"
    PUBLIC_BODY = "PublicBody"
    VESSEL = "Vessel"
    AIRCRAFT = "Aircraft"
    # Listed in the curated set only; a party is never one of these.
    PAYMENT_SYSTEM = "PaymentSystem"
    PRODUCT = "Product"
    PROGRAMME = "Programme"


class Severity(StrEnum):
    """How bad a flag is, in rising order."""

    NONE = "none"
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    rank: int  # position in rising order, 0 for none; a plain attribute, since rules compare severities all the time


for _rank, _severity in enumerate(Severity):
    _severity.rank = _rank


class Outcome(StrEnum):
    """What a caller may do with the answer."""

    CLEAR = "clear"
    REVIEW = "review"
    BLOCK = "block"
    ERROR = "error"


class NameKind(StrEnum):
    """How much the authority itself trusts a name."""

    PRIMARY = "primary"
    STRONG = "strong"
    WEAK = "weak"


class Confidence(StrEnum):
    """How sure we are of a fact: read in its source, or only remembered."""

    VERIFIED = "verified"
    RECALLED = "recalled"


class DesignationStatus(StrEnum):
    """What one authority says of an entity."""

    LISTED = "listed"  # a sanctions or export-control list names it
    RESTRICTED = "restricted"  # a narrower prohibition names it: directive, transaction ban, denial order
    ADVISORY = "advisory"  # an authority warns of it without listing it
    DELISTED = "delisted"
    NOT_LISTED = "not-listed"  # looked for and not found


class ListStateName(StrEnum):
    """Whether a list may be believed."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    QUARANTINED = "quarantined"


# -- what lists say ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedName:
    """One name of a listed entity, as published."""

    text: str
    kind: NameKind = NameKind.PRIMARY
    type: str = ""  # the authority's own word: "aka", "fka", "a.k.a.", "name", "native" …
    script: str = ""  # ISO 15924, where the authority says it
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDate:
    """A date as exact as the authority gives it: ``1963``, ``1963-05`` or ``1963-05-09``."""

    start: str
    end: str | None = None  # set for a range, which includes both
    approximate: bool = False
    text: str = ""  # as published, when that says more


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number or mark that is meant to belong to one entity only."""

    type: str  # one of IDENTIFIER_TYPES
    value: str
    country: str = ""
    label: str = ""  # the authority's own word for the type


IDENTIFIER_TYPES = frozenset(
    {
        "imo",
        "mmsi",
        "callsign",
        "lei",
        "bic",
        "inn",
        "ogrn",
        "registration",
        "tax",
        "passport",
        "national_id",
        "tail",
        "icao24",
        "crypto_wallet",
        "duns",
        "other",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address; ``text`` is the whole of it on one line."""

    text: str
    city: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact comes from, so that a reader can look it up."""

    title: str
    publisher: str
    date: str = ""
    section: str = ""
    url: str = ""
    confidence: Confidence = Confidence.VERIFIED

    def __hash__(self) -> int:
        """Hash what tells sources apart; equality still compares all."""
        return hash((self.title, self.section))


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """What one authority says of an entity, from when until when."""

    regime: str  # "us", "eu", "uk", "un", "jp", "ch", "ca", "au", "ua", or "own" for a list of one's own
    status: DesignationStatus = DesignationStatus.LISTED
    authority: str = ""
    list_name: str = ""  # "SDN", "Annex I.B of Regulation (EC) No 765/2006"
    programme: str = ""
    reference: str = ""  # the authority's own identifier in that list
    listed_on: str = ""  # partial ISO date; empty: the list does not say, so in force on every date
    listed_on_confidence: Confidence = Confidence.VERIFIED
    until: str = ""  # first day it was no longer in force
    reason: str = ""
    measures: tuple[str, ...] = ()
    confidence: Confidence = Confidence.VERIFIED
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A link that a list states between an entity and another."""

    type: str  # "linked-to", "owned-by", "acting-for", "operated-by" …
    target_name: str
    target_id: str = ""  # in the same list, where the name resolves to exactly one entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """Something else an authority says that we keep word for word."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEntity:
    """One entry of one list, exactly as its authority published it."""

    list: str
    id: str  # the authority's own, stable identifier
    schema: Schema
    names: tuple[ListedName, ...]
    identifiers: tuple[Identifier, ...] = ()
    birth_dates: tuple[ListedDate, ...] = ()
    countries: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    designations: tuple[Designation, ...] = ()
    relations: tuple[Relation, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    themes: tuple[str, ...] = ()

    @property
    def caption(self) -> str:
        """The name to show a person."""
        return self.names[0].text


# -- what a snapshot holds -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One file as its publisher served it; kept under ``raw/<list>/<name>`` of the snapshot."""

    name: str
    sha256: str
    size: int  # bytes
    origin: str  # URL or folder it was read from


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRecord:
    """One list inside a snapshot: which bytes, how old, how much."""

    id: str
    title: str
    publisher: str
    regime: str
    format: str
    licence: str = ""
    version: str = ""  # the publisher's own date where there is one, else the day it was retrieved
    published_on: str = ""  # ISO date or date-time from inside the file; empty where it says none
    retrieved_at: str  # ISO date-time, UTC
    entities: int
    names: int
    max_age_hours: float | None = None  # None: never too old (the curated set, a list of one's own)
    files: tuple[PublishedFile, ...] = ()
    sha256: str = ""  # digest over the files, in order
    notes: tuple[str, ...] = ()  # what the parser noticed: unknown fields, overflow rows without an owner …


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRecord:
    """``snapshot.json``: everything that was published together."""

    format: int  # of the snapshot folder
    built_at: str  # ISO date-time, UTC
    lists: tuple[ListRecord, ...]
    digests: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of entities.jsonl and of each index file


# -- what a caller asks --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who owns or controls a party, as the caller says; ``share`` in percent."""

    pointer: str
    name: str
    share: float | None = None
    control: bool = False
    owners: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VesselEvent:
    """Something a vessel did: ``ais_gap``, ``ship_to_ship``, ``flag_change``, ``rename``, ``owner_change``."""

    type: str
    date: str = ""
    hours: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A counterparty, carrier, bank or vessel the caller asks about."""

    pointer: str  # where it stands in the request: "/parties/0"
    name: str  # may be empty when an identifier is given
    id: str = ""
    role: str = "other"
    schema: Schema | None = None
    aliases: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    birth_date: str = ""
    incorporation_date: str = ""
    customer_since: str = ""
    identifiers: tuple[Identifier, ...] = ()
    owners: tuple[Owner, ...] = ()
    events: tuple[VesselEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One place of a route and how the goods reach it."""

    pointer: str  # "/route/0"
    place: str = ""
    country: str = ""
    locode: str = ""
    mode: str = "unknown"
    freight: float | None = None  # what carriage to it costs, in the currency of the goods' values
    vessel: Party | None = None
    carrier: Party | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsLine:
    """One line of goods."""

    pointer: str  # "/goods/0"
    hs_code: str = ""  # digits only
    description: str = ""
    origin: str = ""
    value: float | None = None  # of the whole line; one currency for all lines of a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How the goods are paid for."""

    pointer: str = "/payment"
    currency: str = ""  # "RUB", or a pair: "RUB/IRR"
    rail: str = ""
    description: str = ""
    payer: str = ""  # the id of a party
    payer_country: str = ""
    banks: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One whole question: everything that is screened together."""

    parties: tuple[Party, ...] = ()
    route: tuple[Stop, ...] = ()
    goods: tuple[GoodsLine, ...] = ()
    payment: Payment | None = None
    reference: str = ""
    as_of: date | None = None
    regimes: tuple[str, ...] = ()  # empty: all
    warnings: tuple[str, ...] = ()  # what validation noticed but did not refuse: a wrong check digit …


# -- what matching finds -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NameQuery:
    """What the index is asked: names of one party and what else is known of it."""

    names: tuple[str, ...]
    schema: Schema | None = None
    countries: tuple[str, ...] = ()
    birth_date: str = ""
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Which words met and why: ``exact``, ``typo``, ``transliteration``, ``legal_form``, ``dropped`` and so on."""

    query: str
    listed: str
    how: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A listed entity that resembles a name or shares an identifier, and how."""

    list: str
    entity_id: str
    caption: str
    schema: Schema
    score: float  # 0.0–1.0
    matched_name: str
    alias_strength: NameKind
    query_name: str
    features: Mapping[str, float | str] = field(default_factory=dict)
    alignment: tuple[Alignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two names compare, without any list."""

    score: float
    features: Mapping[str, float | str]
    alignment: tuple[Alignment, ...]


# -- what rules read -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityHit:
    """A hit together with the whole entry it points to."""

    hit: Hit
    entity: ListedEntity


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedParty:
    """A party of the subject, wherever it stood in it, with what matching found."""

    party: Party
    hits: tuple[EntityHit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that rules may look at.  ``as_of`` is always set."""

    subject: Subject
    as_of: date
    parties: tuple[ScreenedParty, ...]  # parties, owners, carriers, vessels and banks, in order of appearance
    related: tuple[
        ListedEntity, ...
    ] = ()  # those hit and all that the lists tie to them, over several links; empty: none tied


# -- what we answer ------------------------------------------------------------------------------


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
