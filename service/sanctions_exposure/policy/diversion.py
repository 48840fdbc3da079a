"""Conditions about third countries: hubs on the way, hubs at its end, and buyers who are new there."""

from __future__ import annotations

from collections.abc import Iterable

from sanctions_exposure.countries import country_code, country_name
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.dates import last_day
from sanctions_exposure.policy.route import tie
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.way import RECEIVERS
from sanctions_exposure.policy.wording import listing


def hub_chain(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """A party or stop in a transhipment country stands before a party or stop in one of the end ``countries``."""
    ends = set(parameters["countries"])
    final = [p for p in context.subject.parties if p.role in RECEIVERS and ends.intersection(p.countries)]
    finish = next((p.pointer for p in final), "") or next(
        (s.pointer for s in context.places[-1:] if s.country in ends), ""
    )
    if not finish:
        return
    hubs = [n for n in context.nexus if context.is_hub(n.country) and n.pointer != finish and n.how in _ON_THE_WAY]
    if not hubs:
        return
    names = listing(sorted({country_name(n.country) for n in hubs}))
    yield Finding(
        subject="/route" if context.places else hubs[0].pointer,
        evidence=(*(tie(n) for n in hubs), {"type": "country", "input": finish, "how": "end"}),
        words={"hubs": names, "end": listing(sorted(country_name(c) for c in ends & context.countries))},
        strength=0.3,
        sources=context.hub_sources(n.country for n in hubs),
    )


_ON_THE_WAY = frozenset({"party", "route"})


def hub_end(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """A receiver, or the last stop, lies in one of the ``countries``, and that is a transhipment country on the day."""
    hubs = {c for c in parameters["countries"] if context.is_hub(c)}
    receivers = {p.pointer for p in context.subject.parties if p.role in RECEIVERS}
    ends = receivers | {p.pointer for p in context.places[-1:]}
    ties = [n for n in context.nexus if n.country in hubs and n.pointer in ends]
    if ties:
        yield Finding(
            subject=ties[0].pointer,
            evidence=tuple(tie(n) for n in ties),
            words={"hub": listing(sorted({country_name(n.country) for n in ties}))},
            strength=0.2,
            sources=context.hub_sources(sorted({n.country for n in ties})),
        )


def recent_buyer(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """A receiver outside the partner countries was founded, or became a customer, on or after ``since``.

    A partial date is read so that doubt counts.  The ``besides`` are countries that are no third country of the case.
    """
    start = last_day(parameters["since"])
    partners = context.tables.partners.keys() | set(parameters.get("besides", ()))
    for party in context.subject.parties:
        seats = [code for c in party.countries if (code := country_code(c)) and code not in partners]
        days = [d for d in (party.incorporation_date, party.customer_since) if d and last_day(d) >= start]
        if party.role in RECEIVERS and seats and days:
            yield Finding(
                subject=party.pointer,
                evidence=({"type": "country", "input": party.pointer, "country": seats[0], "since": days[0]},),
                words={"name": party.name, "hub": country_name(seats[0]), "since": days[0]},
                sources=context.hub_sources(seats),
            )
