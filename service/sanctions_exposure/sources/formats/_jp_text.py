"""Reads what Japan's list writes into one cell: names in two scripts, enumerated aliases, dates, countries."""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import pycountry

from sanctions_exposure.model import ListedDate
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, possible_date, slip

NOTHING = frozenset({"", "不明", "なし", "-", "―", "－", "なし。", "不明。"})

_ENUMERATED = re.compile(r"\(\s?[a-z]{1,2}\s?\)")
_MARKS = re.compile(
    r"\b[afn]\.?\s?k\.?\s?a\b\.?:?|(?:別称|旧称|別名)[、:]|formerly listed as|以前掲載の氏名", re.IGNORECASE
)
_ORIGINAL = re.compile(r"\(\s*original script\s*:\s*(?P<name>.*?)\s*\)?\s*$", re.IGNORECASE | re.DOTALL)
_TWO_SCRIPTS = re.compile(r"(?P<ja>[^()]*[\u3040-\u30ff\u4e00-\u9fff][^()]*?)\s*\((?P<other>[^()]*[A-Za-z][^()]*)\)?")
_SIDE_BY_SIDE = re.compile(r"(?P<ja>[\u3040-\u30ff\u4e00-\u9fff・=\s]+)\s(?P<other>[A-Za-z].*)")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_PROSE = re.compile(r"\d+年|生まれ|旅券|同人|発行")
_ASIDE = re.compile(
    r"[\s,(]*\b(?:son of|born|DOB|POB|(?:Afghan(?:istan)? )?passport|previously listed as|false identity|"
    r"in Arabic)\b.*|[\s,(]+\d{4}年.*",
    re.IGNORECASE,
)
_EDGES = ' ,、;:。"”“「」・'
_BRACKETED_WORD = re.compile(r"(?P<word>\S+?)\s*\((?P<others>[^()\s]+(?:(?:, |/)[^()\s]+)*)\)")
_RANGE = re.compile(r"(\d{4})年?\s*(?:-|~|–|―|から)\s*(\d{4})年(?:まで)?(?:の間)?(頃)?")
_SLASHED = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})")
_DATE = re.compile(r"(\d{4})\s?年(?:\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?日)?)?(頃)?")
_PEOPLE = re.compile(r"(?:人|共和国)?(?:\([^()]*\))?$")


def normal(text: str) -> str:
    """Return *text* with full-width letters, digits and brackets made ordinary; line breaks stay."""
    return unicodedata.normalize("NFKC", text).replace("\r", "")


def original_script(text: str) -> tuple[str, str]:
    """Part a name from the original script that stands after it in brackets.

    >>> original_script("ANNA UNO (original script: Анна Уно)")
    ('ANNA UNO', 'Анна Уно')
    """
    match = _ORIGINAL.search(normal(text))
    if not match:
        return clean(normal(text)), ""
    script = clean(match["name"])
    return clean(normal(text)[: match.start()]), "" if script in NOTHING else script


def readings(name: str) -> list[str]:
    """Return a person's name and its other readings, which stand in brackets behind a word.

    >>> readings("Artem (Artyom) Primerov (Primerow)")
    ['Artem Primerov', 'Artyom Primerow']
    """
    options = [re.split(r", |/", match["others"]) for match in _BRACKETED_WORD.finditer(name)]
    if not options:
        return [name]
    plain = clean(_BRACKETED_WORD.sub(lambda match: f"{match['word']} ", name))
    found = [plain]
    for nth in range(max(map(len, options))):
        words = iter(options)

        def other(_: re.Match[str], nth: int = nth, words: Iterator[list[str]] = words) -> str:
            choices = next(words)
            return f"{choices[min(nth, len(choices) - 1)]} "

        found.append(clean(_BRACKETED_WORD.sub(other, name)))
    return list(dict.fromkeys(found))


def aliases(text: str) -> list[str]:
    r"""Return the names in a cell of aliases; what is plainly prose is left to the cell, which is kept whole.

    >>> aliases("(a)アンナ(Anna Uno)(b)アニャ\n(a.k.a.: (a)Anna Uno (b)Anya)")
    ['アンナ', 'Anna Uno', 'アニャ', 'Anya']
    """
    whole = _ENUMERATED.sub(";", normal(text)) if _ENUMERATED.search(normal(text)) else normal(text)
    enumerated = whole != normal(text)
    whole = _MARKS.sub(";", whole)
    found = []
    for line in [whole] if enumerated else _lines(whole):
        for part in line.split(";"):
            found += _in_both_scripts(_trimmed(_ASIDE.sub("", clean(part))))
    return [name for name in dict.fromkeys(found) if _is_name(name)]


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a cell; names joined by commas are parted where both scripts have as many of them."""
    lines = [line.strip() for line in text.split("\n") if line.strip(_EDGES)]
    japanese = [line for line in lines if _JAPANESE.search(line)]
    count = len(japanese[0].split("、")) if japanese else 0
    for line in lines:
        if _JAPANESE.search(line) and "(" not in _trimmed(line):
            yield re.sub(r"、|及び", ";", _trimmed(line))
        elif count > 1 and len(line.split(", ")) == count:
            yield line.replace(", ", ";")
        else:
            yield line


def _in_both_scripts(part: str) -> list[str]:
    match = _TWO_SCRIPTS.fullmatch(part) or _SIDE_BY_SIDE.fullmatch(part)
    return [_trimmed(clean(match[group])) for group in ("ja", "other")] if match else [part]


def _trimmed(part: str) -> str:
    """Drop what a list's punctuation leaves at the ends of a name, brackets included where they have no partner."""
    part = part.rstrip("( ").strip(_EDGES)
    while part.startswith("(") and part.find(")") in {-1, len(part) - 1}:
        part = part[1:].removesuffix(")").strip(_EDGES)
    if part.count("(") > part.count(")"):
        part += ")"
    while part.endswith(")") and part.count(")") > part.count("("):
        part = part[:-1].strip(_EDGES)
    return part


def _is_name(name: str) -> bool:
    return len(name) > 1 and name not in NOTHING and any(map(str.isalpha, name)) and not _PROSE.search(name)


def dates(text: str) -> list[ListedDate]:
    """Return every date in a text, as exact as it is.

    >>> [found.start for found in dates("(a)1961年頃(b)1952年4月")], dates("1941年-1944年頃")[0].end
    (['1961', '1952-04'], '1944')
    """
    whole = normal(text)
    found = [ListedDate(start=m[1], end=m[2], approximate=bool(m[3])) for m in _RANGE.finditer(whole)]
    told = [(f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}", False) for m in _SLASHED.finditer(whole)]
    told += [
        ("-".join(f"{int(part):02d}" for part in match.groups()[:3] if part), bool(match[4]))
        for match in _DATE.finditer(_RANGE.sub(" ", whole))
    ]
    for said, approximate in told:
        if start := possible_date(said):
            found.append(ListedDate(start=start, approximate=approximate, text=slip(said, start)))
    return list(dict.fromkeys(found))


def nations(text: str) -> list[str]:
    """Return the countries named in a text, in Japanese or English, by code."""
    parts = re.split(r"[、,;\n]|及び|又は", _ENUMERATED.sub(";", normal(text)))
    return [code for code in map(nation, map(clean, parts)) if code]


@cache
def nation(text: str) -> str:
    """Return the code of a country that *text* names or opens with; empty where it does neither.

    >>> nation("北朝鮮"), nation("中華人民共和国上海市"), nation("Kabul, Afghanistan"), nation("不明")
    ('kp', 'cn', 'af', '')
    """
    bare = _PEOPLE.sub("", text)
    for candidate in (text, bare):
        if code := _names().get(candidate) or country(candidate):
            return code
    for name in _longest_first():
        if text.startswith(name):
            return _names()[name]
    return country(clean(text.rpartition(",")[2])) if "," in text else ""


@cache
def _names() -> dict[str, str]:
    """Return Japanese names of countries, by ISO's own translation and as the list has them besides."""
    ja = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["ja"], fallback=True)
    table = {
        ja.gettext(name): found.alpha_2.lower()
        for found in pycountry.countries
        for name in (found.name, getattr(found, "common_name", ""), getattr(found, "official_name", ""))
        if name
    }
    return table | {
        "ロシア": "ru", "ロシア連邦": "ru", "北朝鮮": "kp", "韓国": "kr", "中国": "cn", "中華人民共和国": "cn",
        "米国": "us", "英国": "gb", "イギリス": "gb", "サウディ・アラビア": "sa", "クウェイト": "kw", "台湾": "tw",
        "タンザニア": "tz", "ジョージア": "ge", "シリア": "sy", "イラン": "ir", "ベラルーシ": "by", "香港": "hk",
        "スイス": "ch", "ソマリア": "so", "イエメン": "ye", "リビア": "ly", "スーダン": "sd", "南スーダン": "ss",
        "コンゴ民主共和国": "cd",
    }  # fmt: skip


@cache
def _longest_first() -> tuple[str, ...]:
    return tuple(sorted((name for name in _names() if _JAPANESE.match(name)), key=len, reverse=True))
