"""What we know: search, listed entities, rules and corridors."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import NotFound

from sanctions_exposure.answer import render_entity, render_hits
from sanctions_exposure.api.describe import listed, ref, responses
from sanctions_exposure.api.parts import answer, screener
from sanctions_exposure.question import PARTY_SCHEMAS

routes = Blueprint("reading", __name__, description="Listed entities, rules and corridors.")
_ANY: dict[str, Any] = {"type": "object"}


class SearchSchema(Schema):
    """What to search for."""

    q = fields.String(required=True, validate=validate.Length(1), metadata={"description": "a name, or an identifier"})
    limit = fields.Integer(load_default=10, validate=validate.Range(1, 100))
    schema = fields.String(validate=validate.OneOf(PARTY_SCHEMAS))
    country = fields.String(metadata={"description": "ISO 3166 code or name"})


@routes.get("/v1/search")
@routes.doc(summary="Search listed names and identifiers", responses=responses(listed("hits", "Hit"), 422, 503))
@routes.arguments(SearchSchema, location="query")
def search(arguments: dict[str, Any]) -> Response:
    """Return the listed entities that a name resembles or an identifier belongs to, best first."""
    query = {"name": arguments["q"]} | {key: arguments[key] for key in ("schema", "country") if key in arguments}
    known = screener()
    snapshot = known.snapshot  # read once: another one may come into use meanwhile
    (hits,) = known.search_many([query], limit=arguments["limit"], snapshot=snapshot)
    return answer({"snapshot": snapshot.id, "hits": render_hits(hits)})


@routes.get("/v1/entities/<list_id>/<path:entity_id>")
@routes.doc(summary="One listed entity", responses=responses(ref("ListedEntity"), 404, 503))
def entity(list_id: str, entity_id: str) -> Response:
    """Return an entry as its authority published it."""
    found = screener().entity(list_id, entity_id)
    if found is None:
        raise NotFound("there is no entity of that list and id in the snapshot in use")
    return answer(render_entity(found))


@routes.get("/v1/rules")
@routes.doc(summary="Rules and flags in force", responses=responses(_ANY))
def rules() -> Response:
    """Return every rule and flag, with sources."""
    return answer(screener().rules())


@routes.get("/v1/corridors")
@routes.doc(summary="Transport corridors we recognise", responses=responses(_ANY))
def corridors() -> Response:
    """Return every corridor, with its stages and sources."""
    return answer(screener().corridors())
