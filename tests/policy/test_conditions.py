"""Laws of the conditions that single cases do not show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.model import Facts
from sanctions_exposure.policy import Ruleset, evaluate
from sanctions_exposure.policy.banks import bank_key
from sanctions_exposure.policy.conditions import CONDITIONS
from sanctions_exposure.policy.dates import first_day, in_force, last_day
from sanctions_exposure.text import contains, words

MakeFacts = Callable[..., Facts]
partial = st.dates(date(1990, 1, 1), date(2030, 12, 31)).flatmap(
    lambda d: st.sampled_from([f"{d:%Y}", f"{d:%Y-%m}", f"{d:%Y-%m-%d}"])
)


def test_every_condition_is_used_by_a_rule_and_says_what_it_finds(ruleset: Ruleset) -> None:
    clauses = [c for r in ruleset.rules for c in (*r.all, *r.any, *r.unless, *(a.clause for a in r.adjustments))]

    assert {c.condition for c in clauses} == set(CONDITIONS)
    assert all(condition.meaning.endswith(".") for condition in CONDITIONS.values())


@given(text=partial)
def test_a_partial_date_opens_before_it_closes(text: str) -> None:
    assert first_day(text) <= last_day(text)


@given(since=partial, on=st.dates(date(1990, 1, 1), date(2030, 12, 31)))
def test_what_is_in_force_stays_so_until_it_ends(since: str, on: date) -> None:
    assert in_force(on, since=since, until="") is (on >= first_day(since))
    assert in_force(on, since="", until="")


@given(text=st.text(max_size=60))
def test_words_do_not_change_when_folded_again(text: str) -> None:
    folded = words(text)

    assert words(" ".join(folded)) == folded


@given(text=st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_text_folds_as_text_of_any_script_does(text: str) -> None:
    assert words(text) == words(text + "\u200b")  # a character nobody sees, and the way for all scripts


@given(before=st.lists(st.sampled_from("abcd")), term=st.lists(st.sampled_from("xyz"), min_size=1))
def test_a_term_is_found_wherever_it_stands(before: list[str], term: list[str]) -> None:
    assert contains((*before, *term, "end"), tuple(term))


@pytest.mark.parametrize(
    ("one", "other"), [("JSC ‘ALFA-BANK’", "Alfa Bank"), ("Bank Rossiya", "ROSSIYA BANK PAO"), ("T-bank", "T Bank")]
)
def test_a_bank_is_the_same_whatever_its_legal_form(one: str, other: str) -> None:
    assert bank_key(one) == bank_key(other)


def test_a_company_is_no_bank_for_sharing_its_name() -> None:
    assert bank_key("Rossiya Travel") != bank_key("Bank Rossiya")
    assert bank_key("Rossiya") != bank_key("Bank Rossiya")


@given(digits=st.sampled_from(["", "00", "0000"]), dot=st.booleans())
def test_national_subdivisions_match_as_their_six_digits(
    digits: str, dot: bool, ruleset: Ruleset, make_facts: MakeFacts
) -> None:
    code = ("8542.31" if dot else "854231") + digits

    verdict = evaluate(make_facts(parties=[{"name": "A", "country": "ru"}], goods=[{"hs": code}]), ruleset)

    assert "GOODS_CHPL" in {f.code for f in verdict.flags}


@pytest.mark.parametrize("code", ["8542.31", "8407.10", "8802.40", "2829.90"])
def test_a_code_without_a_tie_is_information(code: str, ruleset: Ruleset, make_facts: MakeFacts) -> None:
    verdict = evaluate(make_facts(parties=[{"name": "A", "country": "de"}], goods=[{"hs": code}]), ruleset)

    assert verdict.severity == "info"


def test_one_line_that_is_no_food_keeps_the_corridor_where_it_was(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    route = ["Moscow", "Astrakhan", "Anzali", "Bandar Abbas", "Nhava Sheva"]
    wheat, machine = {"hs": "1001.99"}, {"hs": "8432.90"}

    food = evaluate(make_facts(route=route, goods=[wheat]), ruleset)
    mixed = evaluate(make_facts(route=route, goods=[wheat, machine]), ruleset)

    severity = [next(f.severity for f in v.flags if f.code == "CORRIDOR_INSTC") for v in (food, mixed)]
    assert severity == ["info", "high"]


def test_food_never_lowers_a_sanctioned_party(ruleset: Ruleset, make_facts: MakeFacts) -> None:
    party = {"name": "G", "country": "ir", "hits": [{"name": "Glimmerwerk", "listed": ["us 2020-01-01"]}]}

    verdict = evaluate(make_facts(parties=[party], goods=[{"hs": "1001.99"}]), ruleset)

    assert verdict.severity == "critical"


@pytest.mark.parametrize(
    ("country", "code"),
    [("", "SWIFT_DISCONNECTED_BANK"), ("ru", "SWIFT_DISCONNECTED_BANK"), ("by", "PAYMENT_RAIL_SPFS")],
)
def test_a_parent_bank_is_not_taken_for_its_daughter_abroad(
    country: str, code: str, ruleset: Ruleset, make_facts: MakeFacts
) -> None:
    verdict = evaluate(make_facts(payment={"banks": [{"name": "VTB Bank", "country": country}]}), ruleset)

    assert [f.code for f in verdict.flags] == [code]
