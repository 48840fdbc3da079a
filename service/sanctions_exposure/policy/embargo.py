"""Countries under comprehensive sanctions, and regions that no country code tells."""

from __future__ import annotations

from collections.abc import Iterable

from sanctions_exposure.countries import country_name
from sanctions_exposure.model import Severity
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.dates import in_force
from sanctions_exposure.policy.route import tie
from sanctions_exposure.policy.rows import EmbargoCountry, EmbargoRegion
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.wording import listing
from sanctions_exposure.text import contains, words


def embargo_country(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The request touches a country, or a place of a region, that is under comprehensive sanctions on the day."""
    del parameters
    for row in context.tables.embargoes:
        if row.country not in context.countries or not in_force(context.as_of, since=row.from_, until=row.until):
            continue
        ties = [n for n in context.nexus if n.country == row.country]
        partners = [p for p in row.partners if p in context.countries]
        yield Finding(
            subject=ties[0].pointer,
            evidence=tuple(tie(n) for n in ties),
            words={
                "country": country_name(row.country),
                "partner": f" together with {listing(country_name(p) for p in partners)}" if partners else "",
                "sure": "" if row.confidence == "verified" else " This is recalled, not verified: read the programme.",
            },
            severity=_with_partner(row, raised=bool(partners)),
            strength=min(1.0, len(ties) / 5),
            sources=(row.source,),
        )

    yield from _regions(context)


def _regions(context: Context) -> Iterable[Finding]:
    """Find regions by their towns, for what an address or a stop calls its country is the question in dispute."""
    met_by: dict[str, tuple[EmbargoRegion, list[tuple[str, str]]]] = {}
    for pointer, text in _places_said(context):
        for row in _regions_named(context, words(text)):
            met_by.setdefault(row.region, (row, []))[1].append((pointer, text))
    for row, met in met_by.values():
        yield Finding(
            subject=met[0][0],
            evidence=tuple(
                {
                    "type": "region",
                    "input": pointer,
                    "text": text,
                    "region": row.name,
                    "confidence": str(row.confidence),
                }
                for pointer, text in met
            ),
            words={
                "country": row.name,
                "partner": "",
                "sure": ""
                if row.confidence == "verified"
                else f" That, and the day since when ({row.from_}), is recalled, not verified: read the programme.",
            },
            severity=row.severity,
            strength=min(1.0, len(met) / 5),
            sources=(row.source,),
        )


def _regions_named(context: Context, said: tuple[str, ...]) -> Iterable[EmbargoRegion]:
    known = context.tables.embargo_places
    named = (row for word in said for place, row in known.get(word, ()) if contains(said, place))
    return {r.region: r for r in named if in_force(context.as_of, since=r.from_, until=r.until)}.values()


def _places_said(context: Context) -> Iterable[tuple[str, str]]:
    for place in context.places:
        yield place.pointer, f"{place.text} ; {place.name}"
    for screened in context.facts.parties:
        for address in screened.party.addresses:
            yield screened.party.pointer, address


def _with_partner(row: EmbargoCountry, *, raised: bool) -> Severity:
    return tuple(Severity)[row.severity.rank + 1] if raised else row.severity
