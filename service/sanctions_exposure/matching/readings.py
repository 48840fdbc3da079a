"""The names that a published or asked text may hold: in brackets, in another script, without what records write around.

A reading is text again; `normalise` reads it as one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from sanctions_exposure.countries import country_code
from sanctions_exposure.damage import repaired
from sanctions_exposure.matching import fields
from sanctions_exposure.matching.chinese import in_pinyin, is_syllable, may_be_wade
from sanctions_exposure.matching.inner_forms import SPELLED, may_have_inner_form, mended
from sanctions_exposure.matching.letters import OTHER_SCRIPT, visible
from sanctions_exposure.matching.normalise import Kind, tables

_PARENTHESES = re.compile(r"[(\[{]([^()\[\]{}]{2,})[)\]}]")
_CAMEL = re.compile(
    r"(?<=[a-z\u00df-\u00ff])(?=[A-Z\u00c0-\u00de])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[\u0430-\u044f])(?=[\u0410-\u042f])"
)
_MIRRORED = re.compile(r"[a-z]{3,}[A-Z]")  # written backwards, a known way round a filter
_GLUED_FORM = re.compile(
    r"(?<=\w{4})(llc|ltd|limited|gmbh|jsc|ooo|inc|corp|company|sarl|plc|pjsc|ojsc|llp|sa|ag)\.?$", re.IGNORECASE
)


_DOTTED = re.compile(r"(?<![\w.])(?:\w\.){2,}\w?(?!\w)")  # two of them side by side would be read as one word


# Most names have none of what makes another reading: they are words of letters alone, of one case or with a capital
# before small ones. Three of four are told by this, which looks at each character once.
_LETTERS = r"(?>[A-Z]?[a-z]+|[A-Z]+)"
_PLAIN = re.compile(rf"{_LETTERS}(?:(?:[.,]* |-){_LETTERS})*+\.?")
# The others by these.
_SPECIAL = re.compile(r"[(\[{/]|[a-z][A-Z]|[A-Z][A-Z][a-z]")
_SPECIAL_DOTS = re.compile(r"\w\.\w\.?\s")


def _is_plain(text: str) -> bool:
    """Whether *text* is plain words, with no legal form written as one with the last."""
    return _PLAIN.fullmatch(text) is not None and not _GLUED_FORM.search(_long_end(text))


def _long_end(text: str) -> str:
    """Return the last word of *text* if it is long enough for a legal form written as one with another word."""
    return "" if " " in text[-6:] else text[text.rfind(" ") + 1 :]


def _has_one_reading(text: str) -> bool:
    return _is_plain(text) or (
        text.isascii()
        and not _SPECIAL.search(text)
        and not ("." in text and _SPECIAL_DOTS.search(text))
        and not _GLUED_FORM.search(text)
    )


def _is_name(bracketed: str) -> bool:
    """Whether words in brackets are another name, not a part of this one as in ``Bank of Zelmir (Tashovia)``."""
    if not bracketed.isascii():
        return True
    if country_code(bracketed) or bracketed.casefold() in {"private", "holdings", "holding", "group", "pvt"}:
        return False
    return " " in bracketed or (bracketed.isupper() and len(bracketed) <= 8)


def readings(text: str) -> tuple[str, ...]:
    """Return *text* and the other names it may hold.

    What stands in brackets is another name, each script stands on its own, a capital inside a long word starts a new
    word, and a legal form may be written as one with the last word.

    >>> readings("Tondar Sahra (\u062a\u0646\u062f\u0631 \u0635\u062d\u0631\u0627)")[1:]
    ('\u062a\u0646\u062f\u0631 \u0635\u062d\u0631\u0627', 'Tondar Sahra')
    >>> readings("HassanDoe")[1:], readings("Romashkallc")[1:]
    (('Hassan Doe',), ('Romashka llc',))
    >>> readings("O.J.S.C. Z.e.l.A.Z")[1:]
    ('OJSC ZelAZ',)
    """
    if _has_one_reading(text):
        return (text,)
    out = [text]
    if bracketed := [part.strip() for part in _PARENTHESES.findall(text)]:
        named = [part for part in bracketed if _is_name(part)]
        out += named
        if len(named) == len(bracketed):
            out.append(" ".join(_PARENTHESES.sub(" ", text).split()))
    elif not text.isascii():
        words = visible(text).split()
        latin = [w for w in words if w.isascii() or not OTHER_SCRIPT.search(w)]
        other = [w for w in words if OTHER_SCRIPT.search(w)]
        if latin and other and any(any(c.isalpha() for c in w) and len(w) > 1 for w in latin):
            out += [" ".join(latin), " ".join(other)]
    if "/" in text and len(parts := [p.strip() for p in text.split("/")]) <= 3 and min(map(len, parts)) >= 4:
        out += [part for part in parts if " " in part or len(part) >= 8 or part.isupper()]
    if "." in text and len(_DOTTED.findall(text)) >= 2:
        out.append(_DOTTED.sub(lambda found: found[0].replace(".", ""), text))
    words = text.split()
    if any(_MIRRORED.fullmatch(w) for w in words):
        out.append(" ".join(w[::-1] for w in words))
    if any(len(w) >= 8 for w in words):
        out.append(" ".join(_CAMEL.sub(" ", w) if len(w) >= 8 else w for w in words))
        if found := _GLUED_FORM.search(out[-1]):
            out.append(f"{out[-1][: found.start()]} {found.group(1)}")
    return tuple(dict.fromkeys(part for part in out if part == text or _size(part) >= 4))


def _size(text: str) -> int:
    """Return how many letters and digits *text* has."""
    return sum(map(str.isalnum, text))


_BRANCHES = (
    "office", "branch", "filial", "филиал", "представительство", "predstavitelstvo", "ofis", "офис", "subesi", "şubesi",
    "niederlassung", "zweigstelle", "succursale", "sucursal", "شعبه",
)  # fmt: skip
_BRANCH = re.compile(
    rf"^(\S.*\S)\s+\S+\s+(?:representative\s+|rep\.?\s+|branch\s+)?(?:{'|'.join(_BRANCHES)})\.?$", re.IGNORECASE
)


# What payment and order records write around a name; what has a slash is no word.
_RECORD_WORDS = (
    "ref", "reference", "invoice", "inv", "order", "contract", "payment", "acct", "account", "attn", "fao", "imo",
    "po", "bill", "awb",
)  # fmt: skip
_RECORD = re.compile(
    rf"[\s,;:/-]*\b(?:{'|'.join(_RECORD_WORDS)}|a/c|c/o)\b"
    r"[\s.:#№-]*(?:[\w/-]*\d[\w/-]*|agent|client|customer|the agent)?\s*$",
    re.IGNORECASE,
)
_AFTER_FORM = re.compile(
    r"^(.*\b(?:llc|ltd|limited|gmbh|jsc|ooo|inc|corp|co|company|plc|fze|fzco|s\.?a\.?|ag)\.?)\s*,\s*\w[\w .-]*$",
    re.IGNORECASE,
)


_SPACED_DASH = re.compile(r"\s[-\u2013\u2014]\s")
_DASHED = re.compile(r"^(?P<name>[^-\u2013\u2014]*\w{4}[^-\u2013\u2014]*?)\s+[-\u2013\u2014]\s+\S+\s+\S")


def listed_as(text: str, kind: Kind) -> tuple[str, ...]:
    """Return the readings of a listed name; an organisation is also called what stands before a spaced dash.

    >>> listed_as("OJSC Zorder - Management Company of the Holding", Kind.ORGANISATION)[1:]
    ('OJSC Zorder',)
    """
    found = _DASHED.match(text) if kind is Kind.ORGANISATION and _SPACED_DASH.search(text) else None
    return (*readings(text), found["name"]) if found else readings(text)


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One way to read a name that is asked for."""

    text: str
    certainty: float  # factor on the score


_SET_ASIDE = 0.97  # certainty of a reading that leaves words away


# What payment and order records write before a name.
_BEFORE = re.compile(
    r"^(?:attn|attention|fao|messrs|m/s|a/c|account|c/o|by order of|(?:to )?the order of|order of|formerly"
    r"|f\.?k\.?a|a\.?k\.?a)\b[.:]*\s+(?=\S)",
    re.IGNORECASE,
)
_PLACE_AFTER = re.compile(r"^([^,]*\w{4}[^,]*),\s*[^\W\d_]{3,}(?:[ -][^\W\d_]{3,})?$")
_DOTTED_FORM = re.compile(
    r"(?<=\w{2})(?=(?:s\.a|s\.a\.s|s\.r\.l|s\.l|s\.p\.a|c\.v|b\.v|n\.v|d\.o\.o|z\.o\.o)\.)", re.IGNORECASE
)
_FORM_BEFORE = re.compile(r"^(LLC|JSC|OJSC|PJSC|CJSC|OOO|OAO|ZAO|PAO)(?=[A-Z][A-Za-z]{2})")
_FORM_AFTER = re.compile(
    r"(?<=[\w-]{4})(llc|ltd|ltda|gmbh|jsc|ooo|sarl|srl|limited|company|corporation)\.?$", re.IGNORECASE
)


_QUOTED = re.compile("(?<=\\w)[\u2018\u2019\u201c\u201d'\"](?=[A-Z])")


def _unglued(text: str) -> str:
    """Return an organisation's name with its legal form as a word of its own: ``LLCZORDER``, ``ZORDERS.A.``."""
    text = _CAMEL.sub(" ", _QUOTED.sub(" ", text))
    if text.count(".") > 1:
        text = _DOTTED_FORM.sub(" ", text)
    text = _FORM_BEFORE.sub(r"\1 ", text)
    return text if " " in text[-6:] else _FORM_AFTER.sub(r" \1", text)


_VESSEL_AFTER = re.compile(
    r"\s*(?:\([\w ]*\b(?:tanker|vessel|ship|carrier|cargo|barge|tug)\)|\(?\bex[\s.:-].*)$", re.IGNORECASE
)
# Digits that a scanner, or somebody who hides a name, puts for the letters they look like.
_SCANNED = re.compile(r"(?<=[^\W\d_])[015]|[015](?=[^\W\d_]{2})")
_SCANNED_LETTERS = str.maketrans("015", "ols")
# So is "d" read as "cl".
_SCANNED_D = re.compile(r"cl(?=\w)|(?<=\w)cl", re.IGNORECASE)


_ABDULS = ("abd", "abdul", "abdel", "abdal", "abdur")
_ABDUL_ALONE = re.compile(rf"\b(?:{'|'.join(_ABDULS)})\s+(?=\w+\s+\w|al\b)", re.IGNORECASE)
_RUN_OF_INITIALS = re.compile(
    r"(?P<name>[A-Z][a-z'-]{2,}) (?P<run>[A-Z]{2,3})|(?P<run2>[A-Z]{2,3}) (?P<name2>[A-Z][a-z'-]{2,})"
    r"|(?P<name3>[A-Z][A-Z'-]{4,}) (?P<run3>[A-Z]{2,3})"
)
# In capitals two letters are a name too ("ZHANG LI"): initials where they cannot be one, or the family name is Slavic.
_NO_VOWEL = re.compile(r"[^AEIOUY]+")
_SLAVIC = re.compile(r"(?:[OE]V|OVA|EVA|SK[IY]Y?|SKAYA|SKII|ENK[OA]|CHUK|YUK|ICH|DZE|SHVILI|[OE]NOK)$")
_MAYBE_SLAVIC = re.compile(r"(?:[OE]U|IN|INA|YAN)$")


def _initials(text: str) -> str | None:
    """Return a person's name with initials that are written as one word taken apart."""
    found = _RUN_OF_INITIALS.fullmatch(text)
    if found is None:
        return None
    name, run = found["name"] or found["name2"] or found["name3"], found["run"] or found["run2"] or found["run3"]
    if found["name3"] and not (_NO_VOWEL.fullmatch(run) or _SLAVIC.search(name)):
        known = run.lower() in tables().given_names or is_syllable(run.lower())
        if known or not _MAYBE_SLAVIC.search(name):
            return None
    return f"{name} {' '.join(run)}"


_NUMBER_SIGN = re.compile(r"(?:\u2116|\bN(?:o|[\u00b0\u00ba])?\.?)\s*(?=\d)", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<!\w)(\d+)(?:st|nd|rd|th)(?!\w)", re.IGNORECASE)
_STUCK = re.compile(r"(?<=[^\W\d_]{3})(?=\d)|(?<=\d)(?=[^\W\d_]{3})")


def _numbers_apart(text: str) -> Iterator[str]:
    """Yield *text* with its numbers as words of their own: ``Zelmira005``, ``Factory N7``, ``7th Factory``."""
    apart = _ORDINAL.sub(r"\1", text)
    yield _STUCK.sub(" ", _NUMBER_SIGN.sub(" ", apart))
    yield _STUCK.sub(" ", _NUMBER_SIGN.sub("No. ", apart))


# Offices before a single name; none of them is a given name too, as "Amir" and "Sultan" are.
_OFFICES = (
    "president", "prime minister", "minister", "ambassador", "senator", "governor", "chairman", "director", "judge",
    "secretary", "general", "colonel", "captain", "commander", "admiral", "dr", "doctor", "prof", "professor", "mr",
    "mrs", "ms", "ayatollah",
)  # fmt: skip
_OFFICE = re.compile(rf"^(?:{'|'.join(_OFFICES)})\.?\s+(?=\w+$)", re.IGNORECASE)


def _personal(text: str) -> list[str]:
    """Return a person's name without a lone ``Abdul``, which is no name, in pinyin, and with initials taken apart."""
    out = []
    if len(shorter := _ABDUL_ALONE.sub("", text)) < len(text) and " " in shorter.strip():
        out.append(shorter)
    out += in_pinyin(text)
    out.append(_OFFICE.sub("", text))
    if (apart := _initials(text)) is not None:
        out.append(apart)
    return out


_MOST = 24  # readings of one name: a field that seems to hold more is a text
_DEEPEST = 3  # parts within parts


@lru_cache(maxsize=4_096)
def asked_as(text: str, kind: Kind) -> tuple[Reading, ...]:
    """Return the readings of a name that is asked for.

    A branch or office is also its whole, for it is no person of its own in law: ``Zorder Astrakhan office`` is asked as
    ``Zorder`` too.  What records write after a name (``… ref 2041``, ``… c/o agent``, a city after the legal form) is
    also left away, and each party of a field that holds several things (`fields`) is asked alone.  So is what a name
    was before it was damaged.
    """
    out = _as_asked(text, kind)
    if out is None:
        return (Reading(text, 1.0),)
    if (whole := repaired(text)) is not None:
        for read in _as_asked(whole, kind) or (whole,):
            out.setdefault(read, _SET_ASIDE)
    return tuple(Reading(*item) for item in out.items())


def _as_asked(text: str, kind: Kind) -> dict[str, float] | None:
    """Return the readings of *text* and of the parts of a field; None where it is its only reading."""
    out = _as_written(text, kind)
    if out is not None:
        for part in _parts(text, kind):
            for read in _as_written(part, kind) or (part,):
                if len(out) < _MOST:
                    out.setdefault(read, _SET_ASIDE)
    return out


def _parts(text: str, kind: Kind) -> Iterator[str]:
    """Yield each name that a field may hold, and what these hold themselves: a label, an address, a second party."""
    level, seen = [text], {text}
    for _ in range(_DEEPEST):
        found = dict.fromkeys(part for whole in level for part in fields.parts(whole, kind))
        level = [part for part in found if part not in seen]
        if not level:
            return
        seen.update(level)
        yield from level


def _as_written(text: str, kind: Kind) -> dict[str, float] | None:
    """Return the ways to read one name, each with its certainty; None where there is only one."""
    person, organisation = kind is Kind.PERSON, kind is Kind.ORGANISATION
    lower = text.lower()
    words = _WORDS.findall(lower)
    speaking = not _SPEAKING[kind].isdisjoint(words) if text.isascii() else organisation or bool(_LATIN.search(text))
    plain = _is_plain(text)
    odd = not plain or "cl" in lower or _may_be_rewritten(text, words, kind)
    if not (speaking or odd or (organisation and "," in text)):
        return None
    out = {text: 1.0} if plain else dict.fromkeys(readings(text), 1.0)
    shorter: list[str] = []
    if (speaking or "/" in text) and (found := _RECORD.search(text)):
        shorter.append(text[: found.start()].strip())
    if found := _BEFORE.match(text):
        shorter.append(text[found.end() :])
    if organisation:
        shorter += [whole[1] for pattern in _wholes(text, speaking=speaking) if (whole := pattern.match(text))]
        if odd:
            shorter.append(_unglued(text))
        if _may_have_damaged_form(words) and (healed := mended(text)) is not None:
            shorter.append(healed)
    elif person:
        shorter += _personal(text)
    else:
        shorter.append(_VESSEL_AFTER.sub("", text))
    if not plain and any(map(str.isdigit, text)):
        shorter += _with_digits(text, kind)
    if "cl" in lower:
        shorter.append(_SCANNED_D.sub("d", text))
    for part in shorter:
        if part not in out and _size(part) >= 3:
            out[part] = _SET_ASIDE
    return out


def _with_digits(text: str, kind: Kind) -> Iterator[str]:
    """Yield what a name with digits may be: its numbers were written to words, or stand for letters."""
    if kind is not Kind.PERSON:
        yield from (" ".join(apart.split()) for apart in _numbers_apart(text))
    if kind is not Kind.VESSEL:
        yield _SCANNED.sub(lambda m: m.group().translate(_SCANNED_LETTERS), text)


# Plain words (`_is_plain`) make another reading only where one of these is among them, or one is written in some way
# that `_may_be_rewritten` looks for.  No other word that the patterns above look for can stand alone in a plain name.
_WORDS = re.compile("[a-z]+")
_OF_ALL = {*_RECORD_WORDS, "attention", "messrs", "formerly", "fka", "aka"}
_SPEAKING = {
    Kind.PERSON: fields.SPEAKING[Kind.PERSON] | _OF_ALL | {*_ABDULS, *" ".join(_OFFICES).split()},
    Kind.ORGANISATION: fields.SPEAKING[Kind.ORGANISATION] | _OF_ALL | {*_BRANCHES},
    Kind.VESSEL: fields.SPEAKING[Kind.VESSEL] | _OF_ALL,
}
# In other scripts, of those words only the ones of branches are written.
_LATIN = re.compile("[a-z]", re.IGNORECASE)


def _may_be_rewritten(plain: str, words: list[str], kind: Kind) -> bool:
    """Whether an asked name of plain words may have another reading for how one of them is written."""
    if kind is Kind.ORGANISATION and (
        _FORM_BEFORE.match(plain)
        or _FORM_AFTER.search(_long_end(plain))
        or may_have_inner_form(words)
        or _may_have_damaged_form(words)
    ):
        return True
    if not len(words) & 1 and fields.is_doubled(words):
        return True
    return kind is Kind.PERSON and (may_be_wade(words) or _RUN_OF_INITIALS.fullmatch(plain) is not None)


def _may_have_damaged_form(words: list[str]) -> bool:
    return not SPELLED.isdisjoint(words) or ("limited" in words and "company" in words)


def _wholes(text: str, *, speaking: bool) -> Iterator[re.Pattern[str]]:
    """Yield the patterns, of those that find the whole in the name of an organisation's part, that *text* may match."""
    if speaking:
        yield _BRANCH
    if "," in text:
        yield _AFTER_FORM
    if _SPACED_DASH.search(text):
        yield _DASHED
    if "," in text:
        yield _PLACE_AFTER
