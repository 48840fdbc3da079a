"""The EU's consolidated list of financial sanctions, XML 1.1: nearly everything stands in attributes.

The schema is published with the files at https://webgate.ec.europa.eu/fsd/fsf.  An absent value is an empty attribute.
"""

from __future__ import annotations

import re
from collections import Counter

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import Attribute
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._eu_entry import Entry, parsed
from sanctions_exposure.sources.formats._text import clean
from sanctions_exposure.sources.formats._xml import Element, bare, outermost, stream, text
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_ROOT = "export"
_GENERATED = re.compile(rb"generationDate\s*=\s*[\"']([^\"']+)")
_FORMAT = re.compile(rb"<(?:\w+:)?export\b[^>]*fsd/export")
_DETAILS = {
    "nameAlias": "names",
    "citizenship": "citizenships",
    "birthdate": "births",
    "address": "addresses",
    "identification": "documents",
}
_PLACE = frozenset({"city", "zipCode", "region", "place", "countryIso2Code", "countryDescription"})
_ATTRIBUTES = {
    "nameAlias": frozenset(
        {"wholeName", "firstName", "middleName", "lastName", "nameLanguage", "strong", "function", "title", "gender"}
    ),
    "citizenship": frozenset({"region", "countryIso2Code", "countryDescription"}),
    "birthdate": _PLACE
    | {"birthdate", "year", "monthOfYear", "dayOfMonth", "yearRangeFrom", "yearRangeTo", "circa", "calendarType"},
    "address": _PLACE | {"street", "poBox", "asAtListingTime"},
    "identification": frozenset(
        {
            "number", "latinNumber", "identificationTypeCode", "identificationTypeDescription", "countryIso2Code",
            "countryDescription", "region", "issuedBy", "issueDate", "validFrom", "validTo", "nameOnDocument",
            "diplomatic", "knownExpired", "knownFalse", "reportedLost", "revokedByIssuer",
        }
    ),
}  # fmt: skip
_ACT = "regulationSummary"  # of a single detail; the entry's own act is kept


def recognises(head: bytes) -> bool:
    """Say whether a document that begins with *head* is this format."""
    return _FORMAT.search(head) is not None


def published_on(document: bytes) -> str:
    """Return the moment a document says it was generated, without reading all of it."""
    match = _GENERATED.search(document[:4096])
    return match.group(1).decode("ascii", "replace") if match else ""


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the entity and what is wrong with it.
    """
    document = files["primary"]
    root = outermost(document, _ROOT)
    tally: Counter[str] = Counter()
    records = stream(document, _ROOT, {"sanctionEntity"}, {"sanctionEntity"})
    entries = (_entry(element, tally) for element in records)
    return parsed(entries, manifest, tally, root.get("generationDate", ""))


def _entry(element: Element, tally: Counter[str]) -> Entry:
    subject = _attributes(element)
    number = subject.get("logicalId", "")
    if not number.isdigit():
        raise ListFormatError(f"entity {subject.get('euReferenceNumber')!r}: logicalId is missing or no number")
    entry = Entry(number, subject, "", {})
    for child in element:
        name = bare(child.tag)
        if name in _DETAILS:
            getattr(entry, _DETAILS[name]).append(_detail(child, name, tally))
        elif name == "remark":
            entry.remarks += [found] if (found := text(child)) else []
        elif name == "regulation":
            entry.regulation = _attributes(child) | {"publicationUrl": clean("".join(child.itertext()))}
        elif name == "subjectType":
            entry.kind = child.get("classificationCode", "")
        else:
            tally[f"unknown element {name}"] += 1
            said = (*child.attrib.values(), *child.itertext())
            entry.others.append(Attribute(name=name, value=clean(" ".join(said))))
    return entry


def _attributes(element: Element) -> dict[str, str]:
    """Return what an element's attributes say."""
    return {name: found for name, value in element.items() if value and (found := clean(value))}


def _detail(element: Element, name: str, tally: Counter[str]) -> dict[str, str]:
    known = _ATTRIBUTES[name]
    record = {key: found for key, value in element.items() if value and key in known and (found := clean(value))}
    for child in element:
        inner = bare(child.tag)
        if inner == _ACT:
            continue
        if inner == "contactInfo":
            said = " ".join(part for part in (child.get("key", ""), child.get("value", ""), text(child)) if part)
            record["contactInfo"] = "; ".join(part for part in (record.get("contactInfo", ""), clean(said)) if part)
        else:
            if inner != "remark":
                tally[f"unknown element {name}/{inner}"] += 1
            record["remark"] = "; ".join(part for part in (record.get("remark", ""), text(child)) if part)
    return record
