"""Reads ``rules/tables/*.csv`` into typed rows and into the look-ups that conditions use."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar, get_type_hints

from sanctions_exposure.errors import RulesError
from sanctions_exposure.model import Confidence, Severity
from sanctions_exposure.policy import rows
from sanctions_exposure.policy.dates import check_partial

Row = TypeVar("Row", bound=rows.Cited)

# Table name (file stem) to the type of its rows.
TABLES: Final[Mapping[str, type[rows.Cited]]] = {
    "nodes": rows.Node,
    "listed-nodes": rows.ListedNode,
    "corridors": rows.Corridor,
    "corridor-stages": rows.Stage,
    "chpl": rows.GoodsCode,
    "goods-groups": rows.GoodsCode,
    "humanitarian": rows.Humanitarian,
    "hs-predecessors": rows.Predecessor,
    "keywords": rows.Keyword,
    "rails": rows.RailTerm,
    "rail-events": rows.RailEvent,
    "banks": rows.Bank,
    "embargo-countries": rows.EmbargoCountry,
    "embargo-regions": rows.EmbargoRegion,
    "diversion-hubs": rows.Hub,
    "partner-countries": rows.Partner,
    "curated-grades": rows.CuratedGrade,
    "operator-vessels": rows.OperatorVessel,
    "ownership-tests": rows.OwnershipTest,
    "licences": rows.Licence,
    "regime-acts": rows.RegimeAct,
    "passages": rows.PassageBox,
    "implied-stages": rows.ImpliedStage,
    "registries": rows.Registry,
}
_MAX_BYTES: Final = 4 << 20  # a table a person maintains is never larger; anything larger is a mistake
_DATES: Final = frozenset({"date", "from_", "until"})


def _yes_no(text: str) -> bool:
    try:
        return {"yes": True, "no": False}[text]
    except KeyError:
        raise ValueError(f"{text!r} is neither yes nor no") from None


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


_READ: Final[Mapping[Any, Callable[[str], Any]]] = {
    str: str,
    int: int,
    float: float,
    bool: _yes_no,
    tuple[str, ...]: _split,
    Severity: Severity,
    Confidence: Confidence,
}


def column_names(row: type[rows.Cited]) -> tuple[str, ...]:
    """The header a table must have: fields of the row, its citation last."""
    cited = {f.name for f in fields(rows.Cited)}
    own = [f.name for f in fields(row) if f.name not in cited]
    return tuple(name.rstrip("_") for name in (*own, *(f.name for f in fields(rows.Cited))))


def read_table(name: str, content: bytes, row: type[Row]) -> tuple[Row, ...]:
    """Parse the CSV *content* of table *name*.

    Raises:
        RulesError: a column is unknown or missing, or a cell cannot be read; names file, line and column.
    """
    file = f"tables/{name}.csv"
    if len(content) > _MAX_BYTES:
        raise RulesError(f"{file}: larger than {_MAX_BYTES} bytes")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
        lines = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise RulesError(f"{file}: {error}") from error
    expected = column_names(row)
    header = tuple(lines[0]) if lines else ()
    if unknown := [c for c in header if c not in expected]:
        raise RulesError(f"{file}: line 1: unknown column {unknown[0]!r}")
    if missing := [c for c in expected if c not in header]:
        raise RulesError(f"{file}: line 1: column {missing[0]!r} is missing")
    hints = get_type_hints(row)
    return tuple(
        _read_row(f"{file}: line {n}", header, line, row, hints) for n, line in enumerate(lines[1:], 2) if line
    )


def _read_row(place: str, header: Sequence[str], cells: Sequence[str], row: type[Row], hints: Mapping[str, Any]) -> Row:
    if len(cells) != len(header):
        raise RulesError(f"{place}: {len(cells)} cells where the header has {len(header)}")
    values: dict[str, Any] = {}
    for column, cell in zip(header, cells, strict=True):
        name = column if column in hints else f"{column}_"
        try:
            values[name] = _READ[hints[name]](cell)
            if name in _DATES and cell:
                check_partial(cell)
        except ValueError as error:
            raise RulesError(f"{place}: column {column!r}: {cell!r}: {error}") from None
    if empty := [c for c in ("authority", "publisher", "date") if not values[c]]:
        raise RulesError(f"{place}: column {empty[0]!r}: every row cites what says so, who published it and when")
    return row(**values)


def unique(name: str, keys: Sequence[str]) -> None:
    """Refuse two rows with one key; line numbers count the header."""
    seen: dict[str, int] = {}
    for number, key in enumerate(keys, 2):
        if key in seen:
            raise RulesError(f"tables/{name}.csv: line {number}: {key!r} stands already in line {seen[key]}")
        seen[key] = number


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTables:
    """Every table as rows, in file order."""

    by_name: Mapping[str, tuple[rows.Cited, ...]]

    def of(self, name: str, row: type[Row]) -> tuple[Row, ...]:
        """Rows of table *name*, typed."""
        return tuple(r for r in self.by_name[name] if isinstance(r, row))
