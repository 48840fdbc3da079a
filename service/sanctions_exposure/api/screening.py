"""``POST /v1/screen``: one question, or up to a thousand in one body."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from flask import Response
from flask_smorest import Blueprint

from sanctions_exposure.answer import render, render_failure
from sanctions_exposure.api.describe import listed, one_of_many, ref, responses
from sanctions_exposure.api.parts import body, printable, screener, settings
from sanctions_exposure.api.repeats import PARAMETER, once, request_digest
from sanctions_exposure.errors import Fault, InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.storage.answers import Kept

routes = Blueprint("screening", __name__, description="Screen parties, routes, goods and payments.")

_BATCH = listed("screenings", "Screening")
_BATCH["properties"]["screenings"]["items"] = {"oneOf": [ref("Screening"), ref("Failure")]}
_MANY = {
    "type": "object",
    "required": ["requests"],
    "properties": {"requests": {"type": "array", "minItems": 1, "items": one_of_many()}},
    "additionalProperties": False,
}
_ASKED = {"anyOf": [ref("Request"), ref("FlatRequest"), _MANY]}
_EXAMPLE = {"name": "OJSC BelAZ", "country": "by"}


@routes.post("/v1/screen")
@routes.doc(
    summary="Screen one request, or many in order",
    parameters=[PARAMETER],
    requestBody={"required": True, "content": {"application/json": {"schema": _ASKED, "example": _EXAMPLE}}},
    responses=responses({"oneOf": [ref("Screening"), _BATCH]}, 400, 409, 413, 415, 422, 503),
)
def screen() -> Response:
    """Tell what exposure the request has, and why.

    A body of ``{"requests": […]}`` is answered with ``{"screenings": […]}`` in the same order; a request of it that
    cannot be screened stands there with the outcome ``error`` and costs the others nothing.
    """
    return once(request_digest(), _answered)


def _answered() -> Kept:
    document = body()
    many = isinstance(document, dict) and "requests" in document
    said = {"screenings": _many(_requests(document))} if many else render(screener().screen(document))
    return Kept(HTTPStatus.OK, msgspec.json.encode(said), "application/json")


def _requests(document: dict[str, Json]) -> Sequence[Json]:
    requests, most = document["requests"], settings().max_batch
    faults = [Fault(f"/{key}", "Unknown field.") for key in sorted(document.keys() - {"requests"})]
    if not isinstance(requests, list):
        faults.append(Fault("/requests", "must be a list"))
    elif not requests:
        faults.append(Fault("/requests", "nothing to screen: the list is empty"))
    elif len(requests) > most:
        faults.append(Fault("/requests", f"{len(requests)} requests; at most {most} are allowed in one body"))
    if faults:
        raise InvalidInput("The batch cannot be screened", faults)
    return list(requests)


def _many(requests: Sequence[Json]) -> list[dict[str, Json]]:
    results = screener().screen_many(requests)
    return [
        render_failure(result, _reference(request)) if isinstance(result, InvalidInput) else render(result)
        for request, result in zip(requests, results, strict=True)
    ]


def _reference(request: Json) -> str:
    reference = request.get("reference") if isinstance(request, dict) else None
    return printable(reference[:500]) if isinstance(reference, str) else ""
