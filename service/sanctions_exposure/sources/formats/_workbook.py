"""Reads the sheets of an Excel workbook, once it is known to be no bomb.

A workbook is a ZIP, so a few kilobytes may hold gigabytes; and one cell far out makes a reader lay out every cell
before it.  Both are counted before anything is built.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import IO, Any
from zipfile import ZipFile

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.archives import NOT_A_ZIP
from sanctions_exposure.sources.formats._text import clean, refuse_strangers

Cell = str | float | int | bool | date | datetime | time | timedelta
Sheet = list[list[Cell]]

MOST_BYTES = 256 << 20  # the largest workbook a publisher has unpacks to 20 MB
MOST_CELLS = 10_000_000
NOT_CALCULATED = "#NOT-CALCULATED!"  # what we call the value of a formula that has none
_SUSPECT = re.compile(
    rb"\bt\s*=\s*[\"']e[\"']|<(?:\w+:)?f[\s/>]"
)  # a sheet with neither an error nor a formula is most
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SAFE: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CHUNK = 1 << 20
_LONGEST_REFERENCE = 32


def sheets(document: bytes, what: str, *, errors: bool = False) -> dict[str, Sheet]:
    """Return every sheet of an XLSX document by name, in order, as rows of cells from A1 on.

    Args:
        document: the workbook.
        what: how messages call it.
        errors: whether a cell that holds an error (``#N/A``) or a formula that was never calculated is told as such a
            text; otherwise it is blank, as the reader gives it.

    Raises:
        ListFormatError: it is empty, a web page, no workbook, broken, or larger than any publisher's.
    """
    refuse_strangers(document, what)
    _refuse_bombs(document, what)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(document))
        found = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except CalamineError as error:
        raise ListFormatError(f"{what}: not a workbook that can be read: {error}") from None
    if errors:
        try:
            _tell_errors(document, found)
        except (*NOT_A_ZIP, KeyError, etree.XMLSyntaxError) as error:
            raise ListFormatError(f"{what}: not a workbook that can be read: {error}") from None
    return found


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


def _tell_errors(document: bytes, found: dict[str, Sheet]) -> None:
    with ZipFile(BytesIO(document)) as archive:
        for name, part in _parts(archive).items():
            if name not in found or not _may_err(archive, part):
                continue
            with archive.open(part) as stream:
                for row, column, text in _errors(stream):
                    _put(found[name], row, column, text)


def _put(sheet: Sheet, row: int, column: int, text: str) -> None:
    """Write into a sheet, which ends where the last cell stands that the reader saw something in."""
    sheet += [[] for _ in range(row + 1 - len(sheet))]
    sheet[row] += [""] * (column + 1 - len(sheet[row]))
    sheet[row][column] = text


def _parts(archive: ZipFile) -> dict[str, str]:
    """Return in which member of the workbook each sheet stands."""
    links = {
        link.get("Id"): link.get("Target", "")
        for link in etree.fromstring(archive.read(_LINKS), etree.XMLParser(**_SAFE))
    }
    book = etree.fromstring(archive.read(_BOOK), etree.XMLParser(**_SAFE))
    found = {}
    for sheet in book.iter("{*}sheet"):
        link = next((value for key, value in sheet.attrib.items() if str(key).endswith("}id")), "")
        target = links.get(link, "")
        found[sheet.get("name", "")] = target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    members = set(archive.namelist())
    return {name: part for name, part in found.items() if part in members}


def _may_err(archive: ZipFile, part: str) -> bool:
    with archive.open(part) as stream:
        return any(_SUSPECT.search(chunk) for chunk in _overlapping(stream))


def _errors(stream: IO[bytes]) -> Iterator[tuple[int, int, str]]:
    """Yield row and column, from 0, and text of each cell without a value that could be read."""
    row = column = -1
    for event, element in etree.iterparse(stream, events=("start", "end"), **_SAFE):
        match event, etree.QName(element).localname:
            case "start", "row":
                said = element.get("r", "")
                row, column = int(said) - 1 if said.isdecimal() else row + 1, -1
            case "end", "c":
                place = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", element.get("r", ""))
                row, column = (int(place[2]) - 1, _column(place[1].encode()) - 1) if place else (row, column + 1)
                if text := _error(element):
                    yield row, column, text
            case "end", "row":
                element.clear()


def _error(cell: Any) -> str:
    kind, value = cell.get("t", "n"), cell.find("{*}v")
    text = (value.text or "").strip() if value is not None else ""
    if kind == "e":
        return text or "#N/A"
    # A formula of which no program has ever written the result; that of one may be the empty text.
    never = value is None if kind == "str" else not text
    return NOT_CALCULATED if never and cell.find("{*}f") is not None else ""


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
