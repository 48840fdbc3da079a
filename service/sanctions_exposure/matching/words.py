"""Compares two words: how alike they are, and why."""

from __future__ import annotations

from rapidfuzz.distance import OSA

from sanctions_exposure.matching.folding import skeleton_of
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.normalise import Word, WordKind

# How alike two words are, by the way they meet.
EXACT = 1.0
SYNONYM = 0.88
SAME_FOLD = 0.95
OTHER_NAME = 0.55  # two known given names that are not forms of each other, however few letters they differ by
INITIAL = 0.90
SKELETON = 0.88


_NUMBER = WordKind.NUMBER  # by a name of its own: sooner than by its class
Likeness = tuple[float, str]
_LIMIT = 10_000
_person: dict[tuple[str, str], Likeness] = {}
_other: dict[tuple[str, str], Likeness] = {}


def memory(*, person: bool) -> dict[tuple[str, str], Likeness]:
    """Return what is remembered of pairs of keys; `word_similarity` fills it."""
    return _person if person else _other


def word_similarity(a: Word, b: Word, *, person: bool) -> Likeness:
    """Return how alike two words are, 0.0–1.0, and why."""
    known = memory(person=person)
    pair = (a.key, b.key)
    if (likeness := known.get(pair)) is None:
        if len(known) >= _LIMIT:
            known.clear()
        likeness = known[pair] = _likeness(a, b, person=person)
    return likeness


def _likeness(a: Word, b: Word, *, person: bool) -> Likeness:
    if a.native and b.native and ABJAD not in (a.native, b.native):
        # Characters of one sound are different names.
        return (EXACT, "exact") if a.native == b.native else (0.0, "")
    if a.text == b.text:
        return EXACT, "exact"
    return _compare_words(a, b, person=person)


def _compare_words(a: Word, b: Word, *, person: bool) -> tuple[float, str]:  # noqa: PLR0911 - one return a way to meet
    if a.kind is _NUMBER or b.kind is _NUMBER:
        return 0.0, ""
    if len(a.text) == 1 or len(b.text) == 1:
        if person and len(a.text) != len(b.text) and a.text[0] == b.text[0] and ABJAD not in (a.native, b.native):
            return INITIAL, "initial"
        return 0.0, ""
    short, long = (a, b) if len(a.text) <= len(b.text) else (b, a)
    n = len(short.text)
    same_group = bool(a.groups) and not a.groups.isdisjoint(b.groups)
    if n >= 2 and a.fold == b.fold and not (same_group and same_fold_value(n) < SYNONYM):
        return same_fold_value(n), "transliteration"
    if n >= 4 and (bare := without_prefix(long.text)) and bare[0] == short.text:
        return bare[1], "particle"
    if same_group:
        return SYNONYM, "variant"
    if person and a.groups and b.groups:
        return (OTHER_NAME, "other_name") if OSA.distance(a.text, b.text, score_cutoff=2) <= 2 and n >= 4 else (0.0, "")
    return _misspelt(short, long, n)


def _misspelt(short: Word, long: Word, n: int) -> tuple[float, str]:
    """Return how alike two words are by slips, sounds and consonants."""
    if short.native and long.native and n <= SHORT_BONES:
        return 0.0, ""
    best = _typo(short.text, long.text, n)
    if best[1] == "gender":
        return best
    if best[0] < 0.84:
        best = max(best, _fold_typo(short, long, n), key=_first)
    if (
        best[0] < SCRAMBLED
        and len(long.text) == n
        and (letters := scrambled(short.text))
        and letters == scrambled(long.text)
    ):
        best = SCRAMBLED, "typo"
    if short.vowel_poor != long.vowel_poor and best[0] < SKELETON:
        bones = skeleton_of(short.text)
        if len(bones) >= 2 and bones == skeleton_of(long.text):
            best = max(best, (skeleton_value(len(bones)), "skeleton"), key=_first)
    return best


def same_fold_value(n: int) -> float:
    """Return how alike words of equal folds are, the shorter having *n* letters: short folds collide."""
    return SAME_FOLD if n >= 5 else 0.92 if n == 4 else 0.80


def skeleton_value(bones: int) -> float:
    """Return how alike two words are by these many equal consonants, one side being written without vowels."""
    return SKELETON if bones >= 3 else 0.75


def _first(pair: tuple[float, str]) -> float:
    return pair[0]


SHORT_BONES = 4  # letters; of words written without vowels on both sides, one more or less is another name

_GLUED = frozenset({"al", "el", "ul", "as", "ad", "an", "ar", "az"})  # the Arabic article, written as one with its noun
SERVANT = 0.85  # "Abdul Hanif" is often called "Hanif", as if it were the name


def without_prefix(text: str) -> tuple[str, float] | None:
    """Return a word without the article or "Abdul" written to it, and how alike the two are; None where it has none."""
    if len(text) >= 7 and text[:2] in _GLUED:
        return text[2:], SAME_FOLD
    if len(text) >= 9 and text.startswith("abdul"):
        return text[5:], SERVANT
    return None


SCRAMBLED = 0.75  # the same letters, the first in its place: haste, or somebody who hides a name


def scrambled(text: str) -> str:
    """Return what words of the same letters and first letter share; empty for words too short to tell by that."""
    return text[0] + "".join(sorted(text[1:])) if len(text) >= 6 else ""


def edits_allowed(n: int) -> int:
    """Return how many edits words may differ by whose shorter one has *n* letters."""
    return 0 if n <= 2 else 1 if n <= 5 else 2


def typo_value(n: int, edits: int) -> float:
    """Return how alike words are that differ by these edits, the shorter having *n* letters."""
    if edits == 0:
        return EXACT
    if edits > edits_allowed(n):
        return 0.0
    if edits == 1:
        return 0.90 if n >= 5 else 0.82 if n == 4 else 0.62
    return 0.80 if n >= 9 else 0.70 if n >= 7 else 0.55


FEMININE = 0.80  # "Ivanov" and "Ivanova", "Aleksandr" and "Aleksandra": another person as a rule
FIRST_LETTER = 0.06  # slips rarely change a word's first letter


def _typo(short: str, long: str, n: int) -> tuple[float, str]:
    allowed = edits_allowed(n)
    if not allowed or len(long) - n > allowed:
        return 0.0, ""
    edits = OSA.distance(short, long, score_cutoff=allowed)
    if edits > allowed:
        return 0.0, ""
    if edits == 1 and n >= 4 and long == short + "a":
        return FEMININE, "gender"
    return round(typo_value(n, edits) - (FIRST_LETTER if short[0] != long[0] else 0.0), 4), "typo"


def fold_typo_value(n: int) -> float:
    """Return how alike words are whose folds differ by one edit, the shorter word having *n* letters."""
    return 0.84 if n >= 6 else 0.74 if n >= 5 else 0.0


def raw_edits_allowed(n: int) -> int:
    """Return how many edits two words may differ by as written when their folds differ by one."""
    return 3 if n >= 6 else 2


def _fold_typo(short: Word, long: Word, n: int) -> tuple[float, str]:
    a, b = short.fold, long.fold
    if n < 5 or min(len(a), len(b)) < 3 or abs(len(a) - len(b)) > 1 or OSA.distance(a, b, score_cutoff=1) > 1:
        return 0.0, ""
    most = raw_edits_allowed(n)
    if OSA.distance(short.text, long.text, score_cutoff=most) > most:
        return 0.0, ""
    return round(fold_typo_value(n) - (FIRST_LETTER if a[0] != b[0] else 0.0), 4), "transliteration"
