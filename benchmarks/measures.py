"""Measures of two jobs: telling pairs of names apart, and finding one query in a list."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Answer = tuple[str, str, float]  # list, id, score 0.0–1.0
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Level:
    """What a threshold does to labelled pairs or queries."""

    threshold: float
    precision: float
    recall: float
    f1: float
    false_positives: float  # share of what should stay silent


def level(labels: Sequence[bool], scores: Sequence[float], threshold: float) -> Level:
    """Return precision, recall, F1 and false-positive rate at one threshold; a share of nothing is 0."""
    truth, said = np.asarray(labels, bool), np.asarray(scores) >= threshold
    right, false, missed = (int((said & truth).sum()), int((said & ~truth).sum()), int((~said & truth).sum()))
    silent = int((~truth).sum())
    return Level(
        threshold,
        right / (right + false) if right + false else 0.0,
        right / (right + missed) if right + missed else 0.0,
        2 * right / (2 * right + false + missed) if right else 0.0,
        false / silent if silent else 0.0,
    )


def best_level(labels: Sequence[bool], scores: Sequence[float]) -> Level:
    """Return the level of highest F1, its threshold half-way down to the next lower score."""
    steps = sorted(set(scores), reverse=True)
    best = max(steps, key=lambda t: level(labels, scores, t).f1)
    lower = next((s for s in steps if s < best), best)
    return level(labels, scores, (best + lower) / 2)


def auc(labels: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the chance that a random match scores above a random non-match; a tie counts half."""
    truth = np.asarray(labels, bool)
    _, place, counts = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    matches, others = int(truth.sum()), int((~truth).sum())
    return float((ranks[truth].sum() - matches * (matches + 1) / 2) / (matches * others))


@dataclass(frozen=True, slots=True)
class Screened:
    """One run over queries: of each, whether it is listed, place and score of the right answer, the best score."""

    listed: Bools
    rank: NDArray[np.int64]  # of the first right answer, from 1; 0 where there is none
    right: Floats
    top: Floats
    scores: tuple[Floats, ...]  # of every answer, best first
    correct: tuple[Bools, ...]  # beside each score, whether it names an entity that was asked for

    @classmethod
    def of(cls, expected: Sequence[frozenset[tuple[str, str]]], answers: Iterable[Sequence[Answer]]) -> Screened:
        """Judge *answers* by the keys *expected* of each query; an empty set says that nobody is listed."""
        scores, correct = [], []
        for wanted, found in zip(expected, answers, strict=True):
            ordered = sorted(found, key=lambda a: -a[2])
            scores.append(np.array([a[2] for a in ordered]))
            correct.append(np.array([a[:2] in wanted for a in ordered], bool))
        first = [int(c.argmax()) if c.any() else -1 for c in correct]
        return cls(
            np.array([bool(w) for w in expected]),
            np.array([f + 1 for f in first], np.int64),
            np.array([float(s[f]) if f >= 0 else 0.0 for s, f in zip(scores, first, strict=True)]),
            np.array([float(s[0]) if len(s) else 0.0 for s in scores]),
            tuple(scores),
            tuple(correct),
        )

    def recall(self, threshold: float, k: int = 5, where: Bools | None = None) -> float:
        """Return the share of listed queries whose right answer is among the first *k*, at the threshold."""
        asked = self.listed if where is None else self.listed & where
        good = (self.rank >= 1) & (self.rank <= k) & (self.right >= threshold)
        return float(good[asked].mean()) if asked.any() else float("nan")

    def false_positives(self, threshold: float) -> float:
        """Return the share of unlisted queries with any answer at the threshold."""
        return float((self.top[~self.listed] >= max(threshold, 1e-9)).mean())

    def alerts(self, threshold: float) -> float:
        """Return how many answers an unlisted query gets on average."""
        silent = [s for s, listed in zip(self.scores, self.listed, strict=True) if not listed]
        return float(np.mean([int((s >= threshold).sum()) for s in silent]))

    def at_false_positives(self, share: float) -> float:
        """Return the lowest threshold at which at most this share of unlisted queries gets an answer."""
        tops = np.sort(self.top[~self.listed])[::-1]
        allowed = int(np.floor(share * len(tops)))
        return float(np.nextafter(tops[allowed], 2.0)) if allowed < len(tops) else 0.0

    def at_recall(self, share: float, k: int = 5) -> float | None:
        """Return the highest threshold that finds this share of listed queries; None where none does."""
        good = (self.rank >= 1) & (self.rank <= k)
        scores = np.sort(np.where(good, self.right, -1.0)[self.listed])[::-1]
        lowest = scores[int(np.ceil(share * len(scores))) - 1]
        return None if lowest < 0 else float(lowest)

    def auc(self) -> float:
        """Return the AUC of the right answer's score against the best score of unlisted queries."""
        return auc(self.listed.tolist(), np.where(self.listed, self.right, self.top).tolist())


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose scores lie in one range, and how many of them are right."""

    low: float
    high: float
    answers: int
    right: float  # share
    said: float  # mean score


def reliability(scores: Floats, correct: Bools, edges: Sequence[float]) -> tuple[Bin, ...]:
    """Return, for each range of scores, the share that is right (not a number where there is no answer).

    The last range includes its upper end.
    """
    out = []
    for low, high in itertools.pairwise(edges):
        inside = (scores >= low) & ((scores < high) | ((high == edges[-1]) & (scores <= high)))
        count = int(inside.sum())
        right, said = (float(correct[inside].mean()), float(scores[inside].mean())) if count else (np.nan, np.nan)
        out.append(Bin(low, high, count, right, said))
    return tuple(out)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean gap between score and share of right answers, weighted by answers."""
    filled = [b for b in bins if b.answers]
    return float(sum(b.answers * abs(b.right - b.said) for b in filled) / max(sum(b.answers for b in filled), 1))
