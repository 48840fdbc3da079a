"""What a table says about one row: the ``screening_*`` columns, safe to open in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sanctions_exposure.answer import reason
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json, Screening
from sanctions_exposure.question import COLUMNS

Result = Screening | InvalidInput
ScreenMany = Callable[[Sequence[Json]], Sequence[Result]]

OUTPUT: Final = tuple(
    f"screening_{name}"
    for name in (
        "outcome", "severity", "score", "flags", "matched_name", "list", "entity_id", "explanation", "error",
    )
)  # fmt: skip

# One of these says that there is something to screen.
_SUBJECTS: Final = frozenset({"name", "route", "goods", "hs_codes", "currency", "payment_rail", "bank", "imo", "lei"})
# First characters that make a spreadsheet calculate, in their wide forms too; blanks before them do not stop it.
_FORMULA: Final = re.compile(r"\s*[=+\-@|%＝＋－＠]")


def cells(result: Result) -> tuple[str, ...]:
    """Return the output cells of one row, in the order of ``OUTPUT``."""
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
        safe(" | ".join(dict.fromkeys([f.explanation for f in result.flags] + list(result.warnings)))),
        "",
    )


def _first_match(screening: Screening) -> Mapping[str, Json]:
    evidence = (piece for flag in screening.flags for piece in flag.evidence)
    return next((piece for piece in evidence if piece.get("type") == "match"), {})


def safe(text: str) -> str:
    """Return *text* on one line and unable to start a formula."""
    line = " ".join(text.split())
    return f"'{line}" if _FORMULA.match(line) else line


def columns(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> dict[int, str]:
    """Return which position of a table holds which column of the contract.

    Raises:
        InvalidInput: a mapping names a column that is not there, two columns mean the same, or none can be screened.
    """
    given = [name.removeprefix("\ufeff").strip() for name in header]
    renamed = _renamed(given, mapping or {})
    found: dict[int, str] = {}
    for position, name in enumerate(given):
        meaning = renamed.get(name) or (name.lower() if name.lower() in COLUMNS and name.lower() else "")
        if meaning and meaning in found.values():
            if name in renamed:
                raise InvalidInput(f"two columns are to be read as {meaning!r}")
            continue  # a mapped column comes before one that only bears the name
        if meaning:
            found[position] = meaning
    if not _SUBJECTS & set(found.values()):
        raise InvalidInput(
            f"no column can be screened: found {_listed(given)}; one of {', '.join(sorted(_SUBJECTS))} is needed. "
            "Say which of yours it is: --map 'Supplier name=name'"
        )
    return found


def _renamed(given: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    for theirs, ours in mapping.items():
        if ours not in COLUMNS:
            raise InvalidInput(f"mapping {theirs!r}: there is no column {ours!r}; known: {', '.join(COLUMNS)}")
        if theirs not in given:
            raise InvalidInput(f"mapping {theirs!r}: the table has no such column, only {_listed(given)}")
    return dict(mapping)


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(repr(name) for name in shown[:20]) + (" …" if len(shown) > 20 else "")
