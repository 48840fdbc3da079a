"""The UK Sanctions List, CSV: a line with the date, a header of 58 columns, a row for every name and detail."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._text import decode, refuse_strangers
from sanctions_exposure.sources.formats._uk_entry import parsed
from sanctions_exposure.sources.formats._uk_rows import Layout, gather
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_WHAT = "UK Sanctions List CSV"
_DATE = re.compile(rb"Report Date:\s*(\d{1,2}-[A-Za-z]{3}-\d{4})")
_LAYOUT = Layout(
    id="Unique ID",
    kind="Designation Type",
    regime="Regime Name",
    designated="Date Designated",
    measures="Sanctions Imposed",
    reason="UK Statement of Reasons",
    names=("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6"),
    name_type="Name type",
    strength="Alias strength",
    other=("Name non-latin script", "Non-latin script type", "Non-latin script language"),
    address=(*(f"Address Line {at}" for at in range(1, 7)), "Address Postal Code", "Address Country"),
    birth=("Town of birth", "Country of birth"),
    documents={
        "PassportNumber": ("Passport number", "Passport additional information"),
        "NationalIdentifierNumber": (
            "National Identifier number",
            "National Identifier additional information",
        ),
    },
    values={
        "Last Updated": "LastUpdated",
        "OFSI Group ID": "OFSIGroupID",
        "UN Reference Number": "UNReferenceNumber",
        "Title": "Title",
        "Designation source": "DesignationSource",
        "Other Information": "OtherInformation",
        "Phone number": "PhoneNumber",
        "Website": "Website",
        "Email address": "EmailAddress",
        "D.O.B": "DOB",
        "Nationality(/ies)": "Nationality",
        "Position": "Position",
        "Gender": "Gender",
        "Type of entity": "TypeOfEntity",
        "Subsidiaries": "Subsidiary",
        "Parent company": "ParentCompany",
        "Business registration number (s)": "BusinessRegistrationNumber",
        "IMO number": "IMONumber",
        "Current owner/operator (s)": "CurrentOwnerOperator",
        "Previous owner/operator (s)": "PreviousOwnerOperator",
        "Current believed flag of ship": "CurrentBelievedFlagOfShip",
        "Previous flags": "PreviousFlag",
        "Type of ship": "TypeOfShip",
        "Tonnage of ship": "TonnageOfShip",
        "Length of ship": "LengthOfShip",
        "Year Built": "YearBuilt",
        "Hull identification number (HIN)": "HullIdentificationNumber",
    },
)


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return _DATE.search(head[:200]) is not None or b"Unique ID,OFSI Group ID" in head


def published_on(document: bytes) -> str:
    """Return the date of the report, without reading all of the document."""
    match = _DATE.search(document[:200])
    if not match:
        return ""
    try:
        return datetime.strptime(match.group(1).decode(), "%d-%b-%Y").date().isoformat()  # noqa: DTZ007 - a day
    except ValueError:
        return ""


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the line and column.
    """
    document = files["primary"]
    tally: Counter[str] = Counter()
    rows = _rows(document)
    header = _header(rows)
    entries = gather(rows, header, _LAYOUT, _WHAT, tally)
    return parsed(entries.values(), manifest, tally, published_on(document))


def _header(rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    """Return the header: it is in the second line, below the date; in older files there was no date."""
    for line, cells in rows:
        if "Unique ID" in [cell.strip() for cell in cells]:
            return cells
        if line > 3:
            break
    raise ListFormatError(f"{_WHAT}: no header with a column 'Unique ID' in the first lines")


def _rows(document: bytes) -> Iterator[tuple[int, list[str]]]:
    refuse_strangers(document, _WHAT)
    if not document.endswith((b"\n", b"\r")):
        raise ListFormatError(f"{_WHAT}: ends in the middle of a line, so it is not whole: {document[-40:]!r}")
    reader = csv.reader(io.StringIO(decode(document, _WHAT), newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ListFormatError(f"{_WHAT} line {reader.line_num}: {error}") from None
