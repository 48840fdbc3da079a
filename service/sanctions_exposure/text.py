"""Folding of free text into words, for descriptions, rails, banks and places; party names belong to matching."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_GAP: Final = re.compile(r"[\W_]+")
# Zero-width joiners split Persian words that are written as one; Eastern digits are digits.
UNSEEN: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u00ad'’‘ʼ`"), None)


@lru_cache(maxsize=8192)  # names are new ones all day; what comes back soon is remembered
def words(text: str) -> tuple[str, ...]:
    """Return the words of *text*, case, accents and punctuation folded away, letters and digits kept together.

    >>> words("Shahed-136  «Мир»")
    ('shahed', '136', 'мир')
    """
    if text.isascii():  # most text is, and nothing of it folds but case
        return tuple(_GAP.sub(" ", text.replace("'", "").replace("`", "").lower()).split())
    folded = unicodedata.normalize("NFKD", text.translate(UNSEEN)).casefold()
    bare = "".join(_digit(c) for c in folded if not unicodedata.combining(c))
    return tuple(_GAP.sub(" ", bare).split())


def _digit(char: str) -> str:
    return str(unicodedata.digit(char, char)) if char.isdigit() else SAME_LETTER.get(char, char)


# Letters that Arabic and Persian keyboards type differently for the same word.
SAME_LETTER: Final = {"ي": "ی", "ك": "ک", "ى": "ی", "ة": "ه", "أ": "ا", "إ": "ا", "ٱ": "ا"}


_LETTERS_OR_DIGITS: Final = re.compile(r"\d+|\D+")


@lru_cache(maxsize=8192)
def parted(text: tuple[str, ...]) -> tuple[str, ...]:
    """Return words with letters and digits parted, for what is written "Zelmir-35", "Zelmir 35" and "Zelmir35" alike.

    >>> parted(("zelmir35",))
    ('zelmir', '35')
    """
    return tuple(part for word in text for part in _LETTERS_OR_DIGITS.findall(word))


def stands(haystack: tuple[str, ...], needle: tuple[str, ...]) -> Iterator[int]:
    """Yield where the words *needle* stand in *haystack* side by side; the last may carry a plural s."""
    span = len(needle)
    for start in range(len(haystack) - span + 1):
        found = haystack[start : start + span]
        if found[:-1] == needle[:-1] and found[-1] in {needle[-1], needle[-1] + "s"}:
            yield start


def contains(haystack: tuple[str, ...], needle: tuple[str, ...]) -> bool:
    """Whether the words *needle* stand in *haystack* side by side; the last may carry a plural s."""
    return any(True for _ in stands(haystack, needle))
