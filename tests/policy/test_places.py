from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.model import Stop
from sanctions_exposure.policy import Ruleset
from sanctions_exposure.policy.places import Place, place_keys, resolve


def _resolve(ruleset: Ruleset, place: str = "", country: str = "", locode: str = "") -> Place:
    stop = Stop(pointer="/route/0", place=place, country=country, locode=locode)
    return resolve(stop, ruleset.tables.gazetteer)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("IRBAZ", "anzali"),
        ("IKA", "imam-khomeini-airport"),
        ("UUWW", "vnukovo"),
        ("IRTHR", "tehran"),
        ("Астрахань", "astrakhan"),
        ("ASTRAKHAN PORT", "astrakhan"),
        ("Port of Astrakhan", "astrakhan"),
        ("RU Astrakhan", "astrakhan"),
        ("RU ASTRAKHAN", "astrakhan"),
        ("Astrakhan (RU)", "astrakhan"),
        ("Astrakhan, Russian Federation", "astrakhan"),
        ("بندر عباس", "bandar-abbas"),
        ("Bandar-e Abbas", "bandar-abbas"),
        ("Bandar Abbas, IR", "bandar-abbas"),
        ("BandarAbbas", "bandar-abbas"),
        ("Bandar Amir Abad", "amirabad"),
        ("Mahachkala", "makhachkala"),
        ("St Petersburg", "saint-petersburg"),
        ("Sankt-Peterburg", "saint-petersburg"),
        ("Imam Khomeini International Airport", "imam-khomeini-airport"),
        ("JNPT", "nhava-sheva"),
        ("Türkmenbaşy", "turkmenbashi"),
        ("Ələt", "alat"),
        ("Noworossijsk", "novorossiysk"),  # names that only the world's table has
        ("Novorossiisk", "novorossiysk"),
        ("Astrachan", "astrakhan"),
        ("Machatschkala", "makhachkala"),
        ("Moskau", "moscow"),
    ],
)
def test_a_place_is_found_by_code_and_by_name_in_any_script_and_spelling(
    text: str, node: str, ruleset: Ruleset
) -> None:
    place = _resolve(ruleset, text)

    assert place.node is not None
    assert (place.node.node, place.warning) == (node, "")


def test_every_node_is_found_by_every_name_it_has_in_its_own_country(ruleset: Ruleset) -> None:
    lost = [
        (node.node, name)
        for node in ruleset.tables.nodes.values()
        for name in (node.name, *node.aliases)
        if (found := _resolve(ruleset, name, node.country).node) is None or found.country != node.country
    ]

    assert lost == []


def test_a_country_beside_the_name_decides_between_places_of_one_name(ruleset: Ruleset) -> None:
    iran, azerbaijan = _resolve(ruleset, "Astara", "ir").node, _resolve(ruleset, "Astara, Azerbaijan").node

    assert iran is not None
    assert azerbaijan is not None
    assert (iran.node, azerbaijan.node) == ("astara-ir", "astara-az")


def test_a_name_that_two_countries_share_is_read_with_a_warning(ruleset: Ruleset) -> None:
    place = _resolve(ruleset, "Sarahs")

    assert place.node is not None
    assert "not as" in place.warning


def test_a_place_in_another_country_is_not_ours(ruleset: Ruleset) -> None:
    place = _resolve(ruleset, "St Petersburg, US")

    assert (place.node, place.country) == (None, "us")


@pytest.mark.parametrize(("place", "locode"), [("", "IRBND"), ("Bandar Abbas", ""), ("IRBND", "")])
def test_a_wrong_country_hides_no_port(place: str, locode: str, ruleset: Ruleset) -> None:
    found = _resolve(ruleset, place, "de", locode)

    assert found.node is not None
    assert (found.node.node, found.country) == ("bandar-abbas", "ir")
    assert "is not known in Germany: it was read as Bandar Abbas (IR)" in found.warning


def test_a_town_is_no_airport_of_its_name(ruleset: Ruleset) -> None:
    assert _resolve(ruleset, "Yekaterinburg").node is None
    assert _resolve(ruleset, "SVX").node is not None


def test_a_spelling_slip_is_read_but_never_silently(ruleset: Ruleset) -> None:
    place = _resolve(ruleset, "Novorosiysk")

    assert place.node is not None
    assert place.node.node == "novorossiysk"
    assert place.warning.startswith("/route/0: “Novorosiysk” was read as")


@pytest.mark.parametrize(
    ("text", "country"),
    [("Russia", "ru"), ("IR", "ir"), ("Qwyzzel, RU", "ru"), ("DE Qwyzzelburg", "de"), ("QWYZZELBURG", "")],
)
def test_an_unknown_place_leaves_its_country_where_it_says_one(text: str, country: str, ruleset: Ruleset) -> None:
    place = _resolve(ruleset, text)

    assert (place.node, place.country) == (None, country)


def test_an_unknown_code_beside_a_name_tells_its_country(ruleset: Ruleset) -> None:
    place = _resolve(ruleset, "Somewhere", locode="DEHAM")

    assert (place.node, place.country) == (None, "de")


@pytest.mark.parametrize("text", ["Qwyzzelburg", "LA PAZ", "Qwyzzel, RU"])
def test_a_place_that_may_matter_and_is_unknown_is_named_in_a_warning(text: str, ruleset: Ruleset) -> None:
    place = _resolve(ruleset, text)

    assert place.node is None
    assert place.warning.startswith("/route/0: “")
    assert text in place.warning


@given(text=st.text(max_size=40))
def test_keys_do_not_change_when_made_again_and_ignore_case(text: str) -> None:
    keys = list(place_keys(text))

    assert [next(place_keys(k)) for k in keys[:1]] == keys[:1] or keys[0].split()[0] == "saint"
    assert list(place_keys(text.casefold())) == keys


@given(text=st.text(max_size=60), country=st.text(max_size=3))
def test_any_text_gets_an_answer(text: str, country: str, ruleset: Ruleset) -> None:
    place = _resolve(ruleset, text, country)

    assert place.pointer == "/route/0"


@pytest.mark.parametrize(
    ("text", "name", "country"),
    [
        ("DEHAM", "Hamburg", "de"),
        ("MUC", "Munich International Airport", "de"),
        ("EDDF", "Frankfurt am Main International Airport", "de"),
        ("Гамбург", "Hamburg", "de"),
        ("تبریز", "Tabriz", "ir"),
        ("DE Hamburg", "Hamburg", "de"),
        ("Tver, RU", "Tver", "ru"),
        ("BASEL", "Basel", "ch"),
        ("Port of Rotterdam", "Rotterdam", "nl"),
    ],
)
def test_a_place_of_the_world_has_country_and_coordinates(text: str, name: str, country: str, ruleset: Ruleset) -> None:
    place = _resolve(ruleset, text)

    assert (place.node, place.name, place.country, place.warning) == (None, name, country, "")
    assert place.point is not None


def test_a_name_that_several_countries_share_is_left_open_and_the_choices_are_told(ruleset: Ruleset) -> None:
    place = _resolve(ruleset, "Tripoli")

    assert (place.country, place.point) == ("", None)
    assert "Tripoli (LY)" in place.warning
    assert "Tripoli (LB)" in place.warning


def test_a_ship_calls_at_the_port_of_a_name_that_inland_towns_share(ruleset: Ruleset) -> None:
    stop = Stop(pointer="/route/0", place="Valencia", mode="sea")

    assert resolve(stop, ruleset.tables.gazetteer).country == "es"


def test_a_code_that_is_read_by_its_airport_letters_says_so(ruleset: Ruleset) -> None:
    place = _resolve(ruleset, "DEMUC", locode="DEMUC")

    assert place.country == "de"
    assert "whose airport code it ends in" in place.warning


def test_a_slip_in_a_city_of_a_known_country_is_read_with_a_warning_and_without_one_only_offered(
    ruleset: Ruleset,
) -> None:
    known, unknown = _resolve(ruleset, "Wolfsbrug, DE"), _resolve(ruleset, "Wolfsbrug")

    assert (known.name, known.country) == ("Wolfsburg", "de")
    assert "check the spelling" in known.warning
    assert unknown.country == ""
    assert "Wolfsburg (DE)" in unknown.warning
