"""Answers the rows of a table chunk by chunk; rows that ask the same are screened once while they are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from sanctions_exposure.answer import render, render_failure
from sanctions_exposure.bulk.arriving import Chunk
from sanctions_exposure.bulk.cells import AnswerMany, Kept, Result, Tally, cells
from sanctions_exposure.bulk.once import Once
from sanctions_exposure.bulk.records import Row
from sanctions_exposure.bulk.table import Layout, Table
from sanctions_exposure.bulk.writing import header_bytes, rows_bytes
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.question import no_value, row_document

R = TypeVar("R")
T = TypeVar("T")
Cells = tuple[str, ...]
BLANK: Final[Cells] = ()  # stands where a blank line stood

_LONGEST_REFERENCE: Final = 100
_NO_REFERENCE: Final = b'"reference":""'


class Line(NamedTuple):
    """An answer as JSON, parted where the reference of its row stands."""

    outcome: str
    severity: str
    before: bytes
    after: bytes

    def of(self, reference: str) -> bytes:
        """Return the line for the row of this reference."""
        said = msgspec.json.encode(reference.encode("utf-8", "replace").decode())
        return b'%s"reference":%s%s\n' % (self.before, said, self.after)


LineMany = Callable[[Sequence[Json]], Sequence[Result | Line]]


class Questions:
    """What the rows of one table ask, in as few cells as tell one question from another."""

    def __init__(self, layout: Layout) -> None:
        self._width, self._header = len(layout.header), layout.header
        self._encoding = layout.dialect.encoding
        meanings = layout.columns
        self._reference = next((at for at, name in meanings.items() if name == "reference"), None)
        self._places = tuple(at for at in meanings if at != self._reference)
        self._names = (*(meanings[at] for at in self._places), "reference")
        self._most = max(meanings, default=0)

    def fault(self, row: Row) -> str:
        """Say why a row cannot be asked; nothing when it can."""
        found = row.cells
        if row.fault or len(found) > self._width:
            return row.fault or f"{len(found)} cells, but the header has {self._width}"
        for at in self._places:
            if at < len(found) and (error := no_value(found[at])):
                return f"the cell under {self._header[at]!r} holds {error}, which is no value"
            if at < len(found) and not found[at].isascii() and any("\ud800" <= c <= "\udfff" for c in found[at]):
                return f"the row holds bytes that are not {self._encoding}: say which encoding the table is in"
        return ""

    def of(self, row: Sequence[str]) -> Cells:
        """Return what tells this question from others: every cell that counts.

        The reference is not one of them, for it changes no answer, unless it may be refused.
        """
        if len(row) <= self._most:
            row = [*row, *[""] * (self._most + 1 - len(row))]
        reference = "" if self._reference is None else row[self._reference]
        if len(reference) <= _LONGEST_REFERENCE and reference.isprintable():
            reference = ""
        return (*[row[at] for at in self._places], reference)

    def reference(self, row: Sequence[str]) -> str:
        """Return the caller's own name of a row."""
        return row[self._reference].strip() if self._reference is not None and self._reference < len(row) else ""

    def document(self, question: Cells) -> Json:
        """Return the request that *question* is."""
        return row_document(dict(zip(self._names, question, strict=True)))


class CsvAnswers:
    """What the rows of one table are answered, as cells.

    Args:
        layout: of the table.
        screen_many: answers several questions.
        tally: counts the answers.
    """

    def __init__(self, layout: Layout, screen_many: AnswerMany, tally: Tally) -> None:
        self._questions, self._tally = Questions(layout), tally
        self._once = Once(screen_many, _shared_cells(), lambda found: sum(map(len, found)))

    def __call__(self, chunk: Chunk) -> list[Cells]:
        """Return the cells of every row of *chunk*; ``BLANK`` for a blank line."""
        found = _answered(chunk, self._questions, self._once, cells)
        for one in found:
            if one is not None:
                self._tally.add(one[0], one[1])
        return [BLANK if one is None else one for one in found]


class LineAnswers:
    """What the rows of one table are answered, as the documents of the contract, a line of JSON each.

    Args:
        layout: of the table.
        screen_many: answers several questions.
        tally: counts the answers.
    """

    def __init__(self, layout: Layout, screen_many: LineMany, tally: Tally) -> None:
        self._questions, self._tally = Questions(layout), tally
        self._once = Once(screen_many, line_of, lambda line: len(line.before) + len(line.after))

    def __call__(self, chunk: Chunk) -> bytes:
        """Return the lines of *chunk*; a blank line has none."""
        found = _answered(chunk, self._questions, self._once, line_of)
        out = []
        for row, line in zip(chunk.rows, found, strict=True):
            if line is not None:
                self._tally.add(line.outcome, line.severity)
                out.append(line.of(self._questions.reference(row.cells)))
        return b"".join(out)


def screened(table: Table, screen_many: AnswerMany, tally: Tally) -> Iterator[bytes]:
    """Yield the output as CSV, head first; the first rows are ready while the last are still to be read."""
    answers = CsvAnswers(table.layout, screen_many, tally)
    yield header_bytes(table.layout)
    for chunk in table.chunks():
        yield rows_bytes(table.layout, chunk.rows, answers(chunk))


def screened_lines(table: Table, screen_many: LineMany, tally: Tally) -> Iterator[bytes]:
    """Yield the output as NDJSON."""
    answers = LineAnswers(table.layout, screen_many, tally)
    for chunk in table.chunks():
        yield answers(chunk)


def _answered(
    chunk: Chunk, questions: Questions, once: Once[R, T], made: Callable[[InvalidInput], T]
) -> list[T | None]:
    """Return the answer of every row; None for a blank line."""
    out: list[T | None] = [None] * len(chunk.rows)
    places, asked = [], []
    for at, row in enumerate(chunk.rows):
        if not row.cells:
            continue
        if fault := questions.fault(row):
            out[at] = made(InvalidInput(fault))
        else:
            places.append(at)
            asked.append(questions.of(row.cells))
    for at, found in zip(places, once(asked, questions.document), strict=True):
        out[at] = found
    return out


def line_of(result: Result | Line) -> Line:
    """Return *result* as JSON; what another process has made of one already stays."""
    if isinstance(result, Line):
        return result
    if isinstance(result, InvalidInput):
        document, said = render_failure(result), ("error", "")
    else:
        document, said = render(result) | {"reference": ""}, (result.outcome.value, result.severity.value)
    before, _, after = msgspec.json.encode(document).partition(_NO_REFERENCE)
    return Line(*said, before, after)


def _shared_cells() -> Callable[[Result | Kept], Cells]:
    """Return a maker of cells that keeps equal answers once: most rows are clear in the same words."""
    known: dict[Cells, Cells] = {}

    def made(result: Result | Kept) -> Cells:
        found = cells(result)
        if found[4]:  # a matched name: hardly ever the same
            return found
        if len(known) > 1000:
            known.clear()
        return known.setdefault(found, found)

    return made
