"""Finds the numbers of documents in what the UK and the UN write of them: alone, several, or inside a sentence.

Half a number, or one with its sentence around it, is worse than none: the right passport would speak against a match.
"""

from __future__ import annotations

import re

from sanctions_exposure.sources.formats._text import distinct

_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = re.compile(rf"(?<!\w)(?:\d{{1,2}} {_MONTHS} \d{{4}}|\d{{1,2}}[./]\d{{1,2}}[./](?:19|20)\d{{2}})(?!\w)")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_PLAIN = re.compile(r"[\w./-]{3,30}")
_BRACKETS = re.compile(r"(?P<apart> ?)\([^()]*\)(?P<digit>(?= ?\d))?")
_WORD = re.compile(r"\b(?:No|Number|Num)\b[.:]*(?=\W|\d)", re.IGNORECASE)
_DIGITED = r"(?=[\w/.°-]{0,40}\d)[A-Za-z0-9]+(?:[/.°-]+[A-Za-z0-9]+)*"  # one word with a digit in it
_GROUP = re.compile(
    rf"(?<![\w/])(?:(?P<series>[A-Z]{{1,3}}(?:-[A-Z]{{1,2}})?) )?{_DIGITED}"  # "TR-P 614 166"
    rf"(?:(?: ?[-/] ?| |\([A-Z]+\)| \([A-Z]+\) )(?=\d){_DIGITED})*"
)
_LABELS = frozenset({"CAR", "DRC", "ID", "INN", "NI", "NIN", "SSN", "TIN", "UAE", "UK", "US", "USA"})
_LEAST = 4  # letters and digits of a number that stands among words


def document_numbers(text: str) -> tuple[str, ...]:
    """Return the whole numbers that *text* holds, all of them; none where it holds no number.

    >>> document_numbers("8001 142195"), document_numbers("Russian passport number 8208 No. 555627")
    (('8001 142195',), ('8208 555627',))
    >>> document_numbers("12/EXAMPLA(N)004114"), document_numbers("620115920. 530944739")
    (('12/EXAMPLA(N)004114',), ('620115920', '530944739'))
    >>> document_numbers("R00012098, South Sudan"), document_numbers("K754050 (issued on 26 May 1999)")
    (('R00012098',), ('K754050',))
    """
    if _PLAIN.fullmatch(text):
        return (text,) if any(map(str.isdigit, text)) else ()
    bare = " ".join(_WORD.sub(" ", _DATE.sub(" ", _BRACKETS.sub(_aside, text))).split())
    return distinct(found for match in _GROUP.finditer(bare) if (found := _number(match)))


def _aside(match: re.Match[str]) -> str:
    """Drop "(Expired 25 Jan. 2016)" and " (US)", but not what belongs to "12/EX(N)004114" or "5/EX (NAING) 127084"."""
    belongs = not any(map(str.islower, match[0])) and (not match["apart"] or match["digit"] is not None)
    return match[0] if belongs else " "


def _number(match: re.Match[str]) -> str:
    series, whole = match["series"], match[0]
    if series in _LABELS:
        whole = whole[len(series) + 1 :]
    return whole if sum(map(str.isalnum, whole)) >= _LEAST and not _YEAR.fullmatch(whole) else ""
