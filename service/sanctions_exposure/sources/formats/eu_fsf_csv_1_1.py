"""The EU's consolidated list of financial sanctions, CSV 1.1: 118 columns known by name."""

from __future__ import annotations

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._eu_csv import Layout, parse_rows, rows
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_WHAT = "EU CSV 1.1"
_FIRST = b"fileGenerationDate;"
_BLOCKS = {
    "NameAlias_": "names",
    "Address_": "addresses",
    "BirthDate_": "births",
    "Identification_": "documents",
    "Citizenship_": "citizenships",
}
# The XML's names where the column's is not the same with a small first letter.
_NAMES = {
    "EU_ReferenceNumber": "euReferenceNumber",
    "BirthDate": "birthdate",
    "Day": "dayOfMonth",
    "Month": "monthOfYear",
    "TypeCode": "identificationTypeCode",
    "TypeDescription": "identificationTypeDescription",
    "IssuedDate": "issueDate",
}
# The publisher swapped the names of these two: the letter stands under SubjectType.
_KIND = "Entity_SubjectType"
_ENTITY = ("EU_ReferenceNumber", "UnitedNationId", "DesignationDate", "DesignationDetails", "DelistingDate")


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return head.removeprefix(b"\xef\xbb\xbf").startswith(_FIRST)


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the line.
    """
    found = rows(files["primary"], _WHAT)
    _, header = next(found, (0, []))
    return parse_rows(found, _layout(header), manifest, _WHAT)


def _layout(header: list[str]) -> Layout:
    at = {name.strip(): position for position, name in enumerate(header)}
    required = ("fileGenerationDate", "Entity_LogicalId", "Entity_Remark", _KIND, "NameAlias_WholeName")
    for name in required:
        if name not in at:
            raise ListFormatError(f"{_WHAT} line 1: column {name!r} is missing; it begins {header[:3]}")
    blocks = {
        field: {position: _named(name.removeprefix(prefix)) for name, position in at.items() if _is_of(prefix, name)}
        for prefix, field in _BLOCKS.items()
    }
    if gone := [prefix for prefix, field in _BLOCKS.items() if not blocks[field]]:
        raise ListFormatError(f"{_WHAT} line 1: no column begins with {' or '.join(map(repr, gone))}")
    return Layout(
        width=len(header),
        generated=at["fileGenerationDate"],
        id=at["Entity_LogicalId"],
        kind=at[_KIND],
        remark=at["Entity_Remark"],
        subject={at[f"Entity_{name}"]: _named(name) for name in _ENTITY if f"Entity_{name}" in at},
        regulation={
            position: _named(name.removeprefix("Entity_Regulation_"))
            for name, position in at.items()
            if name.startswith("Entity_Regulation_")
        },
        details=blocks,
    )


def _is_of(prefix: str, name: str) -> bool:
    return name.startswith(prefix) and not name.startswith(f"{prefix}Regulation_")


def _named(name: str) -> str:
    return _NAMES.get(name) or name[:1].lower() + name[1:]
