"""Names that were written in a code or read in a wrong one are put right, and other names are left as they are."""

from __future__ import annotations

import html
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.damage import repaired
from sanctions_exposure.matching.explain import compare
from sanctions_exposure.model import Schema
from sanctions_exposure.question import read_subject

CYRILLIC = "Кворван Зельмиров"


def quoted_printable(text: str) -> str:
    return "".join(c if c.isascii() else "".join(f"={byte:02X}" for byte in c.encode()) for c in text)


@pytest.mark.parametrize("name", [CYRILLIC, "Zelmíra’s Žorder & Œuvre", "زلمير تاشوف"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda name: html.escape(name).encode("ascii", "xmlcharrefreplace").decode(),
        quote,
        quoted_printable,
        lambda name: name.encode("ascii", "backslashreplace").decode(),
        lambda name: name.encode().decode("latin-1"),
        lambda name: name.encode().decode("latin-1").encode().decode("latin-1"),
    ],
)
def test_damage_is_undone(name: str, damage: object) -> None:
    damaged = damage(name)  # type: ignore[operator]

    assert repaired(damaged) == name


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp1251"])
def test_a_name_read_in_a_wrong_code_is_found_though_bytes_were_lost(encoding: str) -> None:
    damaged = CYRILLIC.encode().decode(encoding, errors="replace")

    assert compare(damaged, "Quorvan Zelmirov", Schema.PERSON).score >= 0.7


def test_letters_that_look_like_control_characters_are_put_right_with_a_warning() -> None:
    subject = read_subject({"name": CYRILLIC.encode().decode("latin-1")})

    assert subject.parties[0].name == CYRILLIC
    assert "wrong code" in subject.warnings[0]


@pytest.mark.parametrize(
    "name",
    ["Zelmira & Sons", "Zelmira A&B Co", "100% Zorder", "Zorder=Tashov", "Зельмира «Тондар»", "São Zelmírâ", "Ñandú Ø"],
)
def test_ordinary_names_are_left_as_they_are(name: str) -> None:
    assert repaired(name) is None


@given(st.text(max_size=40))
def test_any_text_can_be_asked(text: str) -> None:
    found = repaired(text)

    assert found is None or found != text
