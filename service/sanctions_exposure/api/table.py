"""``POST /v1/screen/csv``: a table in, a table out, the first rows back while the last are still on their way."""

from __future__ import annotations

import errno
import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO, Final, cast

import msgspec
from flask import Request, Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException, NotAcceptable, ServiceUnavailable, UnprocessableEntity

from sanctions_exposure.answer import reason, render_failure
from sanctions_exposure.api.describe import responses
from sanctions_exposure.api.parts import screener, settings
from sanctions_exposure.api.query import Words
from sanctions_exposure.api.upload import table_of
from sanctions_exposure.bulk.answers import screened, screened_lines
from sanctions_exposure.bulk.cells import ScreenMany, Tally, cells
from sanctions_exposure.bulk.packed import Unpacked
from sanctions_exposure.bulk.table import Layout, Reading, Table
from sanctions_exposure.bulk.writing import lone_row
from sanctions_exposure.errors import ExposureError, InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.question.schemas import REGIMES

routes = Blueprint("tables", __name__, description="Screen tables of any size.")

_LOG: Final = logging.getLogger(__name__)
# Each holds a thread for as long as its client takes; the others answer short questions.
_AT_ONCE: Final = 4
_PLACES: Final = threading.BoundedSemaphore(_AT_ONCE)
_CSV: Final = "text/csv"
_LINES: Final = "application/x-ndjson"
_NAMED: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_TEXT: Final[dict[str, Any]] = {"schema": {"type": "string"}}
_FORM: Final[dict[str, Any]] = {
    "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
}


class TableSchema(Schema):
    """How the table is to be read, and by which law."""

    map = fields.List(
        fields.String(), load_default=(), metadata={"description": "THEIRS=OURS, or #3=OURS (repeatable)"}
    )
    encoding = fields.String(load_default=None, metadata={"description": "utf-8, utf-16, cp1252 …  [found out]"})
    delimiter = fields.String(
        load_default=None, metadata={"description": "a character, or comma, semicolon, tab, bar  [found out]"}
    )
    quote = fields.String(load_default=None, metadata={"description": "a character; blank: none  [found out]"})
    guess = fields.Boolean(load_default=True, metadata={"description": "understand columns by names that are not ours"})
    as_of = fields.Date(format="iso", load_default=None, metadata={"description": "the law of that day  [today]"})
    regimes = Words(REGIMES)


@routes.post("/v1/screen/csv")
@routes.doc(
    summary="Screen a table row by row",
    requestBody={
        "required": True,
        "content": {_CSV: _TEXT, "text/tab-separated-values": _TEXT, "multipart/form-data": _FORM},
    },
    responses={
        **responses({}, 400, 406, 413, 415, 422, 503),
        "200": {"description": "Every row, answered", "content": {_CSV: _TEXT, _LINES: _TEXT}},
    },
)
@routes.arguments(TableSchema, location="query")
def screen_table(arguments: dict[str, Any]) -> Response:
    """Give every row back as it came, in order, with nine columns after it; or as lines of JSON.

    A row that cannot be screened says ``error`` and why. The body may be packed with gzip. What was found out about the
    table stands in the header ``Exposure-Read-As``. Where the table turns out larger than it may be, or its bytes stop
    making sense, the last row says so and the connection is broken off: an answer that ends properly is whole.
    """
    kind = request.accept_mimetypes.best_match([_CSV, _LINES]) if "Accept" in request.headers else _CSV
    if kind is None:
        raise NotAcceptable(f"this is answered as {_CSV} or {_LINES}")
    request.max_content_length = settings().table.bytes
    reading, pinned = reading_of(arguments), screener().pinned()
    upload = _Upload(request)
    try:
        table = Table(cast("BinaryIO", Unpacked(upload.body)), reading, settings().table)
        make = screened if kind == _CSV else screened_lines
        pieces = make(table, _under(arguments, pinned.screen_many), Tally())
        begun = list(islice(pieces, 2))  # what fails before any row is answered is answered as a problem
    except BaseException:
        upload.close()
        raise
    answer = _Answer(_streamed(begun, pieces, lambda text: _last_row(kind, table.layout, text)), upload)
    response = Response(answer, content_type=f"{kind}; charset={_charset(kind, table.layout)}")
    response.headers["Exposure-Read-As"] = _told(table.layout)
    response.headers["Exposure-Snapshot"] = pinned.snapshot.id
    response.headers["Exposure-Ruleset"] = pinned.ruleset.id
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects the answer would undo the streaming
    return response


class _Upload:
    """A table on its way, and the place it takes among those that may be at once."""

    def __init__(self, asked: Request) -> None:
        if not _PLACES.acquire(blocking=False):
            raise ServiceUnavailable(f"{_AT_ONCE} tables are on their way already", retry_after=30)
        self._closed = False
        try:
            self.body = table_of(asked)
        except BaseException:
            _PLACES.release()
            raise

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.body.close()
            _PLACES.release()


class _Answer:
    """The pieces of an answer; the server closes it when they are sent, and when nobody takes them any more."""

    def __init__(self, pieces: Iterator[bytes], upload: _Upload) -> None:
        self._pieces, self._upload = pieces, upload

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._upload.close()


def _streamed(begun: list[bytes], rest: Iterator[bytes], last_row: Callable[[str], bytes]) -> Iterator[bytes]:
    try:
        yield from begun
        yield from rest
    except GeneratorExit:
        raise
    except ExposureError as error:
        said = reason(error)
    except HTTPException as error:
        said = error.description or error.name
    except Exception as error:  # noqa: BLE001 - the boundary: the status has left already
        incident = uuid.uuid4().hex
        _LOG.error("incident %s", incident, exc_info=error)
        said = f"a fault of ours, logged as incident {incident}"
    else:
        return
    yield last_row(f"{said}: nothing from here on was screened")
    # A proper end would say that the answer is whole. The server closes the connection and logs nothing.
    raise ConnectionResetError(errno.ECONNRESET, "the answer is broken off")


def _last_row(kind: str, layout: Layout, text: str) -> bytes:
    if kind == _CSV:
        return lone_row(layout, cells(InvalidInput(text)))
    return msgspec.json.encode(render_failure(InvalidInput(text))) + b"\n"


def _charset(kind: str, layout: Layout) -> str:
    encoding = layout.dialect.encoding if kind == _CSV else "utf-8"
    return {"cp1252": "windows-1252", "cp1251": "windows-1251"}.get(encoding, encoding)


def _told(layout: Layout) -> str:
    """Return how the table was understood, as JSON that a header can hold."""
    named = {layout.header[at].strip()[:100]: meaning for at, meaning in layout.columns.items()}
    told = {
        "encoding": layout.dialect.encoding,
        "delimiter": layout.dialect.delimiter,
        "columns": named,
        "guessed": [layout.header[at].strip()[:100] for at in layout.guessed],
    }
    return json.dumps(told)  # in ASCII, as a header must be


def reading_of(arguments: dict[str, Any]) -> Reading:
    """Return what the query and the media type say of a table."""
    mapping = {}
    for pair in arguments["map"]:
        theirs, equals, ours = pair.rpartition("=")
        if not (equals and theirs and ours):
            raise UnprocessableEntity(f"map {pair!r} is not THEIRS=OURS")
        mapping[theirs.strip()] = ours.strip()
    delimiter, charset = arguments["delimiter"], request.mimetype_params.get("charset")
    if request.mimetype == "text/tab-separated-values":
        delimiter = delimiter or "\t"
    return Reading(
        mapping=mapping,
        encoding=arguments["encoding"] or charset,
        delimiter=_NAMED.get(delimiter, delimiter),
        quote=arguments["quote"],
        guess=arguments["guess"],
    )


def law_of(arguments: dict[str, Any]) -> dict[str, Json]:
    """Return what every row is asked by."""
    common: dict[str, Json] = {}
    if arguments["as_of"]:
        common["as_of"] = arguments["as_of"].isoformat()
    if arguments["regimes"]:
        common["regimes"] = list(arguments["regimes"])
    return common


def _under(arguments: dict[str, Any], screen_many: ScreenMany) -> ScreenMany:
    """Ask every row by the same law."""
    common = law_of(arguments)
    if not common:
        return screen_many
    return lambda rows: screen_many([row | common for row in rows])
