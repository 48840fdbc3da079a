"""The same ``Idempotency-Key``, the same answer: a request that is sent twice is done once, also across restarts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from flask import Response, request
from werkzeug.exceptions import Conflict, UnprocessableEntity

from sanctions_exposure.api.parts import database
from sanctions_exposure.api.security import owner
from sanctions_exposure.storage.answers import Answers, Kept, KeyReused, Underway

HEADER: Final = "Idempotency-Key"
PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same request gives the same answer for 30 days, also after a restart.",
}
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def request_digest(*headers: str) -> str:
    """Return the digest of a request that is held in memory: address, media type, these headers and body.

    Empty where it has no key, for then nobody asks for it.
    """
    if HEADER not in request.headers:
        return ""
    said = [request.path, request.query_string.decode("latin-1"), request.mimetype]
    said += [request.headers.get(name, "") for name in headers]
    return hashlib.sha256("\n".join(said).encode() + b"\n" + request.get_data()).hexdigest()


def kept_under() -> str | None:
    """Return the key of this request as it is stored: two callers may well number their orders alike.

    Raises:
        UnprocessableEntity: it is not as keys are.
    """
    key, whose = request.headers.get(HEADER), owner()
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise UnprocessableEntity("Idempotency-Key: up to 255 printable ASCII characters without blanks")
    return hashlib.sha256(f"{whose} {key}".encode()).hexdigest() if whose else key


def once(digest: str, answered: Callable[[], Kept]) -> Response:
    """Return what *answered* gives, or what it gave when the same request came with the same key.

    Args:
        digest: of all that makes the request what it is.
        answered: does what is asked; called when the key is new, or there is none.
    """
    key = kept_under()
    if key is None:
        return _response(answered())
    answers = Answers(database())
    try:
        known = answers.begin(key, digest)
    except KeyReused:
        raise UnprocessableEntity("Idempotency-Key: it was sent before with another request") from None
    except Underway:
        raise Conflict("the same request is being answered right now: ask again in a moment") from None
    if known:
        response = _response(known)
        response.headers["Idempotency-Replayed"] = "true"
        return response
    try:
        answer = answered()
        answers.keep(key, answer)
    except BaseException:
        answers.forget(key)
        raise
    return _response(answer)


def _response(answer: Kept) -> Response:
    return Response(answer.body, answer.status, content_type=answer.media_type)
