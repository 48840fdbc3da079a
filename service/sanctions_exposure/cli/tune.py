"""``exposure tune``: what each threshold would have done to decisions that reviewers have made."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.table import Table
from rich.text import Text

from sanctions_exposure.answer import reason
from sanctions_exposure.cli.console import err, out
from sanctions_exposure.cli.exits import Exit
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.locate import data_folder
from sanctions_exposure.matching.explain import compare
from sanctions_exposure.model import Json, NameQuery
from sanctions_exposure.policy import Ruleset, load_ruleset
from sanctions_exposure.question import read_name_query
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.screener import Screener

_COLUMNS: Final = frozenset({"name", "listed_name", "list", "entity_id", "schema", "country", "birth_date", "decision"})
_ASKED: Final = ("name", "schema", "country", "birth_date")
_VERDICTS: Final = {
    **dict.fromkeys(("true", "yes", "1", "match", "true match", "true_match"), True),
    **dict.fromkeys(("false", "no", "0", "false positive", "false_positive"), False),
}  # fmt: skip
_STEPS: Final = tuple(round(0.50 + 0.05 * n, 2) for n in range(10))
_MOST_HITS: Final = 1_000  # of one name; a decision is looked for among them
_REVIEW: Final = "name-review"
_SHOWN: Final = 5  # faults of a file that are told at once
_LARGEST: Final = 64 * 2**20  # bytes of a file of decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a reviewer said of one name and one listed party."""

    row: int  # as a spreadsheet numbers it
    query: NameQuery
    listed_name: str  # empty where the listed party is given by list and id
    listed: tuple[str, str]
    is_match: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one threshold does to all decisions; a share of nothing is None."""

    threshold: float
    profiles: tuple[str, ...]
    recall: float | None  # of the matches
    false_positive_rate: float | None  # of what was no match
    precision: float | None  # of the alerts
    alerts: int


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def tune(context: click.Context, file: Path, form: str) -> None:
    """Show what each threshold would do to the decisions in FILE.

    FILE is a CSV of reviewed pairs: name (as screened), then listed_name, or list and entity_id, and decision (true or
    false); schema, country and birth_date may stand beside them.
    """
    settings = Settings.from_env()
    decisions = read_decisions(file)
    scores, gone = _scores(decisions, settings)
    kept = [(score, d.is_match) for d, score in zip(decisions, scores, strict=True) if score is not None]
    table = steps(kept, load_ruleset(data_folder("rules", settings.rules)))
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode({"decisions": len(kept), "steps": table}), indent=2))
    else:
        _print(table, kept)
    for decision in gone:
        source, ident = decision.listed
        err().print(Text(f"{file.name} row {decision.row}: {ident!r} is not on list {source!r} now, left out"))
    context.exit(Exit.REJECTED if gone else Exit.OK)


# -- in ------------------------------------------------------------------------------------------


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Return the decisions of a CSV file.

    Raises:
        InvalidInput: it cannot be read as decisions; the message names file and rows.
    """
    found: list[Decision] = []
    faults: list[str] = []
    for row, cells in _rows(path):
        try:
            found.append(_decision(row, cells))
        except InvalidInput as error:
            faults.append(f"{path.name} row {row}: {reason(error)}")
    if faults:
        more = f"\n… and {len(faults) - _SHOWN} more rows" if len(faults) > _SHOWN else ""
        raise InvalidInput("\n".join(faults[:_SHOWN]) + more)
    if not found:
        raise InvalidInput(f"{path.name}: holds no decision")
    return tuple(found)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (row number, cells by column) of each row that is not blank."""
    if path.stat().st_size > _LARGEST:
        raise InvalidInput(f"{path.name}: larger than {_LARGEST >> 20} MB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name}: byte {error.start} is no UTF-8: save it as CSV UTF-8") from None
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        columns = [cell.strip().casefold() for cell in next(reader, [])]
        _check_columns(path, columns)
        for row, cells in enumerate(reader, start=2):
            if len(cells) > len(columns):
                raise InvalidInput(f"{path.name} row {row}: {len(cells)} cells, but the header has {len(columns)}")
            if any(cell.strip() for cell in cells):
                yield row, {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name in _COLUMNS}
    except csv.Error as error:
        raise InvalidInput(f"{path.name} line {reader.line_num}: {error}") from None


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    if missing := [name for name in ("name", "decision") if name not in columns]:
        raise InvalidInput(f"{path.name} row 1: there is no column {missing[0]!r}")
    if "listed_name" not in columns and not {"list", "entity_id"} <= set(columns):
        raise InvalidInput(f"{path.name} row 1: needs the column 'listed_name', or both 'list' and 'entity_id'")
    if doubled := [name for name in _COLUMNS if columns.count(name) > 1]:
        raise InvalidInput(f"{path.name} row 1: column {min(doubled)!r} stands there twice")


def _decision(row: int, cells: Mapping[str, str]) -> Decision:
    asked: dict[str, Json] = {key: cells[key] for key in _ASKED if cells.get(key)}
    said, listed_name = cells.get("decision", ""), cells.get("listed_name", "")
    listed = (cells.get("list", ""), cells.get("entity_id", ""))
    if said.casefold() not in _VERDICTS:
        raise InvalidInput(f"decision: {said!r} is neither true nor false")
    if not listed_name and not all(listed):
        raise InvalidInput("names no listed party: listed_name, or list and entity_id")
    return Decision(
        row=row,
        query=read_name_query(asked if "name" in asked else {**asked, "name": ""}),
        listed_name=read_name_query(listed_name).names[0] if listed_name else "",
        listed=listed,
        is_match=_VERDICTS[said.casefold()],
    )


# -- what matching says --------------------------------------------------------------------------


def _scores(decisions: Sequence[Decision], settings: Settings) -> tuple[list[float | None], tuple[Decision, ...]]:
    """Return the score of each decision, None where its listed party is gone, and those whose party is."""
    asked = [d for d in decisions if not d.listed_name]
    found = dict(zip((d.row for d in asked), _searched(asked, settings) if asked else (), strict=True))
    scores = [found[d.row] if d.row in found else _compared(d) for d in decisions]
    return scores, tuple(d for d, score in zip(decisions, scores, strict=True) if score is None)


def _compared(decision: Decision) -> float:
    return compare(decision.query.names[0], decision.listed_name, decision.query.schema).score


def _searched(decisions: Sequence[Decision], settings: Settings) -> Iterator[float | None]:
    """Yield what a search of the lists says of each: 0 where it would not have brought the party at all."""
    snapshot = Screener.open(settings).snapshot
    queries = [d.query for d in decisions]
    results = snapshot.search_many(queries, limit=_MOST_HITS, cutoff=_STEPS[0])
    for decision, hits in zip(decisions, results, strict=True):
        if snapshot.entity(*decision.listed) is None:
            yield None
        else:
            yield next((h.score for h in hits if (h.list, h.entity_id) == decision.listed), 0.0)


def steps(scored: Sequence[tuple[float, bool]], ruleset: Ruleset) -> tuple[Step, ...]:
    """Return what each threshold, those of the profiles among them, does to (score, is a match)."""
    profiles: dict[float, list[str]] = {step: [] for step in _STEPS}
    for name, profile in ruleset.profiles.items():
        value = profile.thresholds.get(_REVIEW, ruleset.thresholds[_REVIEW].value)
        profiles.setdefault(value, []).append(name)
    return tuple(_step(scored, value, tuple(names)) for value, names in sorted(profiles.items()))


def _step(scored: Sequence[tuple[float, bool]], threshold: float, profiles: tuple[str, ...]) -> Step:
    alerts = [is_match for score, is_match in scored if score >= threshold]
    matches = sum(is_match for _, is_match in scored)
    return Step(
        threshold=threshold,
        profiles=profiles,
        recall=_share(sum(alerts), matches),
        false_positive_rate=_share(len(alerts) - sum(alerts), len(scored) - matches),
        precision=_share(sum(alerts), len(alerts)),
        alerts=len(alerts),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


# -- out -----------------------------------------------------------------------------------------


def _print(table: Sequence[Step], scored: Sequence[tuple[float, bool]]) -> None:
    matches = sum(is_match for _, is_match in scored)
    grid = Table("Threshold", "Recall", "False positives", "Precision", "Alerts", "Profile", box=None, pad_edge=False)
    for column in grid.columns[:-1]:
        column.justify = "right"
    for step in table:
        shares = (_percent(s) for s in (step.recall, step.false_positive_rate, step.precision))
        style = "bold" if step.profiles else ""
        grid.add_row(f"{step.threshold:.2f}", *shares, f"{step.alerts:,}", ", ".join(step.profiles), style=style)
    console = out()
    console.print(f"{len(scored):,} decisions, {matches:,} of them matches")
    console.print(grid)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
