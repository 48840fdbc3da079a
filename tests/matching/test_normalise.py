"""What a name's normal form hides, and what it must not hide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.matching.folding import fold_word, skeleton_of
from sanctions_exposure.matching.normalise import Kind, normalise
from sanctions_exposure.matching.readings import readings


def words(text: str, kind: Kind = Kind.ORGANISATION) -> list[str]:
    return [w.text for w in normalise(text, kind).words]


@pytest.mark.parametrize(
    "disguised",
    [
        "Z\u200border\u200bavod",
        "\u202eZorderavod\u202c",
        "Ｚｏｒｄｅｒａｖｏｄ",
        "Z\u0301o\u0308rd\u0327era\u0306vod",
        "Zord\u0435rav\u043ed",  # Cyrillic е and о
        "Z\u03bfrderavod",  # Greek omicron
        "ZORDERAVOD",
        "Zorde\u00adravod",
    ],
)
def test_a_disguised_name_reads_as_the_plain_one(disguised: str) -> None:
    assert words(disguised) == ["zorderavod"]


@pytest.mark.parametrize(
    ("name", "expected", "legal"),
    [
        ("OOO Zorderavod", ["zorderavod"], {"llc"}),
        ("Zorderavod L.L.C.", ["zorderavod"], {"llc"}),
        ("Открытое акционерное общество «Зордеравод»", ["zorderavod"], {"jsc"}),
        ("Zorderavod S.A. de C.V.", ["zorderavod"], {"jsc"}),
        ("Limited", ["limited"], set()),  # a name that is nothing but a legal form keeps it
    ],
)
def test_legal_forms_leave_the_ends_of_a_name_and_keep_their_class(
    name: str, expected: list[str], legal: set[str]
) -> None:
    result = normalise(name, Kind.ORGANISATION)

    assert [w.text for w in result.words] == expected
    assert result.legal == legal


def test_titles_leave_a_person_with_two_other_names_only() -> None:
    assert words("Gen. Dr. Quorvan Zelmirov Jr.", Kind.PERSON) == ["quorvan", "zelmirov"]
    assert words("Mullah Zelmirov", Kind.PERSON) == ["mullah", "zelmirov"]


@pytest.mark.parametrize(
    "name", ["Abd al-Rahman", "Abdul Rahman", "Abdulrahman", "Abdur Rahman", "Abdel-Rahman", "Abdurrahman"]
)
def test_servant_names_have_one_form(name: str) -> None:
    assert words(f"{name} Zelmirov", Kind.PERSON) == ["abdulrahman", "zelmirov"]


def test_roman_numerals_and_number_words_are_digits_in_names_of_organisations() -> None:
    assert words("Zorder Fund III") == words("Zorder Fund 3") == words("Zorder Fund Third") == ["zorder", "fund", "3"]


def test_a_han_character_is_a_word_that_keeps_its_native_form() -> None:
    result = normalise("张伟", Kind.PERSON)

    assert [(w.text, w.native) for w in result.words] == [("zhang", "张"), ("wei", "伟")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("khuseyn", "husain"), ("sergei", "sergey"), ("zhukov", "joukov"), ("tsaryov", "tsarev"), ("yevgeny", "evgeniy"),
     ("ivanov", "ivanoff"), ("tatjana", "tatiana"), ("dzhalil", "jalil"), ("belkalern", "be1kalem")],
)  # fmt: skip
def test_romanisations_of_one_word_fold_together(one: str, other: str) -> None:
    assert fold_word(one) == fold_word(other)


def test_a_final_vowel_that_tells_the_gender_survives_folding() -> None:
    assert fold_word("maria") != fold_word("mario")


def test_a_word_without_vowels_has_the_skeleton_of_the_full_word() -> None:
    assert skeleton_of("hsyn") == skeleton_of("husayn") == skeleton_of("hossein")


def test_a_name_in_brackets_and_each_script_are_readings() -> None:
    assert "Tondar Zelmir" in readings("Zorder Co (Tondar Zelmir)")
    assert readings("Zorder تندر")[1:] == ("Zorder", "تندر")


@given(st.text(max_size=60), st.sampled_from(list(Kind)))
def test_normalising_what_is_normal_changes_nothing(text: str, kind: Kind) -> None:
    once = " ".join(w.text for w in normalise(text, kind).words)
    names = [w.text for w in normalise(once, kind).words]
    again = [w.text for w in normalise(" ".join(names), kind).words]

    assert again == [w.text for w in normalise(" ".join(again), kind).words] or len(again) <= len(names)


@given(st.text(max_size=80), st.sampled_from(list(Kind)))
def test_any_text_normalises_to_ascii_words(text: str, kind: Kind) -> None:
    assert all(w.text.isascii() and w.text.isalnum() for w in normalise(text, kind).words)


@pytest.mark.parametrize(
    ("mixed", "plain"),
    [
        ("ВеlАZ", "belaz"),  # three of five letters are Cyrillic, but l and z are not
        ("BеlAZ", "belaz"),
        ("PОСHEФTЬ", "роснефть"),  # half of the letters are Latin, but ф and ь are not
        ("ΒelΑΖ", "belaz"),
    ],
)
def test_a_word_of_two_scripts_is_in_the_one_that_all_its_letters_have(mixed: str, plain: str) -> None:
    assert normalise(mixed, Kind.ORGANISATION).words[0].text == normalise(plain, Kind.ORGANISATION).words[0].text


@pytest.mark.parametrize("ending", ["Ovitsch", "evitsch", "Ovichna", "Ayevich"])
def test_an_ending_that_stands_alone_is_a_name_like_any_other(ending: str) -> None:
    assert [word.text for word in normalise(ending, Kind.PERSON).words] == [ending.lower()]
