"""Red flags that add up: a corridor together with a listed node, controlled goods and a designated party."""

from __future__ import annotations

from collections.abc import Iterable

from sanctions_exposure.model import Severity
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.goods import goods_code, goods_keyword
from sanctions_exposure.policy.party import designated_party
from sanctions_exposure.policy.route import corridor, listed_node
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.wording import listing

_CONTROLLED = ("GOODS_UAV", "GOODS_MISSILE", "GOODS_AVIATION")


def corridor_combination(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """A corridor on which two or more of these meet: a listed port or airport, controlled goods, a designated party.

    From the corridor's base severity, one step each for the node and the goods, and critical with the party.
    """
    del parameters
    if not context.places:
        return
    flags = dict.fromkeys(c.flag for c in context.tables.corridors if c.flag)
    followed = [f for flag in flags for f in corridor(context, {"flag": flag})]
    if not followed:
        return
    base = max(followed, key=lambda f: (f.severity or Severity.NONE).rank)
    parts = {
        "a listed port or airport": list(listed_node(context, {})),
        "controlled goods": _goods(context),
        "a designated party": list(designated_party(context, {"strength": "strong", "confidence": "verified"})),
    }
    met = {name: found for name, found in parts.items() if found}
    if len(met) < 2:
        return
    order = tuple(Severity)
    steps = sum(name != "a designated party" for name in met)
    rank = min((base.severity or Severity.NONE).rank + steps, len(order) - 1)
    yield Finding(
        subject="/route",
        evidence=(
            {
                "type": "combination",
                "input": "/route",
                "corridor": base.words["corridor"],
                "base": str(base.severity),
                "steps": steps,
                "parts": {name: [f.subject for f in found] for name, found in met.items()},
            },
        ),
        words={"corridor": base.words["corridor"], "base": str(base.severity), "parts": listing(met)},
        severity=Severity.CRITICAL if "a designated party" in met else order[rank],
        strength=len(met) / 3,
        regimes=tuple(sorted({r for found in met.values() for f in found for r in f.regimes})),
        sources=base.sources,
    )


def _goods(context: Context) -> list[Finding]:
    silent = {"without_nexus": "silent"}
    found = list(goods_code(context, {"table": "chpl", **silent}))
    for flag in _CONTROLLED:
        found += goods_code(context, {"table": "goods-groups", "flag": flag, **silent})
        found += goods_keyword(context, {"flag": flag})
    return found
