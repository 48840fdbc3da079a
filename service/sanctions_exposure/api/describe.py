"""The API description: requests from the marshmallow schemas that check them, answers from the types we render."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from apispec import APISpec, BasePlugin
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response
from flask_smorest import Api
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from sanctions_exposure.answer import LIST_KEYS
from sanctions_exposure.api import problems
from sanctions_exposure.api.security import role_for
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


def one_of_many() -> dict[str, Json]:
    """Return the schema of a request among others: it may be anything, since a fault costs only itself."""
    said = "a Request or a FlatRequest; the answer to anything else says what is wrong with it"
    return {"description": said, "anyOf": [ref("Request"), ref("FlatRequest"), {}]}


def responses(schema: dict[str, Json], *refused: int) -> dict[str, Json]:
    """Return the responses of an operation: 200 with *schema*, and problem documents."""
    found: dict[str, Json] = {"200": {"description": "Answered", "content": {"application/json": {"schema": schema}}}}
    return found | refusals(*refused)


def refusals(*statuses: int) -> dict[str, Json]:
    """Return the responses that are problem documents."""
    return {str(status): _REFUSED for status in statuses}


_REFUSED: Final = {"description": "Refused", "content": {"application/problem+json": {"schema": ref("Problem")}}}
_SCHEMES: Final[dict[str, dict[str, Json]]] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apikey": {"type": "http", "scheme": "ApiKey"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


class _Guarded(BasePlugin):
    """Says of every operation which key it asks for, and how it refuses those who have none or come too often."""

    def __init__(self, app: Flask, *, asked: bool) -> None:
        self._app, self._asked = app, asked

    def init_spec(self, spec: APISpec) -> None:
        """Called once."""
        for name, scheme in _SCHEMES.items():
            spec.components.security_scheme(name, scheme)

    def operation_helper(self, operations: dict[str, Any] | None = None, **said: Any) -> None:  # type: ignore[override]
        """Called with every operation and, in *said*, the rule of its route."""
        role = role_for(self._app, said["rule"].endpoint)
        for operation in (operations or {}).values():
            if role is None:
                operation["security"] = []
                continue
            free: list[dict[str, Json]] = [] if self._asked else [{}]
            operation["security"] = [*({name: []} for name in _SCHEMES), *free]
            operation["x-role"] = role.value
            refused = dict.fromkeys(("401", "403", "429", "503"), _REFUSED)
            said_so = {str(status): found for status, found in operation.get("responses", {}).items()}
            operation["responses"] = dict(sorted((refused | said_so).items()))


class Described(Api):  # type: ignore[misc]
    """flask-smorest's description of the routes, with our problem documents in place of its errors."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask, *, asked: bool) -> None:
        plugin = MarshmallowPlugin(schema_name_resolver=_name)
        guarded = _Guarded(app, asked=asked)
        super().__init__(
            app,
            spec_kwargs={
                "marshmallow_plugin": plugin,
                "extra_plugins": [guarded],
                "info": {"description": _ABOUT},
            },
        )
        self.ma_plugin.converter.add_attribute_function(_or_text)
        schemas = self.spec.components
        schemas.schema("Request", schema=RequestSchema)
        schemas.schema("FlatRequest", schema=FlatRequestSchema)
        schemas.schema("Problem", _PROBLEM)
        schemas.schema("Failure", _FAILURE)
        _, answers = msgspec.json.schema_components(
            [Screening, ListedEntity, Hit, ListState], ref_template=_REF + "{name}"
        )
        for name, component in (answers | _as_rendered(answers)).items():
            schemas.schema(name, component)

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer as everywhere else."""
        return problems.of_http(error)


def _as_rendered(answers: dict[str, Any]) -> dict[str, Any]:
    """Return the components whose rendering says less than their type: an answer tells a list in short."""
    whole, screening = answers["ListState"], answers["Screening"]
    short = {key: whole["properties"][key] for key in LIST_KEYS}
    lists = {**screening["properties"]["lists"], "items": ref("ListInShort")}
    return {
        "ListInShort": {"type": "object", "required": ["id", "entities", "names", "state"], "properties": short},
        "Screening": {**screening, "properties": {**screening["properties"], "lists": lists}},
    }


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
