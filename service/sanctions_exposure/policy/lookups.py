"""Builds the look-ups of a ruleset from its tables, and checks that the tables agree with each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from sanctions_exposure.errors import RulesError
from sanctions_exposure.places import Passage
from sanctions_exposure.policy import rows
from sanctions_exposure.policy.banks import bank_key, printed_keys
from sanctions_exposure.policy.corridors import check_corridor, stages_of_nodes, stands_by_country, stands_by_node
from sanctions_exposure.policy.places import build_gazetteer
from sanctions_exposure.policy.ruleset import Tables
from sanctions_exposure.policy.tables import RawTables, unique
from sanctions_exposure.text import parted, words

Row = TypeVar("Row", bound=rows.Cited)
Key = TypeVar("Key", bound=Hashable)


def build_tables(raw: RawTables, *, flags: frozenset[str]) -> Tables:
    """Index every table.

    Raises:
        RulesError: a row names a node, flag or corridor that nothing defines, or a key stands twice.
    """
    nodes = raw.of("nodes", rows.Node)
    unique("nodes", [n.node for n in nodes])
    by_node = {n.node: n for n in nodes}
    corridors, stages = _corridors(raw, by_node, flags)
    listed = raw.of("listed-nodes", rows.ListedNode)
    _known("listed-nodes", "node", [r.node for r in listed], by_node)
    _known("listed-nodes", "kind", [r.kind for r in listed], {"port", "airport", "terminal"})
    keywords = raw.of("keywords", rows.Keyword)
    _known("keywords", "flag", [k.flag for k in keywords], flags)
    rails = raw.of("rails", rows.RailTerm)
    _known("rails", "flag", [r.flag for r in rails], flags)
    events = raw.of("rail-events", rows.RailEvent)
    _known("rail-events", "rail", [e.rail for e in events], {r.rail for r in rails})
    banks = raw.of("banks", rows.Bank)
    _known("banks", "flag", [b.flag for b in banks], flags)
    grades = raw.of("curated-grades", rows.CuratedGrade)
    _known("curated-grades", "flag", [g.flag for g in grades], flags | {""})
    _known("curated-grades", "match", [g.match for g in grades], {"entity", "theme"})
    unique("curated-grades", [f"{g.match} {g.key}" for g in grades])
    vessels = raw.of("operator-vessels", rows.OperatorVessel)
    licences = raw.of("licences", rows.Licence)
    implied = raw.of("implied-stages", rows.ImpliedStage)
    _known("implied-stages", "corridor", [i.corridor for i in implied], stages)
    boxes = raw.of("passages", rows.PassageBox)
    unique("passages", [p.passage for p in boxes])
    registries = raw.of("registries", rows.Registry)
    _known("registries", "kind", [r.kind for r in registries], {"false", "high-risk", "state-of-concern"})
    hubs = raw.of("diversion-hubs", rows.Hub)
    unique("diversion-hubs", [f"{h.country} {h.authority}" for h in hubs])
    stage_of = {corridor: stages_of_nodes(of) for corridor, of in stages.items()}
    return Tables(
        gazetteer=build_gazetteer(nodes),
        nodes=by_node,
        listed_nodes=_group(listed, lambda r: r.node),
        corridors=corridors,
        corridors_by_flag=_group([c for c in corridors if c.flag], lambda c: c.flag),
        stages=stages,
        stage_of=stage_of,
        stands_by_node=stands_by_node(stage_of),
        stands_by_country=stands_by_country(corridors, stages, {n.node: n.country for n in nodes}),
        codes={name: _codes(raw.of(name, rows.GoodsCode), name, flags) for name in ("chpl", "goods-groups")},
        predecessors={p.hs: p for p in raw.of("hs-predecessors", rows.Predecessor)},
        humanitarian_by_chapter=_group(raw.of("humanitarian", rows.Humanitarian), lambda h: h.hs[:2]),
        keywords=_by_first_word([(parted(words(k.term)), k) for k in keywords], "keywords"),
        rail_terms=_by_first_word([(words(r.term), r) for r in rails], "rails"),
        rail_events=_group(events, lambda e: e.rail),
        banks_by_bic=_group([b for b in banks if b.bic], lambda b: b.bic[:8]),
        banks_by_name=_by_keys(banks, printed_keys),
        banks_by_alias=_by_keys(banks, lambda b: map(bank_key, b.aliases)),
        banks_by_entity=_group([b for b in banks if b.entity], lambda b: b.entity),
        embargoes=raw.of("embargo-countries", rows.EmbargoCountry),
        embargo_places=_by_first_word(
            [(words(place), r) for r in raw.of("embargo-regions", rows.EmbargoRegion) for place in r.places],
            "embargo-regions",
        ),
        partners={x.country: x for x in raw.of("partner-countries", rows.Partner)},
        hubs=_group(hubs, lambda h: h.country),
        grades_by_entity={g.key: g for g in grades if g.match == "entity"},
        grades_by_theme={g.key: g for g in grades if g.match == "theme"},
        vessels_by_imo={v.imo: v for v in vessels if v.imo},
        vessels_by_entity={v.entity: v for v in vessels},
        ownership_tests=raw.of("ownership-tests", rows.OwnershipTest),
        licences_by_entity=_group([x for x in licences if x.entity], lambda x: x.entity),
        licences_by_name=_by_name(licences),
        regime_acts=_group(raw.of("regime-acts", rows.RegimeAct), lambda r: r.regime),
        passages=tuple(_passage(p) for p in boxes),
        nodes_by_entity={n.entity: n for n in nodes if n.entity},
        implied_stages=_group(implied, lambda i: i.entity),
        registries={r.country: r for r in registries},
    )


def _passage(row: rows.PassageBox) -> Passage:
    return Passage(id=row.passage, name=row.name, south=row.south, north=row.north, west=row.west, east=row.east)


def _by_name(licences: Iterable[rows.Licence]) -> dict[str, tuple[rows.Licence, ...]]:
    found: dict[str, list[rows.Licence]] = {}
    for licence in licences:
        for name in licence.names:
            found.setdefault(" ".join(words(name)), []).append(licence)
    return {name: tuple(rows_) for name, rows_ in found.items()}


def _known(table: str, column: str, values: Sequence[str], known: Iterable[str]) -> None:
    allowed = set(known)
    for line, value in enumerate(values, 2):
        if value not in allowed:
            raise RulesError(f"tables/{table}.csv: line {line}: column {column!r}: unknown {column} {value!r}")


def _group(items: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, tuple[Row, ...]]:
    table: dict[Key, list[Row]] = {}
    for item in items:
        table.setdefault(key(item), []).append(item)
    return {k: tuple(v) for k, v in table.items()}


def _by_keys(items: Iterable[Row], keys: Callable[[Row], Iterable[str]]) -> dict[str, tuple[Row, ...]]:
    table: dict[str, list[Row]] = {}
    for item in items:
        for key in dict.fromkeys(keys(item)):
            table.setdefault(key, []).append(item)
    return {k: tuple(v) for k, v in table.items()}


def _corridors(
    raw: RawTables, nodes: dict[str, rows.Node], flags: frozenset[str]
) -> tuple[tuple[rows.Corridor, ...], dict[str, tuple[rows.Stage, ...]]]:
    corridors = raw.of("corridors", rows.Corridor)
    unique("corridors", [c.corridor for c in corridors])
    _known("corridors", "flag", [c.flag for c in corridors], flags | {""})
    stages = raw.of("corridor-stages", rows.Stage)
    _known("corridor-stages", "corridor", [s.corridor for s in stages], {c.corridor for c in corridors})
    for line, stage in enumerate(stages, 2):
        if unknown := [n for n in stage.nodes if n not in nodes]:
            raise RulesError(f"tables/corridor-stages.csv: line {line}: column 'nodes': unknown node {unknown[0]!r}")
    grouped = _group(stages, lambda s: s.corridor)
    for line, corridor in enumerate(corridors, 2):
        check_corridor(corridor, grouped.get(corridor.corridor, ()), line)
    return corridors, grouped


def _codes(found: Sequence[rows.GoodsCode], table: str, flags: frozenset[str]) -> dict[str, tuple[rows.GoodsCode, ...]]:
    _known(table, "flag", [r.flag for r in found], flags)
    for line, row in enumerate(found, 2):
        if not row.hs.isdigit() or len(row.hs) not in {4, 6}:
            raise RulesError(f"tables/{table}.csv: line {line}: column 'hs': {row.hs!r} is not 4 or 6 digits")
    unique(table, [f"{r.group} {r.hs}" for r in found])
    headings = {f"heading:{h}": v for h, v in _group(found, lambda r: r.hs[:4]).items()}
    return _group(found, lambda r: r.hs) | headings


def _by_first_word(
    pairs: Iterable[tuple[tuple[str, ...], Row]], table: str
) -> dict[str, tuple[tuple[tuple[str, ...], Row], ...]]:
    found: dict[str, list[tuple[tuple[str, ...], Row]]] = {}
    for line, (split, row) in enumerate(pairs, 2):
        if not split:
            raise RulesError(f"tables/{table}.csv: line {line}: column 'term': holds no letter or digit")
        found.setdefault(split[0], []).append((split, row))
    return {k: tuple(v) for k, v in found.items()}
