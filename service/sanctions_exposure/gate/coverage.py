"""Which lists a check must rest on, and what is wrong with those it has: a stale "clear" is worse than none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.gate.report import ListUse
from sanctions_exposure.model import Json

# The lists each regime speaks through. Other lists of these regimes repeat them (the Consolidated Screening List), are
# closed (the OFSI list), or name parties for something else than sanctions.
CORE: Final[Mapping[str, tuple[str, ...]]] = {
    "us": ("us_ofac_sdn", "us_ofac_cons"),
    "eu": ("eu_fsf",),
    "uk": ("uk_sl",),
    "un": ("un_sc",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a caller asks of the lists."""

    required: tuple[str, ...] = ()  # empty: the core lists of the regimes
    regimes: tuple[str, ...] = ()  # empty: those of CORE
    max_age: float | None = None  # hours; None: what each list's manifest says
    allow_stale: bool = False


def judge(states: Sequence[Mapping[str, Json]], demand: Demand) -> tuple[ListUse, ...]:
    """Return every list that matters to the check, and why it may not rest on it.

    Args:
        states: lists as ``/v1/lists`` gives them.
        demand: what is asked of them.

    Raises:
        SettingsError: a required list is one that nobody knows.
    """
    known = {state["id"]: state for state in states}
    required = demand.required or _core(known, demand.regimes)
    if unknown := sorted(set(demand.required) - known.keys()):
        raise SettingsError(f"--require-list {', '.join(unknown)}: there are only {', '.join(sorted(known))}")
    # A list that is required but unknown to a server of another version is missing all the same.
    known |= {list_id: {"id": list_id, "state": "missing"} for list_id in required if list_id not in known}
    uses = [_use(state, demand, required=list_id in required) for list_id, state in sorted(known.items())]
    return tuple(use for use in uses if use.required or (use.state != "missing" and _asked(use, demand)))


def _core(known: Mapping[str, Mapping[str, Json]], regimes: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for regime in regimes or CORE:
        all_of_it = [list_id for list_id, state in known.items() if state.get("regime") == regime]
        found |= set(CORE.get(regime, all_of_it))
    return frozenset(found)


def _asked(use: ListUse, demand: Demand) -> bool:
    return not demand.regimes or not use.regime or use.regime in {*demand.regimes, "own", "all"}


def _use(state: Mapping[str, Json], demand: Demand, *, required: bool) -> ListUse:
    name, age = str(state["state"]), state.get("age_hours")
    if demand.max_age is not None and name in {"fresh", "stale"} and state.get("max_age_hours") is not None:
        known = age if state.get("age_known", True) else None
        name = "stale" if known is None or known > demand.max_age else "fresh"
    problem = _problem(name, age)
    return ListUse(
        id=state["id"],
        title=state.get("title", ""),
        regime=state.get("regime", ""),
        state=name,
        version=state.get("version", ""),
        entities=state.get("entities", 0),
        age_hours=age,
        required=required,
        problem=problem,
        waived=bool(problem) and name == "stale" and demand.allow_stale,
    )


def _problem(state: str, age: float | None) -> str:
    if state == "fresh":
        return ""
    if state == "stale":
        return f"is too old ({age:g} hours)" if age is not None else "is too old"
    return {"missing": "was never loaded", "quarantined": "is quarantined: it failed its checks"}.get(
        state, f"is {state}"
    )


def problems(uses: Sequence[ListUse]) -> tuple[str, ...]:
    """Return why the check may not rest on its lists."""
    return tuple(f"list {use.id} {use.problem}" for use in uses if use.problem and not use.waived)


def waivers(uses: Sequence[ListUse]) -> tuple[str, ...]:
    """Return what was screened against although it is too old, in the words every report prints."""
    return tuple(f"--allow-stale: list {use.id} {use.problem} and was used all the same" for use in uses if use.waived)
