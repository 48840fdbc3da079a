"""Files of questions: screened as they are read, written as they were asked for, and gone on with after a kill."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
import msgspec

from sanctions_exposure.bulk.cells import Result, ScreenMany, Tally
from sanctions_exposure.bulk.table import Reading
from sanctions_exposure.cli.console import err
from sanctions_exposure.cli.inputs import Input, bar, kind_of, opened
from sanctions_exposure.cli.marks import Basis, Mark, Run, source_of
from sanctions_exposure.cli.pieces import Job, pieces, results
from sanctions_exposure.cli.results import print_table, write_json
from sanctions_exposure.cli.workers import answering
from sanctions_exposure.errors import InvalidInput, NotReady, SettingsError
from sanctions_exposure.model import Json
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.spread import basis_of, screen_on
from sanctions_exposure.wiring.writing import is_plain, place_for, refuse_input, telling, written

if TYPE_CHECKING:
    from sanctions_exposure.bulk.basis import Basis as ClusterBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one command line asks to be done with its files."""

    files: tuple[Path, ...]
    form: str | None
    output: Path | None
    reading: Reading
    common: Mapping[str, Json] = field(default_factory=dict)  # said once for every request: as_of, regimes
    workers: int = 1
    resume: bool = False
    sheet: str | None = None


def screen_files(screener: Screener, task: Task) -> Tally:
    """Screen every file, write the answers in one document and return what became of them.

    Raises:
        InvalidInput: a file cannot be read, or not be answered in that form.
        NotReady: there is no snapshot, or not the one that a run to go on with rests on.
    """
    kinds = [kind_of(path) for path in task.files]
    form = task.form or _form(kinds, task.output)
    _refuse(task, kinds, form)
    if task.output:
        refuse_input(task.output, task.files)
    run, basis = _run(task, kinds, form)
    mark = run.found(basis) if run and task.resume else None
    screener = _of_mark(screener, mark)
    pinned = screener.pinned()
    day = mark.day if mark else pinned.now.date().isoformat()
    common = {"as_of": day, **task.common} if mark else task.common
    screen_many = partial(_with, common, pinned.screen_many)
    with answering(screen_many, _elsewhere(screener, common), task.workers) as answers, bar() as progress:
        sources = [opened(path, kind, progress, task.sheet) for path, kind in zip(task.files, kinds, strict=True)]
        job = Job(
            answers=answers,
            screen_many=screen_many,
            tally=mark.tally() if mark else Tally(),
            progress=progress,
            reading=task.reading,
            limits=screener.settings.table,
            form=form,
        )
        if run:
            begun = Mark(basis=basis, snapshot=pinned.snapshot.id, ruleset=pinned.ruleset.id, day=day)
            _resumable(job, sources[0], run, mark, begun)
        else:
            _at_once(job, sources, task.output)
    err().print(job.tally.summary(), style="dim")
    return job.tally


def _refuse(task: Task, kinds: Sequence[str], form: str) -> None:
    if form == "csv" and kinds not in (["csv"], ["xlsx"], ["parquet"]):
        raise InvalidInput("--format csv answers one CSV, XLSX or Parquet file; ask for ndjson or json")
    if form == "parquet" and (kinds != ["parquet"] or task.output is None):
        raise InvalidInput("--format parquet answers one Parquet file, into --output")
    if form == "table" and task.output:
        raise click.UsageError("--format table is for the terminal; --output takes csv, json, ndjson or parquet")


def _run(task: Task, kinds: Sequence[str], form: str) -> tuple[Run | None, Basis]:
    """Return the files of a run that can go on after a kill: one that is read and written row by row."""
    lasting = (form == "csv" and kinds[0] in {"csv", "xlsx"}) or (
        form == "ndjson" and kinds[0] in {"csv", "xlsx", "ndjson"}
    )
    lasting = lasting and len(task.files) == 1 and str(task.files[0]) != "-"
    if not (lasting and task.output and is_plain(task.output)):
        if task.resume:
            raise click.UsageError(
                "--resume goes on with one CSV, XLSX or NDJSON file that --output gets as CSV or NDJSON"
            )
        return None, Basis(source="", options="")
    said = repr((form, task.reading, sorted(task.common.items()), task.sheet))
    options = hashlib.sha256(said.encode()).hexdigest()
    return Run(task.output), Basis(source=source_of(task.files[0]), options=options)


def _of_mark(screener: Screener, mark: Mark | None) -> Screener:
    """Return what answers as the run to go on with did: the same lists and rules for every row of a file."""
    if mark is None or (mark.snapshot == screener.snapshot.id and mark.ruleset == screener.ruleset.id):
        return screener
    if mark.ruleset != screener.ruleset.id:
        raise NotReady("--resume: the rules are others than those of the run that was broken off; run without it")
    return screener.of_snapshot(mark.snapshot)


def _with(common: Mapping[str, Json], screen_many: ScreenMany, requests: Sequence[Json]) -> Sequence[Result]:
    return screen_many([{**common, **r} if isinstance(r, dict) else r for r in requests] if common else requests)


def _elsewhere(screener: Screener, common: Mapping[str, Json]) -> Callable[[], ScreenMany]:
    """Return what opens the same lists in a process that shares nothing with this one."""
    return partial(_screening_on, basis_of(screener, common))


def _screening_on(basis: ClusterBasis) -> ScreenMany:
    return partial(screen_on, basis)


def _form(kinds: Sequence[str], output: Path | None) -> str:
    if output:
        suffix = output.suffix.lower().lstrip(".")
        suffix = {"jsonl": "ndjson", "tsv": "csv", "txt": "csv", "pq": "parquet"}.get(suffix, suffix)
        return suffix if suffix in {"csv", "json", "ndjson", "parquet"} else "ndjson"
    if sys.stdout.isatty():
        return "table"
    return "csv" if kinds in (["csv"], ["xlsx"], ["parquet"]) else "ndjson"


# -- to the end, or not at all -------------------------------------------------------------------


def _at_once(job: Job, sources: Sequence[Input], output: Path | None) -> None:
    if job.form == "parquet" and output:
        with place_for(output) as aside, telling(output):
            from sanctions_exposure.bulk.parquet import screen_parquet

            screen_parquet(sources[0].stream, aside, job.answers.cells, job.tally, mapping=job.reading.mapping)
    elif job.form == "table":
        print_table(results(job, sources))
    else:
        with _written(output) as target:
            if job.form == "json":
                write_json(results(job, sources), target)
                return
            for source in sources:
                for piece in pieces(job, source):
                    target.write(piece.text)


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    if output is not None:
        with written(output) as stream:
            yield stream
        return
    if sys.stdout is None:
        raise SettingsError("standard output is closed: nothing could be answered there")
    with telling("standard output"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


# -- row by row, and on after a kill ----------------------------------------------------------------


def _resumable(job: Job, source: Input, run: Run, mark: Mark | None, begun: Mark) -> None:
    with run.written(mark) as target:
        if mark:
            source.move_to(mark.end)
        written = mark.written if mark else 0
        for piece in pieces(job, source, after=mark):
            target.write(piece.text)
            written += len(piece.text)
            run.note(
                target,
                lambda piece=piece, written=written: msgspec.structs.replace(  # type: ignore[misc]
                    begun,
                    layout=piece.layout,
                    end=piece.end,
                    number=piece.number,
                    written=written,
                    outcomes=dict(job.tally.outcomes),
                    worst=job.tally.worst,
                ),
            )
