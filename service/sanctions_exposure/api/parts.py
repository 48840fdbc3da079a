"""What every view needs: the parts handed to ``create_app``, the body of a request, the bytes of an answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, cast

import msgspec
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from sanctions_exposure.model import Json
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.clock import RefreshClock
from sanctions_exposure.wiring.readiness import Readiness
from sanctions_exposure.wiring.screener import Screener

_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")  # an escape that may be half of a character
_KEY: Final = "sanctions_exposure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an application is made of."""

    settings: Settings
    screener: Screener
    clock: RefreshClock | None  # None where lists are not refreshed
    database: Database
    readiness: Readiness


def hand_over(app: Flask, parts: Parts) -> None:
    """Keep the parts where the views of *app* find them."""
    app.extensions[_KEY] = parts


def settings() -> Settings:
    """Return the settings of the running application."""
    return _parts().settings


def clock() -> RefreshClock | None:
    """Return what refreshes lists; None where that is off."""
    return _parts().clock


def database() -> Database:
    """Return where decisions are remembered."""
    return _parts().database


def readiness() -> Readiness:
    """Return what says whether answers may be believed, of the snapshot that is in use now."""
    screener()
    return _parts().readiness


def screener() -> Screener:
    """Return the screener of the running application, following a snapshot published meanwhile."""
    found = _parts().screener
    found.follow()
    return found


def _parts() -> Parts:
    return cast("Parts", current_app.extensions[_KEY])


def body() -> Json:
    """Return the JSON document of the request.

    Raises:
        UnsupportedMediaType: it does not say that it is JSON.
        BadRequest: it is none.
    """
    kind = request.mimetype
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType(f"send JSON with 'Content-Type: application/json', not {kind or 'nothing'!r}")
    sent = request.get_data(cache=False)
    try:
        document = _decoded(sent)
        # Of two values under one key every reader picks its own: what one screened, another would ship.
        json.loads(sent, object_pairs_hook=_once, parse_int=_unread, parse_float=_unread)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise BadRequest("the body is nested too deeply") from None
    return document


def _decoded(sent: bytes) -> Json:
    try:
        return msgspec.json.decode(sent)
    except msgspec.DecodeError:
        if _HALF.search(sent) is None:
            raise
        # Half a character may stand in one request of many: whoever reads it refuses that one, and answers the others.
        try:
            return json.loads(sent, parse_constant=_no_number)
        except ValueError as error:
            raise BadRequest(f"the body is not JSON: {error}") from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def printable(text: str) -> str:
    """Return *text* as an answer can hold it: halves of characters as question marks."""
    return text.encode("utf-8", "replace").decode()


def _once(pairs: list[tuple[str, object]]) -> None:
    if len(pairs) > 1:
        keys = {key for key, _ in pairs}
        if len(keys) < len(pairs):
            twice = next(key for key in keys if sum(one == key for one, _ in pairs) > 1)
            raise BadRequest(f"the key {twice[:100]!r} stands more than once in one object")


def _unread(_: str) -> None:
    """Numbers are read by the other reader, which knows how large one may be."""


def answer(document: Json, status: int = 200, media_type: str = "application/json") -> Response:
    """Return *document* as a JSON response."""
    return Response(msgspec.json.encode(document), status, content_type=media_type)
