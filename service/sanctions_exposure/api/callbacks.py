"""Answers later: a decision is kept, posted to whoever asked for it, and what came of that can be looked up."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import msgspec
from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import NotFound

from sanctions_exposure.api.describe import responses
from sanctions_exposure.api.parts import answer, database, settings
from sanctions_exposure.api.repeats import kept_under
from sanctions_exposure.api.security import may_have, owner
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.jobs.courier import Courier
from sanctions_exposure.model import Json
from sanctions_exposure.storage.answers import Kept
from sanctions_exposure.storage.deliveries import Deliveries, Delivery
from sanctions_exposure.wiring.pinned import new_id

routes = Blueprint("callbacks", __name__, description="Decisions that are posted later.")

HEADER: Final = "Callback-URL"
_MOMENT: Final[dict[str, Any]] = {"type": "string", "format": "date-time"}
STATE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "state", "attempts", "created_at"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "the webhook-id of every attempt"},
        "state": {"enum": ["waiting", "delivered", "given_up"]},
        "attempts": {"type": "integer"},
        "created_at": _MOMENT,
        "next_attempt_at": _MOMENT,
        "ended_at": _MOMENT,
        "status": {"type": "integer", "description": "of the last answer"},
        "error": {"type": "string"},
    },
}
PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "schema": {"type": "string", "format": "uri", "maxLength": 2000},
    "description": "Answer 202 at once and post the decision there, if EXPOSURE_CALLBACK_HOSTS allows the host.",
}
ACCEPTED: Final[dict[str, Any]] = {
    "202": {
        "description": "Decided and kept; it is posted to Callback-URL",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": STATE}},
    }
}


def described(document: dict[str, Any]) -> dict[str, Any]:
    """Return how a callback of *document* looks to its receiver (OpenAPI ``callbacks``)."""
    headers = {
        "webhook-id": "the same for every attempt: take each id once",
        "webhook-timestamp": "seconds since 1970, of this attempt",
        "webhook-signature": "v1, and base64 of HMAC-SHA256 over id.timestamp.body (Standard Webhooks)",
    }
    operation = {
        "summary": "The decision",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": said}
            for name, said in headers.items()
        ],
        "requestBody": {"content": {"application/json": {"schema": document}}},
        "responses": {
            "2XX": {"description": "Taken"},
            "410": {"description": "Never again"},
            "default": {"description": "Tried again later, for two days"},
        },
    }
    return {"decided": {"{$request.header.callback-url}": {"post": operation}}}


def refuse_unfit() -> None:
    """Refuse a callback that could never be made, before anything is decided.

    Raises:
        InvalidInput: callbacks are off, or that address is not allowed.
    """
    courier = Courier.of(settings(), database())
    if not courier.secrets:
        raise InvalidInput(f"{HEADER}: callbacks are off here, since EXPOSURE_CALLBACK_SECRET is not set to sign them")
    try:
        courier.allowed.check(request.headers[HEADER])
    except InvalidInput as error:
        raise InvalidInput(f"{HEADER}: {error}") from None


def later(decided: Kept) -> Kept:
    """Keep a decision for delivery, and return what is answered meanwhile.

    The same Idempotency-Key is one delivery for good, even if the process died between keeping it and answering.
    """
    key = kept_under()
    found = Deliveries(database()).add(
        new_id(datetime.now(UTC)),
        request.headers[HEADER],
        decided.body,
        hashlib.sha256(key.encode()).hexdigest() if key else None,
        owner(),
    )
    return Kept(HTTPStatus.ACCEPTED, msgspec.json.encode(_document(found)), "application/json")


@routes.get("/v1/callbacks/<uuid:delivery_id>")
@routes.doc(summary="What came of a callback", responses=responses(STATE, 404, 503))
def callback(delivery_id: UUID) -> Response:
    """Tell whether a decision was delivered, how often that was tried, and what went wrong; for 30 days."""
    found = Deliveries(database()).find(str(delivery_id))
    if found is None or not may_have(found.owner):
        raise NotFound("there is no callback of that id")
    return answer(_document(found))


def _document(delivery: Delivery) -> dict[str, Json]:
    document: dict[str, Json] = {
        "id": delivery.id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": _moment(delivery.created),
    }
    if delivery.state == "waiting":
        document["next_attempt_at"] = _moment(delivery.due)
    if delivery.ended is not None:
        document["ended_at"] = _moment(delivery.ended)
    if delivery.status is not None:
        document["status"] = delivery.status
    if delivery.error:
        document["error"] = delivery.error
    return document


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
