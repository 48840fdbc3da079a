"""How often a hit of a given score is right, fitted on one half of the questions and proven on the other."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

import report
from measures import Bools, Floats, Screened, calibration_error, reliability
from sanctions_exposure.policy.calibration import Calibration

POINTS = np.array([0.50, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 1.00])
EDGES = (0.50, 0.60, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 0.99, 1.0)
TOLD = (0.0, 0.05, 0.10, 0.20, 0.30, 0.50, 0.70, 0.85, 0.95, 0.98, 1.0)
Half = tuple[Floats, Bools, Bools]  # score of each hit, whether none stands before it, whether it is right


def hits_of(found: Screened, half: int) -> Half:
    """Return the hits of every second question, from the first (0) or the second (1)."""
    rows = [
        (score, score == scores[0], right)
        for scores, correct in list(zip(found.scores, found.correct, strict=True))[half::2]
        for score, right in zip(scores.tolist(), correct.tolist(), strict=True)
    ]
    table = np.array(rows, float).reshape(-1, 3)
    return table[:, 0], table[:, 1] > 0, table[:, 2] > 0


def fit(scores: Floats, right: Bools) -> Floats:
    """Return the shares at `POINTS`, never falling, under which these hits are likeliest; straight between them."""

    def shares(steps: Floats) -> Floats:
        rising = steps[0] + np.concatenate(([0.0], np.cumsum(np.exp(steps[1:]))))
        return np.asarray(1 / (1 + np.exp(-rising)))

    def surprise(steps: Floats) -> float:
        told = np.clip(np.interp(scores, POINTS, shares(steps)), 1e-4, 1 - 1e-4)
        return float(-np.where(right, np.log(told), np.log(1 - told)).mean())

    start = np.concatenate(([-4.0], np.full(len(POINTS) - 1, -0.5)))
    return np.round(shares(minimize(surprise, start, method="L-BFGS-B").x), 3)


def told(curve: Calibration, half: Half) -> Floats:
    """Return the probability that *curve* tells of each hit."""
    return np.array([curve.probability(score, best=bool(best)) for score, best, _ in zip(*half, strict=True)])


def tables(found: Screened, curve: Calibration) -> str:
    """Return the shares by score and by told probability, and the points that the first half gives."""
    first, second = hits_of(found, 0), hits_of(found, 1)
    rows = []
    for parts in zip(*(_bins(half, best) for best in (True, False) for half in (first, second)), strict=True):
        span = f"{parts[0].low:.2f}–{parts[0].high:.2f}"
        rows.append((span, *(value for part in parts for value in (part.answers, part.right))))
    head = ("score", "in first place, fitted half", "right", "proving half", "right", "behind, fitted half", "right")
    by_score = report.table((*head, "proving half", "right"), rows)
    said = told(curve, second)
    bins = reliability(said, second[2], TOLD)
    by_told = report.table(
        ("told", "hits", "told in the mean", "right"),
        [(f"{b.low:.2f}–{b.high:.2f}", b.answers, b.said, b.right) for b in bins],
    )
    before, after = calibration_error(reliability(second[0], second[2], EDGES)), calibration_error(bins)
    points = [fit(first[0][first[1] == best], first[2][first[1] == best]).tolist() for best in (True, False)]
    lines = [f"    [{p:.2f}, {a:.3f}, {b:.3f}]," for p, a, b in zip(POINTS.tolist(), *points, strict=True)]
    print("points of [calibration] as the fitted half gives them:", *lines, sep="\n")
    return (
        f"{by_score}\n\nOn the proving half, by the probability told:\n\n{by_told}\n\n"
        f"Mean gap between score and share of right hits on the proving half: {before:.3f};"
        f" between probability and share: {after:.3f}."
    )


def _bins(half: Half, best: bool) -> tuple:  # noqa: FBT001 - one of two kinds of hit
    chosen = half[1] == best
    return reliability(half[0][chosen], half[2][chosen], EDGES)
