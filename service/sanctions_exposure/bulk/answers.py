"""Answers the rows of a table chunk by chunk; rows that ask the same are screened once while they are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

from sanctions_exposure.bulk.arriving import Chunk
from sanctions_exposure.bulk.cells import Result, ScreenMany, Tally, cells
from sanctions_exposure.bulk.table import Layout, Table
from sanctions_exposure.bulk.writing import header_bytes, rows_bytes
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.question import row_document

T = TypeVar("T")
Cells = tuple[str, ...]
BLANK: Final[Cells] = ()  # stands where a blank line stood

_KEPT: Final = 50_000  # distinct rows of each of two generations
_CHARACTERS: Final = 2**24  # of their answers
_LONGEST_REFERENCE: Final = 100


class Once(Generic[T]):
    """Answers questions in order, each distinct one once as long as it is remembered.

    Two generations are kept: what was asked again moves into the young one, and when that is full the old one goes. So
    memory has a bound, and a name that comes again and again stays.

    Args:
        screen_many: answers several questions.
        made: what is kept of an answer.
        weight: characters of it.
        kept: how many distinct questions a generation holds.
    """

    def __init__(
        self, screen_many: ScreenMany, made: Callable[[Result], T], weight: Callable[[T], int], kept: int = _KEPT
    ) -> None:
        self._screen_many, self._made, self._weight, self._kept = screen_many, made, weight, kept
        self._young: dict[Cells, T] = {}
        self._old: dict[Cells, T] = {}
        self._weighs = 0

    def __call__(self, asked: Sequence[Cells], documents: Callable[[Cells], Json]) -> list[T]:
        """Return one answer for each of *asked*; *documents* turns what is new among them into requests."""
        young, old = self._young, self._old
        new: dict[Cells, None] = {}
        found: dict[Cells, T] = {}
        for question in asked:
            known = young.get(question)
            if known is None:
                known = old.get(question)
                if known is None:
                    new[question] = None
                    continue
                young[question] = known
            found[question] = known
        if new:
            for question, result in zip(new, self._screen_many([documents(q) for q in new]), strict=True):
                found[question] = young[question] = kept = self._made(result)
                self._weighs += self._weight(kept)
        if len(young) > self._kept or self._weighs > _CHARACTERS:
            self._old, self._young, self._weighs = young, {}, 0
        return [found[question] for question in asked]


class CsvAnswers:
    """What the rows of one table are answered, as cells.

    Args:
        layout: of the table.
        screen_many: answers several questions.
        tally: counts the answers.
    """

    def __init__(self, layout: Layout, screen_many: ScreenMany, tally: Tally) -> None:
        self._layout, self._tally = layout, tally
        self._questions = Questions(layout)
        self._once = Once(screen_many, _shared_cells(), lambda found: sum(map(len, found)))

    def __call__(self, chunk: Chunk) -> list[Cells]:
        """Return the cells of every row of *chunk*; ``BLANK`` for a blank line."""
        out: list[Cells] = [BLANK] * len(chunk.rows)
        places, asked = [], []
        for at, row in enumerate(chunk.rows):
            if not row.cells:
                continue
            fault = row.fault or self._questions.fault(row.cells)
            if fault:
                out[at] = cells(InvalidInput(fault))
            else:
                places.append(at)
                asked.append(self._questions.of(row.cells))
        for at, found in zip(places, self._once(asked, self._questions.document), strict=True):
            out[at] = found
        for found in out:
            if found:
                self._tally.add(found[0], found[1])
        return out


class Questions:
    """What the rows of one table ask, in as few cells as tell one question from another."""

    def __init__(self, layout: Layout) -> None:
        self._width = len(layout.header)
        self._encoding = layout.dialect.encoding
        meanings = layout.columns
        self._reference = next((at for at, name in meanings.items() if name == "reference"), None)
        self._places = tuple(at for at in meanings if at != self._reference)
        self._names = (*(meanings[at] for at in self._places), "reference")
        self._most = max(meanings, default=0)

    def fault(self, row: Sequence[str]) -> str:
        """Say why a row cannot be asked; nothing when it can."""
        if len(row) > self._width:
            return f"{len(row)} cells, but the header has {self._width}"
        for at in self._places:
            if at < len(row) and not row[at].isascii() and _undecoded(row[at]):
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

    def document(self, question: Cells) -> Json:
        """Return the request that *question* is."""
        return row_document(dict(zip(self._names, question, strict=True)))


def screened(table: Table, screen_many: ScreenMany, tally: Tally) -> Iterator[bytes]:
    """Yield the output, head first; the first rows are ready while the last are still to be read."""
    answers = CsvAnswers(table.layout, screen_many, tally)
    yield header_bytes(table.layout)
    for chunk in table.chunks():
        yield rows_bytes(table.layout, chunk.rows, answers(chunk))


def _undecoded(cell: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in cell)


def _shared_cells() -> Callable[[Result], Cells]:
    """Return a maker of cells that keeps equal answers once: most rows are clear in the same words."""
    known: dict[Cells, Cells] = {}

    def made(result: Result) -> Cells:
        found = cells(result)
        if found[4]:  # a matched name: hardly ever the same
            return found
        if len(known) > 1000:
            known.clear()
        return known.setdefault(found, found)

    return made
