"""The closed vocabulary of conditions: what a rule document may ask, with which parameters, and what it may say.

A condition is a pure function from the context and its parameters to findings; no finding means no.  Adding one is
a function in the module of its idea (party, route, goods, payment), an entry here, and a test of the function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sanctions_exposure.policy import (
    banks,
    combination,
    diversion,
    embargo,
    goods,
    ownership,
    party,
    payment,
    route,
    vessel,
    voyage,
)
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.ruleset import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a rule may write for one key."""

    kind: str  # text, number, yes-no, list, flag, severity, country-list, table
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One word of the vocabulary."""

    run: Callable[[Context, Parameters], Iterable[Finding]]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    words: frozenset[str] = frozenset()  # placeholders its findings fill

    @property
    def meaning(self) -> str:
        """Its one-sentence meaning, from the function itself."""
        return " ".join((self.run.__doc__ or "").split("\n\n", maxsplit=1)[0].split())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FLAG: Final = Parameter(kind="flag")
_COUNTRIES: Final = Parameter(kind="country-list")
_EVERY: Final = Parameter(kind="yes-no", required=False)
_MATCH: Final = "name matched caption list entity acts why also licensed undated"

CONDITIONS: Final[Mapping[str, Condition]] = {
    "designated-party": Condition(
        run=party.designated_party,
        parameters={
            "strength": Parameter(kind="text", choices=("strong", "possible")),
            "confidence": Parameter(kind="text", choices=("verified", "recalled")),
            "status": Parameter(kind="text", required=False, choices=("listed", "restricted")),
            "licensed": _EVERY,
        },
        words=_words(_MATCH),
    ),
    "operator-vessel": Condition(run=party.operator_vessel, words=_words("name vessel imo operator act since how")),
    "curated-entity": Condition(
        run=party.curated_entity, parameters={"flag": _FLAG}, words=_words(f"{_MATCH} basis authority status")
    ),
    "curated-kind": Condition(
        run=party.curated_kind,
        parameters={
            "schemas": Parameter(kind="list", required=False),
            "themes": Parameter(kind="list", required=False),
            "when_listed": Parameter(kind="severity"),
            "when_unlisted": Parameter(kind="severity"),
        },
        words=_words(f"{_MATCH} status"),
    ),
    "owned-or-controlled": Condition(
        run=ownership.owned_or_controlled, words=_words("name owner held how tests acts sure")
    ),
    "related-to-listed": Condition(run=ownership.related_to_listed, words=_words("name matched owner how acts")),
    "theme-party": Condition(
        run=party.theme_party,
        parameters={"themes": Parameter(kind="list"), "without": Parameter(kind="list", required=False)},
        words=_words(_MATCH),
    ),
    "vessel-event": Condition(
        run=vessel.vessel_event,
        parameters={"types": Parameter(kind="list"), "hours": Parameter(kind="number", required=False)},
        words=_words("vessel event"),
    ),
    "vessel-identity": Condition(run=vessel.vessel_identity, words=_words("vessel faults")),
    "renamed-vessel": Condition(run=vessel.renamed_vessel, words=_words("vessel known list")),
    "listed-node": Condition(
        run=route.listed_node,
        parameters={
            "kind": Parameter(kind="text", required=False, choices=("port", "airport", "terminal")),
            "confidence": Parameter(kind="text", required=False, choices=("verified", "recalled")),
            "exempts_food": Parameter(kind="yes-no", required=False),
        },
        words=_words("place input annex entry since regime sure"),
    ),
    "corridor": Condition(
        run=route.corridor,
        parameters={"flag": _FLAG},
        words=_words("corridor direction matched stages stops ends others"),
    ),
    "countries-in-order": Condition(
        run=route.countries_in_order,
        parameters={"countries": _COUNTRIES, "any_order": _EVERY},
        words=_words("countries stops"),
    ),
    "country-nexus": Condition(
        run=route.country_nexus, parameters={"countries": _COUNTRIES, "every": _EVERY}, words=_words("countries")
    ),
    "corridor-combination": Condition(run=combination.corridor_combination, words=_words("corridor base parts")),
    "sea-passage": Condition(
        run=voyage.sea_passage,
        parameters={"passages": Parameter(kind="list"), "countries": _COUNTRIES, "both_ways": _EVERY},
        words=_words("from to passage km"),
    ),
    "detour": Condition(
        run=voyage.detour,
        parameters={"factor": Parameter(kind="number"), "extra_km": Parameter(kind="number")},
        words=_words("from to hub direct over factor"),
    ),
    "dear-carriage": Condition(
        run=voyage.dear_carriage,
        parameters={"share": Parameter(kind="number")},
        words=_words("hub freight worth percent least"),
    ),
    "unrelated-countries": Condition(run=voyage.unrelated_countries, words=_words("origin consignee payer")),
    "only-countries": Condition(
        run=route.only_countries, parameters={"countries": _COUNTRIES}, words=_words("countries")
    ),
    "embargo-country": Condition(run=embargo.embargo_country, words=_words("country partner sure")),
    "hub-chain": Condition(run=diversion.hub_chain, parameters={"countries": _COUNTRIES}, words=_words("hubs end")),
    "hub-end": Condition(run=diversion.hub_end, parameters={"countries": _COUNTRIES}, words=_words("hub")),
    "recent-buyer": Condition(
        run=diversion.recent_buyer,
        parameters={"since": Parameter(kind="text"), "besides": Parameter(kind="country-list", required=False)},
        words=_words("name hub since"),
    ),
    "goods-code": Condition(
        run=goods.goods_code,
        parameters={
            "table": Parameter(kind="table", choices=("chpl", "goods-groups")),
            "flag": Parameter(kind="flag", required=False),
            "groups": Parameter(kind="list", required=False),
            "without_nexus": Parameter(kind="text", required=False, choices=("info", "silent")),
        },
        words=_words("code listed group meaning falls nexus sure"),
    ),
    "goods-keyword": Condition(
        run=goods.goods_keyword, parameters={"flag": _FLAG}, words=_words("term terms keyword sure")
    ),
    "goods-named": Condition(
        run=goods.goods_named,
        parameters={
            "terms": Parameter(kind="list", required=False),
            "beside": Parameter(kind="list", required=False),
        },
    ),
    "humanitarian-goods": Condition(
        run=goods.humanitarian_goods,
        parameters={"every": _EVERY, "needs_nexus": Parameter(kind="yes-no", required=False)},
        words=_words("code group"),
    ),
    "payment-rail": Condition(run=payment.payment_rail, parameters={"flag": _FLAG}, words=_words("rail term events")),
    "listed-bank": Condition(
        run=banks.listed_bank,
        parameters={"flag": _FLAG},
        words=_words("name bank measure act how sure"),
    ),
    "currencies": Condition(
        run=payment.currencies,
        parameters={"codes": Parameter(kind="list"), "nexus": Parameter(kind="country-list", required=False)},
        words=_words("currencies countries"),
    ),
    "third-party-payer": Condition(run=payment.third_party_payer, words=_words("payer")),
    "payment-words": Condition(
        run=payment.payment_words, parameters={"terms": Parameter(kind="list")}, words=_words("terms")
    ),
}
