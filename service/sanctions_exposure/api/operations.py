"""Whether the process lives, and whether it may be believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response
from flask_smorest import Blueprint

from sanctions_exposure import __version__
from sanctions_exposure.api.describe import responses
from sanctions_exposure.api.parts import answer, readiness, screener
from sanctions_exposure.api.security import open_to_all
from sanctions_exposure.model import ListState, ListStateName

_TROUBLE: Final = (ListStateName.STALE, ListStateName.QUARANTINED, ListStateName.MISSING)
routes = Blueprint("operations", __name__, description="For those who run the service.")


@routes.get("/healthz")
@routes.doc(summary="The process lives", responses=responses({"type": "object"}))
@open_to_all
def healthz() -> Response:
    """Answer as long as the process can."""
    return answer({"status": "ok", "engine": __version__})


@routes.get("/readyz")
@routes.doc(summary="Answers may be believed", responses=responses({"type": "object"}, 503))
@open_to_all
def readyz() -> Response:
    """Answer 200 with a usable snapshot, every required list and keys that can be read, else 503 and the reasons.

    A database that does not answer stands under ``warnings``: questions are answered without it.
    """
    known = screener()
    if reasons := readiness().reasons():
        return answer({"ready": False, "reasons": list(reasons)}, 503)
    snapshot = known.snapshot
    return answer(
        {
            "ready": True,
            "snapshot": snapshot.id,
            "ruleset": known.ruleset.id,
            "lists": _troubled(known.lists(snapshot)),
            "warnings": list(readiness().doubts()),
        }
    )


def _troubled(states: Sequence[ListState]) -> dict[str, list[str]]:
    """Return the lists that are not fresh, by state, and those without which no answer about their regime is given."""
    found = {state.value: [one.id for one in states if one.state is state] for state in _TROUBLE}
    return found | {"refusing": [one.id for one in states if one.refuses]}
