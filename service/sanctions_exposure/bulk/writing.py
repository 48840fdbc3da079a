"""Writes a table back: the rows' own text as it stood, then the ``screening_*`` cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import lru_cache

from anyascii import anyascii

from sanctions_exposure.bulk.cells import OUTPUT
from sanctions_exposure.bulk.dialect import Dialect
from sanctions_exposure.bulk.records import Row
from sanctions_exposure.bulk.table import Layout, ending


def header_bytes(layout: Layout) -> bytes:
    """Return the head of the output, byte order mark and all."""
    head = layout.head.removesuffix(ending(layout.head))
    text = f"{head}{layout.dialect.delimiter}{layout.dialect.delimiter.join(OUTPUT)}{layout.ending}"
    return layout.dialect.encode(text)


def rows_bytes(layout: Layout, rows: Iterable[Row], found: Iterable[Sequence[str]]) -> bytes:
    """Return *rows* with their cells; of a blank line, which has none, the cells are not looked at."""
    delimiter = layout.dialect.delimiter
    width, usual = len(layout.header), layout.ending
    out = []
    for row, added in zip(rows, found, strict=True):
        raw = row.raw
        if not row.cells:
            out.append(raw)
            continue
        last = usual if raw.endswith(usual) else ending(raw)
        own = raw[: len(raw) - len(last)]
        missing = width - len(row.cells)
        if not row.whole or missing < 0:
            own, missing = _squeezed(row, width, layout.dialect), 0
        ours = _written(tuple(added), layout.dialect)
        out.append(f"{own}{delimiter * (missing + 1)}{ours}{last or usual}")
    return layout.dialect.encode("".join(out))


def lone_row(layout: Layout, found: Sequence[str]) -> bytes:
    """Return a row that answers no row of the input: its own cells are blank."""
    blank = layout.dialect.delimiter * len(layout.header)
    return layout.dialect.encode(f"{blank}{_written(tuple(found), layout.dialect)}{layout.ending}")


def _squeezed(row: Row, width: int, dialect: Dialect) -> str:
    """Return a row that cannot stay as it is: later columns would shift or vanish."""
    spilt = dialect.delimiter.join(row.cells[width - 1 :])
    return _text((*row.cells[: width - 1], spilt)[:width], dialect)


@lru_cache(maxsize=8192)  # most rows are clear, in the same words
def _written(values: tuple[str, ...], dialect: Dialect) -> str:
    return _text([_fitting(value, dialect) for value in values], dialect)


def _fitting(text: str, dialect: Dialect) -> str:
    """Return *text* in letters that the table's encoding has: a listed name in another script in Latin ones."""
    try:
        text.encode(dialect.encoding)
    except UnicodeEncodeError:
        return "".join(_letter(c, dialect.encoding) for c in text)
    return text


def _letter(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return anyascii(character) or "?"
    return character


def _text(values: Iterable[str], dialect: Dialect) -> str:
    if not dialect.quote:  # nothing can protect a delimiter in a cell
        return dialect.delimiter.join(" ".join(value.replace(dialect.delimiter, " ").split()) for value in values)
    out = io.StringIO()
    csv.writer(out, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator="").writerow(values)
    return out.getvalue()
