"""The UK Sanctions List as the FCDO's search service exports it: a spreadsheet with primary names only.

The publisher's XML is indented, which readers of spreadsheets stumble over, and the sheet says that it is 16,384
columns wide and a million rows long; so it is read here, by the few elements it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.archives import NOT_A_ZIP
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._text import clean, refuse_strangers
from sanctions_exposure.sources.formats._uk_entry import parsed
from sanctions_exposure.sources.formats._uk_rows import Layout, gather
from sanctions_exposure.sources.formats._xml import Element, bare, outermost, stream
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_WHAT = "UK Sanctions List ODS"
_ROOT = "document-content"
_SECTIONS = frozenset({"scripts", "font-face-decls", "automatic-styles", "body"})
_REPEATED = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}number-columns-repeated"
_ZIP = b"PK\x03\x04"
MOST_BYTES = 256 << 20  # the service's export unpacks to 7 MB
_MOST_COLUMNS = 64  # of the 8 there are; a cell that claims to be there more often is the empty rest of a row
_LAYOUT = Layout(
    id="Unique ID",
    kind="Type",
    regime="Regime Name",
    designated="Date Designated",
    measures="Sanctions Imposed",
    names=("Name",),
    values={"OFSI Group ID": "OFSIGroupID", "Designation source": "DesignationSource"},
)


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return head.startswith(_ZIP) and b"application/vnd.oasis.opendocument.spreadsheet" in head


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``; it carries no date.

    Raises:
        ListFormatError: names the row and column.
    """
    tally: Counter[str] = Counter()
    rows = _rows(_content(files["primary"]))
    _, header = next(rows, (0, []))
    while header and not header[-1]:
        header.pop()
    width = len(header)
    entries = gather(((at, (cells + [""] * width)[:width]) for at, cells in rows), header, _LAYOUT, _WHAT, tally)
    for entry in entries.values():
        if not entry.names:  # the service has left a name blank before; the entry must not go missing for it
            tally["unknown name, shown by its number"] += 1
            entry.names[entry.id, "primary name", ""] = None
    return parsed(entries.values(), manifest, tally, "")


def _content(document: bytes) -> bytes:
    refuse_strangers(document, _WHAT)
    try:
        with ZipFile(BytesIO(document)) as archive, archive.open("content.xml") as stream_:
            content = stream_.read(MOST_BYTES + 1)
    except (*NOT_A_ZIP, KeyError, OSError) as error:
        raise ListFormatError(f"{_WHAT}: not a whole spreadsheet: {error}") from None
    if len(content) > MOST_BYTES:
        raise ListFormatError(f"{_WHAT}: the spreadsheet unpacks to more than {MOST_BYTES} bytes")
    return content


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    outermost(content, _ROOT)
    for at, row in enumerate(stream(content, _ROOT, {"table-row"}, _SECTIONS), start=1):
        cells = _cells(row)
        if any(cells):
            yield at, cells


_CELLS = frozenset({"table-cell", "covered-table-cell"})


def _said(cell: Element) -> str:
    """Return what the paragraphs of a cell say; nearly all have one, of plain text."""
    first = cell[0]
    if len(cell) == 1 and not len(first):
        return clean(first.text or "")
    return clean(" ".join("".join(part.itertext()) for part in cell))


def _cells(row: Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if bare(cell.tag) not in _CELLS:
            continue
        said = _said(cell) if len(cell) else ""
        if (repeated := cell.get(_REPEATED)) is None:
            cells.append(said)
            continue
        times = int(repeated) if repeated.isdigit() else 1
        if times > _MOST_COLUMNS and said:
            raise ListFormatError(f"{_WHAT}: a cell with {said[:40]!r} says that it is there {times} times")
        cells += [said] * min(times, _MOST_COLUMNS)
        if len(cells) > _MOST_COLUMNS * 2:
            break
    return cells
