"""Whether the process lives, and whether it may be believed."""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from sanctions_exposure import __version__
from sanctions_exposure.api.describe import responses
from sanctions_exposure.api.parts import answer, screener

routes = Blueprint("operations", __name__, description="For those who run the service.")


@routes.get("/healthz")
@routes.doc(summary="The process lives", responses=responses({"type": "object"}))
def healthz() -> Response:
    """Answer as long as the process can."""
    return answer({"status": "ok", "engine": __version__})


@routes.get("/readyz")
@routes.doc(summary="Answers may be believed", responses=responses({"type": "object"}, 503))
def readyz() -> Response:
    """Answer 200 with a usable snapshot, else 503 and the reasons."""
    known = screener()
    reasons = known.reasons_not_ready()
    if reasons:
        return answer({"ready": False, "reasons": list(reasons)}, 503)
    return answer({"ready": True, "snapshot": known.snapshot.id, "ruleset": known.ruleset.id})
