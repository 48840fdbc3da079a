"""Pairs of names and pairs of records: is this the same party?"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from engines import SCORERS, THRESHOLDS
from measures import Level, auc, best_level, level
from questions import Pair
from screening import on_one_core


class Row(NamedTuple):
    """One scorer over all pairs."""

    scorer: str
    auc: float
    best: Level  # at the threshold that suits it best here
    own: Level  # at the one it would be run at
    disputed_wrong: int  # pairs beyond dispute that it gets wrong at its own threshold
    beyond_dispute: int
    microseconds: float  # a pair, the best of three rounds


def run(pairs: Sequence[Pair], names: Sequence[str]) -> list[Row]:
    """Let each of the named scorers judge all *pairs*."""
    if not pairs:
        return []
    out = []
    for name in names:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            out.append(pool.apply(_measure, (name, SCORERS[name], list(pairs))))
    return out


def _measure(name: str, scorer: Callable[[Pair], float], pairs: list[Pair]) -> Row:
    on_one_core()
    truth, scores = [p.same for p in pairs], [scorer(p) for p in pairs]
    own = level(truth, scores, THRESHOLDS[name])
    sure = [(s >= own.threshold) != p.same for s, p in zip(scores, pairs, strict=True) if p.beyond_dispute]
    took = min(_round(scorer, pairs) for _ in range(3)) / len(pairs) * 1e6
    return Row(name, auc(truth, scores), best_level(truth, scores), own, sum(sure), len(sure), took)


def _round(scorer: Callable[[Pair], float], pairs: Sequence[Pair]) -> float:
    started = time.perf_counter()
    for pair in pairs:
        scorer(pair)
    return time.perf_counter() - started
