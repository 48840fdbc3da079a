"""Requests from JSON and NDJSON files, and their answers in order; a line that is no JSON is that line's fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO, Final

import msgspec

from sanctions_exposure.bulk.cells import Result, ScreenMany
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json

_CHUNK: Final = 256  # requests screened together


def answers(requests: Iterable[Json | InvalidInput], screen_many: ScreenMany) -> Iterator[tuple[Json, Result]]:
    """Yield each request with its answer, the first while the last are still being read."""
    waiting = iter(requests)
    while chunk := list(islice(waiting, _CHUNK)):
        yield from zip(chunk, screen_many(chunk), strict=True)


def read_lines(stream: BinaryIO) -> Iterator[Json | InvalidInput]:
    """Yield the request of each line that is not blank."""
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield _decoded(line, f"line {number}")


def read_document(text: bytes) -> list[Json]:
    """Return the requests of a JSON document: one, a list, or ``{"requests": […]}``.

    Raises:
        InvalidInput: it is no JSON.
    """
    document = _decoded(text, "the document")
    if isinstance(document, InvalidInput):
        raise document
    if isinstance(document, dict) and set(document) == {"requests"}:
        document = document["requests"]
    return document if isinstance(document, list) else [document]


def _decoded(text: bytes, place: str) -> Json | InvalidInput:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return InvalidInput(f"{place} is not JSON: {error}")
    except RecursionError:
        return InvalidInput(f"{place} is nested too deeply")
