"""From a score, which ranks, to a probability: how often a hit of this score was right on labelled questions.

The best hits of a question and those that a better one stands before are told apart: a second-best hit of 0.9 is
mostly a namesake.  The curve is data (``[calibration]`` in ``thresholds.toml``), straight between its points.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from sanctions_exposure.model import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Points of rising score; beside each, the share of hits that were right, never falling."""

    scores: tuple[float, ...]
    best: tuple[float, ...]  # of hits that no other hit of the question stands before
    other: tuple[float, ...]  # of the others
    reason: str

    def probability(self, score: float, *, best: bool) -> float:
        """Return the share of hits of this score that were right, 0.0–1.0; beyond the points, that of the nearest."""
        shares = self.best if best else self.other
        at = bisect_right(self.scores, score)
        if at in {0, len(shares)}:
            return shares[min(at, len(shares) - 1)]
        low, high = self.scores[at - 1], self.scores[at]
        return round(shares[at - 1] + (shares[at] - shares[at - 1]) * (score - low) / (high - low), 3)

    def told(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits of one question, best first, each with its ``probability`` among its features."""
        top = max((hit.score for hit in hits), default=0.0)
        return [
            replace(hit, features={**hit.features, "probability": self.probability(hit.score, best=hit.score == top)})
            for hit in hits
        ]
