"""The UK Sanctions List, XML: one Designation per entry; the only UK list since 28 January 2026."""

from __future__ import annotations

import re
from collections import Counter

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._uk_acts import uk_date
from sanctions_exposure.sources.formats._uk_entry import Entry, full_name, parsed
from sanctions_exposure.sources.formats._xml import Element, bare, outermost, stream, text, texts
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_ROOT = "Designations"
_GENERATED = re.compile(rb"<DateGenerated>([^<]+)<")
_PARTS = tuple(f"Name{at}" for at in range(1, 7))
_LINES = tuple(f"AddressLine{at}" for at in range(1, 7))
_SINGLE = frozenset(
    {"UniqueID", "DateDesignated", "RegimeName", "IndividualEntityShip", "SanctionsImposed", "UKStatementofReasons"}
)
_ACT = ("RegimeName", "DateDesignated", "SanctionsImposed", "UKStatementofReasons")
_KEPT = frozenset({"LastUpdated", "OFSIGroupID", "UNReferenceNumber", "DesignationSource", "OtherInformation"})
_SKIPPED = frozenset({"SanctionsImposedIndicators"})  # repeats SanctionsImposed
# Every element that holds text and may be repeated, under whatever groups it stands.
_LEAVES = frozenset(
    {
        "Title", "PhoneNumber", "EmailAddress", "Website", "DOB", "Nationality", "Position", "Gender", "IMONumber",
        "CurrentOwnerOperator", "PreviousOwnerOperator", "CurrentBelievedFlagOfShip", "PreviousFlag", "TypeOfShip",
        "TonnageOfShip", "Tonnage", "LengthOfShip", "Length", "YearBuilt", "HullIdentificationNumber", "HIN",
        "BusinessRegistrationNumber", "TypeOfEntity", "ParentCompany", "Subsidiary", "CryptoWalletAddress",
    }
)  # fmt: skip
_NUMBERS = {
    "PassportNumber": "PassportAdditionalInformation",
    "NationalIdentifierNumber": "NationalIdentifierAdditionalInformation",
}


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return b"<Designations" in head


def published_on(document: bytes) -> str:
    """Return the date a document says it was generated, without reading all of it."""
    match = _GENERATED.search(document[:4096])
    return uk_date(match.group(1).decode("ascii", "replace").strip()) if match else ""


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the designation and what is wrong with it.
    """
    document = files["primary"]
    outermost(document, _ROOT)
    tally: Counter[str] = Counter()
    records = stream(document, _ROOT, {"Designation"}, {"DateGenerated", "Designation"})
    entries = [_entry(element, tally) for element in records]
    return parsed(entries, manifest, tally, published_on(document))


def _entry(element: Element, tally: Counter[str]) -> Entry:
    one = texts(element)
    number = one.get("UniqueID", "")
    if not number:
        raise ListFormatError(f"Designation of {one.get('DateDesignated')!r}: UniqueID is missing")
    entry = Entry(number, one.get("IndividualEntityShip", ""))
    entry.act(*[one.get(tag, "") for tag in _ACT])
    for child in element:
        tag = bare(child.tag)
        if tag == "Names":
            _name(entry, child, tally)
        elif tag in _KEPT:
            entry.add(tag, text(child))
        elif tag not in _SINGLE and tag not in _SKIPPED:
            _take(entry, tag, child, tally)
    return entry


def _name(entry: Entry, names: Element, tally: Counter[str]) -> None:
    for name in names:
        record = texts(name)
        tally["Name elements"] += 1
        if whole := full_name([record[part] for part in _PARTS if part in record]):
            entry.names[whole, record.get("NameType", ""), record.get("AliasStrength", "")] = None


def _take(entry: Entry, tag: str, element: Element, tally: Counter[str]) -> None:
    """Take what stands in an element: a record that is known by its parts, a text, or a group of either."""
    if not len(element):
        if said := text(element):
            if tag not in _LEAVES:
                tally[f"unknown element {tag}"] += 1
            entry.add(tag, said)
        return
    record = texts(element)
    keys = record.keys()
    if "NameNonLatinScript" in keys:
        tally["NonLatinName elements"] += 1
        kind, language = record.get("NonLatinScriptType", ""), record.get("NonLatinScriptLanguage", "")
        entry.others[record["NameNonLatinScript"], kind, language] = None
    elif tag == "Address":
        lines = tuple(record.get(line, "") for line in _LINES)
        entry.addresses[*lines, record.get("AddressPostalCode", ""), record.get("AddressCountry", "")] = None
    elif "TownOfBirth" in keys or "CountryOfBirth" in keys:
        entry.births[record.get("TownOfBirth", ""), record.get("CountryOfBirth", "")] = None
    elif found := [(number, more) for number, more in _NUMBERS.items() if number in keys or more in keys]:
        for number, more in found:
            entry.documents[number, record.get(number, ""), record.get(more, "")] = None
    else:
        for child in element:
            _take(entry, str(child.tag), child, tally)
