"""Exit codes: one meaning each."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the command's end says to a script. When several apply: 3, then 1, then 4."""

    OK = 0  # screened, nothing at or above the gate
    FINDINGS = 1  # findings at or above the gate
    USAGE = 2  # usage, configuration or unreadable input
    NOT_SCREENED = 3  # could not screen
    REJECTED = 4  # screened, but some rows were rejected
