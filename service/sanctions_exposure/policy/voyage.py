"""What geography says of a route: the waters a sea leg must take, detours through a hub, and countries that do not fit.

A passage is inferred from the likely way of a ship, never submitted, and every piece of evidence says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from sanctions_exposure.countries import country_code, country_name
from sanctions_exposure.model import Json
from sanctions_exposure.places import Passage, crossed, great_circle, sea_leg
from sanctions_exposure.policy.context import Context, Evidence, Finding
from sanctions_exposure.policy.places import Place
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.way import RECEIVERS
from sanctions_exposure.policy.wording import listing

# Waters matter where a country under wide sanctions is in the request; elsewhere nobody asks, and a way takes 10 ms.
_OF_CONCERN: Final = frozenset({"ru", "by", "ir", "sy", "ve", "kp", "cu"})
_INLAND_SEA: Final = "caspian"  # no ship comes in from outside but by the Volga, so both shores tell the passage


class SeaStep(msgspec.Struct, frozen=True, kw_only=True):
    """A leg by sea between two neighbouring stops, and what it takes."""

    leg: int
    start: Place
    end: Place
    passages: tuple[Passage, ...]
    km: float
    said: bool  # the request says that it goes by sea; else two ports without a mode are read so


def sea_steps(context: Context) -> list[SeaStep]:
    """Return the legs by sea whose two ends are known."""
    return context.once("sea", lambda: list(_sea_steps(context)))


def _sea_steps(context: Context) -> Iterator[SeaStep]:
    if _OF_CONCERN.isdisjoint(context.countries):
        return
    for number, (start, end) in enumerate(pairwise(context.places)):
        said = end.mode == "sea"
        by_default = end.mode == "unknown" and start.kind == end.kind == "port"
        if start.point and end.point and start.point != end.point and (said or by_default):
            yield _step(context, number, start, end, said=said)


def _step(context: Context, number: int, start: Place, end: Place, *, said: bool) -> SeaStep:
    one, other = start.point or (0.0, 0.0), end.point or (0.0, 0.0)
    inland = next((p for p in context.tables.passages if p.id == _INLAND_SEA), None)
    if inland and inland.holds(one) and inland.holds(other):
        return SeaStep(leg=number, start=start, end=end, passages=(inland,), km=great_circle(one, other), said=said)
    way = sea_leg(one, other)
    found = crossed(way, context.tables.passages) if way else ()
    return SeaStep(
        leg=number, start=start, end=end, passages=found, km=way.km if way else great_circle(one, other), said=said
    )


def passages_between(context: Context, stops: Sequence[int]) -> list[Json]:
    """Return, as evidence, the passages taken between the first and the last of these stops."""
    if len(stops) < 2:
        return []
    legs = range(min(stops), max(stops))
    return [_passage(step) for step in sea_steps(context) if step.leg in legs and step.passages]


def _passage(step: SeaStep) -> dict[str, Json]:
    return {
        "leg": step.leg,
        "from": step.start.name,
        "to": step.end.name,
        "passages": [p.name for p in step.passages],
        "km": round(step.km),
        "inferred": "the likely way of a ship, not submitted"
        + ("" if step.said else "; two ports without a mode are read as a sea leg"),
    }


def sea_passage(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """A leg by sea must take one of the ``passages``, from the first of the ``countries`` to the second; inferred.

    With ``both_ways``, from the second to the first as well.
    """
    wanted = set(parameters["passages"])
    ways = [list(parameters["countries"])]
    ways += [ways[0][::-1]] if parameters.get("both_ways") else []
    for step in sea_steps(context):
        met = [p for p in step.passages if p.id in wanted]
        if not met or [step.start.country, step.end.country] not in ways:
            continue
        yield Finding(
            subject="/route",
            evidence=({"type": "sea-leg", "input": step.end.pointer, **_passage(step)},),
            words={
                "from": step.start.name,
                "to": step.end.name,
                "passage": listing(p.name for p in met),
                "km": f"{step.km:,.0f}",
            },
            strength=0.5 if step.said else 0.4,
        )


def detour(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The route leads over a transhipment country by ``factor`` times the way and ``extra_km`` more than straight."""
    known = [p for p in context.places if p.point]
    if len(known) < 3 or known[0].country == known[-1].country:
        return
    first, last = known[0], known[-1]
    ends = {first.country, last.country}
    direct = _km(first, last)
    worst: tuple[float, Place, float] | None = None
    for hub in known[1:-1]:
        if hub.country in ends or not context.is_hub(hub.country):
            continue
        over = _km(first, hub) + _km(hub, last)
        enough = over >= float(parameters["factor"]) * direct and over - direct >= float(parameters["extra_km"])
        if enough and (worst is None or over > worst[2]):
            worst = (over / max(direct, 1.0), hub, over)
    if worst is None:
        return
    factor, hub, over = worst
    yield Finding(
        subject="/route",
        evidence=(_detour_evidence(first, hub, last),),
        words={
            "from": first.name,
            "to": last.name,
            "hub": f"{hub.name} ({country_name(hub.country)})",
            "direct": f"{direct:,.0f}",
            "over": f"{over:,.0f}",
            "factor": f"{factor:.1f}",
        },
        strength=min(1.0, factor / 10),
        sources=context.hub_sources([hub.country]),
    )


def _km(one: Place, other: Place) -> float:
    return great_circle(one.point or (0.0, 0.0), other.point or (0.0, 0.0))


def _detour_evidence(first: Place, hub: Place, last: Place) -> Evidence:
    there, on, direct = _km(first, hub), _km(hub, last), _km(first, last)
    factor = (there + on) / max(direct, 1.0)
    return {
        "type": "detour",
        "input": hub.pointer,
        "from": first.pointer,
        "to": last.pointer,
        "direct_km": round(direct),
        "over_km": round(there + on),
        "factor": round(factor, 2),
        "arithmetic": f"({there:.0f} + {on:.0f}) / {direct:.0f} km = {factor:.2f}",
        "method": "great circles between the stops",
    }


def dear_carriage(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Carriage over a transhipment country costs at least ``share`` of the goods' worth, as the request states both.

    Goods without a value leave their worth unknown, so nothing is said.  Legs without freight are left out of the sum,
    which can only make it smaller.
    """
    share, lines, stops = float(parameters["share"]), context.subject.goods, context.subject.route
    worth = sum(line.value or 0.0 for line in lines)
    paid = [(stop.pointer, stop.freight) for stop in stops if stop.freight]
    freight = sum(cost for _, cost in paid)
    if not worth or any(line.value is None for line in lines) or freight < share * worth:
        return
    ends = {place.country for place in (*context.places[:1], *context.places[-1:])}
    hubs = [p for p in context.places[1:-1] if p.country not in ends and context.is_hub(p.country)]
    if not hubs:
        return
    yield Finding(
        subject="/route",
        evidence=(
            {
                "type": "carriage",
                "input": hubs[0].pointer,
                "legs": [{"input": f"{pointer}/freight", "freight": cost} for pointer, cost in paid],
                "goods": [{"input": f"{line.pointer}/value", "value": line.value} for line in lines],
                "arithmetic": f"{freight:.2f} / {worth:.2f} = {freight / worth:.2f}, against {share:.2f}",
            },
        ),
        words={
            "hub": f"{hubs[0].name} ({country_name(hubs[0].country)})",
            "freight": f"{freight:,.2f}",
            "worth": f"{worth:,.2f}",
            "percent": f"{100 * freight / worth:.0f}",
            "least": f"{100 * share:g}",
        },
        strength=min(1.0, freight / worth / 2),
        sources=context.hub_sources([hubs[0].country]),
    )


def unrelated_countries(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Goods, consignee and payer belong to three countries, and neither the goods' nor the payer's is on the route.

    A payer in a transhipment country is another condition's.
    """
    del parameters
    subject, payment = context.subject, context.subject.payment
    payer = country_code(payment.payer_country) if payment else None
    on_route = {p.country for p in context.places}
    if not payer or payer in on_route or context.is_hub(payer):
        return
    origins = [(g.pointer, c) for g in subject.goods if (c := country_code(g.origin)) and c not in {payer, *on_route}]
    strangers = origins[:1]
    receivers = [
        (p.pointer, c)
        for p in subject.parties
        if p.role in RECEIVERS
        for c in p.countries
        if c not in {payer, *(origin for _, origin in strangers)}
    ]
    if not strangers or not receivers:
        return
    pointer, origin = strangers[0]
    consignee, receiver = receivers[0]
    yield Finding(
        subject="/payment",
        evidence=(
            {"type": "country", "input": pointer, "country": origin, "how": "origin"},
            {"type": "country", "input": consignee, "country": receiver, "how": "consignee"},
            {"type": "country", "input": "/payment/payer_country", "country": payer, "how": "payer"},
        ),
        words={
            "origin": country_name(origin),
            "consignee": country_name(receiver),
            "payer": country_name(payer),
        },
        strength=0.3,
    )
