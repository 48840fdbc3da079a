"""HM Treasury's consolidated list in the 2022 format, as a workbook."""

from __future__ import annotations

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._uk_ofsi import WHAT, begins_like, parse_rows
from sanctions_exposure.sources.formats._workbook import sheets, text_of
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* may be this format: a workbook that is no ODS."""
    return head.startswith(b"PK\x03\x04") and b"opendocument" not in head


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the row and column.
    """
    for sheet in sheets(files["primary"], WHAT).values():
        rows = ((at, [text_of(cell) for cell in cells]) for at, cells in enumerate(sheet, start=1))
        if sheet and begins_like([text_of(cell) for cell in sheet[0]]):
            return parse_rows(rows, manifest)
    raise ListFormatError(f"{WHAT}: no sheet begins with 'Last Updated'")
