"""The curve from scores to probabilities, as the benchmark fits and proves it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration import POINTS, fit, hits_of
from measures import Screened

PAIRS = st.lists(st.tuples(st.floats(0.5, 1.0), st.booleans()), min_size=5, max_size=50)


@settings(max_examples=20, deadline=None)
@given(PAIRS)
def test_the_fitted_shares_never_fall(pairs: list[tuple[float, bool]]) -> None:
    shares = fit(np.array([s for s, _ in pairs]), np.array([c for _, c in pairs]))

    assert (np.diff(shares) >= 0).all()
    assert ((shares >= 0) & (shares <= 1)).all()


def test_the_fit_finds_the_shares_that_made_the_hits() -> None:
    scores = np.repeat(POINTS, 1_000)
    right = np.tile(np.arange(1_000), len(POINTS)) < np.repeat((POINTS - 0.5) * 1_600 + 100, 1_000)

    assert fit(scores, right) == pytest.approx((POINTS - 0.5) * 1.6 + 0.1, abs=0.01)


def test_hits_that_share_the_first_place_are_all_best_ones() -> None:
    keys = [("un", "a"), ("eu", "b"), ("un", "c")]
    found = Screened.of(
        [frozenset(keys[:1]), frozenset()], [[(*k, s) for k, s in zip(keys, (0.9, 0.9, 0.8), strict=True)], []]
    )

    scores, best, right = hits_of(found, 0)

    assert scores.tolist() == [0.9, 0.9, 0.8]
    assert best.tolist() == [True, True, False]
    assert right.tolist() == [True, False, False]
