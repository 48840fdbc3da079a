"""Errors as RFC 9457 problem documents: one table from our errors to HTTP, and nothing else knows both."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from sanctions_exposure.answer import faults
from sanctions_exposure.api.parts import answer
from sanctions_exposure.errors import (
    ExposureError,
    InvalidInput,
    ListBusy,
    ListFormatError,
    ListRejected,
    NothingQuarantined,
    NotOverruled,
    NotReady,
    StorageUnavailable,
    TooLarge,
    UnknownList,
    UnknownSubmission,
)
from sanctions_exposure.model import Json

_LOG: Final = logging.getLogger(__name__)
_PROBLEMS: Final[tuple[tuple[type[ExposureError], HTTPStatus, str], ...]] = (
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Larger than this installation takes"),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY, "Input cannot be screened"),
    (UnknownList, HTTPStatus.NOT_FOUND, "No such list"),
    (UnknownSubmission, HTTPStatus.NOT_FOUND, "Nothing of it waits for a review"),
    (ListFormatError, HTTPStatus.UNPROCESSABLE_ENTITY, "The list cannot be read"),
    (NothingQuarantined, HTTPStatus.NOT_FOUND, "Nothing of it is in quarantine"),
    (NotOverruled, HTTPStatus.CONFLICT, "Nobody can accept it"),
    (ListRejected, HTTPStatus.UNPROCESSABLE_ENTITY, "The list cannot be refreshed"),
    (ListBusy, HTTPStatus.CONFLICT, "A refresh is running"),
    (StorageUnavailable, HTTPStatus.SERVICE_UNAVAILABLE, "Nothing can be remembered"),
    (NotReady, HTTPStatus.SERVICE_UNAVAILABLE, "No usable list snapshot"),
    (ExposureError, HTTPStatus.INTERNAL_SERVER_ERROR, "Cannot be done"),
)


def register(app: Flask) -> None:
    """Let every error of *app* leave as a problem document."""
    app.register_error_handler(ExposureError, _of_ours)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, _of_a_bug)


def _of_ours(error: ExposureError) -> Response:
    status, title = next((status, title) for kind, status, title in _PROBLEMS if isinstance(error, kind))
    response = _problem(status, title, str(error), faults(error))
    if status is HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, ListBusy):
        response.headers["Retry-After"] = "30"
    return response


def of_http(error: HTTPException) -> Response:
    """Render what werkzeug, flask or webargs refuse."""
    if error.code is None or error.code < 400:
        return Response(status=error.code or 500, headers=list(error.get_headers()))
    detail = error.description or ""
    if isinstance(error, RequestEntityTooLarge):
        detail = f"the body is larger than {request.max_content_length} bytes"
    parameters = _parameters(getattr(error, "data", None))
    if parameters:
        detail = "a parameter of the query is wrong"
    response = _problem(HTTPStatus(error.code), error.name, detail, parameters)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def _parameters(data: Json) -> list[dict[str, str]]:
    messages = (data or {}).get("messages", {}).get("query", {})
    return [{"parameter": name, "detail": " ".join(_texts(said))} for name, said in sorted(messages.items())]


def _texts(said: Json) -> Iterator[str]:
    """Yield what is said of a parameter, of one that stands several times too: there by its place."""
    if isinstance(said, Mapping):
        for below in said.values():
            yield from _texts(below)
    elif isinstance(said, list):
        for below in said:
            yield from _texts(below)
    else:
        yield str(said)


def _of_a_bug(error: Exception) -> Response:
    incident = uuid.uuid4().hex
    _LOG.error("incident %s", incident, exc_info=error)
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of ours", f"It was logged as incident {incident}.", incident=incident
    )


def _problem(
    status: HTTPStatus, title: str, detail: str, errors: list[dict[str, str]] | None = None, incident: str = ""
) -> Response:
    document: dict[str, Json] = {"type": "about:blank", "title": title, "status": status.value, "detail": detail}
    if errors:
        document["errors"] = errors
    if incident:
        document["incident"] = incident
    return answer(document, status.value, "application/problem+json")
