"""Adds to a route the places that its parties and carriers stand for, each marked as inferred.

A seller who is a works sends from its gate; a shipping line of the Caspian that carries a leg crosses the Caspian.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sanctions_exposure.model import Facts, NameKind, Party, ScreenedParty
from sanctions_exposure.policy.places import Place
from sanctions_exposure.policy.rows import ImpliedStage, Node
from sanctions_exposure.policy.ruleset import Tables

SENDERS: Final = frozenset({"seller", "consignor"})
RECEIVERS: Final = frozenset({"buyer", "consignee", "notify_party", "end_user"})
_SURE: Final = 0.85  # a likeness is no place


def implied_way(facts: Facts, places: tuple[Place, ...], tables: Tables) -> tuple[Place, ...]:
    """Return *places* with what is implied before, between and after them; nothing is implied of an empty route."""
    if not places or not any(s.hits for s in facts.parties):
        return places
    known = {p.node.node for p in places if p.node}
    entities = {s.party.pointer: _entities(s) for s in facts.parties if s.hits}
    gates = tables.nodes_by_entity
    first = list(_gates(facts.subject.parties, SENDERS, entities, gates, known))
    last = list(_gates(facts.subject.parties, RECEIVERS, entities, gates, known))
    return (*first, *_with_carriers(facts, places, entities, tables), *last)


def _entities(screened: ScreenedParty) -> tuple[str, ...]:
    return tuple(
        h.entity.id
        for h in screened.hits
        if h.entity.themes and h.hit.score >= _SURE and h.hit.alias_strength is not NameKind.WEAK
    )


def _gates(
    parties: Sequence[Party],
    roles: frozenset[str],
    entities: Mapping[str, tuple[str, ...]],
    gates: Mapping[str, Node],
    known: set[str],
) -> Iterator[Place]:
    for party in parties:
        for entity in entities.get(party.pointer, ()) if party.role in roles else ():
            node = gates.get(entity)
            if node is not None and node.node not in known:
                known.add(node.node)
                yield Place(
                    pointer=party.pointer,
                    text=party.name,
                    node=node,
                    country=node.country,
                    mode="unknown",
                    inferred=f"the seat of {party.name}, not a submitted stop",
                )


def _with_carriers(
    facts: Facts, places: Sequence[Place], entities: Mapping[str, tuple[str, ...]], tables: Tables
) -> Iterator[Place]:
    # A line of the Caspian tells its crossing only on a way that leads from one shore to the other.
    crossing = {"ru", "ir"} <= {p.country for p in places}
    loose = [p for p in facts.subject.parties if p.role in {"carrier", "vessel"}]
    for number, (stop, place) in enumerate(zip(facts.subject.route, places, strict=True)):
        carriers = [c for c in (stop.vessel, stop.carrier) if c is not None]
        if number == 1:  # a carrier named beside the route carries it from its first stop on
            carriers += loose
        if crossing and number:
            stages = [
                (row, carrier)
                for carrier in carriers
                for entity in entities.get(carrier.pointer, ())
                for row in tables.implied_stages.get(entity, ())
            ]
            yield from _crossings(stages)
        yield place


def _crossings(stages: Sequence[tuple[ImpliedStage, Party]]) -> Iterator[Place]:
    by_stage = {(row.corridor, row.stage): carrier for row, carrier in stages}
    for (corridor, stage), carrier in sorted(by_stage.items(), key=lambda item: item[0]):
        yield Place(
            pointer=carrier.pointer,
            text=carrier.name,
            node=None,
            country="",
            mode="sea",
            stands_for=((corridor, stage),),
            inferred=f"the service of {carrier.name}, not a submitted stop",
        )
