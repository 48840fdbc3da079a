"""Conditions about goods: codes, words of the description, and what is normally licensable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import msgspec

from sanctions_exposure.countries import country_code
from sanctions_exposure.model import Confidence, GoodsLine, Severity, Source
from sanctions_exposure.policy.context import Context, Evidence, Finding, description_words
from sanctions_exposure.policy.dates import in_force
from sanctions_exposure.policy.rows import GoodsCode, Humanitarian, Keyword
from sanctions_exposure.policy.ruleset import Parameters, Tables
from sanctions_exposure.policy.wording import listing
from sanctions_exposure.text import contains, parted, stands, words

_NEXUS = frozenset({"ru", "by", "ir", "ve", "sy"})


def has_nexus(context: Context) -> bool:
    """Whether a code may speak above info: a country of concern, or a listed party, is in the request."""
    return context.once("nexus", lambda: _has_nexus(context))


def _has_nexus(context: Context) -> bool:
    return not _NEXUS.isdisjoint(context.countries) or any(context.listed(h) for _, h in context.strong_hits())


def goods_code(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Goods whose HS code starts with a code of ``table`` (optionally of one ``flag``, or of some ``groups``).

    A code says what goods are, not where they go: without a nexus it is information, if ``without_nexus`` says so.
    """
    nexus = has_nexus(context)
    if not nexus and parameters.get("without_nexus", "info") == "silent":
        return
    groups = parameters.get("groups")
    wanted = _Wanted(
        table=parameters["table"],
        flag=parameters.get("flag"),
        groups=None if groups is None else tuple(groups),
    )
    # Many rules ask for the same goods, with and without a nexus: they are judged once.
    yield from context.once(wanted, lambda: list(_goods_findings(context, wanted, nexus=nexus)))


class _Wanted(NamedTuple):
    """Which goods a rule asks for."""

    table: str
    flag: str | None
    groups: tuple[str, ...] | None


def _goods_findings(context: Context, wanted: _Wanted, *, nexus: bool) -> Iterable[Finding]:
    tables, lines = context.tables, context.subject.goods
    day = context.as_of
    judgements = {code: _judged(tables, code, wanted, day, nexus=nexus) for code in {line.hs_code for line in lines}}
    for line in lines:
        if judged := judgements[line.hs_code]:
            yield Finding(
                subject=line.pointer,
                evidence=tuple({"type": "goods", "input": line.pointer, **listed} for listed in judged.listed),
                words=judged.words,
                severity=judged.severity,
                strength=judged.strength,
                sources=judged.sources,
            )


class _Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a code says of goods, wherever in a request it stands."""

    listed: tuple[Evidence, ...]
    words: Mapping[str, str]
    severity: Severity
    strength: float
    sources: tuple[Source, ...]


@lru_cache(maxsize=8_192)  # there are some 5,600 sub-headings; what a request writes is bounded too
def _judged(tables: Tables, hs_code: str, wanted: _Wanted, day: date, *, nexus: bool) -> _Judged | None:
    rows, how = _codes_of(hs_code, tables.codes[wanted.table])
    rows = tuple(
        r for r in rows if wanted.flag in {None, r.flag} and (wanted.groups is None or r.group in wanted.groups)
    )
    rows = tuple(r for r in rows if in_force(day, since=r.from_, until=r.until))
    if not rows:
        return None
    row = max(rows, key=lambda r: r.severity.rank)
    severity = row.severity if nexus else Severity.INFO
    if how == "heading":  # which sub-heading it is was not said
        severity = min(severity, Severity.MEDIUM, key=lambda s: s.rank)
    return _Judged(
        listed=tuple(_code_evidence(hs_code, r, how) for r in rows),
        words={
            "code": _dotted(hs_code),
            "listed": _dotted(row.hs),
            "group": row.group,
            "meaning": row.description,
            "falls": "is too short to tell, but holds" if how == "heading" else "falls under",
            "nexus": "" if nexus else " No country of concern and no listed party is in the request.",
            "sure": "" if row.confidence is Confidence.VERIFIED else " The control is recalled, not verified.",
        },
        severity=severity,
        strength=0.7 if how == "code" else 0.3,
        sources=tuple(dict.fromkeys(r.source for r in rows)),
    )


def predecessor_warnings(context: Context) -> Iterable[str]:
    """Yield a warning for each code of HS 2017 whose successors are controlled: the invoice may use the old edition."""
    for line in context.subject.goods:
        row = context.tables.predecessors.get(line.hs_code[:6])
        if row:
            now = listing(_dotted(code) for code in row.now)
            sure = "" if row.confidence is Confidence.VERIFIED else " (recalled, not verified)"
            yield (
                f"{line.pointer}: {_dotted(row.hs)} is a code of HS 2017, its goods are under {now} in HS 2022{sure}: "
                "controlled. Check which edition the papers use."
            )


def _codes_of(hs_code: str, table: Mapping[str, tuple[GoodsCode, ...]]) -> tuple[tuple[GoodsCode, ...], str]:
    """Return the rows of a code by its first six digits; a code that is cut shorter holds all that are under it."""
    code = _digits(hs_code)[:6]
    if len(code) < 4:
        return (), "code"
    exact = table.get(code[:4], ()) + (table.get(code, ()) if len(code) == 6 else ())
    if exact or len(code) == 6:
        return exact, "code"
    return tuple(r for r in table.get(f"heading:{code[:4]}", ()) if r.hs.startswith(code)), "heading"


def _digits(code: str) -> str:
    return code if code.isdigit() else "".join(c for c in code if c.isdigit())


@lru_cache(maxsize=4096)
def _dotted(code: str) -> str:
    digits = _digits(code)
    return f"{digits[:4]}.{digits[4:]}" if len(digits) > 4 else digits


def _code_evidence(hs_code: str, row: GoodsCode, how: str) -> Evidence:
    return {
        "hs_code": hs_code,
        "listed_code": row.hs,
        "group": row.group,
        "description": row.description,
        "matched_by": how,
        "authority": row.authority,
        "date": row.date,
        "confidence": str(row.confidence),
    }


def goods_keyword(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Descriptions of goods with a keyword of the given ``flag``: a suggestion, never a classification."""
    nexus = has_nexus(context)
    for pointer, rows in _worded_lines(context):
        found = [row for row in rows if row.flag == parameters["flag"]]
        if not found:
            continue
        recalled = all(row.confidence is not Confidence.VERIFIED for row in found)
        yield Finding(
            subject=pointer,
            evidence=tuple(_keyword_evidence(pointer, row) for row in found),
            words={
                "term": found[0].term,
                "terms": listing(f"“{row.term}”" for row in found),
                "keyword": listing(row.keyword for row in found),
                "sure": " What the term means is recalled, not verified." if recalled else "",
            },
            severity=max((_keyword_severity(row, nexus=nexus) for row in found), key=lambda s: s.rank),
            strength=0.4,
            sources=tuple(dict.fromkeys(row.source for row in found)),
        )


def _worded_lines(context: Context) -> list[tuple[str, list[Keyword]]]:
    def look_up() -> list[tuple[str, list[Keyword]]]:
        found = ((pointer, list(keywords_in(context, text))) for pointer, text in description_words(context))
        return [(pointer, rows) for pointer, rows in found if rows]

    return context.once("keywords", look_up)


def _keyword_evidence(pointer: str, row: Keyword) -> dict[str, object]:
    return {
        "type": "goods",
        "input": pointer,
        "term": row.term,
        "keyword": row.keyword,
        "matched_by": "keyword",
        "guess": True,
        "authority": row.authority,
        "date": row.date,
        "confidence": str(row.confidence),
    }


def keywords_in(context: Context, text: tuple[str, ...]) -> Iterable[Keyword]:
    """Keywords whose words stand in *text* side by side, unless a word next to them shows another meaning.

    Next to them, for a word elsewhere in the line shows nothing: whoever hides a drone among toys writes toys too.
    """
    keywords, said = context.tables.keywords, parted(text)
    for word in dict.fromkeys(said):
        if word not in keywords and not word.endswith("s"):
            continue
        for known in (word, word.removesuffix("s")):
            for term, row in keywords.get(known, ()):
                others = [words(other) for other in row.not_when]
                if any(not _beside(said, at, at + len(term), others) for at in stands(said, term)):
                    yield row
            if known == word.removesuffix("s"):
                break


def _beside(text: tuple[str, ...], start: int, end: int, others: Sequence[tuple[str, ...]]) -> bool:
    """Say whether one of *others* stands right before *start* or right from *end* on."""
    return any(
        contains(text[max(start - len(other), 0) : start], other) or contains(text[end : end + len(other)], other)
        for other in others
    )


def _keyword_severity(row: Keyword, *, nexus: bool) -> Severity:
    limit = Severity.CRITICAL
    if not row.names_product and not nexus:
        limit = Severity.LOW
    if row.confidence is not Confidence.VERIFIED:
        limit = Severity.MEDIUM if nexus else Severity.LOW
    return min(row.severity, limit, key=lambda s: s.rank)


def goods_named(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The request names goods; with ``terms``, they are these words alone, but for ``beside`` ones and numbers.

    A word among others shows nothing: ticket printers are no tickets, and what has an HS code is cargo.
    """
    terms, beside = set(parameters.get("terms", ())), set(parameters.get("beside", ()))
    lines = context.subject.goods
    if not lines or (terms and not all(_says_only(line, terms, beside) for line in lines)):
        return
    yield Finding(
        subject=lines[0].pointer,
        evidence=tuple({"type": "goods", "input": line.pointer, "description": line.description} for line in lines),
    )


def _says_only(line: GoodsLine, terms: set[str], beside: set[str]) -> bool:
    said = {w for w in words(line.description) if not w.isdigit()}
    return not line.hs_code and not terms.isdisjoint(said) and said <= terms | beside


def humanitarian_goods(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Goods that are normally licensable; with ``every``, only when all are, so that nothing hides behind food."""
    found = context.once(
        "licensable", lambda: [(line, row) for line in context.subject.goods if (row := _licensable(context, line))]
    )
    if not found or (parameters.get("every") and len(found) < len(context.subject.goods)):
        return
    if parameters.get("needs_nexus") and not has_nexus(context):
        return
    for line, row in found:
        yield Finding(
            subject=line.pointer,
            evidence=(
                {
                    "type": "goods",
                    "input": line.pointer,
                    "hs_code": line.hs_code,
                    "group": row.group,
                    "matched_by": "code",
                    "authority": row.authority,
                    "date": row.date,
                    "confidence": str(row.confidence),
                },
            ),
            words={"code": _dotted(line.hs_code), "group": row.group},
            strength=0.5,
            sources=(row.source,),
        )


def _licensable(context: Context, line: GoodsLine) -> Humanitarian | None:
    code = _digits(line.hs_code)
    for row in context.tables.humanitarian_by_chapter.get(code[:2], ()):
        if code.startswith(row.hs) and not any(code.startswith(e) for e in row.except_):
            if row.group == "fertiliser" and _from(context, line) == "by":
                return None  # Belarusian potash is a sanctioned good, not food
            return row
    return None


def _from(context: Context, line: GoodsLine) -> str:
    return country_code(line.origin) or ("by" if "by" in context.countries else "") if line else ""
