"""The questions of a job, screened from any place on; each piece of the result knows where in the input it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from sanctions_exposure.answer import render, render_failure
from sanctions_exposure.bulk.answers import CsvAnswers
from sanctions_exposure.bulk.arriving import Arriving, Source
from sanctions_exposure.bulk.cells import ScreenMany, Tally, cells
from sanctions_exposure.bulk.table import Layout, Reading, Table
from sanctions_exposure.bulk.writing import rows_bytes
from sanctions_exposure.errors import InvalidInput, TooLarge
from sanctions_exposure.model import Json
from sanctions_exposure.question import TableLimits
from sanctions_exposure.storage.jobs import Form, Job

_TOGETHER: Final = 256  # lines screened at once


class Piece(NamedTuple):
    """Some rows of a result."""

    content: bytes
    place: int  # bytes of the input up to the end of the last of them
    rows: int  # rows of the input up to there, blank lines not counted


def understood(form: Form, path: Path, reading: Reading, limits: TableLimits) -> dict[str, Any]:
    """Return how an input is to be read, found out once, so that every turn reads it alike.

    Raises:
        InvalidInput: it is empty, or has no column that can be screened.
    """
    with path.open("rb") as stream:
        if form == "csv":
            layout: dict[str, Any] = msgspec.to_builtins(Table(stream, reading, limits).layout, str_keys=True)
            return {"layout": layout}
        if not any(line.strip() for line in _lines(stream, limits.row)):
            raise InvalidInput("the upload is empty: it needs a request on each line")
    return {}


def layout_of(job: Job) -> Layout:
    """Return how the table of a job is to be read."""
    return msgspec.convert(job.options["layout"], Layout, strict=False)


def pieces(job: Job, path: Path, screen_many: ScreenMany, tally: Tally, limits: TableLimits) -> Iterator[Piece]:
    """Screen what is left of the input of *job* and count it in *tally*.

    Raises:
        InvalidInput: the input cannot be read on.
    """
    with path.open("rb") as stream:
        work = _table if job.form == "csv" else _requests
        yield from work(job, stream, screen_many, tally, limits)


def _table(job: Job, stream: BinaryIO, screen_many: ScreenMany, tally: Tally, limits: TableLimits) -> Iterator[Piece]:
    layout = layout_of(job)
    place = job.place or len(layout.dialect.encode(layout.head))
    stream.seek(place)
    source = Source(stream, limits, already=place)
    answers = CsvAnswers(layout, screen_many, tally)
    for chunk in Arriving(source, layout.dialect, limits, end=place, number=job.rows).chunks():
        yield Piece(rows_bytes(layout, chunk.rows, answers(chunk)), chunk.end, chunk.number)


def _requests(
    job: Job, stream: BinaryIO, screen_many: ScreenMany, tally: Tally, limits: TableLimits
) -> Iterator[Piece]:
    stream.seek(job.place)
    place, rows = job.place, job.rows
    waiting: list[Json | InvalidInput] = []
    for line in _lines(stream, limits.row):
        place += len(line)
        if line.strip():
            rows += 1
            waiting.append(_decoded(line, rows))
            if rows > limits.rows:
                raise TooLarge(f"there are more than {limits.rows:,} rows (EXPOSURE_MAX_TABLE_ROWS)")
        if len(waiting) == _TOGETHER:
            yield Piece(_answered(waiting, screen_many, tally), place, rows)
            waiting = []
    yield Piece(_answered(waiting, screen_many, tally), place, rows)


def _answered(requests: list[Json | InvalidInput], screen_many: ScreenMany, tally: Tally) -> bytes:
    """Return a line for each request: its answer, and the cells that a table of answers shows of it."""
    out = []
    for request, result in zip(requests, screen_many(requests) if requests else (), strict=True):
        reference = request.get("reference") if isinstance(request, Mapping) else ""
        said = reference if isinstance(reference, str) else ""
        shown = cells(result)
        tally.add(shown[0], shown[1])
        answer = render_failure(result, said) if isinstance(result, InvalidInput) else render(result)
        out.append(msgspec.json.encode({"cells": [said, *shown], "answer": answer}) + b"\n")
    return b"".join(out)


def _lines(stream: BinaryIO, longest: int) -> Iterator[bytes]:
    while line := stream.readline(longest + 1):
        if len(line) > longest:
            raise TooLarge(f"a line is longer than {longest:,} bytes: this is no request a line")
        yield line


def _decoded(line: bytes, number: int) -> Json | InvalidInput:
    try:
        return msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return InvalidInput(f"row {number} is not JSON: {error}")
    except RecursionError:
        return InvalidInput(f"row {number} is nested too deeply")
