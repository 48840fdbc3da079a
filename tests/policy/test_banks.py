"""Banks of the bank table are known in both scripts, joined or apart, as a rail; and no other bank is."""

from __future__ import annotations

import pytest

from sanctions_exposure.model import Flag, Severity
from sanctions_exposure.policy import Ruleset, evaluate

from .conftest import MakeFacts


def _flags(ruleset: Ruleset, make_facts: MakeFacts, **payment: object) -> list[Flag]:
    facts = make_facts(payment=payment)
    wanted = {"SWIFT_DISCONNECTED_BANK", "PAYMENT_CRYPTO_RU", "PAYMENT_RAIL_SPFS"}
    return [f for f in evaluate(facts, ruleset).flags if f.code in wanted]


@pytest.mark.parametrize(
    "name",
    [
        "Белагропромбанк",
        "Банк Синара",
        "ПАО «Челиндбанк»",
        "Банк Левобережный",
        "Металлинвестбанк",
        "Севергазбанк",
        "Озон Банк",
        "Примсоцбанк",
        "Банк Акцепт",
        "Публичное акционерное общество «МТС-Банк»",
        "Modulbank",
        "Modul Bank",
        "Agropromcredit",
        "Center-Invest",
        "Solidarnost",
        "Rossija Bank",
        "Банк Россия",
    ],
)
def test_a_bank_is_known_in_both_scripts_and_in_short(ruleset: Ruleset, make_facts: MakeFacts, name: str) -> None:
    flags = _flags(ruleset, make_facts, banks=[{"name": name}])

    assert [(f.code, f.severity) for f in flags] == [("SWIFT_DISCONNECTED_BANK", Severity.HIGH)]


@pytest.mark.parametrize("name", ["Банк Русский Стандарт", "УБРиР", "بانک پاسارگاد", "Тинькофф Банк"])
def test_a_recalled_name_of_a_bank_says_so_and_is_no_more_than_medium(
    ruleset: Ruleset, make_facts: MakeFacts, name: str
) -> None:
    (flag,) = _flags(ruleset, make_facts, banks=[{"name": name}])

    assert flag.severity is Severity.MEDIUM
    assert "recalled" in flag.explanation


@pytest.mark.parametrize(
    "bank",
    [
        {"name": "Центральный банк Республики Узбекистан"},
        {"name": "Банк России"},
        {"name": "ING Bank"},
        {"name": "MKB Bank", "country": "HU"},
        {"name": "Post", "country": "CH"},
        {"name": "Solidarnost", "country": "PL"},
        {"name": "Trust Bank"},
        {"name": "Deutsche Bank"},
        {"name": "Raiffeisen Bank International"},
        {"name": "Росбанк"},
    ],
)
def test_no_other_bank_is_taken_for_one_of_the_table(
    ruleset: Ruleset, make_facts: MakeFacts, bank: dict[str, str]
) -> None:
    assert not _flags(ruleset, make_facts, banks=[bank])


@pytest.mark.parametrize("rail", ["EXMO", "Tradex", "Monease", "NoOnecrypto", "via EXMO exchange", "Brightum LLC"])
def test_an_exchange_of_the_bank_table_is_judged_as_a_rail_too(
    ruleset: Ruleset, make_facts: MakeFacts, rail: str
) -> None:
    (flag,) = _flags(ruleset, make_facts, rail=rail)

    assert (flag.code, flag.subject, flag.severity) == ("PAYMENT_CRYPTO_RU", "/payment", Severity.HIGH)
    assert "Annex XLV.A" in flag.explanation


def test_a_bank_named_as_the_rail_is_that_bank(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    (flag,) = _flags(ruleset, make_facts, rail="Банк Синара")

    assert flag.code == "SWIFT_DISCONNECTED_BANK"


@pytest.mark.parametrize("rail", ["SWIFT", "bank transfer", "same day bank transfer", "SEPA", "post", "by post"])
def test_an_ordinary_rail_is_no_bank(ruleset: Ruleset, make_facts: MakeFacts, rail: str) -> None:
    assert not _flags(ruleset, make_facts, rail=rail)
