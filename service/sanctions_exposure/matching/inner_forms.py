"""Legal forms inside a field: what stands before such a form and what stands after it are two things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from sanctions_exposure.countries import country_code
from sanctions_exposure.matching.letters import fold_text
from sanctions_exposure.matching.normalise import tables

# Forms of one word that are no word of a name in any language.
_SURE = frozenset({
    "llc", "jsc", "ojsc", "pjsc", "cjsc", "ooo", "oao", "zao", "pao", "gmbh", "ltd", "limited", "fze", "fzco",
    "fzc", "llp", "plc", "sarl", "srl", "inc", "ltda", "pte", "pvt", "pty", "kft", "sro", "doo", "bvba",
    "dmcc", "wll", "incorporated", "too",
})  # fmt: skip
_CAPITALS = frozenset({"ao", "ag", "bv", "nv", "sa"})  # forms only in capitals: in small letters some are words
# Forms that stand before a name as often as after it.
_IN_FRONT = frozenset({"llc", "jsc", "ojsc", "pjsc", "cjsc", "ooo", "oao", "zao", "pao", "too", "ao"})
_TOKEN = re.compile(r"[^\W_]+(?:\.[^\W_]+)*\.?")
_LEAST_LETTERS = 5  # of a form of several words
_LONGEST = 7  # words
_MOST_WORDS = 30  # that are looked at for a damaged form


@cache
def _inner_forms() -> frozenset[tuple[str, ...]]:
    """Return the legal forms that are one wherever they stand."""
    long = (
        form
        for form, kind in tables().legal_forms.items()
        if kind in {"llc", "jsc", "corp"} and 1 < len(form) <= _LONGEST and form[0] not in {"and", "with"}
        and sum(map(len, form)) >= _LEAST_LETTERS
    )  # fmt: skip
    return frozenset(long) | {(word,) for word in _SURE | _CAPITALS}


@cache
def inner_words() -> frozenset[str]:
    """Return words of which such a form has at least one, as few names as may be having one inside."""
    return frozenset(min(form, key=lambda word: (word == "company", -len(word))) for form in _inner_forms())


_CYRILLIC = re.compile("[\u0400-\u04ff]")
_DOTTED = re.compile(r"[a-z]\.[a-z]")
_LETTERS = re.compile("[a-z]+")


def may_have_inner_form(words: list[str]) -> bool:
    """Whether one of *words* but the first and last is a legal form's."""
    return len(words) > 2 and not inner_words().isdisjoint(words[1:-1])


def has_inner_form(words: list[str], lower: str) -> bool:
    """Whether a legal form may stand inside a name of these *words*, in small letters."""
    if _CYRILLIC.search(lower):
        words = [_folded(word) for word in _TOKEN.findall(lower)]
    elif _DOTTED.search(lower):
        words = _LETTERS.findall(lower.replace(".", ""))
    return may_have_inner_form(words)


@cache
def _words_of_forms() -> frozenset[str]:
    return frozenset(word for form in tables().legal_forms for word in form if len(form) == 1 or form in _inner_forms())


def is_form(part: str) -> bool:
    """Whether *part* is words of legal forms alone."""
    return all(word in _words_of_forms() for word in map(_folded, _TOKEN.findall(part)))


def divided(text: str) -> Iterator[str]:
    """Yield both sides of a legal form inside an organisation's name, each with the form.

    Beside a name that has its form stands a city, another party or the field's label, and the form would no longer be
    found at the name's end.

    >>> list(divided("Zelmira JSC Astrakhan"))
    ['Zelmira JSC', 'JSC Astrakhan']
    """
    tokens = list(_TOKEN.finditer(text))
    words = [_folded(token[0]) for token in tokens]
    at = 0
    while at < len(words):
        size = _form_at(tokens, words, at)
        if size and at > 0 and at + size < len(words):
            yield text[: tokens[at + size - 1].end()]
            if _tells(words[at + size :], before=words[at] in _IN_FRONT or size > 2):
                yield text[tokens[at].start() :]
            return
        at += size or 1


def _form_at(tokens: list[re.Match[str]], words: list[str], at: int) -> int:
    """Return how many words the longest legal form has that begins here."""
    known = _inner_forms()
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        if tuple(words[at : at + size]) in known and (
            words[at] not in _CAPITALS or size > 1 or tokens[at][0].isupper()
        ):
            return size
    return 0


def _tells(words: list[str], *, before: bool) -> bool:
    """Whether what stands after a legal form may be a name: it has words that are neither common nor a number's."""
    telling = [w for w in words if len(w) > 3 and w not in tables().org_words and not country_code(w)]
    return not any(w[0].isdigit() for w in words) and len(telling) > (0 if before else 1)


def _folded(token: str) -> str:
    """Return a word as legal forms are known by; none is written in a script other than Latin and Cyrillic."""
    return _from_cyrillic(token) if _CYRILLIC.search(token) else token.lower().replace(".", "")


@lru_cache(maxsize=4_096)
def _from_cyrillic(token: str) -> str:
    return fold_text(token).replace(" ", "")


# -- a slip in a legal form ----------------------------------------------------------------------

# One of these stands in a form of several words even if another word of it is damaged.
SPELLED = frozenset({"joint", "stock", "liability", "jointstock", "stockcompany", "limitedliability", "aktsionernoe"})
_LEAST_SPELLED = 16  # letters: a slip in fewer may make another word


@cache
def _spelled_out() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the forms that are spelled out, longest first, each with its letters."""
    forms = (
        form for form, kind in tables().legal_forms.items()
        if kind in {"llc", "jsc"} and len(form) > 1 and len("".join(form)) >= _LEAST_SPELLED
    )  # fmt: skip
    return tuple(sorted((("".join(form), form) for form in forms), key=lambda one: -len(one[0])))


def mended(text: str) -> str | None:
    """Return *text* with a spelled-out legal form put right that has a slip, or a blank too many or too few.

    >>> mended("JOINT SOCK COMPANY ZELMIRA"), mended("Zelmira Limited Liability Com pany")
    ('joint stock company ZELMIRA', 'Zelmira limited liability company')
    """
    tokens = list(_TOKEN.finditer(text))[:_MOST_WORDS]
    words = [_folded(token[0]) for token in tokens]
    for letters, form in _spelled_out():
        for first in (at for at, word in enumerate(words) if word[0] == letters[0]):
            joined = ""
            for last in range(first, min(first + len(form) + 1, len(words))):
                joined += words[last]
                if abs(len(joined) - len(letters)) <= 1 and OSA.distance(joined, letters, score_cutoff=1) <= 1:
                    if tuple(words[first : last + 1]) == form:
                        return None
                    return f"{text[: tokens[first].start()]}{' '.join(form)}{text[tokens[last].end() :]}"
    return None
