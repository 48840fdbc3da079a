import numpy as np
import pytest
from hypothesis import strategies as st

from measures import Screened, auc, best_level, calibration_error, level, reliability

SCORES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def test_a_level_counts_what_is_right_false_and_missed() -> None:
    found = level([True, True, False, False], [0.9, 0.4, 0.8, 0.1], 0.7)

    assert (found.precision, found.recall, found.f1, found.false_positives) == (0.5, 0.5, 0.5, 0.5)


def test_the_best_level_lies_between_the_scores_it_parts() -> None:
    found = best_level([True, True, False], [0.9, 0.8, 0.2])

    assert (found.f1, found.threshold) == (1.0, 0.5)


def test_auc_is_the_share_of_pairs_in_the_right_order_and_a_tie_counts_half() -> None:
    assert auc([True, True, False, False], [0.9, 0.5, 0.5, 0.1]) == pytest.approx(3.5 / 4)


ONE, TWO, OTHER = ("l", "1"), ("l", "2"), ("l", "9")


@pytest.fixture
def screened() -> Screened:
    """Two listed queries, one found second, and two unlisted ones, one with two hits."""
    expected = [frozenset({ONE}), frozenset({TWO}), frozenset(), frozenset()]
    return Screened.of(
        expected,
        [
            [(*ONE, 0.9), (*OTHER, 0.7)],
            [(*TWO, 0.6), (*OTHER, 0.8)],
            [(*OTHER, 0.75), (*ONE, 0.72)],
            [],
        ],
    )


def test_recall_asks_for_the_right_entity_among_the_first_hits(screened: Screened) -> None:
    assert screened.recall(0.5, k=5) == 1.0
    assert screened.recall(0.5, k=1) == 0.5
    assert screened.recall(0.7, k=5) == 0.5


def test_false_positives_count_queries_and_alerts_count_hits(screened: Screened) -> None:
    assert screened.false_positives(0.7) == 0.5
    assert screened.alerts(0.7) == 1.0
    assert screened.alerts(0.74) == 0.5


def test_a_query_without_hits_is_no_false_positive_at_any_threshold(screened: Screened) -> None:
    assert screened.false_positives(0.0) == 0.5


def test_thresholds_are_found_for_a_share(screened: Screened) -> None:
    assert screened.at_recall(1.0) == 0.6
    assert screened.at_recall(0.5) == 0.9
    assert screened.false_positives(screened.at_false_positives(0.0)) == 0.0
    assert screened.false_positives(screened.at_false_positives(0.5)) == 0.5


def test_no_threshold_finds_what_was_never_among_the_hits() -> None:
    missed = Screened.of([frozenset({ONE})], [[(*OTHER, 0.9)]])

    assert missed.at_recall(0.9) is None


def test_reliability_leaves_no_score_out() -> None:
    bins = reliability(np.array([0.5, 0.7, 0.99, 1.0]), np.array([False, True, True, True]), (0.5, 0.7, 0.9, 1.0))

    assert [b.answers for b in bins] == [1, 1, 2]
    assert calibration_error(bins) == pytest.approx((0.5 + 0.3 + 2 * 0.005) / 4)
