"""FollowTheMoney, the data model of OpenSanctions: one JSON line, and what of it becomes a listed entity.

An entity's statements stand in lines of their own (a sanction, a passport, an address, an ownership) that may come
before or after it; ``_ftm_links`` brings them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from stdnum import imo

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Address,
    Attribute,
    Designation,
    DesignationStatus,
    Identifier,
    ListedDate,
    ListedName,
    NameKind,
    Schema,
)
from sanctions_exposure.sources.formats._dates import plausible_date
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, distinct, iso_date, merge_names, possible_date
from sanctions_exposure.sources.manifest import Manifest

Properties = Mapping[str, list[str]]


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One line of ``entities.ftm.json``; ``properties`` are decoded only when somebody wants them."""

    id: str
    schema: str
    properties: msgspec.Raw
    caption: str = ""
    datasets: list[str] = []
    referents: list[str] = []
    target: bool = False
    first_seen: str | None = None
    last_seen: str | None = None
    last_change: str | None = None
    origin: list[str] = []


_line = msgspec.json.Decoder(Line)
_properties = msgspec.json.Decoder(dict[str, list[str]])

# Schemas that can be a party.
PARTIES = {
    "Person": Schema.PERSON,
    "Company": Schema.COMPANY,
    "Organization": Schema.ORGANIZATION,
    "LegalEntity": Schema.LEGAL_ENTITY,
    "PublicBody": Schema.PUBLIC_BODY,
    "Vessel": Schema.VESSEL,
    "Airplane": Schema.AIRCRAFT,
}
# Statements about parties, by the properties that name them.
STATEMENTS = {
    "Sanction": ("entity",),
    "Passport": ("holder",),
    "Identification": ("holder",),
    "CryptoWallet": ("holder",),
    "Occupancy": ("holder",),
}
# Links between two parties: what the first is to the second, and the second to the first.
LINKS = {
    "Ownership": ("owner", "owner-of", "asset", "owned-by"),
    "Directorship": ("director", "leader-of", "organization", "led-by"),
    "Membership": ("member", "member-of", "organization", "has-member"),
    "Employment": ("employee", "employed-by", "employer", "employer-of"),
    "Family": ("person", "family", "relative", "family"),
    "Associate": ("person", "associate", "associate", "associate"),
    "Representation": ("agent", "acting-for", "client", "represented-by"),
    "Succession": ("predecessor", "succeeded-by", "successor", "successor-of"),
    "UnknownLink": ("subject", "linked-to", "object", "linked-to"),
    "Payment": ("payer", "paid", "beneficiary", "paid-by"),
    "Debt": ("debtor", "debtor-of", "creditor", "creditor-of"),
    "EconomicActivity": ("declarant", "linked-to", "contractHolder", "linked-to"),
}
ADDRESS = "Address"
# Things no counterparty is; counted, so that a person sees how many.
OTHERS = frozenset(
    {
        "Asset", "Vehicle", "RealEstate", "Security", "Event", "Position", "Project", "License", "Contract",
        "ContractAward", "CourtCase", "CourtCaseParty", "Document", "Documentation", "BankAccount", "Trip", "Call",
        "Message", "Note", "Mention", "Similar", "TaxRoll", "ProjectParticipant", "Analyzable", "Thing", "Value",
        "Interval", "Interest", "Assessment", "Article", "UserAccount", "Folder", "PlainText", "HyperText", "Pages",
        "Page", "Package", "Table", "Workbook", "Image", "Video", "Audio", "Email",
    }
)  # fmt: skip

IDENTIFIERS = {
    "imoNumber": "imo", "mmsi": "mmsi", "callSign": "callsign", "leiCode": "lei", "swiftBic": "bic", "innCode": "inn",
    "ogrnCode": "ogrn", "registrationNumber": "registration", "uscCode": "registration", "taxNumber": "tax",
    "vatCode": "tax", "passportNumber": "passport", "idNumber": "national_id", "socialSecurityNumber": "national_id",
    "dunsCode": "duns", "icaoCode": "icao24", "publicKey": "crypto_wallet", "okpoCode": "other", "kppCode": "other",
    "bikCode": "other", "isinCode": "other", "permId": "other", "uniqueEntityId": "other", "cageCode": "other",
    "giiNumber": "other", "npiCode": "other", "jibCode": "other", "mbsCode": "other", "cikCode": "other",
    "serialNumber": "other", "voenCode": "tax", "coatoCode": "other", "irsCode": "tax", "ipoCode": "other",
    "ricCode": "other", "ticker": "other", "fnsCode": "other", "fssCode": "other", "caemCode": "other",
}  # fmt: skip
_NAMES = {
    "name": NameKind.STRONG,
    "alias": NameKind.STRONG,
    "previousName": NameKind.STRONG,
    "weakAlias": NameKind.WEAK,
    "abbreviation": NameKind.WEAK,
}
_COUNTRIES = ("country", "nationality", "citizenship", "jurisdiction", "mainCountry", "flag")
_READ = frozenset({*IDENTIFIERS, *_NAMES, "birthDate", "address", "addressEntity"})
_ADDRESS_PARTS = ("full", "remarks", "postOfficeBox", "street", "street2", "street3", "city", "postalCode", "region",
                  "state", "country")  # fmt: skip
# Topics that say what an authority did where no statement of a sanction does.
_TOPICS = {
    "sanction": DesignationStatus.LISTED,
    "sanction.counter": DesignationStatus.LISTED,
    "export.control": DesignationStatus.LISTED,
    "debarment": DesignationStatus.RESTRICTED,
    "sanction.linked": DesignationStatus.ADVISORY,
    "export.control.linked": DesignationStatus.ADVISORY,
    "export.risk": DesignationStatus.ADVISORY,
    "invest.risk": DesignationStatus.ADVISORY,
}
_REGIMES = {"gb": "uk", "zz": "", "xx": ""}
_JURISDICTION = re.compile(r"[a-z]{2}|own")


def read(line: bytes, where: str) -> Line:
    """Return one line.

    Raises:
        ListFormatError: it is no entity, or has a key nobody knows.
    """
    try:
        return _line.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ListFormatError(f"{where}: {error}") from None


def properties(raw: bytes | memoryview | msgspec.Raw, where: str) -> dict[str, list[str]]:
    """Return the properties of a line, every value of which is a list of texts.

    Raises:
        ListFormatError: they are not that, as in the nested form.
    """
    try:
        return _properties.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ListFormatError(f"{where}: properties: {error}") from None


def known(schema: str) -> bool:
    """Say whether *schema* is one of the model's."""
    return schema in PARTIES or schema in STATEMENTS or schema in LINKS or schema == ADDRESS or schema in OTHERS


# -- what properties say -------------------------------------------------------------------------


def names(line: Line, found: Properties) -> tuple[ListedName, ...]:
    """Return the names; the caption, which is the publisher's choice among them, comes first."""
    caption = clean(line.caption)
    every = [
        ListedName(text=clean(text), kind=kind, type=key) for key, kind in _NAMES.items() for text in found.get(key, ())
    ]
    own = [name.text for name in every if name.type == "name"]
    first = caption if caption in own or not own else own[0]
    primary = ListedName(text=first or line.id, type="name")
    return merge_names((primary, *(one for one in every if one.text != primary.text)))


def identifiers(found: Properties, schema: Schema) -> Iterator[Identifier]:
    """Yield the numbers a party's own properties hold."""
    for key, kind in IDENTIFIERS.items():
        for text in map(clean, found.get(key, ())):
            if text:
                yield identifier(kind, text, schema, label=key)


def identifier(kind: str, value: str, schema: Schema, *, label: str, nation: str = "") -> Identifier:
    """Return an identifier of the right kind: IMO numbers of companies and marks of aircraft are told apart."""
    bare = value[3:].strip() if value[:3].upper() == "IMO" else value
    if kind == "imo" or bare != value:
        # A company's IMO number has another check digit and must never meet a ship's.
        ship = schema is Schema.VESSEL or (schema is not Schema.COMPANY and imo.is_valid(bare))
        return Identifier(type="imo" if ship and imo.is_valid(bare) else "registration", value=bare, label=label)
    if kind == "registration" and schema is Schema.AIRCRAFT:
        kind = "tail"
    if kind == "national_id" and schema is not Schema.PERSON:
        kind = "registration"
    if kind in {"inn", "ogrn"}:
        nation = "ru"
    return Identifier(type=kind, value=bare, country=nation, label=label)


def birth_dates(found: Properties) -> tuple[ListedDate, ...]:
    """Return birth dates; the model writes partial ones as far as they are known."""
    dates = ((possible_date(text), text) for text in found.get("birthDate", ()))
    return distinct(ListedDate(start=start, text="" if start == text else text) for start, text in dates if start)


def countries(found: Properties) -> Iterator[str]:
    """Yield the countries a party belongs to; a part of one (ua-cri) counts for it."""
    for key in _COUNTRIES:
        for code in found.get(key, ()):
            if known_code := country(code) or country(code.partition("-")[0]):
                yield known_code


def plain_addresses(found: Properties) -> Iterator[Address]:
    """Yield the addresses that stand in a party's own line."""
    for text in map(clean, found.get("address", ())):
        if text:
            yield Address(text=text)


def address(found: Properties) -> Address | None:
    """Return an address that has a line of its own."""
    parts = {key: clean(", ".join(found[key])) for key in _ADDRESS_PARTS if found.get(key)}
    text = parts.get("full") or ", ".join(parts.values())
    code = next((code for code in map(country, found.get("country", ())) if code), "")
    return Address(text=text, city=parts.get("city", ""), country=code) if text else None


def attributes(line: Line, found: Properties) -> Iterator[Attribute]:
    """Yield everything that has no place of its own, word for word; ``last_seen`` alone says nothing of the party."""
    for key, values in found.items():
        if key not in _READ or (key == "birthDate" and not all(map(iso_date, values))):
            yield from (Attribute(name=key, value=text) for text in map(clean, values) if text)
    yield from (Attribute(name="dataset", value=text) for text in line.datasets)
    yield from (Attribute(name="origin", value=text) for text in line.origin)
    yield from (Attribute(name="referent", value=text) for text in line.referents if text != line.id)
    for key, value in (("first_seen", line.first_seen), ("last_change", line.last_change)):
        if value:
            yield Attribute(name=key, value=value)


# -- what statements say -------------------------------------------------------------------------


def status_of(topics: Iterable[str]) -> DesignationStatus | None:
    """Return the strongest thing the topics say an authority did; None for a politician or a suspect."""
    said = {_TOPICS[topic] for topic in topics if topic in _TOPICS}
    order = (DesignationStatus.LISTED, DesignationStatus.RESTRICTED, DesignationStatus.ADVISORY)
    return next((status for status in order if status in said), None)


def regime(code: str, manifest: Manifest) -> str:
    """Return the regime of an authority's country; that of the list where it has one, and none where it has many.

    A designation without a regime counts whichever regimes a caller chooses.
    """
    own = manifest.regime if _JURISDICTION.fullmatch(manifest.regime) else ""
    return (_REGIMES.get(code, code) if code else "") or own


def designation(found: Properties, status: DesignationStatus, manifest: Manifest) -> Designation:
    """Return what a Sanction line says."""

    def one(*keys: str) -> str:
        return clean("; ".join(value for key in keys for value in found.get(key, ())))

    code = next((code for code in found.get("country", ()) if code), "")
    if not code and one("authority").startswith("United Nations"):
        code = "un"
    listed = [day for key in ("listingDate", "startDate") for day in found.get(key, ()) if plausible_date(day)]
    ended = [day for day in found.get("endDate", ()) if plausible_date(day)]
    return Designation(
        regime=regime(code, manifest),
        status=status,
        authority=one("authority") or manifest.authority,
        list_name=manifest.list_name,
        programme=one("programId") or one("program"),
        reference=one("authorityId", "unscId", "recordId"),
        listed_on=min(listed, default=""),
        until=max(ended, default=""),
        reason=one("reason"),
        measures=distinct(clean(text) for text in found.get("provisions", ()) if clean(text)),
    )


def document(schema: str, found: Properties) -> Iterator[Identifier]:
    """Yield what a Passport, Identification or CryptoWallet line says of its holder."""
    kind = {"Passport": "passport", "CryptoWallet": "crypto_wallet"}.get(schema, "national_id")
    label = clean(" ".join(found.get("type", ()) or found.get("currency", ())))
    nation = next((code for code in map(country, found.get("country", ())) if code), "")
    for key in ("number", "publicKey"):
        for value in map(clean, found.get(key, ())):
            if value:
                yield Identifier(type=kind, value=value, country=nation, label=label or schema)


def remainder(schema: str, found: Properties, read_keys: frozenset[str]) -> Iterator[Attribute]:
    """Yield what is left of a statement when its typed parts are taken, under the statement's name."""
    for key, values in found.items():
        if key not in read_keys:
            yield from (Attribute(name=f"{schema}.{key}", value=text) for text in map(clean, values) if text)


def as_json(found: Any) -> bytes:
    """Return *found* as one line of JSON."""
    return msgspec.json.encode(found)
