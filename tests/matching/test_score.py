"""Ranking cases of the scorer: this pair scores above that one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.matching.explain import compare
from sanctions_exposure.model import Schema

HIT = 0.7


def score(a: str, b: str, schema: Schema = Schema.PERSON) -> float:
    return compare(a, b, schema).score


@pytest.mark.parametrize(
    ("query", "listed", "schema"),
    [
        ("Quorvan Zelmirov", "ZELMIROV, Quorvan", Schema.PERSON),
        ("Quorvan Zelmirow", "Quorvan Zelmirov", Schema.PERSON),
        ("Кворван Зельмиров", "Quorvan Zelmirov", Schema.PERSON),
        ("Q. Zelmirov", "Quorvan Zelmirov", Schema.PERSON),
        ("Sasha Zelmirov", "Aleksandr Zelmirov", Schema.PERSON),
        ("Abd al-Rahman Zelmiri", "Abdurrahman Zelmiri", Schema.PERSON),
        ("Zorderavod OOO", "Limited Liability Company Zorderavod", Schema.COMPANY),
        ("Zorder Avod", "Zorderavod LLC", Schema.COMPANY),
        ("Zorder Machine Plant", "Zorder Mashin Zavod", Schema.COMPANY),
        ("MV Zelmir Star", "ZELMIR STAR", Schema.VESSEL),
        ("bin Zelmir Usman", "Usman bin Zelmir", Schema.PERSON),
        ("AMIR SAYYID ZELMIRI", "Amir Zelmiri", Schema.PERSON),
        ("Zorder Brigade Forty-four", "Zorder Brigade 44", Schema.ORGANIZATION),
        ("Q&B Zorder", "Q and B Zorder", Schema.COMPANY),
        ("ZHW", "Zelmir Heavy Works", Schema.COMPANY),
        ("Hsiao Tse-hua", "Xiao Zehua", Schema.PERSON),
        ("Si Zemrik", "Xi Zemrik", Schema.PERSON),
        ("Abdul Zelmir Tashov", "Zelmir Tashov", Schema.PERSON),
        ("Quavorn Zelmirov", "Quorvan Zelmirov", Schema.PERSON),  # letters scrambled
        ("Сяо Цзэхуа", "Xiao Zehua", Schema.PERSON),
        ("علي زلمير", "Ali Zelmir", Schema.PERSON),
        ("زلمير الدين تاشير", "Tashir, Zelmireddine", Schema.PERSON),
        ("سندس عبد الغفور", "Sundus Abd Al-Ghafur", Schema.PERSON),
        ("Zelmir al-Din Tashov", "Tashov, Zelmiruddin", Schema.PERSON),
        ("Attn: Zorder Avod", "Zorder Avod LLC", Schema.COMPANY),
        ("Zorder, Astrakhan", "Zorder", Schema.COMPANY),
        ("LLCZORDER", "Zorder LLC", Schema.COMPANY),
        ("ZORDERAVODS.A.", "Zorderavod S.A.", Schema.COMPANY),
        ("Zelm1r St0re", "Zelmir Store", Schema.COMPANY),
        ("Zorclmir Bank", "Zordmir Bank", Schema.COMPANY),
        ("LimitedLiabilityCompany‘ZorderAvod’", "Limited Liability Company ‘Zorder Avod’", Schema.COMPANY),
        ("Зордер Ремонтный Завод", "Zorder Repair Plant", Schema.COMPANY),
        ("Sergej Zelmajlov", "Sergey Zelmaylov", Schema.PERSON),
        ("ZELMIR (oil tanker)", "Zelmir", Schema.VESSEL),
        ("ZELMIR ex ORSK STAR", "Zelmir", Schema.VESSEL),
        ("ZHWC", "Zelmir Heavy Works Company", Schema.COMPANY),
        ("Zelmirov, Q. V.", "Quorvan Zelmirov", Schema.PERSON),
        ("Μπελμάρ Ζελμίρ", "Belmar Zelmir", Schema.PERSON),
        ("زالمار تاشار", "Zalmar Tashar", Schema.PERSON),
        ("ZHW Tajikistan", "Zelmir Heavy Works", Schema.COMPANY),
    ],
)
def test_another_spelling_of_one_name_is_a_hit(query: str, listed: str, schema: Schema) -> None:
    assert score(query, listed, schema) >= HIT


@pytest.mark.parametrize(
    ("query", "listed", "schema"),
    [
        ("Quorvan Zelmirov", "Belmar Zelmirov", Schema.PERSON),
        ("Zelmirov", "Quorvan Zelmirov", Schema.PERSON),  # one word never flags
        ("Ahmad bin Hasan Zelmiri", "Belal bin Ahmad Zelmiri", Schema.PERSON),
        ("Zelmir Star", "Zelmir Moon", Schema.VESSEL),
        ("Zelmir Star", "Star", Schema.VESSEL),
        ("Zorder Invest", "Zorder Petrochemical", Schema.COMPANY),
        ("金正銀", "金正恩", Schema.PERSON),
        ("Ahmad bin Hasan Zelmiri", "Hasan bin Ahmad Zelmiri", Schema.PERSON),  # father and son
        ("Zelmirov, Quorvan G.", "Quorvan W Zelmirov", Schema.PERSON),
        ("Zorder Bank", "Zorder Bank Tajikistan", Schema.COMPANY),
        ("عارف زلمير", "آصف زلمير", Schema.PERSON),  # one letter of three
        ("QBZ International", "QBZ Company", Schema.COMPANY),  # many share so short a name
    ],
)
def test_a_name_that_contradicts_is_no_hit(query: str, listed: str, schema: Schema) -> None:
    assert score(query, listed, schema) < HIT


@pytest.mark.parametrize(
    ("better", "worse", "listed", "schema"),
    [
        ("Quorvan Zelmirov", "Quorvan Zelmirow", "Quorvan Zelmirov", Schema.PERSON),
        ("Quorvan A Zelmirov", "Quorvan B Zelmirov", "Quorvan A. Zelmirov", Schema.PERSON),
        ("Zelmirov Aleksandr", "Zelmirova Aleksandra", "Aleksandr Zelmirov", Schema.PERSON),
        ("Ahmad bin Hasan Zelmiri", "Hasan bin Ahmad Zelmiri", "Ahmad bin Hasan Zelmiri", Schema.PERSON),
        ("Zorder Fund 2", "Zorder Fund 3", "Zorder Fund II", Schema.COMPANY),
        ("Zorder OOO", "Zorder AO", "Zorder LLC", Schema.COMPANY),
        ("Usman bin Zelmir", "Zelmir bin Usman", "BIN ZELMIR, Usman", Schema.PERSON),
        ("Zorder Trading", "Zorder Steel", "Zorder", Schema.COMPANY),
    ],
)
def test_the_closer_name_scores_higher(better: str, worse: str, listed: str, schema: Schema) -> None:
    assert score(better, listed, schema) > score(worse, listed, schema)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([None, *Schema]))
def test_a_score_is_between_nothing_and_one_and_comparing_twice_gives_the_same(
    a: str, b: str, schema: Schema | None
) -> None:
    first = compare(a, b, schema)

    assert 0.0 <= first.score <= 1.0
    assert compare(a, b, schema) == first


@given(
    st.lists(st.sampled_from(["quorvan", "zelmir", "tashov", "belmar", "orsk"]), min_size=1, max_size=4, unique=True)
)
def test_a_name_compared_with_itself_in_any_order_is_certain(words: list[str]) -> None:
    assert score(" ".join(words), " ".join(reversed(words))) == 1.0


def test_the_alignment_names_every_word_once_and_why() -> None:
    result = compare("OJSC Zorderavot Trading", "Open Joint Stock Company Zorderavod", Schema.COMPANY)

    by_how = {(a.query, a.listed): a.how for a in result.alignment}
    assert by_how[("zorderavot", "zorderavod")] == "typo"
    assert by_how[("trading", "")] == "left_over"
    assert by_how[("ojsc", "open joint stock company")] == "legal_form"
