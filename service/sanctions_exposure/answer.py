"""Renders what we found as the documents of the contract: plain values, ready for any JSON writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from sanctions_exposure.errors import ExposureError, InvalidInput
from sanctions_exposure.model import Hit, Json, ListedEntity, ListState, Screening

# Of each list an answer says only what tells whether to believe it; /v1/lists says the rest.
LIST_KEYS: Final = ("id", "version", "published_on", "entities", "names", "age_hours", "state", "note")


def render(screening: Screening) -> dict[str, Json]:
    """Return *screening* as the answer of the contract; what is not known is left out of lists and sources."""
    document: dict[str, Json] = msgspec.to_builtins(screening)
    head = {"id": document.pop("id"), "reference": document.pop("reference"), "screened_at": _moment(screening)}
    document.pop("screened_at")
    for flag in document["flags"]:
        flag["evidence"] = [_known(piece) for piece in flag["evidence"]]
        flag["sources"] = [_known(source) for source in flag["sources"]]
    document["lists"] = [_known({key: state[key] for key in LIST_KEYS}) for state in document["lists"]]
    return head | document


def render_failure(error: ExposureError, reference: str = "") -> dict[str, Json]:
    """Return the answer that stands in a batch where a request could not be screened."""
    return {"reference": reference, "outcome": "error", "error": {"title": str(error), "errors": faults(error)}}


def faults(error: ExposureError) -> list[dict[str, str]]:
    """Return what is wrong and where, as problem documents say it."""
    return [{"pointer": f.pointer, "detail": f.detail} for f in error.faults] if isinstance(error, InvalidInput) else []


def reason(error: ExposureError) -> str:
    """Return what is wrong on one line, for a person or a cell."""
    found = [f"{f['pointer']}: {f['detail']}" if f["pointer"] else f["detail"] for f in faults(error)]
    return "; ".join(found) or str(error)


def render_hits(hits: Sequence[Hit]) -> list[dict[str, Json]]:
    """Return the hits of a search."""
    return [msgspec.to_builtins(hit) for hit in hits]


def render_entity(entity: ListedEntity) -> dict[str, Json]:
    """Return one listed entity as its authority published it."""
    document: dict[str, Json] = _pruned(msgspec.to_builtins(entity))
    return document


def render_list(state: ListState) -> dict[str, Json]:
    """Return all that is known of one list."""
    return _known(msgspec.to_builtins(state))


def _moment(screening: Screening) -> str:
    at = screening.screened_at or datetime.fromtimestamp(0, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _known(record: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in record.items() if value is not None and value != ""}


def _pruned(value: Json) -> Json:
    """Leave out, at every depth, what a listed entity does not say: most of its fields are empty."""
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := _pruned(item)) not in (None, "", [], {})}
    return [_pruned(item) for item in value] if isinstance(value, list | tuple) else value
