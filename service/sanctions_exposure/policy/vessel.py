"""Conditions about ships: numbers that cannot be, names that changed, registries that hide, and what a ship did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sanctions_exposure.countries import country_name
from sanctions_exposure.model import EntityHit, Json, Party, Schema, ScreenedParty, Source
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.wording import match_evidence
from sanctions_exposure.text import words

_OTHER_NAME: Final = 0.7  # name score below which two names are two names, not two spellings


def vessel_event(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Vessels of the request with an event of one of the ``types``, at least ``hours`` long where it has a length."""
    for screened in context.facts.parties:
        pointer = screened.party.pointer
        for number, event in enumerate(screened.party.events):
            long_enough = event.hours is None or event.hours >= float(parameters.get("hours", 0))
            if event.type in parameters["types"] and long_enough:
                hours = f" of {event.hours:g} hours" if event.hours else ""
                yield Finding(
                    subject=pointer,
                    evidence=(
                        {
                            "type": "event",
                            "input": f"{pointer}/events/{number}",
                            "event": event.type,
                            "date": event.date,
                            "hours": event.hours,
                        },
                    ),
                    words={
                        "vessel": _called(screened.party),
                        "event": f"{_EVENTS.get(event.type, event.type)}{hours}"
                        + (f" on {event.date}" if event.date else ""),
                    },
                    strength=min(1.0, 0.3 + (event.hours or 0.0) / 200),
                )


_EVENTS: Final = {
    "ais_gap": "a gap in its AIS signal",
    "ship_to_ship": "a transfer from ship to ship",
    "flag_change": "a change of flag",
    "rename": "a change of name",
    "owner_change": "a change of owner",
}


def _called(party: Party) -> str:
    return party.name or next((i.value for i in party.identifiers), "the vessel")


def vessels(context: Context) -> Iterator[ScreenedParty]:
    """Yield the ships of the request, wherever they stand."""
    for screened in context.facts.parties:
        if screened.party.role == "vessel" or screened.party.schema is Schema.VESSEL:
            yield screened


def vessel_identity(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Ships with a wrong IMO check digit, an MMSI that is none or another state's, or a registry that hides."""
    del parameters
    for screened in vessels(context):
        party = screened.party
        faults = [*_numbers(party), *_registry(context, party)]
        if faults:
            yield Finding(
                subject=party.pointer,
                evidence=tuple(
                    {"type": "vessel", "input": party.pointer, "fault": what, **more} for what, more, _ in faults
                ),
                words={"vessel": _called(party), "faults": "; ".join(what for what, _, _ in faults)},
                strength=min(1.0, 0.3 * len(faults)),
                sources=tuple(dict.fromkeys(s for _, _, sources in faults for s in sources)),
            )


_Fault = tuple[str, dict[str, Json], tuple[Source, ...]]


def _numbers(party: Party) -> Iterator[_Fault]:
    for identifier in party.identifiers:
        digits = "".join(c for c in identifier.value if c.isdigit())
        if identifier.type == "imo" and not valid_imo(digits):
            yield (
                f"{identifier.value} is no IMO number (seven digits with a check digit)",
                {"imo": identifier.value},
                (),
            )
        # The first digit of a ship's MMSI is that of its continent, 2 to 7 (ITU-R M.585).
        if identifier.type == "mmsi" and not (len(digits) == 9 and digits[0] in "234567"):
            yield (
                f"{identifier.value} is no MMSI of a ship (nine digits, the first from 2 to 7)",
                {"mmsi": identifier.value},
                (),
            )


def valid_imo(digits: str) -> bool:
    """Whether the last of seven digits is the sum of the others, weighted 7 to 2, modulo 10 (IMO A.1117(30)).

    >>> valid_imo("9481910"), valid_imo("9481911")
    (True, False)
    """
    if len(digits) != 7:
        return False
    return sum(int(d) * w for d, w in zip(digits, range(7, 1, -1), strict=False)) % 10 == int(digits[6])


def _registry(context: Context, party: Party) -> Iterator[_Fault]:
    for country in party.countries:
        row = context.tables.registries.get(country)
        if row and row.kind != "state-of-concern":
            kind = "sells false flags" if row.kind == "false" else "is known for ships that hide"
            yield f"the registry of {country_name(country)} {kind}", {"flag": country}, (row.source,)
    mids = {i.value.strip()[:3] for i in party.identifiers if i.type == "mmsi"}
    for row in context.tables.registries.values():
        if party.countries and row.country not in party.countries and not mids.isdisjoint(row.mid):
            flags = " and ".join(country_name(c) for c in party.countries)
            told = f"its MMSI is of {country_name(row.country)}, its flag of {flags}"
            yield told, {"flag": row.country}, (row.source,)


def renamed_vessel(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Ships whose IMO number is that of a listed or curated ship of another name."""
    del parameters
    for screened in vessels(context):
        names = {words(n) for n in (screened.party.name, *screened.party.aliases) if n}
        for hit in screened.hits:
            if names and _same_hull(hit) and _other_name(hit, names):
                yield Finding(
                    subject=screened.party.pointer,
                    evidence=(match_evidence(screened.party.pointer, hit, context.designations(hit)),),
                    words={"vessel": screened.party.name, "known": hit.entity.caption, "list": hit.hit.list},
                    strength=0.7,
                )
                break


def _same_hull(hit: EntityHit) -> bool:
    return hit.hit.features.get("imo") == "agree" and hit.entity.schema is Schema.VESSEL


def _other_name(hit: EntityHit, names: set[tuple[str, ...]]) -> bool:
    if any(words(n.text) in names for n in hit.entity.names):
        return False
    return float(hit.hit.features.get("name", 0.0)) < _OTHER_NAME
