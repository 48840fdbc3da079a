"""HM Treasury's consolidated list, closed in January 2026: its columns, old and new, and its labelled remarks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats._text import clean
from sanctions_exposure.sources.formats._uk_acts import Act, uk_date
from sanctions_exposure.sources.formats._uk_entry import Entry, parsed
from sanctions_exposure.sources.formats._uk_rows import Layout, Rows, gather
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

WHAT = "OFSI consolidated list"
_NAMES = ("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6")
_ADDRESS = (*(f"Address {at}" for at in range(1, 7)), "Post/Zip Code", "Country")
_SHARED = {
    "DOB": "DOB",
    "Nationality": "Nationality",
    "Title": "Title",
    "Position": "Position",
    "Other Information": "OtherInformation",
    "Last Updated": "LastUpdated",
}
_OF_2022 = Layout(
    id="Group ID",
    kind="Group Type",
    regime="Regime",
    designated="Listed On",
    names=_NAMES,
    name_type="Alias Type",
    strength="Alias Quality",
    other=("Name Non-Latin Script", "Non-Latin Script Type", "Non-Latin Script Language"),
    address=_ADDRESS,
    birth=("Town of Birth", "Country of Birth"),
    documents={
        "PassportNumber": ("Passport Number", "Passport Details"),
        "NationalIdentifierNumber": ("National Identification Number", "National Identification Details"),
    },
    values=_SHARED | {"UK Sanctions List Date Designated": "DateDesignated"},
)
_OLD = Layout(
    id="Group ID",
    kind="Group Type",
    regime="Regime",
    designated="Listed On",
    names=_NAMES,
    name_type="Alias Type",
    address=_ADDRESS,
    birth=("Town of Birth", "Country of Birth"),
    documents={"PassportNumber": ("Passport Details", ""), "NationalIdentifierNumber": ("NI Number", "")},
    values=_SHARED,
)
# The labels inside Other Information, in the UK Sanctions List's words.
_LABELS = {
    "UK Sanctions List Ref": "UniqueID", "UN Ref": "UNReferenceNumber", "UK Statement of Reasons": "Reason",
    "Gender": "Gender", "Phone number": "PhoneNumber", "Email address": "EmailAddress", "Website": "Website",
    "Fax": "Fax", "Type of entity": "TypeOfEntity", "Business Reg No": "BusinessRegistrationNumber",
    "Parent company": "ParentCompany", "Subsidiaries": "Subsidiary", "IMO number": "IMONumber",
    "Current owners": "CurrentOwnerOperator", "Previous owners": "PreviousOwnerOperator",
    "Flag of ship": "CurrentBelievedFlagOfShip", "Previous flags": "PreviousFlag", "Type of ship": "TypeOfShip",
    "Tonnage of ship": "TonnageOfShip", "Length of ship": "LengthOfShip", "Year built": "YearBuilt",
    "Hull identification number": "HullIdentificationNumber",
}  # fmt: skip
_LABEL = re.compile(r"\((" + "|".join(map(re.escape, _LABELS)) + r")\):")
_NUMBER = r"[A-Za-z]{2,4}[.\w]*?\d[\w.]*?"  # "BEL0045", "QDi.042"; two are joined as "BEL0045 and GHR0050"
_REFERENCE = re.compile(
    rf"(?P<numbers>{_NUMBER}(?:(?:,| and|, and) {_NUMBER})*)(?:\.(?:\s|$)|\s|$)(?P<rest>.*)", re.DOTALL
)
_UN_REFERENCE = re.compile(
    r"\bUN Ref(?:erence)?\.?:? ?(?P<number>[A-Z]{2,3}[a-z]?\.(?:[A-Z]\.)?\d[\w.]*?)(?=[.;,]?(?:\s|$))",
    re.IGNORECASE,
)


def parse_rows(rows: Rows, manifest: Manifest) -> ParsedList:
    """Read the table, whose first line holds the date of the list and whose second line is the header.

    Raises:
        ListFormatError: names the line and column.
    """
    tally: Counter[str] = Counter()
    _, first = next(rows, (0, []))
    _, header = next(rows, (0, []))
    if not first or clean(first[0]) != "Last Updated":
        raise ListFormatError(f"{WHAT} line 1: begins {first[:2]!r}, not with 'Last Updated'")
    layout = _OF_2022 if "Alias Quality" in map(clean, header) else _OLD
    entries = gather(rows, header, layout, WHAT, tally)
    for entry in entries.values():
        _read_remarks(entry)
    return parsed(entries.values(), manifest, tally, uk_date(clean(first[1])))


def begins_like(cells: Sequence[str]) -> bool:
    """Say whether a first row is this list's."""
    return bool(cells) and clean(cells[0]) == "Last Updated"


def _read_remarks(entry: Entry) -> None:
    """Take Other Information apart; the prose that is left stays under its name."""
    for act in entry.acts.values():
        for text in act.remarks:
            _read_act(act, text)
    for text in entry.values.pop("OtherInformation", {}):
        pieces = _LABEL.split(text)
        prose = [pieces[0].strip()]
        for label, value in zip(pieces[1::2], pieces[2::2], strict=True):
            prose.append(_take(entry, _LABELS[label], value.strip()))
        if match := _UN_REFERENCE.search(pieces[0]):
            entry.add("UNReferenceNumber", match["number"])
        entry.add("OtherInformation", " ".join(part for part in prose if part))


def _take(entry: Entry, element: str, value: str) -> str:
    """Add one labelled piece and return the prose that follows it."""
    if element == "Reason":  # of the designation, where it was read
        return ""
    if element not in {"UniqueID", "UNReferenceNumber"}:
        entry.add(element, value)
        return ""
    match = _REFERENCE.fullmatch(value)
    if not match:
        return value
    for number in _numbers(match):
        entry.add(element, number)
    return match["rest"].strip()


def _read_act(act: Act, text: str) -> None:
    """Read why an entry stands under one regime, and under which number; the first that says so counts."""
    pieces = _LABEL.split(text)
    for label, value in zip(pieces[1::2], map(str.strip, pieces[2::2]), strict=True):
        if _LABELS[label] == "Reason":
            act.reason = act.reason or value
        elif _LABELS[label] == "UniqueID" and (match := _REFERENCE.fullmatch(value)):
            act.reference = act.reference or _of_regime(_numbers(match), act.regime)


def _numbers(match: re.Match[str]) -> list[str]:
    return re.split(r",? and |, ", match["numbers"])


def _of_regime(numbers: Sequence[str], regime: str) -> str:
    """Return the number that belongs to *regime*, where its letters tell; all of them where they do not.

    >>> _of_regime(["BEL0045", "GHR0050"], "Global Human Rights"), _of_regime(["INU0082", "SYR0310"], "Iran (Nuclear)")
    ('GHR0050', 'INU0082')
    """
    own = [number for number in numbers if _stands_for(number[:3].casefold(), regime.casefold())]
    return own[0] if len(own) == 1 else ", ".join(numbers)


def _stands_for(letters: str, regime: str) -> bool:
    """Whether *letters* stand in *regime* in this order: AQD in "ISIL (Da'esh) and Al-Qaida"."""
    left = iter(regime)
    return all(letter in left for letter in letters)
