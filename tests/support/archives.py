"""Office documents made on the spot: a binary fixture could not be read by people."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def zipped(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Pack members in their order."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def ods(content: bytes) -> bytes:
    """Pack a content.xml as a spreadsheet."""
    return zipped([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content)])


def xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """Pack rows as a workbook with one sheet of texts."""
    lines = "".join(
        f'<row r="{at}">'
        + "".join(
            f'<c r="{_letters(column)}{at}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
            for column, cell in enumerate(cells)
            if cell
        )
        + "</row>"
        for at, cells in enumerate(rows, start=1)
    )
    return zipped(
        [
            (
                "[Content_Types].xml",
                f'<Types xmlns="{_PACKAGE}/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{_WORKBOOK}.sheet.main+xml"/>'
                f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_WORKBOOK}.worksheet+xml"/>'
                "</Types>".encode(),
            ),
            (
                "_rels/.rels",
                f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
                f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
            ),
            (
                "xl/workbook.xml",
                f'<workbook xmlns="{_NS}" xmlns:r="{_RELATIONS}"><sheets>'
                '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>'.encode(),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
                f'Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
            ),
            (
                "xl/worksheets/sheet1.xml",
                f'<worksheet xmlns="{_NS}"><sheetData>{lines}</sheetData></worksheet>'.encode(),
            ),
        ]
    )


def _letters(column: int) -> str:
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)
