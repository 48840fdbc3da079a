"""What a payment says is told as it is: who was asked about, who pays, and what is only recalled."""

from __future__ import annotations

from sanctions_exposure.policy import Ruleset, evaluate

from .conftest import MakeFacts


def test_a_rail_under_another_regime_is_not_said_to_be_free(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    verdict = evaluate(make_facts(payment={"rail": "Payeer"}, regimes=["us"]), ruleset)

    (text,) = [f.explanation for f in verdict.flags if f.code == "PAYMENT_CRYPTO_RU"]
    assert "nothing by US, which alone were asked about" in text
    assert "EU" in text


def test_a_recalled_measure_on_a_rail_says_so(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    verdict = evaluate(make_facts(payment={"rail": "Garantex"}), ruleset)

    (text,) = [f.explanation for f in verdict.flags if f.code == "PAYMENT_CRYPTO_RU"]
    assert "2022-04-05" in text
    assert "recalled, not verified" in text


def test_a_payer_who_is_no_party_is_told_of(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    facts = make_facts(parties=[{"name": "Harmless", "id": "b"}], payment={"payer": "Zelmir Trading"})

    (warning,) = evaluate(facts, ruleset).warnings
    assert warning.startswith("/payment/payer:")
    assert "Zelmir Trading" in warning


def test_a_payer_who_is_a_party_is_no_warning(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    for payer in ("b", "harmless"):
        facts = make_facts(parties=[{"name": "Harmless", "id": "b"}], payment={"payer": payer})

        assert evaluate(facts, ruleset).warnings == ()
