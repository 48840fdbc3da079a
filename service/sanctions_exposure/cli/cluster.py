"""``exposure screen --cluster``: a portfolio of many files on a Dask cluster, its progress on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sanctions_exposure.bulk.cells import Tally
from sanctions_exposure.cli.console import err
from sanctions_exposure.model import Json
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.spread import basis_of, screen_on


def screen_on_cluster(  # noqa: PLR0913 - one command line
    screener: Screener,
    files: Sequence[Path | str],
    output: Path | str,
    address: str,
    *,
    mapping: Mapping[str, str],
    common: Mapping[str, Json],
) -> Tally:
    """Screen every part of *files* into the folder *output*.

    Raises:
        NotReady: the scheduler does not answer, or a worker may not.
        InvalidInput: files cannot be read, or the folder is not empty.
    """
    try:
        from sanctions_exposure.bulk.cluster.parts import find_parts, prepare_folder
        from sanctions_exposure.bulk.cluster.run import Run, connected, screen_parts
    except ImportError as error:
        raise click.UsageError(
            f"--cluster needs the extra: pip install 'sanctions-exposure[cluster]' ({error})"
        ) from error
    folder = str(output)
    run = Run(
        parts=find_parts([str(one) for one in files]),
        folder=folder,
        basis=basis_of(screener, common),
        mapping=mapping,
    )
    tally, console = Tally(), err()
    with connected(address) as client:
        prepare_folder(folder)
        console.print(f"{len(run.parts):,} parts on {address}; dashboard: {client.dashboard_link}", style="dim")
        with _progress() as progress:
            task = progress.add_task("", total=len(run.parts), rows=0)
            for done in screen_parts(client, run, partial(screen_on, run.basis)):
                tally.merge(done.tally)
                progress.update(task, advance=1, rows=f"{tally.rows:,}")
    console.print(tally.summary(), style="dim")
    return tally


def _progress() -> Progress:
    console = err()
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("parts, {task.fields[rows]} rows"), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
