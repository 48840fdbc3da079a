"""Names of people made of several words that are one name, and titles that are none.

Words are pairs of folded text and native form, as `letters.split` gives them.
"""

from __future__ import annotations

import re

from sanctions_exposure.matching.tables import WordTables

CHAIN = frozenset({"bin", "ibn", "ben", "bint", "ould", "wald", "walad"})  # son of, daughter of
_INNER_TITLES = frozenset({
    "haji", "hajji", "mullah", "mulla", "maulavi", "mawlawi", "maulawi", "sayyid", "shaykh", "sheikh", "shaikh",
    "doctor", "dr", "col", "gen",
})  # fmt: skip


def stands_alone(text: str, known: WordTables) -> bool:
    """Whether a word is no title, and neither part of a name of several words nor one that they are written by.

    Nothing that this module does changes a name of such words.
    """
    return not (
        text in _INNER_TITLES
        or text in known.person_titles
        or text in known.person_suffixes
        or text in _GOD
        or text.startswith("abd")
        or _FAITH.fullmatch(text)
        or _in_one_form(text) != text
    )


def strip_titles(
    parts: list[tuple[str, str]], known: WordTables
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return *parts* without titles and suffixes, and what was taken off."""
    # "LAST, Dr First" keeps the title in the middle; it tells nothing there either.
    kept = [p for p in parts if len(p[0]) < 3 or p[0] not in _INNER_TITLES]
    if len(kept) < 2:
        kept = parts
    start, end = 0, len(kept)
    while end - start > 2 and kept[start][0] in known.person_titles:
        start += 1
    while end - start > 2 and kept[end - 1][0] in known.person_suffixes:
        end -= 1
    kept = kept[start:end]
    gone = [p[0] for p in parts if p not in kept] if len(kept) < len(parts) else []
    return kept, [(word, "title") for word in gone]


_SERVANT = re.compile(r"^abd(?:[aeiou]{0,2}l|[aeiou]{1,2}(?=([bcdfghjkmnpqrstvwxz])\1))(?=.{3})(?!lah|la$)")
_ABD = re.compile(r"abd(?:u|[aeiou]{1,2}[lrsnz])?")
_ARTICLES = frozenset({"al", "el", "ul", "ur", "ar", "as", "az", "ad", "an", "ash", "at", "us", "ud", "il", "ol"})


def join_servant_names(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return *parts* with ``Abd al-Rahman``, ``Abdur Rahman`` and the like in one form: ``abdulrahman``."""
    out: list[tuple[str, str]] = []
    at = 0
    while at < len(parts):
        text, native = parts[at]
        at += 1
        if not text.startswith("abd"):
            out.append((text, native))
            continue
        if (
            at < len(parts)
            and _ABD.fullmatch(text)
            and any(len(p[0]) > 2 for p in parts[at : at + 1 + (parts[at][0] in _ARTICLES)])
        ):
            if parts[at][0] in _ARTICLES and at + 1 < len(parts):
                at += 1
            rest = parts[at][0]
            text, at = "abdul" + (rest[2:] if native and rest.startswith("al") and len(rest) >= 5 else rest), at + 1
            text = "abdullah" if text in {"abdulullah", "abdulallah", "abdulilah", "abdullah"} else text
        elif found := _SERVANT.match(text):
            text = "abdul" + text[found.end() + (1 if found.group(1) else 0) :]
        elif text in {"abdallah", "abdollah", "abdulla", "abdalla"}:
            text = "abdullah"
        out.append((text, native))
    return out


_FAITH = re.compile(r"(?:[aeiou]?d)?d(?:in|een|ine|yn)|(?:a|e|u)l-?d(?:in|een|ine)")
_GOD = frozenset({"allah", "ullah", "ollah"})
_FAITH_AT_END = re.compile(r"(?<=\w{3})(?:[aeiou]d|[aeu]l)d(?:in|een|ine|yn)e?$")
_GOD_AT_END = re.compile(r"(?<=\w{3})[aou]ll?ah$")


def join_devout_names(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return *parts* with names on -uddin and -ullah in one form: ``Zayn al-Din``, ``Zayn Eddine``, ``Zayneddin``."""
    out: list[tuple[str, str]] = []
    for text, native in parts:
        before = out[-1] if out else ("", "")
        article = before[0] in _ARTICLES
        stem = out[-2] if article and len(out) >= 2 else before
        joins = len(stem[0]) >= 3 and stem[0] not in CHAIN and not stem[0].startswith("abd")
        if joins and (_FAITH.fullmatch(text) or (not article and text in _GOD)):
            del out[-2 if article else -1 :]
            out.append((stem[0] + ("ullah" if text in _GOD else "uddin"), stem[1]))
        else:
            out.append((_in_one_form(text), native))
    return out


def _in_one_form(text: str) -> str:
    """Return a word with -uddin or -ullah at its end in the form that all such names get."""
    if len(text) < 7 or text.startswith("abdul"):
        return text
    return _GOD_AT_END.sub("ullah", _FAITH_AT_END.sub("uddin", text))
