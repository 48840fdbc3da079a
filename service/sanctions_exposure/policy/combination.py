"""Red flags that add up: a corridor together with a listed node, controlled goods and a designated party."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sanctions_exposure.model import Severity
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.goods import goods_code, goods_keyword
from sanctions_exposure.policy.party import designated_party
from sanctions_exposure.policy.route import corridor, listed_node
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.wording import listing

_CONTROLLED: Final = ("GOODS_UAV", "GOODS_MISSILE", "GOODS_AVIATION")


def clause_key(condition: str, parameters: Mapping[str, Any]) -> str:
    """Return what tells a clause from others, so that equal ones are run once in a screening."""
    return condition + json.dumps(parameters, sort_keys=True)


class _Asked:
    """A condition with fixed parameters; its key is the one that a rule's clause has."""

    __slots__ = ("_key", "_parameters", "_run")

    def __init__(self, name: str, run: Callable[[Context, Parameters], Iterable[Finding]], **parameters: Any) -> None:
        self._key, self._run, self._parameters = clause_key(name, parameters), run, parameters

    def of(self, context: Context) -> tuple[Finding, ...]:
        return context.once(self._key, lambda: tuple(self._run(context, self._parameters)))


_NODES: Final = _Asked("listed-node", listed_node, confidence="verified")
_LISTED: Final = _Asked("designated-party", designated_party, strength="strong", confidence="verified")
_GOODS: Final = (
    _Asked("goods-code", goods_code, table="chpl", without_nexus="silent"),
    *(_Asked("goods-code", goods_code, table="goods-groups", flag=f, without_nexus="silent") for f in _CONTROLLED),
    *(_Asked("goods-keyword", goods_keyword, flag=f) for f in _CONTROLLED),
)
_CORRIDORS: Final[dict[str, _Asked]] = {}


def _corridor(flag: str) -> _Asked:
    return _CORRIDORS.setdefault(flag, _Asked("corridor", corridor, flag=flag))


def corridor_combination(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """A corridor on which two or more of these meet: a listed port or airport, controlled goods, a designated party.

    From the corridor's base severity, one step each for the node and the goods, and critical with the party.
    """
    del parameters
    if not context.places:
        return
    followed = [f for flag in context.tables.corridors_by_flag for f in _corridor(flag).of(context)]
    if not followed:
        return
    base = max(followed, key=lambda f: (f.severity or Severity.NONE).rank)
    parts = {
        "a listed port or airport": _NODES.of(context),
        "controlled goods": [f for asked in _GOODS for f in asked.of(context)],
        "a designated party": _LISTED.of(context),
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
