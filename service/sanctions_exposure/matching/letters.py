"""From written text to words of ASCII letters: invisible characters, look-alikes, marks and scripts go.

Facts of the scripts: Unicode's own categories and compatibility forms; romanisation by `anyascii`, and by one plain
table for Cyrillic, whose standards (ISO 9, BGN/PCGN, passports) disagree on what `folding` then removes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import filterfalse

from anyascii import anyascii

from sanctions_exposure.matching.tables import table_rows

ABJAD = "\u0639"  # marks a word written in a script without vowels
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_APOSTROPHES = re.compile("[\u0027\u2018\u2019\u201b\u02b9\u02bb-\u02bf\u02c8\u0060\u00b4\u2032\u05f3\u05f4]")
_POSSESSIVE = re.compile("(?<=\\w{2})[\u0027\u2019]s\\b", re.IGNORECASE)
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_BREAK = re.compile(r"[\W_]+")
_LATIN_EXTRA = str.maketrans({
    "ø": "o", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h",
    "ŋ": "n", "ə": "a",
    "ĸ": "k", "ŧ": "t", "ƒ": "f", "ɛ": "e", "ɔ": "o",
})  # fmt: skip
# Letters of Cyrillic and Greek that pass for Latin ones; inside a Latin word they are one (a known way to evade lists).
_TO_LATIN = str.maketrans("аеорсухіїјѕԁһкмнтвзбгαοερτυνικχηβɑɡ", "aeopcyxiijsdhkmhtb36raoeptuvikxnbag")
_TO_CYRILLIC = str.maketrans("aeopcyxijskmhtb", "аеорсухіјѕкмнтв")
# ISO 9, BGN and everyday romanisation disagree; one plain table is enough because `fold` removes what they disagree on.
# fmt: off
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "ye", "ж": "zh",
    "з": "z", "и": "i",
    "і": "i", "ї": "yi", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t",
    "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "",
    "ы": "y", "ь": "", "э": "e",
    "ю": "yu", "я": "ya", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "dj", "џ": "dz", "ѕ": "dz",
    "ќ": "kj", "ѓ": "gj",
    "қ": "q", "ғ": "gh", "ң": "ng", "ө": "o", "ү": "u", "ұ": "u", "һ": "h", "ә": "a", "ҷ": "j", "ҳ": "h",
    "ӣ": "i", "ӯ": "u",
}
# fmt: on
_CYRILLIC_TABLE = str.maketrans(_CYRILLIC)
_DIGITS = {ord(c): str(unicodedata.digit(c)) for c in "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९"}
_IDEOGRAPHIC = "\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_SYLLABLES = re.compile(f"[{_IDEOGRAPHIC}]|[^{_IDEOGRAPHIC}]+")
_ABJAD = re.compile("[\u0590-\u074f\u0870-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
OTHER_SCRIPT = re.compile("[\u0370-\u1fff\u2c00-\udfff\uf900-\ufdff\ufe70-\ufefc\U00010000-\U0003ffff]")
_NATIVE = re.compile(f"[{_IDEOGRAPHIC}]")
_MAY_BE_MARK = re.compile(r"[^\w\s\x00-\x7f]")  # no mark is a word character, and few other characters are left then
_MARKS = frozenset({"Mc", "Mn"})
_LATIN_CYRILLIC_GREEK = [re.compile(f"[{span}]") for span in ("a-z", "\u0400-\u04ff", "\u0370-\u03ff")]
_ROMANISED_SIGNS = str.maketrans("", "", "'`\"-. ")  # what romanisation writes for letters that Latin has not


def visible(text: str) -> str:
    """Return *text* without characters that show nothing and in compatibility form (fullwidth letters and the like)."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))


@lru_cache(maxsize=10_000)
def _latin(word: str) -> str:
    """Return one word, casefolded, in ASCII letters and digits."""
    if word.isascii():
        return word
    decomposed = unicodedata.normalize("NFKD", word.translate(_LATIN_EXTRA))
    stripped = "".join(filterfalse(unicodedata.combining, decomposed))
    if stripped.isascii():
        return stripped
    return anyascii(_unmixed(word)).casefold().translate(_ROMANISED_SIGNS)


_GREEK_PAIRS = {"\u03bc\u03c0": "b", "\u03bd\u03c4": "d", "\u03b3\u03ba": "g"}  # sounds that Greek has no letter for
_GREEK_PAIR = re.compile("^(?:" + "|".join(_GREEK_PAIRS) + ")|(?<=[\u03b1-\u03c9\u03ac-\u03ce])\u03bc\u03c0")


def _unmixed(word: str) -> str:
    """Return *word* with look-alike letters put into the script that most of it is in."""
    latin, cyrillic, greek = (len(script.findall(word)) for script in _LATIN_CYRILLIC_GREEK)
    if latin and (cyrillic or greek):
        # A letter that passes for none of the other script says which one the word is in; else most letters do.
        no_cyrillic = any("a" <= c <= "z" for c in word.translate(_TO_CYRILLIC))
        no_latin = any("\u0400" <= c <= "\u04ff" for c in word.translate(_TO_LATIN))
        is_latin = latin >= cyrillic if no_cyrillic == no_latin else no_cyrillic
        return word.translate(_TO_LATIN) if is_latin else word.translate(_TO_CYRILLIC).translate(_CYRILLIC_TABLE)
    composed = unicodedata.normalize("NFC", word)
    if greek:
        composed = _GREEK_PAIR.sub(lambda m: _GREEK_PAIRS[m.group()], composed)
    return composed.translate(_CYRILLIC_TABLE) if cyrillic else composed


def split(text: str) -> list[tuple[str, str]]:
    """Return (folded word, native form or "") of every word of *text*."""
    if text.isascii():
        if "'" in text or "`" in text:
            text = _APOSTROPHES.sub("", _POSSESSIVE.sub("", text))
        return [(word, "") for word in _ASCII_WORD.findall(text.lower())]
    plain = visible(text)
    if not plain.isascii():
        plain = plain.translate(_DIGITS)
    plain = _APOSTROPHES.sub("", _POSSESSIVE.sub("", plain)).casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", _VOWEL_SIGNS.sub("", plain))
        # Marks of scripts that need them (Indic vowel signs) are not word characters for `re`: romanise before cutting.
        if any(unicodedata.category(c) in _MARKS for c in _MAY_BE_MARK.findall(plain)):
            plain = " ".join(_latin(part) for part in plain.split())
    out: list[tuple[str, str]] = []
    for part in _BREAK.split(plain):
        if part:
            out += _words_in(part)
    return out


@lru_cache(maxsize=20_000)
def _words_in(part: str) -> tuple[tuple[str, str], ...]:
    """Return what `split` does of characters that stand together."""
    out: list[tuple[str, str]] = []
    # A Han character or Hangul syllable is a word of its own: Latin spellings write it as one, joined or not.
    for piece in _without_article(_SYLLABLES.findall(part)):
        native = _native_mark(piece)
        folded = _arabic(piece) if native == ABJAD else _BREAK.sub("", _latin(piece).casefold())
        if folded:
            out.append((folded, "" if folded == "al" else native))
    return tuple(out)


_ARTICLE = "\u0627\u0644"


def _without_article(pieces: list[str]) -> list[str]:
    """Return *pieces* with the Arabic article as a word of its own, as Latin spellings have it."""
    out = []
    for piece in pieces:
        out += [_ARTICLE, piece[2:]] if piece.startswith(_ARTICLE) and len(piece) >= 5 else [piece]
    return out


_VOWEL_SIGNS = re.compile("[\u0640\u064b-\u065f\u0670]")  # written in few names, and in those not always
# Arabic and Persian write some letters with different characters.
_SAME_LETTER = str.maketrans(
    "\u0623\u0625\u0622\u0671\u064a\u0649\u0643\u0629", "\u0627\u0627\u0627\u0627\u06cc\u06cc\u06a9\u0647"
)
_LONG_A = str.maketrans(dict.fromkeys("\u0627\u0623\u0625\u0622\u0671", "a"))  # the one vowel that is always written
_OPENING = re.compile("[\u0627\u0639]")  # letters that stand for whatever vowel a word begins with


@cache
def _arabic_names() -> dict[str, str]:
    rows = table_rows("arabic_names.tsv")
    return {form.translate(_SAME_LETTER): latin for latin, forms in rows for form in forms.split("|")}


def _arabic(word: str) -> str:
    """Return a word of the Arabic or Hebrew script in Latin letters: a known name with its vowels, others without."""
    plain = word.translate(_SAME_LETTER)
    if plain == _ARTICLE:
        return "al"
    if known := _arabic_names().get(plain):
        return known
    folded = _BREAK.sub("", _latin(word.translate(_LONG_A)).casefold())
    return "a" + folded if folded and _OPENING.match(plain) and folded[0] not in "aeiou" else folded


def _native_mark(piece: str) -> str:
    if piece.isascii():
        return ""
    if _NATIVE.match(piece):
        return piece
    return ABJAD if _ABJAD.search(piece) else ""


def fold_text(text: str) -> str:
    """Return *text* as folded words with single blanks: the form that the word tables are keyed by."""
    return " ".join(word for word, _ in split(text))
