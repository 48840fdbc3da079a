import pytest

from sanctions_exposure.question import COLUMNS, read_subject, row_document


def test_a_full_row_asks_what_the_same_request_asks() -> None:
    row = {
        "reference": "R1", "name": "Example", "schema": "Company", "role": "buyer", "aliases": "One; Two",
        "country": "BY;RU", "address": "1 Example Street", "birth_date": "", "imo": "9074729",
        "route": "IRBAZ > Bandar Abbas",
        "hs_codes": "8407.10;8708", "goods": "engine; parts", "currency": "RUB", "payment_rail": "Mir",
        "bank": "Example Bank",
    }  # fmt: skip

    subject = read_subject(row_document(row))

    assert subject.reference == "R1"
    assert subject.parties[0].aliases == ("One", "Two")
    assert subject.parties[0].countries == ("by", "ru")
    assert [stop.place for stop in subject.route] == ["IRBAZ", "Bandar Abbas"]
    assert [(g.hs_code, g.description) for g in subject.goods] == [("840710", "engine"), ("8708", "parts")]
    assert subject.payment is not None
    assert subject.payment.banks[0].name == "Example Bank"


def test_goods_that_do_not_pair_with_codes_stand_on_their_own() -> None:
    document = row_document({"hs_codes": "8407", "goods": "engine;tyre"})

    assert document["goods"] == [{"hs_code": "8407"}, {"description": "engine"}, {"description": "tyre"}]


@pytest.mark.parametrize("column", [c for c in COLUMNS if c not in {"reference", "role", "schema"}])
def test_every_column_of_the_contract_reaches_the_request(column: str) -> None:
    assert row_document({column: "1948"}) != {}


def test_blank_cells_mean_nothing_is_known() -> None:
    assert row_document(dict.fromkeys(COLUMNS, "  ")) == {}
