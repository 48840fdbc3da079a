"""``/v1/lists``: in which state each list is, and asking for the next look at its publisher."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import Forbidden

from sanctions_exposure.access import Role
from sanctions_exposure.answer import render_list
from sanctions_exposure.api.describe import listed, responses
from sanctions_exposure.api.parts import answer, body, clock, screener
from sanctions_exposure.api.security import needs
from sanctions_exposure.errors import Fault, InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.sources.review import summary

routes = Blueprint("lists", __name__, description="Lists: which there are, how old they are, and getting newer ones.")
_ACCEPTED: dict[str, Any] = {
    "202": {
        "description": "Begun; GET /v1/lists tells what came of it",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"lists": {"type": "array", "items": {"type": "string"}}}}
            }
        },
    }
}
_ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {"lists": {"type": "array", "items": {"type": "string"}, "description": "ids; all that are on"}},
}


@routes.get("/v1/lists")
@routes.doc(summary="Lists, how old and how large", responses=responses(listed("lists", "ListState"), 503))
def lists() -> Response:
    """Return every list we know, loaded or not."""
    known = screener()
    snapshot = known.snapshot
    states = [render_list(state) for state in known.lists(snapshot)]
    return answer({"snapshot": snapshot.id, "lists": states, "pending": [*map(summary, known.desk.pending())]})


@routes.post("/v1/lists/refresh")
@routes.doc(
    summary="Look at publishers now",
    requestBody={"required": False, "content": {"application/json": {"schema": _ASKED}}},
    responses=_ACCEPTED | {k: v for k, v in responses({}, 403, 409, 422).items() if k != "200"},
)
@needs(Role.ADMIN)
def refresh() -> Response:
    """Begin to fetch lists from their publishers; what runs already is not begun twice."""
    found = clock()
    if found is None:
        raise Forbidden("lists are not refreshed by this service: EXPOSURE_REFRESH is false")
    begun = found.refresh(_wanted(body() if request.get_data() else {}))
    response = answer({"lists": list(begun)}, 202)
    response.headers["Location"] = "/v1/lists"
    return response


def _wanted(document: Json) -> tuple[str, ...]:
    if not isinstance(document, dict):
        raise InvalidInput("The lists cannot be refreshed", [Fault("", "must be an object")])
    faults = [Fault(f"/{key}", "Unknown field.") for key in sorted(document.keys() - {"lists"})]
    wanted = document.get("lists", [])
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        faults.append(Fault("/lists", "must be a list of ids"))
    if faults:
        raise InvalidInput("The lists cannot be refreshed", faults)
    return tuple(wanted)
