"""Follows a corridor's stages along a route: in order, some left out, backwards too where the corridor says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from sanctions_exposure.errors import RulesError
from sanctions_exposure.policy.places import Place
from sanctions_exposure.policy.rows import Corridor, Stage

_REQUIRED: Final = 1000  # a chain with every required stage beats any longer one without


class CorridorMatch(msgspec.Struct, frozen=True, kw_only=True):
    """How a route follows a corridor: (position in the route, stage number), in route order."""

    corridor: Corridor
    direction: str  # forward, reverse
    steps: tuple[tuple[int, int], ...]
    stages: int  # that the corridor has

    @property
    def matched(self) -> int:
        """How many different stages were met."""
        return len({stage for _, stage in self.steps})

    @property
    def share(self) -> float:
        """Stages met out of all, 0.0–1.0."""
        return self.matched / self.stages


Options = Sequence[tuple[int, ...]]  # for each stop of a route, the stages it may be
Stands = tuple[tuple[str, tuple[int, ...]], ...]  # (corridor, stages of it) that a stop may be


def stages_met(
    route: Sequence[Place], by_node: Mapping[str, Stands], by_country: Mapping[str, Stands]
) -> dict[str, list[tuple[int, ...]]]:
    """Return the stages that each stop may be, by corridor; corridors that no stop belongs to are left out.

    One look at each stop serves all corridors.
    """
    met: dict[str, list[tuple[int, ...]]] = {}
    for position, place in enumerate(route):
        for corridor, stages in _stands(place, by_node, by_country):
            met.setdefault(corridor, [()] * len(route))[position] += stages
    return met


def _stands(place: Place, by_node: Mapping[str, Stands], by_country: Mapping[str, Stands]) -> Stands:
    if place.stands_for:
        return tuple((corridor, (stage,)) for corridor, stage in place.stands_for)
    if place.node is not None:
        return by_node.get(place.node.node, ())
    return by_country.get(place.country, ())


def follow(
    corridor: Corridor,
    stages: Sequence[Stage],
    stage_of: Mapping[str, int],
    route: Sequence[Place],
    options: Options,
) -> CorridorMatch | None:
    """Return the best way *route* follows *corridor*, or None when it does not; *options* as from ``stages_met``."""
    if sum(map(bool, options)) < corridor.minimum_stages:
        return None  # each stage needs a stop of its own
    directions = ("forward", "reverse") if corridor.direction == "both" else ("forward",)
    found = [m for d in directions if (m := _one_way(corridor, stages, stage_of, route, options, direction=d))]
    return max(found, key=lambda m: m.matched, default=None)


def _one_way(  # noqa: PLR0913 - the corridor with its look-ups, and the route with its stages
    corridor: Corridor,
    stages: Sequence[Stage],
    stage_of: Mapping[str, int],
    route: Sequence[Place],
    options: Options,
    *,
    direction: str,
) -> CorridorMatch | None:
    places = route if direction == "forward" else route[::-1]
    options = options if direction == "forward" else options[::-1]
    required = {int(r.removeprefix("stage:")) for r in corridor.must_include if r.startswith("stage:")}
    chain = _longest_chain(options, required)
    if len({stage for _, stage in chain}) < corridor.minimum_stages or not required <= {s for _, s in chain}:
        return None
    if all(places[position].inferred for position, _ in chain):
        return None  # what parties and carriers imply fills gaps; it is no route of its own
    if not all(_CHECKS[kind](value, chain, places) for kind, value in map(_requirement, corridor.must_include)):
        return None
    if not _between_holds(corridor, required, stage_of, places):
        return None
    if direction == "reverse":
        last = len(route) - 1
        chain = tuple((last - position, stage) for position, stage in reversed(chain))
    return CorridorMatch(corridor=corridor, direction=direction, steps=chain, stages=len(stages))


def _longest_chain(options: Options, required: set[int]) -> tuple[tuple[int, int], ...]:
    """Choose stops whose stages rise; two stops of one stage both stay, but count once."""
    best: dict[int, tuple[int, tuple[tuple[int, int], ...]]] = {}  # stage of the last step to (weight, steps)
    for position, stages in enumerate(options):
        for stage in sorted(stages, reverse=True):
            before = [entry for last, entry in best.items() if last < stage]
            weight, steps = max(before, key=lambda e: e[0], default=(0, ()))
            candidate = (weight + 1 + (_REQUIRED if stage in required else 0), (*steps, (position, stage)))
            held = best.get(stage)
            if held is None or candidate[0] > held[0]:
                best[stage] = candidate
            else:
                best[stage] = (held[0], (*held[1], (position, stage)))
    return max(best.values(), key=lambda e: e[0], default=(0, ()))[1]


def _between_holds(
    corridor: Corridor, required: set[int], stage_of: Mapping[str, int], places: Sequence[Place]
) -> bool:
    """Check what lies between the first and the last required stage, and how the last was reached."""
    if corridor.between == "any" and not corridor.modes:
        return True
    first, last = min(required), max(required)
    stages = [_one_stage(corridor, stage_of, p) for p in places]
    for i, start in enumerate(stages):
        for j in range(i + 1, len(stages)):
            if start == first and stages[j] == last and _quiet(corridor, places, i, j):
                return True
    return False


def _one_stage(corridor: Corridor, stage_of: Mapping[str, int], place: Place) -> int | None:
    if place.node:
        return stage_of.get(place.node.node)
    return next((stage for name, stage in place.stands_for if name == corridor.corridor), None)


def _quiet(corridor: Corridor, places: Sequence[Place], i: int, j: int) -> bool:
    inner = [p for p in places[i + 1 : j] if not p.inferred]
    if corridor.between == "none" and inner:
        return False
    ends = {places[i].country, places[j].country}
    if corridor.between == "no-end-country" and any(p.country in ends for p in inner):
        return False
    arrived = {p.mode for p in places[i + 1 : j + 1] if not p.inferred}
    modes = arrived | {p.mode for p in places[i:j] if not p.inferred}
    # Against the route's direction the mode of a leg stands at its other end, so either reading may fit.
    return not corridor.modes or arrived <= {*corridor.modes, "unknown"} or modes <= {*corridor.modes, "unknown"}


_Chain = tuple[tuple[int, int], ...]


def _has_country(value: str, chain: _Chain, places: Sequence[Place]) -> bool:
    del chain
    return any(p.country == value for p in places)


def _starts_in(value: str, chain: _Chain, places: Sequence[Place]) -> bool:
    return any(p.country == value for p in places[: chain[0][0] + 1])


def _passes(value: str, chain: _Chain, places: Sequence[Place]) -> bool:
    return any(p.country == value for p in places[chain[0][0] + 1 : chain[-1][0]])


def _ends_in(value: str, chain: _Chain, places: Sequence[Place]) -> bool:
    # What is implied after the last submitted stop may end there as well, but never takes the end away.
    last = max((i for i, p in enumerate(places) if not p.inferred), default=0)
    return len(chain) > 0 and any(p.country == value for p in places[last:])


def _without(value: str, chain: _Chain, places: Sequence[Place]) -> bool:
    return not _has_country(value, chain, [p for p in places if not p.inferred])


def _stage(value: str, chain: _Chain, places: Sequence[Place]) -> bool:
    del places
    return any(stage == int(value) for _, stage in chain)


_CHECKS: Final[Mapping[str, Callable[[str, _Chain, Sequence[Place]], bool]]] = {
    "country": _has_country,
    "from": _starts_in,
    "via": _passes,
    "to": _ends_in,
    "without": _without,
    "stage": _stage,
}


def _requirement(text: str) -> tuple[str, str]:
    kind, _, value = text.partition(":")
    return kind, value


def check_corridor(corridor: Corridor, stages: Sequence[Stage], line: int) -> None:
    """Refuse a corridor whose words are not in the vocabulary above.

    Raises:
        RulesError: names the table, the line and the column.
    """
    where = f"tables/corridors.csv: line {line}: column"
    if corridor.direction not in {"forward", "both"}:
        raise RulesError(f"{where} 'direction': {corridor.direction!r} is neither forward nor both")
    if corridor.between not in {"any", "none", "no-end-country"}:
        raise RulesError(f"{where} 'between': unknown word {corridor.between!r}")
    numbers = [s.stage for s in stages]
    if numbers != list(range(1, len(stages) + 1)) or not stages:
        raise RulesError(f"{where} 'corridor': {corridor.corridor!r} has stages {numbers}, not 1, 2, 3 …")
    if not 1 <= corridor.minimum_stages <= len(stages):
        raise RulesError(f"{where} 'minimum_stages': {corridor.minimum_stages} of {len(stages)} stages")
    for kind, value in map(_requirement, corridor.must_include):
        if kind not in _CHECKS or not value or (kind == "stage" and int(value) not in numbers):
            raise RulesError(f"{where} 'must_include': unknown requirement {kind}:{value}")
    if (corridor.between != "any" or corridor.modes) and not any(r.startswith("stage:") for r in corridor.must_include):
        raise RulesError(f"{where} 'between': needs required stages in 'must_include'")


def stages_of_nodes(stages: Sequence[Stage]) -> dict[str, int]:
    """Return the stage of each node of a corridor."""
    return {node: stage.stage for stage in stages for node in stage.nodes}


def stands_by_node(stage_of: Mapping[str, Mapping[str, int]]) -> dict[str, Stands]:
    """Return what each node stands for, in every corridor that has it."""
    found: dict[str, Stands] = {}
    for corridor, nodes in stage_of.items():
        for node, stage in nodes.items():
            found[node] = (*found.get(node, ()), (corridor, (stage,)))
    return found


def stands_by_country(
    corridors: Sequence[Corridor], stages: Mapping[str, Sequence[Stage]], countries: Mapping[str, str]
) -> dict[str, Stands]:
    """Return what a stop that is a country alone stands for, in the corridors that take such stops."""
    found: dict[str, Stands] = {}
    for corridor in corridors:
        of: dict[str, tuple[int, ...]] = {}
        for stage in stages[corridor.corridor] if corridor.country_stops else ():
            for country in {countries[node] for node in stage.nodes}:
                of[country] = (*of.get(country, ()), stage.stage)
        for country, met in of.items():
            found[country] = (*found.get(country, ()), (corridor.corridor, met))
    return found
