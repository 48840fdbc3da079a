"""What lists say, and what a snapshot of them holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from sanctions_exposure.model.common import Confidence, DesignationStatus, NameKind, Schema


class ListedName(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One name of a listed entity, as published."""

    text: str
    kind: NameKind = NameKind.PRIMARY
    type: str = ""  # the authority's own word: "aka", "fka", "a.k.a.", "name", "native" …
    script: str = ""  # ISO 15924, where the authority says it
    language: str = ""


class ListedDate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A date as exact as the authority gives it: ``1963``, ``1963-05`` or ``1963-05-09``."""

    start: str
    end: str | None = None  # set for a range, which includes both
    approximate: bool = False
    text: str = ""  # as published, when that says more


class Identifier(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A number or mark that is meant to belong to one entity only."""

    type: str  # one of IDENTIFIER_TYPES
    value: str
    country: str = ""
    label: str = ""  # the authority's own word for the type


IN_NAME = "in the name"  # label of an asked number that stood in the name, so nobody said whose it is

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


class Address(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An address; ``text`` is the whole of it on one line."""

    text: str
    city: str = ""
    country: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class Designation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class Relation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A link that a list states between an entity and another."""

    type: str  # "linked-to", "owned-by", "acting-for", "operated-by" …
    target_name: str
    target_id: str = ""  # in the same list, where the name resolves to exactly one entry


class Attribute(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something else an authority says that we keep word for word."""

    name: str
    value: str


class ListedEntity(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
