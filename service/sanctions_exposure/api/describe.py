"""The API description: requests from the marshmallow schemas that check them, answers from the types we render."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response
from flask_smorest import Api
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from sanctions_exposure.api import problems
from sanctions_exposure.model import Hit, Json, ListedEntity, ListState, Screening
from sanctions_exposure.question import TEXT_FORMS, FlatRequestSchema, RequestSchema

_ABOUT: Final = "Tells whether a party, shipment or payment is exposed to sanctions, and why."
_REF: Final = "#/components/schemas/"
_PROBLEM: Final[dict[str, Json]] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "incident": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901, into the request"},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def ref(name: str) -> dict[str, Json]:
    """Return a reference to the component *name*."""
    return {"$ref": _REF + name}


def listed(name: str, items: str) -> dict[str, Json]:
    """Return the schema of an object whose field *name* is a list of the component *items*."""
    return {"type": "object", "required": [name], "properties": {name: {"type": "array", "items": ref(items)}}}


def responses(schema: dict[str, Json], *refusals: int) -> dict[str, Json]:
    """Return the responses of an operation: 200 with *schema*, and problem documents."""
    problem = {"description": "Refused", "content": {"application/problem+json": {"schema": ref("Problem")}}}
    found: dict[str, Json] = {"200": {"description": "Answered", "content": {"application/json": {"schema": schema}}}}
    return found | {str(status): problem for status in refusals}


class Described(Api):  # type: ignore[misc]
    """flask-smorest's description of the routes, with our problem documents in place of its errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        plugin = MarshmallowPlugin(schema_name_resolver=_name)
        super().__init__(app, spec_kwargs={"marshmallow_plugin": plugin, "info": {"description": _ABOUT}})
        self.ma_plugin.converter.add_attribute_function(_or_text)
        schemas = self.spec.components
        schemas.schema("Request", schema=RequestSchema)
        schemas.schema("FlatRequest", schema=FlatRequestSchema)
        schemas.schema("Problem", _PROBLEM)
        schemas.schema("Failure", _FAILURE)
        _, answers = msgspec.json.schema_components(
            [Screening, ListedEntity, Hit, ListState], ref_template=_REF + "{name}"
        )
        for name, component in answers.items():
            schemas.schema(name, component)

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer as everywhere else."""
        return problems.of_http(error)


_FAILURE: Final[dict[str, Json]] = {
    "type": "object",
    "description": "Stands in a batch where a request could not be screened.",
    "required": ["outcome", "error"],
    "properties": {
        "reference": {"type": "string"},
        "outcome": {"const": "error"},
        "error": {"type": "object", "properties": {"title": {"type": "string"}, "errors": {"type": "array"}}},
    },
}


def _name(schema: type[Schema] | Schema) -> str:
    # Some things are both asked about and answered with: a component's name says which.
    kind = schema if isinstance(schema, type) else type(schema)
    return "Asked" + kind.__name__.removesuffix("Schema")


def _or_text(_: Any, field: fields.Field[Any], ret: dict[str, Any], **__: Any) -> dict[str, Any]:
    """Say of an object that may be written as plain text that it may."""
    if not isinstance(field, TEXT_FORMS):
        return {}
    forms = [{"$ref": ret.pop("$ref")}] if "$ref" in ret else ret.pop("anyOf", [])
    return {"oneOf": [*forms, {"type": "string"}]}
