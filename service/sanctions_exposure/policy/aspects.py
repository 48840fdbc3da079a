"""Which aspects a request has, and so which rules can speak of it at all.

Most rows of a table name one party that resembles nobody: of sixty rules none has anything to look at, and finding that
out sixty times costs more than the comparison with every list. A condition says in `NEEDS` without which aspects it
never finds anything; that this is so is tested on every case of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from sanctions_exposure.model import Facts, Schema
from sanctions_exposure.policy.banks import says_bank
from sanctions_exposure.policy.ruleset import Clause, Rule, Ruleset

Aspects = frozenset[str]

_HITS: Final = frozenset({"hits"})
_ROUTE: Final = frozenset({"route"})
_GOODS: Final = frozenset({"goods"})
_PAYMENT: Final = frozenset({"payment"})
_COUNTRIES: Final = frozenset({"countries"})

# Of each condition the aspects one of which must be there for it to find anything.
NEEDS: Final[Mapping[str, Aspects]] = {
    "designated-party": _HITS,
    "operator-vessel": frozenset({"identifiers"}),
    "curated-entity": _HITS,
    "curated-kind": _HITS,
    "owned-or-controlled": _HITS,
    "related-to-listed": _HITS,
    "theme-party": _HITS,
    "vessel-event": frozenset({"events"}),
    "vessel-identity": frozenset({"ship"}),
    "renamed-vessel": _HITS,
    "listed-node": _ROUTE,
    "corridor": _ROUTE,
    "countries-in-order": _ROUTE,
    "country-nexus": _COUNTRIES,
    "corridor-combination": _ROUTE,
    "sea-passage": _ROUTE,
    "detour": _ROUTE,
    "dear-carriage": _ROUTE,
    "unrelated-countries": _PAYMENT,
    "only-countries": _COUNTRIES,
    "embargo-country": _COUNTRIES,
    "hub-chain": _COUNTRIES,
    "hub-end": _COUNTRIES,
    "recent-buyer": _COUNTRIES,
    "goods-code": _GOODS,
    "goods-keyword": _GOODS,
    "goods-named": _GOODS,
    "humanitarian-goods": _GOODS,
    "payment-rail": _PAYMENT,
    "listed-bank": frozenset({"bank", "identifiers", "payment"}),
    "currencies": _PAYMENT,
    "third-party-payer": _PAYMENT,
    "payment-words": _PAYMENT,
}


def aspects_of(facts: Facts) -> Aspects:
    """Return the aspects of a request."""
    subject = facts.subject
    found = set()
    if subject.route:
        found |= {"route", "countries"}
    if subject.goods:
        found |= {"goods", "countries"}
    if subject.payment is not None:
        found |= {"payment", "countries"}
    for screened in facts.parties:
        party = screened.party
        if screened.hits:
            found.add("hits")
        if party.countries or party.addresses:
            found.add("countries")
        if party.identifiers:
            found.add("identifiers")
        if party.events:
            found.add("events")
        if party.role == "bank" or says_bank(party.name):
            found.add("bank")
        if party.role == "vessel" or party.schema is Schema.VESSEL:
            found.add("ship")
    return frozenset(found)


def speaking(ruleset: Ruleset, aspects: Aspects, day: date) -> tuple[Rule, ...]:
    """Return the rules in force on *day* that can find anything in a request of these aspects, in their order."""
    known = ruleset.speaking.get((aspects, day))
    if known is None:
        known = tuple(rule for rule in ruleset.rules if rule.in_force(day) and _can_speak(rule, aspects))
        if len(ruleset.speaking) >= _REMEMBERED:
            ruleset.speaking.clear()
        ruleset.speaking[aspects, day] = known
    return known


_REMEMBERED: Final = 1000  # days and aspects are the caller's choice


def _can_speak(rule: Rule, aspects: Aspects) -> bool:
    if not all(_can_find(clause, aspects) for clause in rule.all):
        return False
    return not rule.any or any(_can_find(clause, aspects) for clause in rule.any)


def _can_find(clause: Clause, aspects: Aspects) -> bool:
    return not NEEDS[clause.condition].isdisjoint(aspects)
