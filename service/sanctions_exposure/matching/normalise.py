"""One normal form for every name, listed or asked for: folded words, each with what it is.

The same function serves both sides, so what it hides (case, script, marks, legal form, titles, look-alike letters,
invisible characters) cannot hide a match.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import cache, lru_cache
from operator import attrgetter, itemgetter

import msgspec
from rapidfuzz.distance import OSA

from sanctions_exposure.matching.folding import VOWELS, fold_word
from sanctions_exposure.matching.letters import ABJAD, fold_text, split
from sanctions_exposure.matching.persons import (
    CHAIN,
    join_devout_names,
    join_servant_names,
    stands_alone,
    strip_titles,
)  # fmt: skip
from sanctions_exposure.matching.tables import WordTables, load_tables

VERSION = 11  # raise on any change of the result: an index built by another version is refused


class Kind(IntEnum):
    """By which rules a name is read."""

    PERSON = 0
    ORGANISATION = 1
    VESSEL = 2


class WordKind(IntEnum):
    """What a word is in a name."""

    WORD = 0
    PARTICLE = 1
    INITIAL = 2
    NUMBER = 3


# A member costs several times as much by its class as by a name of its own, and these are asked for at every word.
_PERSON, _ORGANISATION, _VESSEL = Kind
_WORD, _PARTICLE, _SINGLE, _FIGURE = WordKind


SEPARATOR = "\x1f"


class Word(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One folded word and what similarity needs to know of it."""

    text: str  # ASCII letters and digits
    key: str  # text, and what marks its script: what a vocabulary knows the word by
    kind: WordKind
    weight: float  # 0.0–1.0: how much it tells
    fold: str  # romanisation folded away: "khuseyn" and "husain" meet here
    vowel_poor: bool  # written without vowels, as Arabic and Hebrew are
    native: str  # the Han character or Hangul syllable, whose romanisation is ambiguous; ABJAD for Arabic or Hebrew
    groups: frozenset[int]  # synonyms or interchangeable given names
    masks: int  # of `_MASKS`: in which masks of a name it has a bit

    @property
    def is_distinct(self) -> bool:
        """Whether it tells one name from another: neither a given name nor a word that many organisations have."""
        return self.kind is _WORD and not self.groups


def _fathers(words: tuple[Word, ...]) -> int:
    """Return the mask of the names that follow "son of" or "daughter of", past an article."""
    mask, after = 0, False
    for i, word in enumerate(words):
        if after and word.kind is _WORD:
            mask |= 1 << i
            after = False
        after = after or word.text in CHAIN
    return mask


_MASKS = _CONTENT, _DISTINCT, _NUMBER, _INITIAL, _NATIVE, _LINK = 1, 2, 4, 8, 16, 32


@lru_cache(maxsize=1_024)  # few are different: a name has few words, and most are content
def _masks(words: tuple[int, ...]) -> tuple[int, ...]:
    """Return each of `_MASKS` of a name, from those that its words are in."""
    return tuple(sum(1 << at for at, masks in enumerate(words) if masks & mask) for mask in _MASKS)


_TEXT, _KEY, _WEIGHT, _MASKS_OF = (attrgetter(name) for name in ("text", "key", "weight", "masks"))
_WRITTEN = itemgetter(0)  # the text of a part that `split` gave


class Name(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A name in normal form.  Masks have a bit for each word, the first word's lowest."""

    kind: Kind
    words: tuple[Word, ...]
    legal: frozenset[str]  # classes of legal form taken off its ends
    dropped: tuple[tuple[str, str], ...]  # (words as normalised, class of legal form or "title")
    ids: Sequence[int]  # of the words in the vocabulary of an index, for a listed name
    joined: str
    keys: tuple[str, ...]
    weights: tuple[float, ...]
    full: int
    content: int
    distinct: int
    numbers: int
    initials: int
    native: int  # of Han or Hangul
    fathers: int

    @classmethod
    def of(
        cls,
        kind: Kind,
        words: tuple[Word, ...],
        legal: frozenset[str],
        dropped: tuple[tuple[str, str], ...],
        ids: Sequence[int] = (),
    ) -> Name:
        """Return the name that these words are."""
        joined, full = "".join(map(_TEXT, words)), (1 << len(words)) - 1
        content, distinct, numbers, initials, native, links = _masks(tuple(map(_MASKS_OF, words)))
        keys, weights = tuple(map(_KEY, words)), tuple(map(_WEIGHT, words))
        fathers = _fathers(words) if links else 0  # links: "son of" and the like, in names of persons
        return cls(
            kind, words, legal, dropped, ids, joined, keys, weights, full, content, distinct, numbers, initials, native,
            fathers,
        )  # fmt: skip


@cache
def tables() -> WordTables:
    """Return the word tables, read on first use."""
    return load_tables(fold_text)


def new_word(text: str, kind: Kind, native: str = "", fold: str = "") -> Word:
    """Return the word *text* as names of this kind see it; *fold* spares computing it where it is known."""
    known = tables()
    person, organisation = kind is _PERSON, kind is _ORGANISATION
    number = text.isdigit()
    groups = _given_groups(text, known) if person else known.org_words.get(text, _NO_GROUPS)
    masks = 0
    if number:
        what, weight, masks = _FIGURE, 0.8, _NUMBER
    elif text in (known.person_particles if person else known.org_particles):
        what, weight = _PARTICLE, 0.25
    elif len(text) == 1:
        what, weight, masks = _SINGLE, 0.5, _INITIAL
    elif organisation and (text,) in known.legal_forms:
        what, weight, groups = _PARTICLE, 0.25, _NO_GROUPS  # a legal form in the middle of a name
    else:
        what, masks = _WORD, _CONTENT if groups else _CONTENT | _DISTINCT
        if person:
            weight = GIVEN_NAME if groups else 1.0
        else:
            weight = COMMON_WORD if organisation and text in known.common_words else 1.0
    if native and native != ABJAD:
        masks |= _NATIVE
    poor = not number and (native == ABJAD or (len(text) >= 3 and text == text.translate(VOWELS)))
    key = text + SEPARATOR + native if native else text
    if person and key in CHAIN:
        masks |= _LINK
    return Word(text, key, what, weight, fold or (text if number else fold_word(text)), poor, native, groups, masks)


make_word = lru_cache(maxsize=8_192)(new_word)


@lru_cache(maxsize=16_384)
def _lone_word(text: str, native: str) -> Word | None:
    """Return the word of a person's name that *text* is whatever stands beside it; None where its neighbours tell."""
    return new_word(_digits(text), _PERSON, native) if stands_alone(text, tables()) else None


_NO_GROUPS: frozenset[int] = frozenset()
GIVEN_NAME = 0.8  # a given name tells less than a family name
COMMON_WORD = 0.5  # "international" tells less than "Romashka"
_PATRONYMIC = re.compile(r"(?:[oeiay]?[vw]i(?:[ct]?ch|tsch|[ck]|ts?)|[oe]vn[ay]|ych|ichna|[iy]vna|[oe]wna)$")
_PATRONYMICS = 10_000  # groups of patronymics are numbered apart from those of the given names they come from


@cache
def _by_fold() -> dict[str, frozenset[int]]:
    """Return the groups of given names by fold, of folds that one group alone has."""
    found: dict[str, set[int]] = {}
    for name, groups in tables().given_names.items():
        if len(name) >= 4:
            found.setdefault(fold_word(name), set()).update(groups)
    return {fold: frozenset(groups) for fold, groups in found.items() if len(groups) == 1}


def _given_groups(text: str, known: WordTables) -> frozenset[int]:
    """Return the groups of a given name, or of the patronymic made from one."""
    if groups := known.given_names.get(text):
        return groups
    if len(text) >= 7 and (end := _PATRONYMIC.search(text)) and end.start():
        stem = text[: end.start()]
        for name in (stem, stem + "y", stem + "i", stem + "iy", stem + "ei", stem + "a", stem[:-1] + "y"):
            if groups := known.given_names.get(name) or _by_fold().get(fold_word(name)):
                return frozenset(g + _PATRONYMICS for g in groups)
    return _NO_GROUPS


_AND = frozenset({"and", "und", "et"})


def _join_initials(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return *parts* with runs of single letters joined: ``s a`` is one word of an organisation's name.

    So is ``h and m``, which others write ``H&M``.
    """
    out: list[tuple[str, str]] = []
    run: list[str] = []
    for at, (text, native) in enumerate([*parts, ("", "")]):
        if len(text) == 1 and text.isalpha():
            run.append(text)
            continue
        if len(run) == 1 and text in _AND and at + 1 < len(parts) and len(parts[at + 1][0]) == 1:
            continue
        if run:
            out.append(("".join(run), ""))
            run = []
        if text:
            out.append((text, native))
    return out


_LONGEST_FORM = 8  # words in the longest legal form
# Forms of one word that do not stand before a name; there they are part of it: "SPA Orion" is no S.p.A.
_NEVER_BEFORE = frozenset({
    "spa", "se", "rt", "at", "ad", "dd", "gk", "yk", "kk", "hf", "ek", "ev", "kg", "sl", "est", "establishment", "firm",
})  # fmt: skip
_SPELLED = frozenset({
    "limited", "company", "corporation", "incorporated", "gesellschaft", "limitada", "liability", "joint", "stock",
    "closed", "public", "private", "obshchestvo", "aktsionernoe", "otkrytoe", "zakrytoe", "publichnoe",
    "ogranichennoy", "otvetstvennostyu", "anonim", "sirketi",
})  # fmt: skip


_SPELLED_FROM = {first: [word for word in _SPELLED if word[0] == first] for first in {word[0] for word in _SPELLED}}


@lru_cache(maxsize=8_192)
def _spelled(text: str) -> str:
    """Return the word of a legal form that *text* is, or is a slip of; empty for none."""
    if text in _words_of_forms():
        return text
    if len(text) < 5:
        return ""
    close = [w for w in _SPELLED_FROM.get(text[0], ()) if abs(len(w) - len(text)) <= 1 and _one_slip(w, text)]
    return min(close) if close else ""


@cache
def _words_of_forms() -> frozenset[str]:
    return frozenset(word for form in tables().legal_forms for word in form)


def _one_slip(a: str, b: str) -> bool:
    return fold_word(a) == fold_word(b) or OSA.distance(a, b, score_cutoff=1) <= 1


def _strip_legal(texts: list[str], known: WordTables) -> tuple[int, int, list[tuple[str, str]]]:
    """Return the span of *texts* that is left when legal forms are taken off both ends, and what was taken."""
    start, end = (1 if len(texts) > 1 and texts[0] == "the" else 0), len(texts)
    spelled = [_spelled(t) for t in texts]
    taken: list[tuple[str, str]] = []
    while found := _form_at_an_end(spelled, start, end, known):
        size, kind, left = found
        taken.append((" ".join(texts[start : start + size] if left else texts[end - size : end]), kind))
        start, end = (start + size, end) if left else (start, end - size)
    return start, end, taken


def _form_at_an_end(spelled: list[str], start: int, end: int, known: WordTables) -> tuple[int, str, bool] | None:
    """Return (words, class, whether at the left) of the longest legal form at an end of the span, leaving a word."""
    longest = min(_LONGEST_FORM, end - start - 1)
    left = right = 0  # words that a form may be of: one that no form has ends all
    while left < longest and spelled[start + left]:
        left += 1
    while right < longest and spelled[end - 1 - right]:
        right += 1
    for size in range(max(left, right), 0, -1):
        if size <= right and (kind := known.legal_forms.get(tuple(spelled[end - size : end]))) is not None:
            return size, kind, False
        if (
            size <= left
            and (kind := known.legal_forms.get(tuple(spelled[start : start + size]))) is not None
            and (size > 1 or spelled[start] not in _NEVER_BEFORE)
        ):
            return size, kind, True
    return None


@lru_cache(maxsize=4_096)
def normalise(text: str, kind: Kind) -> Name:
    """Return *text* in normal form, read as a name of this kind.

    >>> [w.text for w in normalise('ООО "Ромашка-2"', Kind.ORGANISATION).words]
    ['romashka', '2']
    """
    return new_name(text, kind)


def new_name(text: str, kind: Kind) -> Name:
    """Return what `normalise` does, for callers that rarely ask for one name twice."""
    if kind is _PERSON:
        return _person(text)
    known = tables()
    parts = split(text)
    if 1 in map(len, map(_WRITTEN, parts)):
        parts = _join_initials(parts)
    dropped: list[tuple[str, str]] = []
    legal = _NO_FORMS
    if kind is _VESSEL:
        parts, dropped = _strip_vessel(parts, known)
    else:
        start, end, dropped = _strip_legal(list(map(_WRITTEN, parts)), known)
        parts = parts[start:end]
        if dropped:
            legal = frozenset([what for _, what in dropped])
    if len(parts) > 1 and not known.numbers.keys().isdisjoint(map(_WRITTEN, parts)):
        parts = _with_digits(parts, known)
    return Name.of(kind, tuple([make_word(_digits(t), kind, n) for t, n in parts]), legal, tuple(dropped))


_NO_FORMS: frozenset[str] = frozenset()


def _person(text: str) -> Name:
    if text.count(",") == 1:  # "LAST, First": the order of a chain of descent tells
        last, _, first = text.partition(",")
        text = f"{first} {last}"
    parts = split(text)
    words = tuple([word for t, n in parts if (word := _lone_word(t, n))])
    if len(words) == len(parts):
        return Name.of(_PERSON, words, _NO_FORMS, ())
    parts, dropped = strip_titles(parts, tables())
    parts = join_devout_names(join_servant_names(parts))
    words = tuple([make_word(_digits(t), _PERSON, n) for t, n in parts])
    return Name.of(_PERSON, words, _NO_FORMS, tuple(dropped))


def _with_digits(parts: list[tuple[str, str]], known: WordTables) -> list[tuple[str, str]]:
    """Return *parts* with numbers in digits, however they were written: ``forty four`` is 44."""
    out: list[tuple[str, str]] = []
    tens = ""  # "forty" stands before
    for text, native in parts:
        digits = "" if native else known.numbers.get(text, "")
        if tens and len(digits) == 1 and digits != "0" and len(text) > 2:
            out[-1] = (tens[0] + digits, "")
        else:
            out.append((digits or text, native))
        tens = digits if len(digits) == 2 and digits[1] == "0" and len(text) > 3 else ""
    return out


def _digits(text: str) -> str:
    return text.lstrip("0") or "0" if text.isdigit() else text


def _strip_vessel(
    parts: list[tuple[str, str]], known: WordTables
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    dropped: list[tuple[str, str]] = []
    while len(parts) > 1 and (parts[0][0],) in known.vessel_prefixes:
        dropped.append((parts[0][0], "title"))
        parts = parts[1:]
    return parts, dropped
