"""What a table says about one row: the ``screening_*`` columns, safe to open in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sanctions_exposure.answer import reason
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json, ListStateName, Screening, Severity


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer given before that still holds, as the cells it stood in."""

    cells: tuple[str, ...]


Result = Screening | InvalidInput
ScreenMany = Callable[[Sequence[Json]], Sequence[Result]]
AnswerMany = Callable[[Sequence[Json]], Sequence[Result | Kept]]  # for tables, which show no more than cells

OUTPUT: Final = tuple(
    f"screening_{name}"
    for name in (
        "outcome", "severity", "score", "flags", "matched_name", "list", "entity_id", "explanation", "error",
    )
)  # fmt: skip

# First characters that make a spreadsheet calculate, in their wide forms too; blanks before them do not stop it.
_FORMULA: Final = re.compile(r"\s*[=+\-@|%＝＋－＠]")


@dataclass(slots=True)
class Tally:
    """What became of the questions, counted while their answers stream."""

    outcomes: dict[str, int] = field(default_factory=dict)
    worst: Severity = Severity.NONE

    def add(self, outcome: str, severity: str) -> None:
        """Count one answer; one that failed has no severity."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if severity:
            self.worst = max(self.worst, Severity(severity), key=lambda s: s.rank)

    def merge(self, other: Tally) -> None:
        """Count what another tally counted."""
        for outcome, number in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number
        self.worst = max(self.worst, other.worst, key=lambda s: s.rank)

    @property
    def rows(self) -> int:
        """How many answers were given."""
        return sum(self.outcomes.values())

    @property
    def rejected(self) -> int:
        """How many of them say that nothing could be screened."""
        return self.outcomes.get("error", 0)

    def summary(self) -> str:
        """Return the counts on one line."""
        counts = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(self.outcomes.items()))
        return f"{self.rows:,} screened: {counts or 'nothing'}"


def cells(result: Result | Kept) -> tuple[str, ...]:
    """Return the output cells of one row, in the order of ``OUTPUT``."""
    if isinstance(result, Kept):
        return result.cells
    if isinstance(result, InvalidInput):
        return ("error", *[""] * (len(OUTPUT) - 2), safe(reason(result)))
    match = _first_match(result)
    return (
        result.outcome.value,
        result.severity.value,
        str(result.score),
        ";".join(dict.fromkeys(flag.code for flag in result.flags)),
        safe(str(match.get("matched_name", ""))),
        safe(str(match.get("list", ""))),
        safe(str(match.get("entity_id", ""))),
        safe(_explanation(result)),
        "",
    )


def _explanation(screening: Screening) -> str:
    """Return every flag's explanation, worst first; lists that could not be used are named in one sentence."""
    lacking = [state.id for state in screening.lists if state.state is not ListStateName.FRESH]
    about_lists = tuple(f"List {list_id} " for list_id in lacking)
    parts = [flag.explanation for flag in screening.flags]
    parts += [warning for warning in screening.warnings if not warning.startswith(about_lists)]
    if any(warning.startswith(about_lists) for warning in screening.warnings):
        parts.append(f"Lists that are missing or too old: {', '.join(lacking)}.")
    return " | ".join(dict.fromkeys(parts))


def _first_match(screening: Screening) -> Mapping[str, Json]:
    evidence = (piece for flag in screening.flags for piece in flag.evidence)
    return next((piece for piece in evidence if piece.get("type") == "match"), {})


def safe(text: str) -> str:
    """Return *text* on one line and unable to start a formula."""
    line = " ".join(text.split())
    return f"'{line}" if _FORMULA.match(line) else line
