"""Workbooks written from CSV files, so that what a fixture says can be read and reviewed.

A cell that opens with ``#`` is a number, with ``@`` a date, with ``!`` true or false, with ``%`` an error,
with ``=`` a formula that was never calculated; all others are text.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_EPOCH = date(1899, 12, 30)


def workbook(sheets: dict[str, list[list[str]]]) -> bytes:
    """Return an XLSX document of *sheets*."""
    numbers = range(1, len(sheets) + 1)
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, sheets, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f'<Relationship Id="rId0" Type="{_RELATION}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
    } | {f"xl/worksheets/sheet{n}.xml": _sheet(rows) for n, rows in zip(numbers, sheets.values(), strict=True)}
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return stream.getvalue()


def from_folder(folder: Path) -> dict[str, list[list[str]]]:
    """Return the sheets a folder describes, one CSV each; ``01.`` before a name is its place."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            found[re.sub(r"^\d\d\.", "", path.stem).replace("Consolidated-List", "Consolidated List")] = list(
                csv.reader(stream)
            )
    return found


def _sheet(rows: list[list[str]]) -> str:
    body = "".join(_row(at, row) for at, row in enumerate(rows, 1))
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _row(at: int, row: list[str]) -> str:
    cells = (_cell(f"{_letters(column)}{at}", text) for column, text in enumerate(row))
    return f'<row r="{at}">{"".join(cells)}</row>'


def _cell(reference: str, text: str) -> str:
    match text[:1]:
        case "":
            return ""
        case "#" if text[1:].isdigit():
            return f'<c r="{reference}"><v>{text[1:]}</v></c>'
        case "%" | "=":
            inside = f' t="e"><v>{escape(text[1:])}</v>' if text[0] == "%" else f"><f>{escape(text[1:])}</f>"
            return f'<c r="{reference}"{inside}</c>'
        case "@":
            return f'<c r="{reference}" s="1"><v>{(date.fromisoformat(text[1:]) - _EPOCH).days}</v></c>'
        case "!":
            return f'<c r="{reference}" t="b"><v>{int(text[1:] == "true")}</v></c>'
        case _:
            return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _letters(column: int) -> str:
    return chr(65 + column) if column < 26 else _letters(column // 26 - 1) + chr(65 + column % 26)
