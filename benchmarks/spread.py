"""One process against a local Dask cluster of two single-threaded workers, and a daily diff against everything.

    EXPOSURE_DATA=… python benchmarks/spread.py portfolio.csv --rows 20000
    EXPOSURE_DATA=… python benchmarks/spread.py portfolio.csv --since SNAPSHOT --previous-day 2026-01-01

The portfolio needs a column ``name``; rows are repeated with another last word until there are enough distinct ones.
Wall time is only worth comparing inside one run on a machine with two idle cores; processor time says what the work
costs wherever it runs.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from sanctions_exposure import Screener
from sanctions_exposure.bulk.cells import cells
from sanctions_exposure.bulk.portfolio import Rescreening, key_of
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.wiring.rescreening import part_of
from sanctions_exposure.wiring.spread import basis_of, screen_here, screen_on

PARTS = 16
CHUNK = 1_000


def portfolio(path: Path, rows: int) -> pd.DataFrame:
    """Return as many distinct names as asked for, mixed."""
    names = pd.read_csv(path, dtype=str, keep_default_na=False)["name"].drop_duplicates().tolist()
    last = [name.split()[-1] for name in names]
    found = list(
        dict.fromkeys(
            [*names, *(f"{n} {last[(i * 7 + k) % len(last)]}" for k in range(9) for i, n in enumerate(names))]
        )
    )
    return pd.DataFrame({"name": found[:rows]}).sample(frac=1, random_state=7).reset_index(drop=True)


def clocked(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return wall seconds, processor seconds of this process, and what *work* gives."""
    wall, spent = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - wall, time.process_time() - spent, found


def spread(screener: Screener, frame: pd.DataFrame) -> None:
    """Measure one process and two workers, each on files it reads and writes."""
    from distributed import Client, LocalCluster

    from sanctions_exposure.bulk.cluster.parts import find_parts
    from sanctions_exposure.bulk.cluster.run import Run, screen_parts
    from sanctions_exposure.bulk.cluster.work import screen_part

    basis = basis_of(screener)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        source.mkdir()
        size = -(-len(frame) // PARTS)
        for number in range(PARTS):
            frame[number * size : (number + 1) * size].to_parquet(source / f"{number:03}.parquet", index=False)
        parts = find_parts([str(source)])
        for name in ("warm", "alone", "out"):
            (Path(folder) / name).mkdir()
        here = screen_here(screener, basis)
        warm, parts = frame["name"][: 2 * size].tolist(), parts[2:]
        rows = len(frame) - len(warm)
        _warmed(here, warm)
        wall, spent, _ = clocked(lambda: [screen_part(part, f"{folder}/alone", here, {}) for part in parts])
        print(f"one process: {wall:.1f} s wall, {spent:.1f} s processor, {rows / wall:,.0f} rows/s")
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            client.run(_warmed, partial(screen_on, basis), warm)  # opening is once a night, not once a row
            before = sum(client.run(_spent).values())
            run = Run(parts=parts, folder=f"{folder}/out", basis=basis, mapping={})
            both, _, _ = clocked(lambda: list(screen_parts(client, run, partial(screen_on, basis))))
            theirs = sum(client.run(_spent).values()) - before
        print(f"two workers: {both:.1f} s wall, {theirs:.1f} s processor, {rows / both:,.0f} rows/s")
        print(f"ratio of wall time: {wall / both:.2f}; of rows a processor second: {spent / theirs:.2f}")


def _warmed(answer: Callable[[Sequence[Any]], Sequence[Any]], names: Sequence[str]) -> None:
    """Open the lists and fill what a process remembers of words, as the first minute of a night does."""
    _answered(answer, [{"name": name} for name in names])


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def diff(screener: Screener, frame: pd.DataFrame, since: str) -> None:
    """Measure a portfolio against the lists of another day: everything, and only what can have changed."""
    requests = [{"name": name} for name in frame["name"]]
    then = Screener.of_folder(screener.settings, Library(screener.settings.data).snapshots / since)
    before, now = basis_of(then), basis_of(screener)
    answers = {
        key_of(r): cells(one) for r, one in zip(requests, _answered(screen_here(then, before), requests), strict=True)
    }
    del then
    here = screen_here(screener, now)
    _answered(here, requests[:CHUNK])
    wall, spent, whole = clocked(lambda: [cells(one) for one in _answered(here, requests)])

    with ExitStack() as stack:
        compared, spent_once, part = clocked(lambda: stack.enter_context(part_of(screener, before, now, since)))
        work = Rescreening(here, answers, part.touched)
        wall_part, spent_part, found = clocked(lambda: [cells(one) for one in _answered(work, requests)])
    if found != whole:
        raise SystemExit("the law is broken: the answers differ")
    print(part.because or part.told)
    print(
        f"everything: {wall:.1f} s wall, {spent:.1f} s processor; {len(requests) / spent:,.0f} rows a processor second"
    )
    print(f"once a night, comparing the lists: {compared:.1f} s wall, {spent_once:.1f} s processor")
    print(
        f"in part: {wall_part:.1f} s wall, {spent_part:.1f} s processor; kept {work.kept:,}, screened {work.screened:,}"
    )
    print(f"ratio of processor time: {spent / spent_part:.1f}")


def _answered(answer: Callable[[Sequence[Any]], Sequence[Any]], requests: Sequence[Any]) -> list[Any]:
    return [one for at in range(0, len(requests), CHUNK) for one in answer(requests[at : at + CHUNK])]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("portfolio", type=Path)
    arguments.add_argument("--rows", type=int, default=20_000)
    arguments.add_argument("--since", default="")
    given = arguments.parse_args()
    screener = Screener.open(Settings.from_env())
    frame = portfolio(given.portfolio, given.rows)
    print(f"{len(frame):,} distinct names, snapshot {screener.snapshot.id}")
    print(f"{os.cpu_count()} cores, of which others use {os.getloadavg()[0]:.1f}")
    diff(screener, frame, given.since) if given.since else spread(screener, frame)


if __name__ == "__main__":
    main()
