"""Reads a screening request: a JSON-like document or a CSV row in, a checked ``Subject`` out.

Validation happens here and nowhere else: what comes out is typed, and nothing downstream checks again.
"""

from sanctions_exposure.question.alike import AlikeReader
from sanctions_exposure.question.limits import Limits, TableLimits
from sanctions_exposure.question.read import read_name_query, read_subject
from sanctions_exposure.question.row import COLUMNS, no_value, row_document
from sanctions_exposure.question.schemas import PARTY_SCHEMAS, TEXT_FORMS, FlatRequestSchema, RequestSchema

__all__ = [
    "COLUMNS",
    "PARTY_SCHEMAS",
    "TEXT_FORMS",
    "AlikeReader",
    "FlatRequestSchema",
    "Limits",
    "RequestSchema",
    "TableLimits",
    "no_value",
    "read_name_query",
    "read_subject",
    "row_document",
]
