"""What no publisher emits is refused, in every format, with an error that says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import _workbook, parser
from sanctions_exposure.sources.manifest import Manifest
from support.documents import NATIONAL, document_of
from support.workbook import workbook

FORMATS = list(NATIONAL)
TEXTS = [name for name in FORMATS if not name.endswith("_xlsx")]
XMLS = [name for name in FORMATS if name.endswith("_xml")]
WORKBOOKS = [name for name in FORMATS if name.endswith("_xlsx")]


def refuse(document: bytes, list_format: str, manifests: Mapping[str, Manifest], complaint: str) -> None:
    manifest = manifests[NATIONAL[list_format]].in_format(list_format)
    with pytest.raises(ListFormatError, match=complaint):
        parser(list_format)({"primary": document}, manifest)


@pytest.mark.parametrize("list_format", FORMATS)
def test_empty_document_is_refused(list_format: str, manifests: Mapping[str, Manifest]) -> None:
    refuse(b"", list_format, manifests, "empty")


@pytest.mark.parametrize("list_format", FORMATS)
def test_web_page_is_refused(list_format: str, manifests: Mapping[str, Manifest]) -> None:
    refuse(b"\n<!DOCTYPE html><html><body>Sign in</body></html>\n", list_format, manifests, "web page")


@pytest.mark.parametrize("list_format", FORMATS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_document_broken_off_is_refused(list_format: str, share: float, manifests: Mapping[str, Manifest]) -> None:
    document = document_of(list_format)

    refuse(document[: int(len(document.rstrip()) * share)], list_format, manifests, ".")


@pytest.mark.parametrize("list_format", TEXTS)
def test_wrong_encoding_is_refused(list_format: str, manifests: Mapping[str, Manifest]) -> None:
    refuse(document_of(list_format).replace(b"EXAMPLE", b"EX\xc4MPLE").replace(b"ample", b"\xe4mple"),
           list_format, manifests, "UTF-8|utf-8|not whole|invalid")  # fmt: skip


@pytest.mark.parametrize("list_format", XMLS)
def test_document_type_is_refused(list_format: str, manifests: Mapping[str, Manifest]) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]>'
    document = document_of(list_format)

    refuse(bomb + document[document.index(b"?>") + 2 :], list_format, manifests, "DOCTYPE")


@pytest.mark.parametrize("list_format", WORKBOOKS)
def test_workbook_of_something_else_is_refused(list_format: str, manifests: Mapping[str, Manifest]) -> None:
    refuse(workbook({"Sheet": [["a", "b"], ["#1", "#2"]]}), list_format, manifests, "no sheet|no column")


@pytest.mark.parametrize("list_format", WORKBOOKS)
def test_workbook_that_unpacks_to_gigabytes_is_refused(
    list_format: str, manifests: Mapping[str, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_workbook, "MOST_BYTES", 1 << 20)
    stream = BytesIO(document_of(list_format))
    with ZipFile(stream, "a", ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb", bytes(2 << 20))

    refuse(stream.getvalue(), list_format, manifests, "unpacks to more than")


@pytest.mark.parametrize("list_format", WORKBOOKS)
def test_one_cell_far_out_is_refused_before_all_others_are_laid_out(
    list_format: str, manifests: Mapping[str, Manifest]
) -> None:
    source = ZipFile(BytesIO(document_of(list_format)))
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for member in source.infolist():
            far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
            archive.writestr(member, source.read(member).replace(b"</sheetData>", far))

    refuse(stream.getvalue(), list_format, manifests, "1048576 rows of 16384 columns")
