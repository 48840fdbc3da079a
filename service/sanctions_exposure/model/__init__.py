"""The frozen types every room shares: listed entities, questions, hits, facts, flags, answers.

Nothing here reads a file, a clock or the environment.  Countries are ISO 3166-1 alpha-2 in lower case.  Scores of
matching are 0.0–1.0; scores of screenings and flags are integers 0–100.
"""

from sanctions_exposure.model.answered import Flag, ListState, PartyResult, RuleRef, Screening, Verdict
from sanctions_exposure.model.asked import GoodsLine, Owner, Party, Payment, Stop, Subject, VesselEvent
from sanctions_exposure.model.common import (
    Confidence,
    DesignationStatus,
    Json,
    ListStateName,
    NameKind,
    Outcome,
    Schema,
    Severity,
)
from sanctions_exposure.model.found import Alignment, Comparison, EntityHit, Facts, Hit, NameQuery, ScreenedParty
from sanctions_exposure.model.listed import (
    IDENTIFIER_TYPES,
    IN_NAME,
    Address,
    Attribute,
    Designation,
    Identifier,
    ListedDate,
    ListedEntity,
    ListedName,
    ListRecord,
    PublishedFile,
    Relation,
    SnapshotRecord,
    Source,
)

__all__ = [
    "IDENTIFIER_TYPES",
    "IN_NAME",
    "Address",
    "Alignment",
    "Attribute",
    "Comparison",
    "Confidence",
    "Designation",
    "DesignationStatus",
    "EntityHit",
    "Facts",
    "Flag",
    "GoodsLine",
    "Hit",
    "Identifier",
    "Json",
    "ListRecord",
    "ListState",
    "ListStateName",
    "ListedDate",
    "ListedEntity",
    "ListedName",
    "NameKind",
    "NameQuery",
    "Outcome",
    "Owner",
    "Party",
    "PartyResult",
    "Payment",
    "PublishedFile",
    "Relation",
    "RuleRef",
    "Schema",
    "ScreenedParty",
    "Screening",
    "Severity",
    "SnapshotRecord",
    "Source",
    "Stop",
    "Subject",
    "Verdict",
    "VesselEvent",
]
