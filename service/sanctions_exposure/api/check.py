"""``POST /v1/check``: an order in, a decision out, for procurement systems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import UnprocessableEntity, UnsupportedMediaType

from sanctions_exposure.answer import render, render_failure, render_list
from sanctions_exposure.api import callbacks
from sanctions_exposure.api.describe import one_of_many, responses
from sanctions_exposure.api.parts import body, printable, screener
from sanctions_exposure.api.query import Words
from sanctions_exposure.api.repeats import PARAMETER, once, request_digest
from sanctions_exposure.errors import InvalidInput, SettingsError
from sanctions_exposure.gate.coverage import Demand, judge
from sanctions_exposure.gate.decision import decide, worst
from sanctions_exposure.gate.flat_orders import read_orders
from sanctions_exposure.gate.report import ListUse
from sanctions_exposure.gate.ubl import read_order
from sanctions_exposure.model import Json, Screening
from sanctions_exposure.question.schemas import REGIMES
from sanctions_exposure.storage.answers import Kept
from sanctions_exposure.wiring.screener import Screener

routes = Blueprint("check", __name__, description="Decide on purchase orders.")

_XML: Final = frozenset({"application/xml", "text/xml"})
_DECISION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["reference", "decision", "reasons"],
    "properties": {
        "reference": {"type": "string"},
        "decision": {"enum": ["clear", "review", "block", "error"]},
        "severity": {"type": "string"},
        "score": {"type": "integer"},
        "subject": {"type": "string"},
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "explanation"],
                "properties": {"kind": {"enum": ["flag", "list", "input"]}, "explanation": {"type": "string"}},
            },
        },
        "warnings": {"type": "array", "items": {"type": "string"}},
        "screening": {"type": "string", "description": "id of the screening behind the decision"},
    },
}
_MANY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["decision", "checks"],
    "properties": {"decision": _DECISION["properties"]["decision"], "checks": {"type": "array", "items": _DECISION}},
}


class CheckSchema(Schema):
    """How strict the decision is."""

    regimes = Words(REGIMES)
    require_list = Words()
    max_list_age = fields.Float(load_default=None, validate=validate.Range(min=0, min_inclusive=False))
    allow_stale = fields.Boolean(load_default=False)
    map = fields.List(fields.String(), load_default=(), metadata={"description": "THEIRS=OURS, for CSV"})


@routes.post("/v1/check")
@routes.doc(
    summary="Decide on a purchase order",
    parameters=[PARAMETER, callbacks.PARAMETER, {"in": "query", "schema": CheckSchema}],
    callbacks=callbacks.described({"oneOf": [_DECISION, _MANY]}),
    requestBody={
        "required": True,
        "content": {
            "application/json": {"schema": one_of_many()},
            "application/xml": {"schema": {"type": "string", "description": "a UBL 2.x Order"}},
            "text/csv": {"schema": {"type": "string", "description": "order lines as ERP systems export them"}},
        },
    },
    responses=responses({"oneOf": [_DECISION, _MANY]}, 400, 409, 413, 415, 422, 503) | callbacks.ACCEPTED,
)
@routes.arguments(CheckSchema, location="query")
def check(arguments: dict[str, Any]) -> Response:
    """Answer with clear, review, block or error, and why.

    ``error`` says that the order could not be judged: a list the decision must rest on is missing or too old, or the
    order holds nothing that can be screened. CSV may hold many orders and is answered with one decision for each.
    """
    digest = request_digest(callbacks.HEADER)
    if callbacks.HEADER not in request.headers:
        return once(digest, lambda: _decided(arguments))
    callbacks.refuse_unfit()
    response = once(digest, lambda: callbacks.later(_decided(arguments)))
    response.headers["Location"] = f"/v1/callbacks/{msgspec.json.decode(response.get_data())['id']}"
    return response


def _decided(arguments: dict[str, Any]) -> Kept:
    kind, known = request.mimetype, screener()
    if kind == "text/csv":
        orders = read_orders(request.get_data(cache=False), _mapping(arguments["map"]))
        checks = _decisions(orders, known, arguments)
        return _kept({"decision": worst([one["decision"] for one in checks]), "checks": checks})
    if kind in _XML:
        order: Json = read_order(request.get_data(cache=False))
    elif kind == "application/json" or kind.endswith("+json"):
        order = body()
    else:
        raise UnsupportedMediaType("send an order as application/json, application/xml (UBL 2 Order) or text/csv")
    return _kept(_decisions([order], known, arguments)[0])


def _decisions(orders: Sequence[Json], known: Screener, arguments: dict[str, Any]) -> list[dict[str, Json]]:
    asked = [_under(order, arguments["regimes"]) for order in orders]
    states = [render_list(state) for state in known.lists()]
    answers = known.screen_many(asked)
    return [
        decide(_told(order), _document(order, answer), _lists(states, order, arguments))
        for order, answer in zip(asked, answers, strict=True)
    ]


def _under(order: Json, regimes: Sequence[str]) -> Json:
    return {**order, "regimes": list(regimes)} if regimes and isinstance(order, dict) else order


def _told(order: Json) -> Json:
    """Return *order* as reasons can tell of it; one that holds half of a character is answered by its error."""
    try:
        msgspec.json.encode(order)
    except UnicodeEncodeError:
        return json.loads(printable(json.dumps(order, ensure_ascii=False)))
    return order


def _document(order: Json, answer: Screening | InvalidInput) -> dict[str, Json]:
    return render_failure(answer, _reference(order)) if isinstance(answer, InvalidInput) else render(answer)


def _lists(states: Sequence[dict[str, Json]], order: Json, arguments: dict[str, Any]) -> tuple[ListUse, ...]:
    """Return the lists a decision must rest on: those of the regimes the order is judged by."""
    regimes = order.get("regimes") if isinstance(order, dict) else None
    demand = Demand(
        required=tuple(arguments["require_list"]),
        regimes=tuple(one for one in regimes if one in REGIMES) if isinstance(regimes, list) else (),
        max_age=arguments["max_list_age"],
        allow_stale=arguments["allow_stale"],
    )
    try:
        return judge(states, demand)
    except SettingsError as error:
        raise UnprocessableEntity(str(error)) from None


def _reference(order: Json) -> str:
    found = order.get("reference") if isinstance(order, dict) else ""
    return printable(found) if isinstance(found, str) else ""


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not (equals and theirs and ours):
            raise UnprocessableEntity(f"map {pair!r} is not THEIRS=OURS")
        if found.setdefault(theirs, ours) != ours:
            raise UnprocessableEntity(f"map {theirs!r}: it cannot mean both {found[theirs]!r} and {ours!r}")
    return found


def _kept(document: dict[str, Json]) -> Kept:
    return Kept(HTTPStatus.OK, msgspec.json.encode(document), "application/json")
