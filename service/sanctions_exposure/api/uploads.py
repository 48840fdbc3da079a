"""Takes an upload in as it arrives, from the body or the one file of a form; it is never held whole."""

from __future__ import annotations

from typing import IO, Final, cast

from flask import request
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType
from werkzeug.formparser import FormDataParser

from sanctions_exposure.jobs.folders import Inlet
from sanctions_exposure.storage.jobs import Form

_FORMS: Final[dict[str, Form]] = {
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
_BLOCK: Final = 2**18


def form_of(kind: str) -> Form | None:
    """Return the form of an upload of that media type; None for a form of a page, whose file will tell.

    Raises:
        UnsupportedMediaType: it is none we read.
    """
    if request.headers.get("Content-Encoding", "identity") not in {"identity", "gzip"}:
        raise UnsupportedMediaType("only gzip is unpacked: send no other Content-Encoding")
    if kind == "multipart/form-data":
        return None
    try:
        return _FORMS[kind]
    except KeyError:
        raise UnsupportedMediaType(
            "send a table as text/csv, requests as application/x-ndjson, or either as the file of multipart/form-data"
        ) from None


def receive(inlet: Inlet, most: int) -> Form:
    """Let the upload run into *inlet*, and return its form as its name tells it.

    Args:
        inlet: where to.
        most: bytes it may have as it comes.

    Raises:
        RequestEntityTooLarge: it has more.
    """
    request.max_content_length = most
    if request.mimetype != "multipart/form-data":
        while block := request.stream.read(_BLOCK):
            inlet.write(block)
        return "csv"
    return _from_a_form(inlet, most)


def _from_a_form(inlet: Inlet, most: int) -> Form:
    names: list[str] = []

    def opened(
        total_content_length: int | None,  # noqa: ARG001 - the parser passes them by name
        content_type: str | None,  # noqa: ARG001
        filename: str | None,
        content_length: int | None = None,  # noqa: ARG001
    ) -> IO[bytes]:
        if names:
            raise UnprocessableEntity("send one file: a second one stands in the form")
        names.append(filename or "")
        return cast("IO[bytes]", inlet)

    parser = FormDataParser(
        opened, max_form_memory_size=2**16, max_content_length=most, max_form_parts=20, silent=False
    )
    try:
        _, _, files = parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
    except ValueError as error:
        raise BadRequest(f"the form cannot be read: {error}") from None
    if "file" not in files:
        raise UnprocessableEntity("the form has no part 'file' that is a file")
    name = names[0].lower().removesuffix(".gz")
    return "ndjson" if name.endswith((".ndjson", ".jsonl")) else "csv"
