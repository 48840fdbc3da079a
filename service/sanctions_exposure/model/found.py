"""What matching finds, and what rules read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from sanctions_exposure.model.asked import Party, Subject
from sanctions_exposure.model.common import NameKind, Schema
from sanctions_exposure.model.listed import Identifier, ListedEntity


class NameQuery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the index is asked: names of one party and what else is known of it."""

    names: tuple[str, ...]
    schema: Schema | None = None
    countries: tuple[str, ...] = ()
    birth_date: str = ""
    identifiers: tuple[Identifier, ...] = ()


class Alignment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which words met and why: ``exact``, ``typo``, ``transliteration``, ``legal_form``, ``dropped`` and so on."""

    query: str
    listed: str
    how: str
    similarity: float


class Hit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A listed entity that resembles a name or shares an identifier, and how."""

    list: str
    entity_id: str
    caption: str
    schema: Schema
    score: float  # 0.0–1.0
    matched_name: str
    alias_strength: NameKind
    query_name: str
    features: Mapping[str, float | str] = msgspec.field(default_factory=dict)
    alignment: tuple[Alignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two names compare, without any list."""

    score: float
    features: Mapping[str, float | str]
    alignment: tuple[Alignment, ...]


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
