"""For programs: every field of the report, by the published schema."""

from __future__ import annotations

from typing import Any

import msgspec

from sanctions_exposure.gate.report import Report


def json_report(report: Report) -> str:
    """Return the report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1).decode() + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON schema of the report."""
    found = msgspec.json.schema(Report)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Report of `exposure check`",
        **found,
    }
