"""Identifiers that stand in a name are looked up, and those that only look like one are not."""

from __future__ import annotations

import pytest

from sanctions_exposure.model import IN_NAME
from sanctions_exposure.question import read_name_query, read_subject
from sanctions_exposure.question.in_name import identifiers_in

WALLET = "0x" + "7f3a90C1" * 5


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("Zelmira IMO 9074729", "imo", "9074729"),
        ("ZELMIRA (IMO: 9074729)", "imo", "9074729"),
        ("9074729", "imo", "9074729"),
        ("Zorder LEI ZZZZ00EXAMPLE0000070", "lei", "ZZZZ00EXAMPLE0000070"),
        ("Zorder, INN 9900000017", "inn", "9900000017"),
        ("Зордер ИНН 9900000017", "inn", "9900000017"),
        ("Zorder INN 100000011", "inn", "0100000011"),  # a table took the zero from its front
        ("Zorder OGRN: 1099999000001", "ogrn", "1099999000001"),
        ("Zorderbank SWIFT ZORDRUMM", "bic", "ZORDRUMM"),
        ("ZORDRU2X", "bic", "ZORDRU2X"),
        (f"Zorder {WALLET}", "crypto_wallet", WALLET),
    ],
)
def test_an_identifier_in_a_name_is_one_of_the_party(name: str, kind: str, value: str) -> None:
    subject = read_subject({"name": name})
    asked = subject.parties[0]

    assert asked.name == name
    assert [(i.type, i.value, i.label) for i in asked.identifiers] == [(kind, value, IN_NAME)]
    assert value in subject.warnings[0]
    assert read_name_query(name).identifiers == asked.identifiers


@pytest.mark.parametrize(
    "name",
    [
        "Zelmira", "Zelmira 2", "Zelmira 9074728", "Zorder 9900000017", "Zorder INN 9900000018", "Unit 29155",
        "Zorder +9074729", "MARYLAND", "Zorder BIC", "Swift Zordermarine Ltd", "Zorder 12/9074729-1",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_identifier_is_a_name(name: str) -> None:
    assert identifiers_in(name) == ()


def test_a_number_that_is_given_beside_the_name_is_not_told_twice() -> None:
    subject = read_subject({"name": "Zelmira IMO 9074729", "imo": "9074729"})

    assert [i.label for i in subject.parties[0].identifiers] == [""]
    assert subject.warnings == ()


def test_a_tax_number_that_lost_its_leading_zero_is_looked_up_with_it() -> None:
    subject = read_subject({"name": "Zorder", "inn": "100000011"})

    assert [i.value for i in subject.parties[0].identifiers] == ["100000011", "0100000011"]
    assert "leading zero" in subject.warnings[0]
