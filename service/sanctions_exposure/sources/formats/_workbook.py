"""Reads the sheets of an Excel workbook, once it is known to be no bomb.

A workbook is a ZIP, so a few kilobytes may hold gigabytes; and one cell far out makes a reader lay out every cell
before it.  Both are counted before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import IO
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.archives import NOT_A_ZIP
from sanctions_exposure.sources.formats._text import clean, refuse_strangers

Cell = str | float | int | bool | date | datetime | time | timedelta
Sheet = list[list[Cell]]

MOST_BYTES = 256 << 20  # the largest workbook a publisher has unpacks to 20 MB
MOST_CELLS = 10_000_000
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CHUNK = 1 << 20
_LONGEST_REFERENCE = 32


def sheets(document: bytes, what: str) -> dict[str, Sheet]:
    """Return every sheet of an XLSX document by name, in order, as rows of cells from A1 on.

    Raises:
        ListFormatError: it is empty, a web page, no workbook, broken, or larger than any publisher's.
    """
    refuse_strangers(document, what)
    _refuse_bombs(document, what)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(document))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except CalamineError as error:
        raise ListFormatError(f"{what}: not a workbook that can be read: {error}") from None


def text_of(cell: Cell) -> str:
    r"""Return a cell as one would type it: whole numbers without a fraction, dates in ISO.

    >>> text_of(9074729.0), text_of(date(1962, 2, 3)), text_of(" a\xa0 b ")
    ('9074729', '1962-02-03', 'a b')
    """
    match cell:
        case str():
            return clean(cell)
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(" ")
        case _:
            return str(cell)


def _refuse_bombs(document: bytes, what: str) -> None:
    try:
        with ZipFile(BytesIO(document)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MOST_BYTES:
                raise ListFormatError(f"{what}: the workbook unpacks to more than {MOST_BYTES} bytes")
            for member in members:
                # Python reads no more than a member's declared size and checks its CRC, so a size that lies fails.
                with archive.open(member) as stream:
                    _refuse_far_cells(stream, f"{what}: {member.filename}")
    except (*NOT_A_ZIP, OSError) as error:
        raise ListFormatError(f"{what}: not a whole workbook: {error}") from None


def _refuse_far_cells(stream: IO[bytes], what: str) -> None:
    columns = rows = 0
    for chunk in _overlapping(stream):
        found = _REFERENCE.findall(chunk)
        columns = max(columns, *map(_column, {letters for letters, _ in found}), 0)
        rows = max(rows, *map(int, {number for _, number in found}), 0)
    if columns * rows > MOST_CELLS:
        raise ListFormatError(f"{what}: has {rows} rows of {columns} columns, more than any list")


def _overlapping(stream: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := stream.read(_CHUNK):
        yield tail + chunk
        tail = chunk[-_LONGEST_REFERENCE:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
