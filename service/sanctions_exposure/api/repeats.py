"""The same ``Idempotency-Key``, the same answer: a request that is sent twice is done once, also across restarts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from flask import Response, request
from werkzeug.exceptions import Conflict, UnprocessableEntity

from sanctions_exposure.api.parts import database
from sanctions_exposure.storage.answers import Answers, Kept, KeyReused, Underway

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def once(digest: str, answered: Callable[[], Kept]) -> Response:
    """Return what *answered* gives, or what it gave when the same request came with the same key.

    Args:
        digest: of all that makes the request what it is.
        answered: does what is asked; called when the key is new, or there is none.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _response(answered())
    if not _KEY.fullmatch(key):
        raise UnprocessableEntity("Idempotency-Key: up to 255 printable ASCII characters without blanks")
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
