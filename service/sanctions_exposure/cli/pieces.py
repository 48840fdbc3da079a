"""What comes out of one file of questions, piece by piece, whatever it is and whatever is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from sanctions_exposure.bulk.answers import CsvAnswers, LineAnswers
from sanctions_exposure.bulk.arriving import Arriving, Chunk, Source
from sanctions_exposure.bulk.cells import Result, ScreenMany, Tally
from sanctions_exposure.bulk.lines import Requests, answers, chunks_of_lines, read_document
from sanctions_exposure.bulk.table import Layout, Reading, Table
from sanctions_exposure.bulk.writing import header_bytes, rows_bytes
from sanctions_exposure.cli.console import err
from sanctions_exposure.cli.inputs import Bar, Input
from sanctions_exposure.cli.marks import Mark
from sanctions_exposure.cli.workers import Answering
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.question import TableLimits

_LARGEST: Final = 4096  # rows of a chunk for each process


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every file is answered with."""

    answers: Answering
    screen_many: ScreenMany  # in this process
    tally: Tally
    progress: Bar
    reading: Reading
    limits: TableLimits
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of the output, and how far in the input it reaches."""

    text: bytes
    end: int = 0
    number: int = 0
    layout: Layout | None = None


def pieces(job: Job, source: Input, after: Mark | None = None) -> Iterator[Piece]:
    """Yield the output of one file as CSV or lines of JSON, all of it or what comes *after* a mark.

    Raises:
        InvalidInput: the file cannot be read.
    """
    made = _of_table if source.kind == "csv" else _of_parquet if source.kind == "parquet" else _of_requests
    for piece in made(job, source, after):
        job.progress.answered(job.tally.rows)
        yield piece


def results(job: Job, sources: Iterable[Input]) -> Iterator[tuple[Json, Result]]:
    """Yield every request of these files with its whole answer, screened in this process."""
    for source in sources:
        for request, result in answers(_requests(job, source), job.screen_many):
            if isinstance(result, InvalidInput):
                job.tally.add("error", "")
            else:
                job.tally.add(result.outcome, result.severity)
            job.progress.answered(job.tally.rows)
            yield request, result


def _requests(job: Job, source: Input) -> Iterator[Json | InvalidInput]:
    if source.kind == "csv":
        yield from _told(Table(source.stream, job.reading, job.limits)).requests()
    elif source.kind == "json":
        yield from read_document(source.stream.read())
    elif source.kind == "parquet":
        from sanctions_exposure.bulk.parquet import documents

        yield from documents(source.stream, job.reading.mapping)
    else:
        for chunk in chunks_of_lines(source.stream, job.limits):
            yield from chunk.requests


def _told(table: Table) -> Table:
    for remark in table.layout.remarks():
        err().print(f"Note: {remark}", style="dim", markup=False)
    return table


def _of_table(job: Job, source: Input, after: Mark | None) -> Iterator[Piece]:
    largest = _LARGEST * job.answers.count
    if after and after.layout:
        layout = after.layout
        rest = Source(source.stream, job.limits, already=after.end)
        rows = Arriving(rest, layout.dialect, job.limits, end=after.end, number=after.number)
        chunks: Iterator[Chunk] = rows.chunks(largest)
    else:
        table = _told(Table(source.stream, job.reading, job.limits))
        layout, chunks = table.layout, table.chunks(largest)
        if job.form == "csv":
            yield Piece(text=header_bytes(layout), end=len(layout.dialect.encode(layout.head)), layout=layout)
    if job.form == "csv":
        as_cells = CsvAnswers(layout, job.answers.cells, job.tally)
        for chunk in chunks:
            text = rows_bytes(layout, chunk.rows, as_cells(chunk))
            yield Piece(text=text, end=chunk.end, number=chunk.number, layout=layout)
        return
    as_lines = LineAnswers(layout, job.answers.lines, job.tally)
    for chunk in chunks:
        yield Piece(text=as_lines(chunk), end=chunk.end, number=chunk.number, layout=layout)


def _of_requests(job: Job, source: Input, after: Mark | None) -> Iterator[Piece]:
    for chunk in _chunks(source.kind, source.stream, job, after):
        out = []
        for request, line in zip(chunk.requests, job.answers.lines(chunk.requests), strict=True):
            job.tally.add(line.outcome, line.severity)
            reference = request.get("reference") if isinstance(request, dict) else ""
            out.append(line.of(reference if isinstance(reference, str) else ""))
        yield Piece(text=b"".join(out), end=chunk.end, number=chunk.number)


def _chunks(kind: str, stream: BinaryIO, job: Job, after: Mark | None) -> Iterator[Requests]:
    if kind == "json":
        found = read_document(stream.read())
        for at in range(0, len(found), _LARGEST):
            yield Requests(requests=found[at : at + _LARGEST], end=0, number=at + _LARGEST)
    elif after:
        yield from chunks_of_lines(stream, job.limits, end=after.end, number=after.number)
    else:
        yield from chunks_of_lines(stream, job.limits)


def _of_parquet(job: Job, source: Input, _: Mark | None) -> Iterator[Piece]:
    from sanctions_exposure.bulk.parquet import documents, screened_csv

    if job.form == "csv":
        yield from (
            Piece(text=text)
            for text in screened_csv(source.stream, job.answers.cells, job.tally, mapping=job.reading.mapping)
        )
        return
    requests = list[Json]()
    for request in documents(source.stream, job.reading.mapping):
        requests.append(request)
        if len(requests) == _LARGEST:
            yield _lines(job, requests)
            requests = []
    yield _lines(job, requests)


def _lines(job: Job, requests: list[Json]) -> Piece:
    out = []
    for request, line in zip(requests, job.answers.lines(requests) if requests else (), strict=True):
        job.tally.add(line.outcome, line.severity)
        out.append(line.of(str(request.get("reference", "")) if isinstance(request, dict) else ""))
    return Piece(text=b"".join(out))
