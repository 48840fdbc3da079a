"""``/v1/lists/{id}``: hand in a list of one's own, look at what waits, accept it or forget it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import UnsupportedMediaType

from sanctions_exposure.access import Role
from sanctions_exposure.api.describe import responses
from sanctions_exposure.api.parts import answer, body, screener, settings
from sanctions_exposure.api.security import caller, needs
from sanctions_exposure.errors import Fault, InvalidInput
from sanctions_exposure.sources.fetch import Limits
from sanctions_exposure.sources.review import Submission, waiting
from sanctions_exposure.wiring.acceptance import accept_aside

routes = Blueprint("submissions", __name__, description="Lists of one's own: handed in, reviewed, accepted.")

_FORMS: Final = ("text/csv", "application/csv", "application/gzip")
_SUBMISSION: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What waits, and what becomes of the list in use when it is accepted",
    "properties": {
        "id": {"type": "string"},
        "list": {"type": "string"},
        "submitted_at": {"type": "string", "format": "date-time"},
        "submitted_by": {"type": "string"},
        **{key: {"type": "integer"} for key in ("entities", "names", "added", "removed", "changed")},
        "notes": {"type": "array", "items": {"type": "string"}},
        "against": {"type": "string", "description": "the snapshot it was compared with"},
        "changes": {"type": "object", "description": "added, removed and changed entries, at most 1,000 of each"},
    },
}
_FILE: Final[dict[str, Any]] = {
    "required": True,
    "content": {form: {"schema": {"type": "string", "format": "binary"}} for form in _FORMS},
}
_QUERY: Final[list[dict[str, Any]]] = [
    {"in": "query", "name": "title", "schema": {"type": "string"}, "description": "how reports call it"},
    {"in": "query", "name": "by", "schema": {"type": "string"}, "description": "who hands it in, beside the key"},
]
_DECISION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["reason"],
    "properties": {
        "reason": {"type": "string", "pattern": r"\S", "description": "why this list is right; kept for ever"},
        "by": {"type": "string", "description": "who says so, beside the key; required where nobody is asked for one"},
        "submission": {"type": "string", "description": "id of what was reviewed: another one is not accepted"},
    },
}


@routes.post("/v1/lists/<list_id>")
@routes.doc(
    summary="Hand in a list of one's own for review",
    parameters=_QUERY,
    requestBody=_FILE,
    responses=responses(_SUBMISSION, 413, 415, 422) | {"201": responses(_SUBMISSION)["200"]},
)
@needs(Role.ADMIN)
def submit(list_id: str) -> Response:
    """Read a CSV, packed with gzip or not, and let it wait; the list in use stays until this one is accepted."""
    if request.mimetype not in _FORMS:
        raise UnsupportedMediaType(f"send the list as {', '.join(_FORMS)}, not {request.mimetype or 'nothing'!r}")
    most = settings().max_body
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(request.get_data(cache=False))
        found = screener().desk.submit(
            list_id,
            path,
            datetime.now(UTC),
            by=_who(request.args.get("by", "")),
            title=" ".join(request.args.get("title", "").split()),
            limits=Limits(stored=most, unpacked=most),
        )
    response = _told(found, 201)
    response.headers["Location"] = f"/v1/lists/{list_id}/pending"
    return response


@routes.get("/v1/lists/<list_id>/pending")
@routes.doc(summary="What waits of a list, and what would change", responses=responses(_SUBMISSION, 404))
@needs(Role.ADMIN)
def pending(list_id: str) -> Response:
    """Return the list that waits for a review."""
    return _told(waiting(screener().desk.data, list_id)[1])


@routes.post("/v1/lists/<list_id>/accept")
@routes.doc(
    summary="Use the list that waits",
    requestBody={"required": True, "content": {"application/json": {"schema": _DECISION}}},
    responses=responses(_SUBMISSION, 400, 404, 413, 415, 422),
)
@needs(Role.ADMIN)
def accept(list_id: str) -> Response:
    """Publish the list that waits, and return when it is in use; who said so and why is kept."""
    said = _decision()
    desk = screener().desk
    _, found = waiting(desk.data, list_id, said["submission"])
    accept_aside(desk, list_id, by=said["by"], reason=said["reason"], submission=found.id)
    return _told(found)


@routes.delete("/v1/lists/<list_id>/pending")
@routes.doc(summary="Forget the list that waits", responses=responses(_SUBMISSION, 404))
@needs(Role.ADMIN)
def discard(list_id: str) -> Response:
    """Forget the list that waits for a review; the one in use stays."""
    return _told(screener().desk.discard(list_id))


def _told(found: Submission, status: int = 200) -> Response:
    return answer(msgspec.to_builtins(found), status)


def _decision() -> dict[str, str]:
    document = body()
    if not isinstance(document, dict):
        raise InvalidInput("The list cannot be accepted", [Fault("", "must be an object")])
    keys = ("by", "reason", "submission")
    faults = [Fault(f"/{key}", "Unknown field.") for key in sorted(document.keys() - set(keys))]
    faults += [Fault(f"/{key}", "must be text") for key in keys if not isinstance(document.get(key, ""), str)]
    if faults:
        raise InvalidInput("The list cannot be accepted", faults)
    said = {key: " ".join(document.get(key, "").split()) for key in keys}
    said["by"] = _who(said["by"])
    faults = [Fault(f"/{key}", "must say something") for key in ("by", "reason") if not said[key]]
    if faults:
        raise InvalidInput("The list cannot be accepted", faults)
    return said


def _who(said: str) -> str:
    """Return who asks: the name of the key, which was proved, and whom the caller names beside it."""
    key, named = caller(), " ".join(said.split())
    if key is None:
        return named
    return f"{named} (key {key.name})" if named else f"key {key.name}"
