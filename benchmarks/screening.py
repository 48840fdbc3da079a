"""The real job: one query against a whole list, by every engine, each in a process of its own on one core."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engines import ENGINES, WITH_ATTRIBUTES, Engine
from measures import Answer, Screened
from questions import Query, sample
from sanctions_exposure.model import ListedEntity

PATIENCE = 60.0  # seconds an engine may take over single queries; the slowest answer fewer


class Run(NamedTuple):
    """What one engine answered and what it took."""

    engine: str
    threshold: float
    answers: list[list[Answer]]
    build: float  # seconds
    batch: float  # seconds for all queries at once
    alone: tuple[float, ...]  # seconds of queries asked one at a time
    memory: float  # MB that the process has for itself in the end, above what it had before the build

    def judged(self, queries: Sequence[Query]) -> Screened:
        """Return the answers against the answer sheet."""
        return Screened.of([q.expected for q in queries], self.answers)


def on_one_core() -> None:
    """Keep this process on one core, so that engines that use several are not told apart from those that do not."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    if hasattr(os, "sched_setaffinity"):
        # The last core: the first one serves the machine's interrupts and this program's own printing.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def settle() -> None:
    """Keep the collector off what stands already.

    The list that this process was handed is not the engine's, but would be walked through in the middle of a query.
    """
    gc.collect()
    gc.freeze()


def private() -> float:
    """Return the memory that this process has for itself, files it maps left aside, in MB; Linux only."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty")) / 1024


def _measure(
    name: str, make: Callable[[], Engine], entities: Sequence[ListedEntity], queries: list[Query], single: int
) -> Run:
    on_one_core()
    engine, before, started = make(), private(), time.perf_counter()
    engine.build(entities)
    built = time.perf_counter()
    settle()
    engine.search(queries[:3])  # what is imported on first use is not the engine's speed
    warm = time.perf_counter()
    answers = engine.search(queries)
    done = time.perf_counter()
    alone = []
    for query in sample(queries, single, seed=2):
        tick = time.perf_counter()
        engine.search([query])
        alone.append(time.perf_counter() - tick)
        if sum(alone) > PATIENCE:
            break
    return Run(name, engine.threshold, answers, built - started, done - warm, tuple(alone), private() - before)


def run(
    entities: Sequence[ListedEntity], queries: list[Query], names: Sequence[str], *, single: int, attributes: bool
) -> list[Run]:
    """Let each of the named engines answer all *queries*, and *single* of them one at a time."""
    makers = WITH_ATTRIBUTES if attributes else ENGINES
    out = []
    for name in names:
        if name in makers:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                out.append(pool.apply(_measure, (name, makers[name], entities, queries, single)))
    return out


def microseconds(run: Run) -> tuple[float, float, float]:
    """Return the p50, p95 and p99 of single queries, in microseconds."""
    p50, p95, p99 = np.percentile(np.array(run.alone) * 1e6, (50, 95, 99))
    return float(p50), float(p95), float(p99)
