"""What is told by cheap tests is what the long way comes to."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.matching import persons, readings
from sanctions_exposure.matching.keys import delete_keys
from sanctions_exposure.matching.normalise import Kind, tables

_WORDS = (
    "Zorder", "TASHOV", "tondar", "Clara", "Hsiao", "Tse", "Chiang", "Hua", "JRX", "Abdul", "Abdulrahman", "Nuruddin",
    "Zaynuddin", "Habibullah", "Din", "Allah", "al", "bin", "Dr", "Sheikh", "Jr", "President", "Minister", "Branch",
    "office", "Filial", "Agent", "ref", "Order", "account", "Attention", "formerly", "FKA", "ex", "tanker", "Ltd",
    "LLC", "Romashkallc", "LLCZORDER", "Limited", "Company", "SA", "AG", "cl", "The", "of", "by", "A", "O",
)  # fmt: skip
_names = st.lists(
    st.tuples(st.sampled_from(_WORDS), st.sampled_from((" ", " ", ", ", ". ", "-", ".", "/", " - "))),
    min_size=1,
    max_size=5,
).map(lambda parts: "".join(word + after for word, after in parts).strip(" -,"))


class _Speaking(frozenset[str]):
    """A set that any words may be in."""

    def isdisjoint(self, _other: object) -> bool:
        return False


@given(_names, st.sampled_from(Kind))
def test_plain_words_have_the_readings_that_every_pattern_finds(name: str, kind: Kind) -> None:
    short = readings.asked_as(name, kind), readings.listed_as(name, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readings, "_PLAIN", re.compile(r"(?!)"))
        patch.setattr(readings, "_SPEAKING", dict.fromkeys(Kind, _Speaking()))
        assert (readings.asked_as(name, kind), readings.listed_as(name, kind)) == short


@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=5))
def test_words_that_stand_alone_are_what_they_are_beside_each_other(words: list[str]) -> None:
    parts = [(word.lower(), "") for word in words if persons.stands_alone(word.lower(), tables())]
    kept, gone = persons.strip_titles(parts, tables())
    assert (persons.join_devout_names(persons.join_servant_names(kept)), gone) == (parts, [])


def test_words_share_a_delete_key_when_the_same_letters_are_left() -> None:
    words = ["romashka", "romaska", "omaska", "tondarsahra"]
    keys, owners = delete_keys(words, 2)
    found = {word: set(keys[owners == i].tolist()) for i, word in enumerate(words)}
    for a, b in combinations(words, 2):
        left = [
            {
                "".join(w[i] for i in range(min(len(w), 8)) if i not in out)
                for n in range(3)
                for out in combinations(range(8), n)
            }
            for w in (a, b)
        ]
        assert bool(found[a] & found[b]) == bool(left[0] & left[1])
