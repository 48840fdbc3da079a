"""Probabilities: what a score of a hit is worth, by points that are data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import RulesError
from sanctions_exposure.model import Hit, NameKind, Schema
from sanctions_exposure.policy.calibration import Calibration
from sanctions_exposure.policy.documents import read_calibration

CURVE = Calibration(scores=(0.5, 0.8, 1.0), best=(0.0, 0.6, 1.0), other=(0.0, 0.1, 0.5), reason="invented")


def hit(score: float) -> Hit:
    return Hit(
        list="invented", entity_id="1", caption="Zelmir", schema=Schema.COMPANY, score=score, matched_name="Zelmir",
        alias_strength=NameKind.PRIMARY, query_name="Zelmir", features={"name": score},
    )  # fmt: skip


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_higher_score_is_never_told_a_lower_probability(a: float, b: float, best: bool) -> None:
    low, high = sorted((a, b))

    assert 0 <= CURVE.probability(low, best=best) <= CURVE.probability(high, best=best) <= 1


def test_between_two_points_the_line_is_straight_and_beyond_them_flat() -> None:
    assert [CURVE.probability(s, best=True) for s in (0.2, 0.65, 0.8, 0.9, 1.0)] == [0.0, 0.3, 0.6, 0.8, 1.0]


def test_hits_that_share_the_first_place_are_told_alike_and_those_behind_are_told_less() -> None:
    told = CURVE.told([hit(0.9), hit(0.9), hit(0.8)])

    assert [h.features["probability"] for h in told] == [0.8, 0.8, 0.1]
    assert [h.features["name"] for h in told] == [0.9, 0.9, 0.8]


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        ([[0.5, 0.1, 0.1]], "is not a list"),
        ([[0.5, 0.1], [0.6, 0.2]], "is not a list"),
        ([[0.5, 0.1, 0.1], [0.6, 1.2, 0.1]], "is not a list"),
        ([[0.5, 0.1, 0.1], [0.6, 0.05, 0.1]], "does not rise"),
        ([[0.6, 0.1, 0.1], [0.6, 0.2, 0.1]], "does not rise"),
    ],
)
def test_a_curve_that_falls_or_is_no_curve_is_refused(points: list[object], fault: str) -> None:
    with pytest.raises(RulesError, match=f"calibration: points: .*{fault}"):
        read_calibration("thresholds.toml", {"calibration": {"points": points, "reason": "invented"}})


def test_rules_without_a_curve_tell_no_probability() -> None:
    assert read_calibration("thresholds.toml", {}) is None
