"""What more than one kind of value says: kinds of things, how bad, how sure."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

Json = Any  # a value that JSON can carry; evidence is open, everything else is typed


class Schema(StrEnum):
    """What kind of thing a name belongs to."""

    PERSON = "Person"
    COMPANY = "Company"
    ORGANIZATION = "Organization"
    LEGAL_ENTITY = "LegalEntity"
    PUBLIC_BODY = "PublicBody"
    VESSEL = "Vessel"
    AIRCRAFT = "Aircraft"
    # Listed in the curated set only; a party is never one of these.
    PAYMENT_SYSTEM = "PaymentSystem"
    PRODUCT = "Product"
    PROGRAMME = "Programme"


class Severity(StrEnum):
    """How bad a flag is, in rising order."""

    NONE = "none"
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    rank: int  # position in rising order, 0 for none; a plain attribute, since rules compare severities all the time


for _rank, _severity in enumerate(Severity):
    _severity.rank = _rank


class Outcome(StrEnum):
    """What a caller may do with the answer."""

    CLEAR = "clear"
    REVIEW = "review"
    BLOCK = "block"
    ERROR = "error"


class NameKind(StrEnum):
    """How much the authority itself trusts a name."""

    PRIMARY = "primary"
    STRONG = "strong"
    WEAK = "weak"


class Confidence(StrEnum):
    """How sure we are of a fact: read in its source, or only remembered."""

    VERIFIED = "verified"
    RECALLED = "recalled"


class DesignationStatus(StrEnum):
    """What one authority says of an entity."""

    LISTED = "listed"  # a sanctions or export-control list names it
    RESTRICTED = "restricted"  # a narrower prohibition names it: directive, transaction ban, denial order
    ADVISORY = "advisory"  # an authority warns of it without listing it
    DELISTED = "delisted"
    NOT_LISTED = "not-listed"  # looked for and not found


class ListStateName(StrEnum):
    """Whether a list may be believed."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    QUARANTINED = "quarantined"
