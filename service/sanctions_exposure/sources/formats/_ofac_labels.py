"""OFAC's own labels, and what each introduces: a type of identifier, a country or something kept word for word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

# OFAC's own labels, without a closing colon or "No.", by what the number is.
IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "passport": (
        "Passport", "Diplomatic Passport", "British National Overseas Passport", "Stateless Person Passport",
        "U.S.A. Passport", "Passport Booklet",
    ),
    "national_id": (
        "National ID", "Cedula", "Cedula de Ciudadania", "Cedula de Residencia", "C.U.R.P.", "D.N.I.",
        "National Foreign ID Number", "Personal ID Card", "Electoral Registry", "Credencial electoral", "SSN",
        "Residency Number", "C.U.I.", "C.U.I.P.", "I.F.E.", "Turkish Identification Number", "Numero de Identidad",
        "LE Number", "Citizen's Card Number", "Kenyan ID", "Refugee ID Card", "Tazkira National ID Card",
        "UAE Identification", "Bosnian Personal ID", "Moroccan Personal ID", "N.I.E.", "CNP (Personal Numerical Code)",
        "Stateless Person ID Card", "Identity Card", "Tarjeta de Identidad", "Romanian Permanent Resident",
    ),
    "tax": (
        "Tax ID", "NIT", "RUC", "V.A.T. Number", "R.F.C.", "RFC", "RIF", "US FEIN", "Italian Fiscal Code",
        "C.U.I.T.", "RTN", "C.I.F.", "Paraguayan tax identification number", "Fiscal Code",
        "Numero Unico de Identificacao Tributaria (NUIT)", "N.I.F.", "Romanian Tax Registration",
    ),
    "registration": (
        "Registration Number", "Registration ID", "Business Registration Number", "Business Registration Document",
        "Company Number", "C.R.", "Romanian C.R.", "Commercial Registry Number", "Folio Mercantil",
        "Matricula Mercantil", "Unified Social Credit Code (USCC)", "United Social Credit Code Certificate (USCCC)",
        "Chamber of Commerce Number", "Central Registration System Number", "Istanbul Chamber of Comm.",
        "Economic Register Number (CBLS)", "Trade License", "Business Number", "Enterprise Number",
        "Public Registration Number", "UK Company Number", "Branch Unit Number", "Certificate of Incorporation Number",
        "Dubai Chamber of Commerce Membership", "Registered Charity", "Organization Code", "Company ID",
        "Vessel Registration Identification", "Tourism License", "MSB Registration Number",
        "License", "File Number", "Commercial Registry",
    ),
    "other": (
        "Identification Number", "Government Gazette Number", "ISIN", "BIK (RU)", "Permit Number", "SRE Permit",
        "Travel Document Number", "VisaNumberID", "Driver's License", "Birth Certificate Number",
        "Cartilla de Servicio Militar Nacional", "Military Registration Number", "Pilot License Number",
        "Afghan Money Service Provider License Number", "Immigration", "Public Security and Immigration", "Serial",
        "Aircraft Manufacturer's Serial Number (MSN)", "Aircraft Serial Identification",
        "Aircraft Construction Number (also called L/N or S/N or F/N)", "Temporary suspension of deportation",
        "Seafarer's Identification Document", "Trademark number",
    ),
    "mmsi": ("MMSI",),
    "callsign": ("Other Vessel Call Sign",),
    "bic": ("SWIFT/BIC",),
    "lei": ("Legal Entity Number",),
    "duns": ("D-U-N-S Number",),
    "tail": ("Aircraft Tail Number", "Previous Aircraft Tail Number"),
    "icao24": ("Aircraft Mode S Transponder Code",),
}  # fmt: skip

DIGITLESS = frozenset({"bic", "tail", "callsign", "icao24"})  # all others without a digit are prose

# Labels of facts that are no identifiers.
_ATTRIBUTES = (
    "POB", "Gender", "Email Address", "Email", "Website", "Phone Number", "Phone", "Telephone", "Telex", "Fax",
    "Organization Established Date", "Organization Type", "Secondary sanctions risk", "Target Type", "Issuer Name",
    "Additional Sanctions Information -", "Executive Order 13662 Directive Determination -",
    "Executive Order 14024 Directive Information -", "Executive Order 14024 Directive Information",
    "Executive Order 13846 information", "CAATSA Section 235 Information",
    "Transactions Prohibited For Persons Owned or Controlled By U.S. Financial Institutions", "Equity Ticker",
    "Purchase/Sales For Divestment Date (CMIC)",
    "Aircraft Model", "Aircraft Manufacture Date", "Aircraft Operator", "Former Vessel Flag", "Other Vessel Flag",
    "Former Vessel Type", "Other Vessel Type", "Vessel Year of Build", "Chinese Commercial Code",
    "For more information", "All offices worldwide", "All branches worldwide", "IFCA Determination -", "Tribe",
    "Executive Order",
    "PEESA Information", "MICEX Code", "UN/LOCODE", "Registration Country",
    "Alternate Title", "Identifying Marks", "Individual's height is",
)  # fmt: skip

_NATIONS = ("nationality", "citizen", "Nationality of Registration")


class _Labelled:
    """A text that begins with one of some labels.

    A pattern tries a hundred labels one after the other, so each first letter has a pattern of its own.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        by_letter: dict[str, list[str]] = {}
        for label in labels:
            by_letter.setdefault(label[0].lower(), []).append(label)
        self._by_letter = {letter: _one_of(found) for letter, found in by_letter.items()}

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Return the match, with its groups ``label`` and ``rest``."""
        pattern = self._by_letter.get(text[:1].lower())
        return pattern.fullmatch(text) if pattern else None


def _one_of(labels: Iterable[str]) -> re.Pattern[str]:
    either = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    # ASCII: a dotless i is no i, and a label with one has no type to be looked up.
    return re.compile(
        rf"(?P<label>(?:{either})(?: (?:No\.?|#))*)(?:[:,]|(?=\s)|$)\s*(?P<rest>.*)", re.IGNORECASE | re.ASCII
    )


# What a label introduces: a type of identifier, or one of these two.
NATION, ATTRIBUTE = "nation", "attribute"
_LABELS = IDENTIFIERS | {NATION: _NATIONS, ATTRIBUTE: _ATTRIBUTES}
_KIND_OF = {label.casefold(): kind for kind, labels in _LABELS.items() for label in labels}
LABELLED = _Labelled(tuple(label for labels in _LABELS.values() for label in labels))
_NUMBER_WORD = re.compile(r"(?: (?:No\.?|#))+$", re.IGNORECASE)


@lru_cache(maxsize=1024)
def kind_of(label: str) -> str:
    """Return what a label introduces, whether or not it ends in "No."; empty where nobody knows it."""
    return _KIND_OF.get(_NUMBER_WORD.sub("", label).casefold(), "")
