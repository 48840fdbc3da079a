"""Mandarin names written by older or foreign systems: Wade-Giles in Latin letters, Palladius in Cyrillic ones.

Lists and passports of today write pinyin. The systems share no letters by which slips could be told, so such a name is
rewritten whole, and only where it says by a syllable that no other language has which system it follows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from functools import cache, lru_cache

from sanctions_exposure.matching.tables import table_rows

_MOST = 8  # readings of a name whose aspiration marks were left out
_LONGEST = 4  # syllables of a name
_LONGEST_SYLLABLE = 6  # letters


System = Mapping[str, tuple[str, ...]]  # a written syllable -> all that it may be in pinyin


@cache
def _system(name: str) -> System:
    """Return the syllables of "wade" (as mostly written: without marks of aspiration), "marked" or "palladius"."""
    found: dict[str, dict[str, None]] = {}
    for pinyin, wade, palladius in table_rows("chinese.tsv"):
        for form in (palladius if name == "palladius" else wade).split("|"):
            found.setdefault(form.replace("'", "") if name == "wade" else form, {})[pinyin] = None
    return {form: tuple(all_of) for form, all_of in found.items()}


@cache
def _pinyin() -> frozenset[str]:
    return frozenset(row[0] for row in table_rows("chinese.tsv"))


def is_syllable(text: str) -> bool:
    """Whether *text*, in small letters, is a syllable of pinyin, and so may be a name of its own."""
    return text in _pinyin()


_LATIN = re.compile(
    r"[A-Za-z]+(?:['\u2018\u2019\u02bb`-][A-Za-z]+)*(?: [A-Za-z]+(?:['\u2018\u2019\u02bb`-][A-Za-z]+)*){1,2}"
)
_CYRILLIC = re.compile("[\u0430-\u044f\u0451]+(?:[ -][\u0430-\u044f\u0451]+){1,2}")
_APOSTROPHE = re.compile("[\u2018\u2019\u02bb`]")
_OF_WADE = re.compile("^(?:hs|ts|tz|sz)|(?:[iu]eh|ung|[hr]h|jih|ien)$")
# Letters that no Russian name has beside each other, or not at its end.
_TELLING = re.compile(
    "\u0446[\u0437\u044f\u044e]|\u0447\u0436|\u044e\u0439|\u044e\u044d|\u0443\u044d\u0439|\u044d\u043d|[\u0430\u044f\u0443\u044e\u0438]\u043d\u044c(?=[^\u0435\u044f\u044e\u0438])|[\u0430\u044f\u0443\u044e]\u043d\u044c\\b"
)


def in_pinyin(name: str) -> tuple[str, ...]:
    """Return a person's name in pinyin when it is written by another system; empty otherwise.

    >>> in_pinyin("Hsiao Tse-hua"), in_pinyin("Сяо Цзэхуа")
    (('Xiao Zehua', 'Xiao Cehua'), ('Xiao Zehua',))
    >>> in_pinyin("Ivan Tashov"), in_pinyin("Иван Ташов"), in_pinyin("Xiao Zehua")
    ((), (), ())
    """
    if _LATIN.fullmatch(name):
        return _from_wade(_APOSTROPHE.sub("'", name.lower()))
    folded = name.casefold()
    if _CYRILLIC.fullmatch(folded) and _TELLING.search(folded):
        return _from_palladius(folded)
    return ()


def may_be_wade(syllables: list[str], system: str = "wade") -> bool:
    """Whether *syllables*, in small letters, may be a Wade-Giles name: few enough, and all of them Mandarin."""
    return len(syllables) <= _LONGEST and all(map(_system(system).__contains__, syllables))


def _from_wade(name: str) -> tuple[str, ...]:
    """Return the readings of a Wade-Giles name, which parts its syllables by hyphens."""
    system = "marked" if "'" in name else "wade"
    syllables = name.replace("-", " ").split()
    if not may_be_wade(syllables, system):
        return ()
    words = [tuple(word.split("-")) for word in name.split()]
    telling = "'" in name or any(_OF_WADE.search(s) for s in syllables)
    return _written(words, system) if telling and not _pinyin().issuperset(syllables) else ()


def _from_palladius(name: str) -> tuple[str, ...]:
    words = [_cut(word.replace("-", ""), "palladius") for word in name.split()]
    return _written(words, "palladius") if all(words) and sum(map(len, words)) <= _LONGEST else ()


def _written(words: list[tuple[str, ...]], system: str) -> tuple[str, ...]:
    """Return the names that these syllables may be."""
    table = _system(system)
    choices = itertools.product(*(table[s] for word in words for s in word))
    ends = list(itertools.accumulate(map(len, words), initial=0))
    return tuple(
        " ".join("".join(choice[a:b]).capitalize() for a, b in itertools.pairwise(ends))
        for choice in itertools.islice(choices, _MOST)
    )


@lru_cache(maxsize=10_000)
def _cut(word: str, system: str) -> tuple[str, ...]:
    """Return *word* cut into syllables; empty where it cannot be."""
    table = _system(system)
    for size in range(min(_LONGEST_SYLLABLE, len(word)), 0, -1):
        head, tail = word[:size], word[size:]
        if head in table and (not tail or _cut(tail, system)):
            return (head, *_cut(tail, system)) if tail else (head,)
    return ()
