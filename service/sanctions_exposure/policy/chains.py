"""Follows the relations that lists state, from an entry up to those that own or control it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sanctions_exposure.model import Confidence, Designation, DesignationStatus, EntityHit, Json, ListedEntity

if TYPE_CHECKING:
    from sanctions_exposure.policy.context import Context

# What the lower entry says of the upper one, and what the upper says of the lower; True where it means property.
_UP: Final[Mapping[str, bool]] = {
    "owned-by": True,
    "subsidiary-of": True,
    "controlled-by": False,
    "operated-by": False,
    "managed-by": False,
    "chartered-by": False,
    "part-of": False,
    "subordinate-to": False,
    "front-for": False,
    "proxy-of": False,
    "agent-of": False,
    "acting-for": False,
    "linked-to": False,
}
_DOWN: Final[Mapping[str, str]] = {
    "parent-of": "subsidiary-of",
    "owns": "owned-by",
    "owner-of": "owned-by",
    "controls": "controlled-by",
    "operates": "operated-by",
    "manages": "managed-by",
}
SECTORAL: Final = frozenset(
    {"Export control", "Financial restrictions", "Transportation restrictions", "Investment ban"}
)
_DEEPEST: Final = 6  # links; longer chains say more about the list than about the party

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One step up: what ties the lower entry to the upper."""

    type: str
    lower: ListedEntity
    upper: ListedEntity


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The steps from an entry to a designated one above it."""

    links: tuple[Link, ...]
    top: ListedEntity
    designations: tuple[Designation, ...]

    @property
    def owned(self) -> bool:
        """Whether every step is property."""
        return all(_UP[link.type] for link in self.links)

    @property
    def freezes(self) -> bool:
        """Whether the upper end is listed whole, not merely cut off from some goods, finance or transport."""
        return any(d.status is DesignationStatus.LISTED and not SECTORAL & set(d.measures) for d in self.designations)

    def told(self) -> str:
        """Say the steps: ``subsidiary of “A”, owned by “B”``."""
        return ", ".join(f"{link.type.replace('-', ' ')} “{link.upper.caption}”" for link in self.links)

    def as_json(self) -> list[dict[str, Json]]:
        """Return the steps as evidence."""
        return [
            {
                "relation": link.type,
                "entity_id": link.upper.id,
                "list": link.upper.list,
                "caption": link.upper.caption,
                "share": None,  # lists seldom say it
            }
            for link in self.links
        ]


def is_tie(relation: str) -> bool:
    """Whether a relation of that type leads up or down a chain."""
    return relation in _UP or relation in _DOWN


def chains_to_listed(context: Context, hit: EntityHit, *, restricted: bool = False) -> Iterator[Chain]:
    """Yield the shortest chain from the entry of *hit* to each designated entry above it, nearest first."""
    start = (hit.entity.list, hit.entity.id)
    reached: set[Key] = {start}
    waiting: list[tuple[Key, tuple[Link, ...]]] = [(start, ())]
    while waiting:
        key, links = waiting.pop(0)
        for link in context.ties.get(key, ()):
            upper = (link.upper.list, link.upper.id)
            if upper in reached or len(links) >= _DEEPEST:
                continue
            reached.add(upper)
            path = (*links, link)
            if designations := _designations(context, link.upper, restricted=restricted):
                yield Chain(links=path, top=link.upper, designations=designations)
            else:
                waiting.append((upper, path))


def ties_among(related: Iterable[ListedEntity]) -> dict[Key, tuple[Link, ...]]:
    """Return the steps up from each entry, whichever of the two entries states them."""
    entities = {(e.list, e.id): e for e in related}
    found: dict[Key, dict[Key, Link]] = {}
    for (list_id, _), entity in sorted(entities.items()):
        for relation in entity.relations:
            other = entities.get((list_id, relation.target_id))
            if other is None or other is entity:
                continue
            if relation.type in _UP:
                low, high, kind = entity, other, relation.type
            elif relation.type in _DOWN:
                low, high, kind = other, entity, _DOWN[relation.type]
            else:
                continue
            held = found.setdefault((list_id, low.id), {})
            known = held.get((list_id, high.id))
            if known is None or (_UP[kind] and not _UP[known.type]):  # property says more than service
                held[(list_id, high.id)] = Link(type=kind, lower=low, upper=high)
    return {key: tuple(links.values()) for key, links in found.items()}


def _designations(context: Context, entity: ListedEntity, *, restricted: bool) -> tuple[Designation, ...]:
    in_force = [
        d
        for d in entity.designations
        if d.confidence is Confidence.VERIFIED and context.applies(regime=d.regime, since=d.listed_on, until=d.until)
    ]
    listed = [d for d in in_force if d.status is DesignationStatus.LISTED]
    if not listed and restricted:
        listed = [d for d in in_force if d.status is DesignationStatus.RESTRICTED]
    return tuple(sorted(listed, key=lambda d: (d.listed_on, d.regime, d.reference, d.list_name)))
