"""What of an answer is the same when the same question is asked a moment later."""

from collections.abc import Mapping
from typing import Any

_PASSING = ("id", "screened_at", "took_ms")


def lasting(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return *answer* without what passes: ids, moments, and the age of each list, which may turn between two looks."""
    found = {key: value for key, value in answer.items() if key not in _PASSING}
    if "lists" in found:
        found["lists"] = [{k: v for k, v in one.items() if k != "age_hours"} for one in found["lists"]]
    return found
