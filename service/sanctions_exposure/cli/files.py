"""Files of questions: found out what they are, screened as they are read, written as they were asked for."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import click
import msgspec
from rich.progress import Progress
from rich.table import Table as Grid
from rich.text import Text

from sanctions_exposure.answer import reason, render, render_failure
from sanctions_exposure.bulk.answers import screened
from sanctions_exposure.bulk.cells import Result, ScreenMany, Tally
from sanctions_exposure.bulk.lines import answers, read_document, read_lines
from sanctions_exposure.bulk.table import Table
from sanctions_exposure.cli.console import STYLES, err, out
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.wiring import Screener

_SHOWN = 200  # rows of a table for a person; a file of answers is for programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one command line asks to be done with its files."""

    files: tuple[Path, ...]
    form: str | None
    output: Path | None
    mapping: Mapping[str, str]
    common: Mapping[str, Json]  # said once for every request: as_of, regimes


def screen_files(screener: Screener, task: Task) -> Tally:
    """Screen every file, write the answers in one document and return what became of them."""
    screen_many, tally = _with(task.common, screener.screen_many), Tally()
    with _opened(task.files) as sources:
        kinds = [kind for kind, _ in sources]
        form = task.form or _form(kinds, task.output)
        if form == "csv" and kinds != ["csv"]:
            raise InvalidInput("--format csv answers one CSV file; ask for ndjson or json")
        if form == "csv":
            _csv(Table(sources[0][1], task.mapping), screen_many, task.output, tally)
        else:
            _FORMS[form](_results(sources, task.mapping, screen_many, tally), task.output)
    err().print(tally.summary(), style="dim")
    return tally


def _with(common: Mapping[str, Json], screen_many: ScreenMany) -> ScreenMany:
    if not common:
        return screen_many
    return lambda requests: screen_many([{**common, **r} if isinstance(r, dict) else r for r in requests])


def _form(kinds: Sequence[str], output: Path | None) -> str:
    if output:
        suffix = output.suffix.lower().lstrip(".")
        return {"jsonl": "ndjson"}.get(suffix, suffix) if suffix in {"csv", "json", "ndjson", "jsonl"} else "ndjson"
    if sys.stdout.isatty():
        return "table"
    return "csv" if kinds == ["csv"] else "ndjson"


# -- in ------------------------------------------------------------------------------------------


@contextmanager
def _opened(files: Sequence[Path]) -> Iterator[list[tuple[str, BinaryIO]]]:
    """Open every file before anything is screened, with one progress bar over all on a terminal."""
    console = err()
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        yield [_source(path, progress) for path in files]


def _source(path: Path, progress: Progress) -> tuple[str, BinaryIO]:
    if str(path) == "-":
        return _kind("", sys.stdin.buffer), sys.stdin.buffer
    stream = path.open("rb")
    kind = _kind(path.suffix.lower(), stream)
    task = progress.add_task(path.name, total=path.stat().st_size)
    return kind, cast("BinaryIO", io.BufferedReader(_Watched(stream, lambda n: progress.advance(task, n))))


def _kind(suffix: str, stream: io.BufferedReader | BinaryIO) -> str:
    known = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json"}
    if suffix in known:
        return known[suffix]
    first = cast("io.BufferedReader", stream).peek(64).lstrip()[:1]
    return {b"{": "ndjson", b"[": "json"}.get(first, "csv")


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, stream: BinaryIO, advance: Callable[[int], None]) -> None:
        self._stream, self._advance = stream, advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        content = self._stream.read(len(buffer))
        buffer[: len(content)] = content
        self._advance(len(content))
        return len(content)


def _results(
    sources: Sequence[tuple[str, BinaryIO]], mapping: Mapping[str, str], screen_many: ScreenMany, tally: Tally
) -> Iterator[tuple[Json, Result]]:
    for kind, stream in sources:
        requests = _requests(kind, stream, mapping)
        for request, result in answers(requests, screen_many):
            if isinstance(result, InvalidInput):
                tally.add("error", "")
            else:
                tally.add(result.outcome, result.severity)
            yield request, result


def _requests(kind: str, stream: BinaryIO, mapping: Mapping[str, str]) -> Iterator[Json | InvalidInput]:
    if kind == "csv":
        return Table(stream, mapping).requests()
    return read_lines(stream) if kind == "ndjson" else iter(read_document(stream.read()))


# -- out -----------------------------------------------------------------------------------------


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    """Give the place answers go to; a file appears under its name only when it is complete."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    aside = output.with_name(f".{output.name}.part")
    try:
        with aside.open("wb") as stream:
            yield stream
        aside.replace(output)
    finally:
        aside.unlink(missing_ok=True)


def _csv(table: Table, screen_many: ScreenMany, output: Path | None, tally: Tally) -> None:
    with _written(output) as target:
        for piece in screened(table, screen_many, tally):
            target.write(piece)


def _documents(results: Iterator[tuple[Json, Result]]) -> Iterator[dict[str, Json]]:
    for request, result in results:
        reference = request.get("reference") if isinstance(request, dict) else ""
        said = reference if isinstance(reference, str) else ""
        yield render_failure(result, said) if isinstance(result, InvalidInput) else render(result)


def _ndjson(results: Iterator[tuple[Json, Result]], output: Path | None) -> None:
    with _written(output) as target:
        for document in _documents(results):
            target.write(msgspec.json.encode(document) + b"\n")


def _json(results: Iterator[tuple[Json, Result]], output: Path | None) -> None:
    with _written(output) as target:
        target.write(b"[")
        for number, document in enumerate(_documents(results)):
            target.write((b",\n " if number else b"\n ") + msgspec.json.encode(document))
        target.write(b"\n]\n")


def _table(results: Iterator[tuple[Json, Result]], output: Path | None) -> None:
    if output:
        raise click.UsageError("--format table is for the terminal; --output takes csv, json or ndjson")
    grid = Grid("Row", "Subject", "Outcome", "Score", "Flags", "Why", box=None, pad_edge=False)
    hidden = 0
    for number, (request, result) in enumerate(results, start=1):
        if number > _SHOWN:
            hidden += 1
        elif isinstance(result, InvalidInput):
            grid.add_row(str(number), Text(_subject(request)), "error", "–", "", Text(reason(result)))
        else:
            codes = ", ".join(dict.fromkeys(flag.code for flag in result.flags))
            why = result.flags[0].explanation if result.flags else ""
            severity = Text(result.outcome.value, style=STYLES[result.severity])
            grid.add_row(str(number), Text(_subject(request)), severity, str(result.score), codes, Text(why))
    console = out()
    console.print(grid)
    if hidden:
        console.print(f"… and {hidden:,} more rows: --format csv, json or ndjson gives all of them")


def _subject(request: Json) -> str:
    if not isinstance(request, dict):
        return ""
    parties = request.get("parties")
    first = parties[0] if isinstance(parties, list) and parties else request
    name = first.get("name") if isinstance(first, dict) else first
    return str(name or request.get("reference") or "")[:60]


_FORMS = {"ndjson": _ndjson, "json": _json, "table": _table}
