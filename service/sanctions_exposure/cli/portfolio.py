"""``exposure screen --since``: a portfolio again, only where answers may differ from those it had."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from sanctions_exposure.bulk.answers import screened
from sanctions_exposure.bulk.basis import Basis, Record, record_of
from sanctions_exposure.bulk.cells import AnswerMany, Tally
from sanctions_exposure.bulk.portfolio import Rescreening, is_parquet, read_answers, read_record
from sanctions_exposure.bulk.table import Reading, Table
from sanctions_exposure.cli.console import err
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.wiring.rescreening import part_of
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.spread import basis_of, screen_here
from sanctions_exposure.wiring.writing import is_plain, place_for, refuse_input

_TABLES: Final = {".csv", ".tsv", ".txt"}


def screen_since(  # noqa: PLR0913 - one command line
    screener: Screener,
    portfolio: Path,
    output: Path,
    *,
    since: str,
    previous: Path | None,
    mapping: Mapping[str, str],
    common: Mapping[str, Json],
) -> Tally:
    """Screen *portfolio* into *output*, with a record beside it that the next time can build on.

    Args:
        screener: of the lists as they are now.
        portfolio: CSV or Parquet.
        output: of the same form.
        since: the snapshot that the previous answers rest on.
        previous: the file that holds them; the portfolio itself, where it is a result.
        mapping: from its columns to ours.
        common: what is said once for every row.

    Raises:
        InvalidInput: a file cannot be read, or the previous one is not as it was written.
    """
    if is_parquet(portfolio) != is_parquet(output) or not (is_parquet(portfolio) or _is_table(portfolio)):
        raise click.UsageError("--since takes a CSV or Parquet file, and --output one of the same form")
    if not is_plain(output):
        raise click.UsageError(f"{output}: is no file; --since writes one that the next time can build on")
    refuse_input(output, (portfolio, *((previous,) if previous else ())))
    result = previous or portfolio
    basis, tally, console = basis_of(screener, common), Tally(), err()
    try:
        record = read_record(result)
    except InvalidInput as error:
        console.print(f"The previous answers are not believed: {error}.")
        record = None
    answer: AnswerMany = screen_here(screener, basis)
    with part_of(screener, record.basis if record else None, basis, since) as part:
        if part.because or record is None:
            console.print(f"Everything is screened: {part.because}.")
            found = _screened(portfolio, output, answer, tally, mapping)
        else:
            console.print(f"{part.told[:1].upper()}{part.told[1:]}.")
            again = Rescreening(screen_here(screener, basis), read_answers(result, record), part.touched)
            found = _screened(portfolio, output, again, tally, mapping)
            console.print(f"{again.screened:,} questions were screened, {again.kept:,} kept their answer.")
    _keep(output, basis, found, tally)
    console.print(tally.summary(), style="dim")
    return tally


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in _TABLES


def _screened(
    portfolio: Path, output: Path, answer: AnswerMany, tally: Tally, mapping: Mapping[str, str]
) -> Mapping[str, str]:
    """Write the answers and return how the columns were understood; *output* appears when it is whole."""
    try:
        with portfolio.open("rb") as stream, place_for(output) as aside:
            if is_parquet(portfolio):
                from sanctions_exposure.bulk.parquet import screen_parquet

                screen_parquet(stream, aside, answer, tally, mapping=mapping)
                understood = mapping
            else:
                table = Table(stream, Reading(mapping=mapping))
                for remark in table.layout.remarks():
                    err().print(f"{portfolio.name}: {remark}", style="dim")
                understood = {f"#{at + 1}": meaning for at, meaning in table.layout.columns.items()}
                with aside.open("wb") as target:
                    for piece in screened(table, answer, tally):
                        target.write(piece)
    except OSError as error:
        raise InvalidInput(f"{portfolio.name}: {error}") from error
    return understood


def _keep(output: Path, basis: Basis, mapping: Mapping[str, str], tally: Tally) -> None:
    with output.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    record = Record(basis=basis, mapping=mapping, files={output.name: digest}, rows=tally.rows)
    record_of(output).write_bytes(record.to_json())
