"""Requests from JSON and NDJSON files, and their answers in order; a line that is no JSON is that line's fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

import msgspec

from sanctions_exposure.bulk.cells import Result, ScreenMany
from sanctions_exposure.errors import InvalidInput, TooLarge
from sanctions_exposure.model import Json
from sanctions_exposure.question import TableLimits

_CHUNK: Final = 256  # requests screened together
_MARK: Final = b"\xef\xbb\xbf"  # a byte order mark, which editors of Windows put before the first line
_LARGEST: Final = 4096  # of them, once a file turns out long


def answers(requests: Iterable[Json | InvalidInput], screen_many: ScreenMany) -> Iterator[tuple[Json, Result]]:
    """Yield each request with its answer, the first while the last are still being read."""
    waiting = iter(requests)
    while chunk := list(islice(waiting, _CHUNK)):
        yield from zip(chunk, screen_many(chunk), strict=True)


def read_lines(stream: BinaryIO) -> Iterator[Json | InvalidInput]:
    """Yield the request of each line that is not blank."""
    for number, line in enumerate(stream, start=1):
        text = line.removeprefix(_MARK) if number == 1 else line
        if text.strip():
            yield _decoded(text, f"line {number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Requests that follow each other in a file of lines."""

    requests: Sequence[Json | InvalidInput]
    end: int  # bytes of the input up to the end of the last line: the place to go on from
    number: int  # requests up to there


def chunks_of_lines(
    stream: BinaryIO, limits: TableLimits, *, end: int = 0, number: int = 0, lines: int = 0
) -> Iterator[Requests]:
    """Yield the requests of a file of lines; *stream* stands at byte *end*, after *number* requests in *lines* lines.

    Raises:
        TooLarge: there are more bytes or requests than there may be, or a line is longer than a row.
    """
    waiting: list[Json | InvalidInput] = []
    most = _CHUNK
    while line := stream.readline(limits.row + 1):
        end += len(line)
        lines += 1
        if len(line) > limits.row:
            raise TooLarge(f"line {lines} is longer than {limits.row:,} bytes (EXPOSURE_MAX_TABLE_ROW)")
        if end > limits.bytes:
            raise TooLarge(f"the file is larger than {limits.bytes:,} bytes (EXPOSURE_MAX_TABLE_BYTES)")
        if end == len(line):
            line = line.removeprefix(_MARK)
        if line.strip():
            waiting.append(_decoded(line, f"line {lines}"))
            number += 1
            if number > limits.rows:
                raise TooLarge(f"there are more than {limits.rows:,} requests (EXPOSURE_MAX_TABLE_ROWS)")
        if len(waiting) >= most:
            yield Requests(requests=waiting, end=end, number=number)
            waiting, most = [], min(2 * most, _LARGEST)
    if waiting:
        yield Requests(requests=waiting, end=end, number=number)


def read_document(text: bytes) -> list[Json]:
    """Return the requests of a JSON document: one, a list, or ``{"requests": […]}``.

    Raises:
        InvalidInput: it is no JSON.
    """
    document = _decoded(text.removeprefix(_MARK), "the document")
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
