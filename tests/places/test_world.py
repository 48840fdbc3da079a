from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.places import find
from sanctions_exposure.places.spots import name_keys
from sanctions_exposure.places.tables import _folded, airports, cities, ports
from sanctions_exposure.text import words


def test_the_tables_hold_the_world() -> None:
    assert len(ports().by_code) > 3_900
    assert len(airports().by_code) > 15_000
    assert len(cities().names) > 30_000


def test_every_port_lies_on_the_globe_under_a_locode_of_its_country() -> None:
    for code, port in ports().by_code.items():
        assert code[:2].lower() == port.country
        assert -90 <= port.lat <= 90
        assert -180 <= port.lon <= 180
        assert port.name


@given(names=st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_names_are_folded_all_at_once_as_they_are_one_by_one(names: list[str]) -> None:
    plain = [" ".join(n.split()) or "x" for n in names]

    assert _folded(plain) == [" ".join(words(n)) for n in plain]


def test_keys_drop_what_stands_around_a_name() -> None:
    assert list(name_keys("Port of Rotterdam")) == ["port of rotterdam", "rotterdam"]


@pytest.mark.parametrize("text", ["Wolfsburg", "WOLFSBURG", "Вольфсбург"])
def test_a_city_is_found_in_any_script(text: str) -> None:
    found = find(text)

    assert found.spot is not None
    assert (found.spot.name, found.spot.country) == ("Wolfsburg", "de")


def test_three_capitals_that_are_an_airport_here_and_a_town_there_are_left_open() -> None:
    found = find("OSH")

    assert found.spot is None
    assert {c.country for c in found.choices} == {"us", "kg"}


def test_a_country_that_contradicts_a_code_is_believed() -> None:
    assert find("DEHAM", country="us", locode="DEHAM").spot != ports().by_code["DEHAM"]


@given(text=st.text(max_size=40), country=st.sampled_from(["", "de", "ru", "xx"]))
def test_any_text_gets_an_answer_inside_its_country(text: str, country: str) -> None:
    found = find(text, country=country)

    if found.spot and country:
        assert found.spot.country == country
