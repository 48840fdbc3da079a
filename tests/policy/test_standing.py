"""An answer says of listings no more and no less than lists do: who was not asked, what is undated, what it bans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from sanctions_exposure.model import Facts
from sanctions_exposure.policy import Ruleset, evaluate

from .conftest import MakeFacts

_OURS = {"name": "Zelmir Works", "score": 0.95, "list": "curated", "id": "vniiem", "themes": ["aviation-and-space"]}
_SDN = {"name": "Zelmir Works", "score": 0.97, "id": "4711", "listed": ["us"]}


def _text(ruleset: Ruleset, facts: Facts, code: str) -> str:
    return next(f.explanation for f in evaluate(facts, ruleset).flags if f.code == code)


def _party(*hits: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "Zelmir Works", "hits": list(hits)}]


def test_no_entry_is_said_where_there_is_none(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    facts = make_facts(parties=_party(_OURS))

    assert "no list entry was found" in _text(ruleset, facts, "ARTICLE_ENTITY")


def test_a_regime_that_was_not_asked_is_no_empty_list(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    facts = make_facts(parties=_party({**_OURS, "listed": ["eu 2022-01-01"]}), regimes=["us"])

    text = _text(ruleset, facts, "ARTICLE_ENTITY")
    assert "no list entry" not in text
    assert "nothing by US, which alone were asked about" in text
    assert "EU" in text


def test_an_answer_that_names_a_list_entry_does_not_deny_it(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    facts = make_facts(parties=_party(_OURS, _SDN))

    assert "no list entry" not in _text(ruleset, facts, "ARTICLE_ENTITY")


def test_who_asks_of_a_day_hears_that_a_listing_has_none(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    facts = make_facts(parties=_party(_SDN), as_of=date(2015, 1, 1))
    asked = replace(facts, subject=replace(facts.subject, as_of=date(2015, 1, 1)))

    assert "it counts on every day" in _text(ruleset, asked, "SANCTIONED_PARTY")
    assert "it counts on every day" not in _text(ruleset, facts, "SANCTIONED_PARTY")


def test_a_listing_that_only_controls_exports_says_so(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    hit = {**_SDN, "listed": ["eu 2022-01-01"], "measures": ["Export control"]}

    text = _text(ruleset, make_facts(parties=_party(hit)), "SANCTIONED_PARTY")
    assert "export control, not an asset freeze" in text


def test_a_recalled_day_of_a_rail_says_so(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    text = _text(ruleset, make_facts(payment={"rail": "Mir"}), "PAYMENT_RAIL_MIR")

    assert "since 2024-02-23 (date recalled)" in text
