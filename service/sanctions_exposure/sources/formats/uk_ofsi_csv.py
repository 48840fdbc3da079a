"""HM Treasury's consolidated list, CSV: the 2022 format with 36 columns, the older one with 29 in Windows letters."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._text import refuse_strangers
from sanctions_exposure.sources.formats._uk_acts import uk_date
from sanctions_exposure.sources.formats._uk_ofsi import WHAT, parse_rows
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_DATE = re.compile(rb"\s*\"?Last Updated\"?,\"?(\d{2}/\d{2}/\d{4})")


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return _DATE.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def published_on(document: bytes) -> str:
    """Return the date of the list, without reading all of the document."""
    match = _DATE.match(document[:200].removeprefix(b"\xef\xbb\xbf"))
    return uk_date(match.group(1).decode()) if match else ""


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the line and column.
    """
    return parse_rows(_rows(files["primary"]), manifest)


def _rows(document: bytes) -> Iterator[tuple[int, list[str]]]:
    refuse_strangers(document, WHAT)
    if not document.endswith((b"\n", b"\r")):
        raise ListFormatError(f"{WHAT}: ends in the middle of a line, so it is not whole: {document[-40:]!r}")
    reader = csv.reader(io.StringIO(_decoded(document), newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ListFormatError(f"{WHAT} line {reader.line_num}: {error}") from None


def _decoded(document: bytes) -> str:
    """Read UTF-8, and where it is none, what Windows wrote before 2022."""
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return document.decode("cp1252")
        except UnicodeDecodeError as error:
            raise ListFormatError(f"{WHAT}: neither UTF-8 nor Windows-1252 at byte {error.start}") from None
