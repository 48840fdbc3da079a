"""Conditions about the route and the countries a request touches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import permutations

from sanctions_exposure.countries import country_name
from sanctions_exposure.model import Json
from sanctions_exposure.policy.context import Context, Evidence, Finding, Nexus
from sanctions_exposure.policy.corridors import CorridorMatch, follow, stages_met
from sanctions_exposure.policy.places import Place
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.voyage import passages_between
from sanctions_exposure.policy.wording import listing
from sanctions_exposure.text import words

_DIRECTIONS = {"forward": "as listed", "reverse": "reversed"}


def listed_node(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Stops at a port, airport or terminal of the given ``kind`` that is under a ban on the day."""
    for at, place in enumerate(context.places):
        if place.node is None or (place.node.kind == "airport" and _only_the_town(context.places, at)):
            continue
        for listed in context.tables.listed_nodes.get(place.node.node, ()):
            kind = parameters.get("kind", listed.kind)
            if listed.kind != kind or not context.applies(regime=listed.regime, since=listed.from_, until=listed.until):
                continue
            if listed.confidence != parameters.get("confidence", listed.confidence):
                continue
            if parameters.get("exempts_food") and not listed.exempts_food:
                continue
            yield Finding(
                subject=place.pointer,
                evidence=(
                    {
                        "type": "node",
                        **_stop(place),
                        "regime": listed.regime,
                        "annex": listed.annex,
                        "entry": listed.entry,
                        "listed_on": listed.from_,
                        "confidence": str(listed.confidence),
                    },
                ),
                words={
                    "place": place.node.name,
                    "input": place.text,
                    "annex": listed.annex,
                    "entry": f", entry {listed.entry}" if listed.entry else "",
                    "since": listed.from_,
                    "regime": listed.regime.upper(),
                    "sure": ""
                    if listed.confidence == "verified"
                    else " This rests on secondary reports; read the annex.",
                },
                severity=listed.severity,
                strength=0.8 if listed.confidence == "verified" else 0.3,
                regimes=(listed.regime,),
                sources=(listed.source,),
            )


_GROUND = frozenset({"sea", "rail", "road", "inland_waterway", "pipeline"})
_AIRPORT = frozenset({"airport", "aeroport", "airfield", "apt", "аэропорт", "аэродром", "فرودگاه"})
_CODE = re.compile(r"[A-Z]{3,5}")


def _only_the_town(places: Sequence[Place], at: int) -> bool:
    """Say whether a stop that has an airport's name is its town: reached and left over ground, and not called airport.

    An unknown mode may be a flight, and who writes a code or the word means the airport, however it is reached.
    """
    place = places[at]
    if _CODE.fullmatch(place.text.strip()) or not _AIRPORT.isdisjoint(words(place.text)):
        return False
    modes = [p.mode for p in places[max(at, 1) : at + 2]]  # a mode is that by which its stop is reached
    return bool(modes) and _GROUND.issuperset(modes)


def _stop(place: Place, stage: int | None = None) -> dict[str, Json]:
    point = place.point
    return {
        "input": place.pointer,
        "node": place.node.node if place.node else None,
        "name": place.name,
        "country": place.country,
        "lon": point[1] if point else None,
        "lat": point[0] if point else None,
        **({"stage": stage} if stage is not None else {}),
        **({"inferred": place.inferred} if place.inferred else {}),
    }


def corridor(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The route follows a corridor of the given ``flag``; the best branch speaks, the others stand in the evidence."""
    tables = context.tables
    met = context.once("stages", lambda: stages_met(context.way, tables.stands_by_node, tables.stands_by_country))
    followed = (
        follow(row, tables.stages[row.corridor], tables.stage_of[row.corridor], context.way, met[row.corridor])
        for row in tables.corridors_by_flag.get(parameters["flag"], ())
        if row.corridor in met
    )
    matches = [match for match in followed if match]
    if not matches:
        return
    matches.sort(key=lambda m: (-m.corridor.severity.rank, -m.matched, -m.share, m.corridor.corridor))
    best = max(matches, key=lambda m: (m.matched, m.corridor.severity.rank))
    worst = max((m.corridor.severity for m in matches), key=lambda s: s.rank)
    ordered = [best, *(m for m in matches if m is not best)]
    others = [m.corridor.name for m in ordered[1:]]
    yield Finding(
        subject="/route",
        evidence=tuple(_route_evidence(context, m) for m in ordered),
        words={
            "corridor": best.corridor.name,
            "direction": _DIRECTIONS[best.direction],
            "matched": str(best.matched),
            "stages": str(best.stages),
            "stops": listing(_stage_names(context, best)),
            "ends": f"{context.way[best.steps[0][0]].name} to {context.way[best.steps[-1][0]].name}",
            "others": f" It fits {listing(others)} as well." if others else "",
        },
        severity=worst,
        strength=best.share,
        sources=tuple(dict.fromkeys(m.corridor.source for m in ordered)),
    )


def _stage_names(context: Context, match: CorridorMatch) -> Iterable[str]:
    return (f"{_stage_name(context.way[position])} (stage {stage})" for position, stage in match.steps)


def _stage_name(place: Place) -> str:
    return f"{place.name or place.text}, inferred" if place.inferred else place.name


def _submitted(context: Context, match: CorridorMatch) -> list[int]:
    """Return the positions in the submitted route of the stops that met a stage."""
    position = {place.pointer: i for i, place in enumerate(context.places)}
    pointers = (context.way[step].pointer for step, _ in match.steps)
    return [position[pointer] for pointer in pointers if pointer in position]


def _legs(context: Context, match: CorridorMatch) -> list[int]:
    stops = _submitted(context, match)
    return list(range(min(stops), max(stops))) if stops else []


def _route_evidence(context: Context, match: CorridorMatch) -> Evidence:
    return {
        "type": "route",
        "corridor": match.corridor.corridor,
        "name": match.corridor.name,
        "direction": match.direction,
        "legs": _legs(context, match),
        "passages": passages_between(context, _submitted(context, match)),
        "stages_matched": match.matched,
        "stages": match.stages,
        "share": round(match.share, 4),
        "stops": [_stop(context.way[position], stage) for position, stage in match.steps],
    }


def countries_in_order(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The route touches the ``countries`` in this order or the reverse, or with ``any_order`` in whatever order."""
    wanted: Sequence[str] = parameters["countries"]
    orders = [("forward", list(wanted)), ("reverse", list(wanted)[::-1])]
    if parameters.get("any_order"):
        orders += [("other", list(order)) for order in permutations(wanted)]
    for direction, order in orders:
        met = _in_order(context.places, order)
        if not met:
            continue
        yield Finding(
            subject="/route",
            evidence=(
                {
                    "type": "route",
                    "corridor": None,
                    "direction": direction,
                    "legs": list(range(met[0], met[-1])),
                    "stops": [_stop(context.places[i]) for i in met],
                },
            ),
            words={
                "countries": listing(country_name(c) for c in order),
                "stops": listing(context.places[i].name for i in met),
            },
            strength=0.2,
        )
        return


def _in_order(places: Sequence[Place], order: Sequence[str]) -> list[int]:
    met: list[int] = []
    for i, place in enumerate(places):
        if len(met) < len(order) and place.country == order[len(met)]:
            met.append(i)
    return met if len(met) == len(order) else []


def country_nexus(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """A party, stop, origin, payer or bank lies in one of the ``countries``; all of them when ``every`` is set."""
    wanted: Sequence[str] = parameters["countries"]
    present = [c for c in wanted if c in context.countries]
    if not present or (parameters.get("every") and len(present) < len(wanted)):
        return
    ties = [n for n in context.nexus if n.country in present]
    yield Finding(
        subject=ties[0].pointer,
        evidence=tuple(tie(n) for n in ties),
        words={"countries": listing(country_name(c) for c in present)},
    )


def tie(nexus: Nexus) -> Evidence:
    """Return a nexus as evidence."""
    return {"type": "country", "input": nexus.pointer, "country": nexus.country, "how": nexus.how}


def only_countries(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Everything in the request that has a country lies in the given ``countries``."""
    if context.countries and context.countries <= set(parameters["countries"]):
        yield Finding(
            subject="", evidence=(), words={"countries": listing(country_name(c) for c in sorted(context.countries))}
        )
