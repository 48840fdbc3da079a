"""Damages names as records do every day, and invents names that nobody bears."""

from __future__ import annotations

import random
from collections.abc import Callable

from sanctions_exposure.model import Schema

Damage = Callable[[str, random.Random], str]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SOUNDS = (
    ("kh", "h"), ("sh", "sch"), ("zh", "j"), ("ts", "c"), ("iy", "y"), ("ou", "u"), ("ee", "i"), ("ya", "ia"),
    ("yu", "iu"), ("q", "k"), ("w", "v"), ("ei", "ey"), ("ks", "x"), ("oo", "u"), ("ch", "tch"), ("y", "i"),
)  # fmt: skip
_FORMS = {
    "llc": "limited liability company", "ltd": "limited", "co": "company", "corp": "corporation", "inc": "incorporated",
    "limited": "ltd", "company": "co", "corporation": "corp", "ooo": "llc", "oao": "ojsc", "pao": "pjsc", "zao": "cjsc",
    "jsc": "joint stock company", "gmbh": "g.m.b.h.",
}  # fmt: skip


def _words(name: str) -> list[str]:
    return name.split()


def _in_a_word(name: str, rng: random.Random, change: Callable[[str, int], str], least: int = 5) -> str:
    """Return *name* with one of its longer words changed at a place that is not its first letter; "" without one."""
    words = _words(name)
    long = [i for i, w in enumerate(words) if len(w) >= least and w.isalpha()]
    if not long:
        return ""
    at = rng.choice(long)
    words[at] = change(words[at], rng.randrange(1, len(words[at]) - 1))
    return " ".join(words)


def typo(name: str, rng: random.Random) -> str:
    """Replace, add or lose one letter."""
    how, letter = rng.randrange(3), rng.choice(_LETTERS)
    return _in_a_word(name, rng, lambda w, i: w[:i] + ("", letter, letter + w[i])[how] + w[i + 1 :])


def transposed(name: str, rng: random.Random) -> str:
    """Swap two neighbouring letters."""
    return _in_a_word(name, rng, lambda w, i: w[:i] + w[i + 1] + w[i] + w[i + 2 :])


def respelled(name: str, rng: random.Random) -> str:
    """Romanise one sound otherwise."""
    text = name.casefold()
    known = [(a, b) for a, b in (*_SOUNDS, *((b, a) for a, b in _SOUNDS)) if a in text[1:]]
    if not known:
        return ""
    old, new = rng.choice(known)
    at = text.index(old, 1)
    return text[:at] + new + text[at + len(old) :]


def reordered(name: str, rng: random.Random) -> str:
    """Put the last word first."""
    words = _words(name)
    return " ".join([words[-1], *words[:-1]]) if rng.random() < 0.7 else ", ".join((words[-1], " ".join(words[:-1])))


def initials(name: str, rng: random.Random) -> str:
    """Leave an initial of one name that is not the last."""
    words = _words(name)
    if len(words) < 3:
        return ""
    at = rng.randrange(len(words) - 1)
    return " ".join(f"{w[0]}." if i == at else w for i, w in enumerate(words))


def joined(name: str, rng: random.Random) -> str:
    """Lose one blank, or gain one."""
    words = _words(name)
    at = rng.randrange(max(len(words) - 1, 1))
    if len(words) > 1 and rng.random() < 0.7:
        return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])
    return _in_a_word(name, rng, lambda w, i: f"{w[: max(i, 3)]} {w[max(i, 3) :]}", least=7)


def without_middle(name: str, rng: random.Random) -> str:
    """Leave a middle word out."""
    words = _words(name)
    if len(words) < 4:
        return ""
    gone = rng.randrange(1, len(words) - 1)
    return " ".join(words[:gone] + words[gone + 1 :])


def other_form(name: str, rng: random.Random) -> str:
    """Write the legal form otherwise, or add one."""
    words = _words(name)
    known = [i for i, w in enumerate(words) if w.casefold().strip(".,") in _FORMS]
    if not known:
        return f"{name} {rng.choice(('LLC', 'Ltd', 'Co., Ltd.', 'JSC', 'GmbH'))}"
    words[known[-1]] = _FORMS[words[known[-1]].casefold().strip(".,")]
    return " ".join(words)


def decorated(name: str, rng: random.Random) -> str:
    """Add a title, as records do."""
    return f"{rng.choice(('Mr.', 'Dr.', 'Gen.', 'Sheikh', 'Mrs'))} {name}"


def lookalikes(name: str, rng: random.Random) -> str:
    """Write one letter by its Cyrillic twin."""
    twins = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х"}
    lower = name.casefold()
    places = [i for i, c in enumerate(lower) if c in twins]
    at = rng.choice(places) if places else -1
    return lower[:at] + twins[lower[at]] + lower[at + 1 :] if places else ""


PERSON: dict[str, Damage] = {
    "typo": typo, "two letters swapped": transposed, "other romanisation": respelled, "other order": reordered,
    "initial": initials, "blank lost or gained": joined, "middle name left out": without_middle, "title": decorated,
    "look-alike letter": lookalikes,
}  # fmt: skip
COMPANY: dict[str, Damage] = {
    "typo": typo, "two letters swapped": transposed, "other romanisation": respelled, "blank lost or gained": joined,
    "legal form": other_form, "look-alike letter": lookalikes,
}  # fmt: skip


def damaged(name: str, schema: Schema, rng: random.Random) -> tuple[str, str]:
    """Return what was done to *name* and what became of it; "" where the damage does not apply."""
    ways = PERSON if schema is Schema.PERSON else COMPANY
    kind = rng.choice(sorted(ways))
    return kind, ways[kind](name, rng) if len(_words(name)) > 1 else ""


_ONSETS = ("b", "br", "d", "dr", "f", "g", "gl", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w", "z")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ei", "ou")
_ENDS = ("", "n", "l", "r", "s", "nd", "rt", "ck", "m", "th")
_GIVEN = (
    "Maria", "John", "Ahmed", "Elena", "Wei", "Carlos", "Fatima", "Peter", "Anna", "Mehmet", "Olga", "Luis", "Amina",
    "Ivan", "Sofia", "Hassan", "Emma", "Ali", "Nina", "David",
)  # fmt: skip
_TRADES = ("Trading", "Logistics", "Foods", "Textiles", "Engineering", "Travel", "Consulting", "Shipping", "Pharma")


def _word(rng: random.Random) -> str:
    syllables = (rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_ENDS) for _ in range(rng.randrange(2, 4)))
    return "".join(syllables).capitalize()


def invented(rng: random.Random) -> tuple[Schema, str]:
    """Return the name of a person or company made of syllables; its family name stands on no list but by chance."""
    if rng.random() < 0.5:
        middle = [rng.choice(_GIVEN)] if rng.random() < 0.3 else []
        return Schema.PERSON, " ".join((rng.choice(_GIVEN), *middle, _word(rng)))
    return Schema.COMPANY, f"{_word(rng)} {rng.choice(_TRADES)} {rng.choice(('Ltd', 'LLC', 'GmbH', 'S.A.', 'Inc.'))}"
