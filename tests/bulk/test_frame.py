import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanctions_exposure.bulk.cells import OUTPUT, Result, cells
from sanctions_exposure.bulk.frame import screen_frame
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.question import row_document
from sanctions_exposure.wiring.screener import Screener
from support.asking import Echo

names = st.sampled_from(["Example", "Sample", "", "?!", "=1+1", "Пример"]) | st.text(max_size=6)
listed = st.sampled_from(["OJSC BelAZ", "БелАЗ", "Belaz", "Harmless Bakery GmbH", "?", "IRISL"]) | st.text(max_size=6)
countries = st.sampled_from(["by", "", "Atlantis", "NA"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, countries), min_size=1, max_size=10))
def test_a_frame_says_what_each_row_says_alone(table: list[tuple[str, str]]) -> None:
    out = screen_frame(pd.DataFrame(table, columns=["name", "country"]), Echo())

    for (name, country), found in zip(table, out[list(OUTPUT)].itertuples(index=False), strict=True):
        (alone,) = Echo()([row_document({"name": name, "country": country})])
        assert tuple(found) == cells(alone)


def test_index_order_and_other_columns_stay() -> None:
    frame = pd.DataFrame({"Supplier": ["B", "A", "B"], "n": [1.5, 2.5, 3.5]}, index=[7, 7, 9])

    out = screen_frame(frame, Echo(), {"Supplier": "name"})

    pd.testing.assert_frame_equal(out[["Supplier", "n"]], frame)
    assert list(out["screening_matched_name"]) == ["B", "A", "B"]


def test_the_caller_s_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"name": ["A"]})

    screen_frame(frame, Echo())

    assert list(frame.columns) == ["name"]


def test_equal_rows_are_screened_once() -> None:
    echo = Echo()

    screen_frame(pd.DataFrame({"name": ["A", "A", "B"]}), echo)

    assert echo.asked == 2


def test_missing_values_and_numbers_are_read_as_a_person_would() -> None:
    frame = pd.DataFrame(
        {"name": ["A", None], "imo": [9074729.0, float("nan")], "birth_date": pd.to_datetime(["1963-05-09"] * 2)}
    )

    out = screen_frame(frame, Echo())

    assert list(out["screening_outcome"]) == ["review", "error"]


def test_a_frame_without_a_column_to_screen_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no column can be screened"):
        screen_frame(pd.DataFrame({"x": ["A"]}), Echo())


def test_an_empty_frame_gets_its_columns() -> None:
    out = screen_frame(pd.DataFrame({"name": []}), Echo())

    assert list(out.columns) == ["name", *OUTPUT]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(listed, countries), min_size=1, max_size=6))
def test_so_it_is_with_real_lists_and_rules(screener: Screener, table: list[tuple[str, str]]) -> None:
    out = screener.screen_frame(pd.DataFrame(table, columns=["name", "country"]))

    for (name, country), found in zip(table, out[list(OUTPUT)].itertuples(index=False), strict=True):
        try:
            alone: Result = screener.screen(row_document({"name": name, "country": country}))
        except InvalidInput as error:
            alone = error
        assert tuple(found) == cells(alone)
