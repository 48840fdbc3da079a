import pytest

from sanctions_exposure.question.places import read_route, read_stop


@pytest.mark.parametrize(
    ("text", "stop"),
    [
        ("IRBAZ", {"place": "IRBAZ", "locode": "IRBAZ"}),
        ("IR BAZ", {"place": "IR BAZ", "locode": "IRBAZ"}),
        ("Bandar Abbas", {"place": "Bandar Abbas"}),
        ("Bandar Abbas, IR", {"place": "Bandar Abbas", "country": "ir"}),
        ("Bandar Abbas,Islamic Republic of Iran", {"place": "Bandar Abbas", "country": "ir"}),
        ("RU Astrakhan", {"place": "Astrakhan", "country": "ru"}),
        ("IN  Nhava   Sheva", {"place": "Nhava Sheva", "country": "in"}),
        ("IKA", {"place": "IKA"}),
        ("OIIE", {"place": "OIIE"}),
        ("Astrakhan", {"place": "Astrakhan"}),
        ("Washington, DC", {"place": "Washington, DC"}),
        ("La Spezia", {"place": "La Spezia"}),
        ("AL JUBAIL", {"place": "AL JUBAIL"}),
        ("XX Nowhere", {"place": "XX Nowhere"}),
    ],
)
def test_a_stop_written_as_text_says_what_it_says(text: str, stop: dict[str, str]) -> None:
    assert read_stop(text) == stop


def test_five_letters_keep_their_text_because_delhi_looks_like_a_code() -> None:
    assert read_stop("DELHI")["place"] == "DELHI"


def test_a_route_in_one_cell_is_split_at_its_arrows() -> None:
    assert read_route("RU Astrakhan > IRBAZ → Nhava Sheva >") == ["RU Astrakhan", "IRBAZ", "Nhava Sheva"]
