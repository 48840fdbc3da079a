"""What two spellings of one sound have in common: the fold and the skeleton of a word."""

from __future__ import annotations

import re
from functools import lru_cache

_SOUNDS = {
    **dict.fromkeys(("shch", "stch", "tsch", "sch", "sh"), "s"),
    **dict.fromkeys(("dzh", "dsch", "dj", "zh"), "j"),
    **dict.fromkeys(("tch", "tsh", "ch", "tz", "ts", "cz", "tc", "dz"), "c"),
    **dict.fromkeys(("ou", "oo", "uu", "u"), "o"),
    "rn": "m", "0": "o", "1": "l", "5": "s", "8": "b", "2": "z", "9": "g",  # what scanners confuse
    "kh": "h", "gh": "g", "ck": "k", "q": "k", "ph": "f", "th": "t", "dh": "d", "bh": "b", "w": "v", "x": "ks",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_VOWEL_RUN = re.compile(r"(?<=[^aeioyj])j[aeo][aeioy]*|[aeioy]{2,}")
_FRONT_VOWEL = str.maketrans("ey", "ii")
_CHINESE_X = re.compile(r"^(?:x|hs)(?=[iu])")  # "Xi", "Hsi" and "Si" are one syllable in three systems
_GLIDE = re.compile(r"(?<=[aeiouy])j(?=[^aeiouyj]|$)")  # "Mihajlov", "Sergej": a vowel where Slavs and Germans write j
_SILENT_H = re.compile(r"h(?=[^aeio]|$)")
_FINAL_F = re.compile(r"(?<=[aio])f(?=a?$)")
_MAC = re.compile(r"^mac(?=[^aeiou])|^mc")


def _vowels(run: re.Match[str]) -> str:
    """Return what a run of vowels sounds like: front vowels fall together, a final -a or -o keeps its gender."""
    text = run.group()
    if len(text) == 2 and run.start() == 0 and text[0] in "iy" and text[1] in "ao":
        return text[1]  # "Yuri", "Iurii" and "Uri" begin alike
    if not _OPEN.issuperset(text):
        return "i" + text[-1] if text[-1] in _OPEN and run.end() == len(run.string) else "i"
    return text


_OPEN = frozenset("ao")

# One after another, for what one leaves another may meet; of two that begin alike the longer first.
_SKELETON = (
    ("shch", "S"), ("sch", "S"), ("sh", "S"),
    ("tch", "C"), ("ch", "C"),
    ("dzh", "J"), ("dj", "J"), ("zh", "J"), ("j", "J"),
    ("kh", "h"),
    ("ck", "k"), ("gh", "k"), ("q", "k"), ("g", "k"),
    ("ph", "f"),
    ("dh", "d"), ("z", "d"),  # one Arabic letter is d to Arabs and z to Persians
    ("th", "s"),
)  # fmt: skip
_WITHOUT_H = tuple(rule for rule in _SKELETON if "h" not in rule[0])
_NOT_BONES = str.maketrans("", "", "wvaeiouy")
_DOUBLED = re.compile(r"(?s)(.)(?=\1)")


def _single(word: str) -> str:
    """Return *word* with doubled letters written once."""
    return _DOUBLED.sub("", word)


@lru_cache(maxsize=1_024)  # words of legal forms come back; what names hold is remembered in its `Word`
def fold_word(word: str) -> str:
    """Return *word* with the differences between romanisations folded away.

    >>> fold_word("khuseyn") == fold_word("husain"), fold_word("sergei") == fold_word("sergey")
    (True, True)
    """
    folded = _MAC.sub("mk", word) if word[0] == "m" else _CHINESE_X.sub("s", word) if word[0] in "xh" else word
    folded = _SOUND.sub(lambda m: _SOUNDS[m.group()], folded)
    if "j" in word:
        folded = _GLIDE.sub("i", folded)
    folded = _VOWEL_RUN.sub(_vowels, folded).translate(_FRONT_VOWEL)
    if "h" in folded:
        folded = _SILENT_H.sub("", folded)
    folded = _single(folded)
    return (_FINAL_F.sub("v", folded) if "f" in folded else folded) or word


@lru_cache(maxsize=10_000)
def skeleton_of(word: str) -> str:
    """Return the consonants of *word*, as a script without vowels would keep them."""
    for written, sound in _SKELETON if "h" in word else _WITHOUT_H:
        word = word.replace(written, sound)
    if len(word) > 1 and word[-1] == "h":  # a vowel sign in Persian, left out as often as written
        word = word[:-1]
    first = "v" if word[:1] == "w" else word[:1].translate(VOWELS)
    return _single(first + word[1:].translate(_NOT_BONES))


VOWELS = str.maketrans("", "", "aeiouy")
