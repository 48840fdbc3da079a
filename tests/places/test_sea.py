from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.places import Passage, crossed, great_circle, sea_leg

HORMUZ = Passage(id="hormuz", name="Strait of Hormuz", south=25.5, north=27.3, west=55.5, east=57.2)
CASPIAN = Passage(id="caspian", name="Caspian Sea", south=36.0, north=47.6, west=46.4, east=55.0)
BOSPHORUS = Passage(id="bosphorus", name="Bosphorus", south=40.9, north=41.35, west=28.8, east=29.4)
ALL = (HORMUZ, CASPIAN, BOSPHORUS)

points = st.tuples(st.floats(-80, 80), st.floats(-179, 179))


@pytest.mark.parametrize(
    ("start", "end", "passages"),
    [
        ((27.15, 56.2), (18.95, 72.95), ["hormuz"]),
        ((46.35, 48.03), (37.47, 49.46), ["caspian"]),
        ((44.72, 37.77), (36.79, 34.63), ["bosphorus"]),
        ((53.55, 9.99), (51.9, 4.44), []),
    ],
    ids=["Bandar Abbas to Nhava Sheva", "Astrakhan to Anzali", "Novorossiysk to Mersin", "Hamburg to Rotterdam"],
)
def test_a_sea_leg_takes_the_passages_a_ship_must_take(
    start: tuple[float, float], end: tuple[float, float], passages: list[str]
) -> None:
    leg = sea_leg(start, end)

    assert leg is not None
    assert [p.id for p in crossed(leg, ALL)] == passages
    assert leg.km >= 0.9 * great_circle(start, end)


@given(one=points, other=points)
def test_a_distance_is_the_same_both_ways_and_no_more_than_half_the_globe(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    there, back = great_circle(one, other), great_circle(other, one)

    assert there == pytest.approx(back)
    assert 0 <= there <= 20_016


@given(start=points, end=points)
def test_a_piece_that_starts_in_a_box_meets_it(start: tuple[float, float], end: tuple[float, float]) -> None:
    box = Passage(id="b", name="b", south=start[0] - 1, north=start[0] + 1, west=start[1] - 1, east=start[1] + 1)

    assert box.met_by(start, end)
    assert box.met_by(end, start)


def test_ways_that_several_threads_ask_for_are_those_that_one_asks_for() -> None:
    points = [
        (46.3, 48.0),
        (37.4, 49.4),
        (18.9, 72.9),
        (27.2, 56.3),
        (53.5, 9.9),
        (41.0, 29.0),
        (25.0, 55.1),
        (1.3, 103.8),
    ]
    asked = [(a, b) for a in points for b in points if a != b]

    with ThreadPoolExecutor(8) as threads:
        at_once = list(threads.map(lambda ends: sea_leg.__wrapped__(*ends), asked))

    for ends, found in zip(asked, at_once, strict=True):
        alone = sea_leg.__wrapped__(*ends)
        assert (found and found.path) == (alone and alone.path), ends
