"""The EU's consolidated list of financial sanctions, CSV 1.0: 59 columns known by position, since names repeat."""

from __future__ import annotations

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._eu_csv import Layout, parse_rows, rows
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_WHAT = "EU CSV 1.0"
_HEADER = [
    "Date_file", "Entity_logical_id", "Subject_type", "Leba_numtitle", "Leba_publication_date", "Leba_url",
    "Programme", "Entity_remark", "Naal_logical_id", "Entity_logical_id", "Naal_leba_numtitle",
    "Naal_leba_publication_date", "Naal_leba_url", "Naal_programme", "Naal_lastname", "Naal_firstname",
    "Naal_middlename", "Naal_wholename", "Naal_gender", "Naal_title", "Naal_function", "Naal_language",
    "Addr_logical_id", "Entity_logical_id", "Addr_leba_numtitle", "Addr_leba_publication_date", "Addr_leba_url",
    "Addr_programme", "Addr_number", "Addr_street", "Addr_zipcode", "Addr_city", "Addr_country", "Addr_other",
    "Birt_logical_id", "Entity_logical_id", "Birt_leba_numtitle", "Birt_leba_publication_date", "Birt_leba_url",
    "Birt_programme", "Birt_date", "Birt_place", "Birt_country", "Iden_logical_id", "Entity_logical_id",
    "Iden_leba_numtitle", "Iden_leba_publication_date", "Iden_leba_url", "Iden_programme", "Iden_number",
    "Iden_country", "Citi_logical_id", "Entity_logical_id", "Citi_leba_numtitle", "Citi_leba_publication_date",
    "Citi_leba_url", "Citi_programme", "Citi_country", "EU_ref_num",
]  # fmt: skip
_LAYOUT = Layout(
    width=len(_HEADER),
    generated=0,
    id=1,
    kind=2,
    remark=7,
    subject={58: "euReferenceNumber"},
    regulation={3: "numberTitle", 4: "publicationDate", 5: "publicationUrl", 6: "programme"},
    details={
        "names": {
            8: "logicalId", 14: "lastName", 15: "firstName", 16: "middleName", 17: "wholeName", 18: "gender",
            19: "title", 20: "function", 21: "nameLanguage",
        },
        "addresses": {
            22: "logicalId", 28: "number", 29: "street", 30: "zipCode", 31: "city", 32: "countryDescription",
            33: "remark",
        },
        "births": {34: "logicalId", 40: "birthdate", 41: "place", 42: "countryDescription"},
        "documents": {43: "logicalId", 49: "number", 50: "countryDescription"},
        "citizenships": {51: "logicalId", 57: "countryDescription"},
    },
)  # fmt: skip


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format, even when a spreadsheet wrapped its lines."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b'"').startswith(b"Date_file")


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the line.
    """
    found = rows(files["primary"], _WHAT)
    _, header = next(found, (0, []))
    names = [name.strip() for name in header]
    # The first column was once called Date_filexxxx.
    if names[1:] != _HEADER[1:] or not names[0].startswith("Date_file"):
        raise ListFormatError(f"{_WHAT} line 1: not the {len(_HEADER)} columns of this form; it begins {header[:3]}")
    return parse_rows(found, _LAYOUT, manifest, _WHAT)
