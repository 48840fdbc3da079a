"""Whole answers written for programs as one JSON document, and shown to a person as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec
from rich.table import Table as Grid
from rich.text import Text

from sanctions_exposure.answer import reason, render, render_failure
from sanctions_exposure.bulk.cells import Result
from sanctions_exposure.cli.console import STYLES, out
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json

_SHOWN: Final = 200  # rows of a table for a person; a file of answers is for programs

Answered = Iterator[tuple[Json, Result]]


def write_json(results: Answered, target: BinaryIO) -> None:
    """Write every answer into one JSON list."""
    target.write(b"[")
    for number, (request, result) in enumerate(results):
        reference = request.get("reference") if isinstance(request, dict) else ""
        said = reference if isinstance(reference, str) else ""
        document = render_failure(result, said) if isinstance(result, InvalidInput) else render(result)
        target.write((b",\n " if number else b"\n ") + msgspec.json.encode(document))
    target.write(b"\n]\n")


def print_table(results: Answered) -> None:
    """Show the first answers on the terminal."""
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
