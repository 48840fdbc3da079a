"""``/v1/lists/{id}``: hand in a list of one's own, look at what waits or is in quarantine, accept it or forget it."""

from __future__ import annotations

import unicodedata
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
from sanctions_exposure.model import Json
from sanctions_exposure.sources.fetch import Limits
from sanctions_exposure.sources.manifest import find
from sanctions_exposure.sources.quarantine import Quarantined, newest
from sanctions_exposure.sources.review import Submission, waiting
from sanctions_exposure.wiring.acceptance import accept_aside
from sanctions_exposure.wiring.lists import Meant

routes = Blueprint("submissions", __name__, description="Lists that wait for a person: reviewed, accepted.")

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
_QUARANTINED: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What came and is not believed; the version before is in use",
    "properties": {
        "list": {"type": "string"},
        "doubt": {"enum": ["judged", "unreadable"], "description": "what is unreadable cannot be accepted"},
        "reason": {"type": "string", "description": "every bound that is broken, or where it cannot be read"},
        "format": {"type": "string"},
        "sha256": {"type": "string", "description": "digest over its files"},
        "files": {"type": "array", "items": {"type": "object"}},
        "retrieved_at": {"type": "string", "format": "date-time"},
        "seen_at": {"type": "string", "format": "date-time", "description": "when it came last"},
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
_LONGEST: Final = 2000  # characters of what a person says; it stands in every record of the list from then on
_DECISION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["reason"],
    "properties": {
        "reason": {
            "type": "string",
            "pattern": r"\S",
            "maxLength": _LONGEST,
            "description": "why this list is right; kept for ever",
        },
        "by": {
            "type": "string",
            "maxLength": _LONGEST,
            "description": "who says so, beside the key; required where nobody is asked for one",
        },
        "submission": {"type": "string", "description": "id of what was reviewed: another one is not accepted"},
        "sha256": {"type": "string", "description": "digest of what was looked at: another one is not accepted"},
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


@routes.get("/v1/lists/<list_id>/quarantine")
@routes.doc(summary="What is in quarantine of a list, and why", responses=responses(_QUARANTINED, 404))
@needs(Role.ADMIN)
def quarantine(list_id: str) -> Response:
    """Return the version that came last and is not believed."""
    desk = screener().desk
    return _told(newest(desk.data, find(desk.manifests(), list_id).id)[1])


@routes.post("/v1/lists/<list_id>/accept")
@routes.doc(
    summary="Use the list that waits, or else the one in quarantine",
    requestBody={"required": True, "content": {"application/json": {"schema": _DECISION}}},
    responses=responses({"anyOf": [_SUBMISSION, _QUARANTINED]}, 400, 404, 409, 413, 415, 422),
)
@needs(Role.ADMIN)
def accept(list_id: str) -> Response:
    """Publish the list that waits or is in quarantine, and return when it is in use; who said so and why is kept."""
    said = _decision()
    meant = Meant(submission=said["submission"], sha256=said["sha256"])
    return _told(accept_aside(screener().desk, list_id, meant, by=said["by"], reason=said["reason"]))


@routes.delete("/v1/lists/<list_id>/pending")
@routes.doc(summary="Forget the list that waits", responses=responses(_SUBMISSION, 404))
@needs(Role.ADMIN)
def discard(list_id: str) -> Response:
    """Forget the list that waits for a review; the one in use stays."""
    return _told(screener().desk.discard(list_id))


def _told(found: Submission | Quarantined, status: int = 200) -> Response:
    document: dict[str, Json] = msgspec.to_builtins(found)
    document.pop("settled_at", None)  # of what is told, nothing is settled yet
    return answer(document, status)


def _decision() -> dict[str, str]:
    document = body()
    if not isinstance(document, dict):
        raise InvalidInput("The list cannot be accepted", [Fault("", "must be an object")])
    keys = ("by", "reason", "submission", "sha256")
    faults = [Fault(f"/{key}", "Unknown field.") for key in sorted(document.keys() - set(keys))]
    faults += [Fault(f"/{key}", what) for key in keys if (what := _amiss(document.get(key, "")))]
    if faults:
        raise InvalidInput("The list cannot be accepted", faults)
    said = {key: " ".join(document.get(key, "").split()) for key in keys}
    said["by"] = _who(said["by"])
    faults = [Fault(f"/{key}", "must say something") for key in ("by", "reason") if not said[key]]
    if faults:
        raise InvalidInput("The list cannot be accepted", faults)
    return said


def _amiss(said: object) -> str:
    """Say why something cannot be kept as what a person said; it becomes an argument of a command, and a line."""
    if not isinstance(said, str):
        return "must be text"
    if len(said) > _LONGEST:
        return f"must not be longer than {_LONGEST} characters"
    if any(unicodedata.category(sign) == "Cc" and not sign.isspace() for sign in said):
        return "must not hold control characters"
    return ""


def _who(said: str) -> str:
    """Return who asks: the name of the key, which was proved, and whom the caller names beside it."""
    key, named = caller(), " ".join(said.split())
    if key is None:
        return named
    return f"{named} (key {key.name})" if named else f"key {key.name}"
