"""Compares two names in normal form: how alike, and which word met which.

One function scores every path.  It aligns words greedily by likeness times weight, then asks what is left over: words
that only one side has cost something, words that differ on both sides (a contradiction) cost most.
The design and its constants follow measurements on labelled pairs; `docs/matching.md` shows them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from sanctions_exposure.countries import country_code
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.normalise import Kind, Name, Word, WordKind, asked_as, make_word, normalise, readings
from sanctions_exposure.matching.words import word_similarity
from sanctions_exposure.model import Alignment, Comparison, Schema

Weights = Sequence[float]
_Likely = tuple[float, float, str, tuple[int, ...], tuple[int, ...]]  # gain, similarity, how, words of both sides

JOINED_LEAST = 0.85  # two words meet one only when nearly the same, else "farman ali" meets "farmanullah"


class Meeting(NamedTuple):
    """Words of the query that met words of the listed name."""

    query: tuple[int, ...]
    listed: tuple[int, ...]
    how: str
    similarity: float


class Match(NamedTuple):
    """The score of two names and what it rests on."""

    score: float
    meetings: tuple[Meeting, ...]
    notes: tuple[str, ...]  # "contradiction", "number_differs", "legal_form_differs", "rescued" …


TRUNCATED = 0.90
_FIELD = 28  # letters; the narrowest name fields of payments and orders hold 30 to 35 with blanks


def may_be_cut(name: Name) -> bool:
    """Whether a name is so long that the field it came from may have cut its last word."""
    return len(name.joined) >= _FIELD and len(name.words[-1].text) >= 2


def _grid(q: Name, d: Name, wq: Weights, wd: Weights) -> list[_Likely]:
    """Return every likely meeting as (gain, similarity, how, query words, listed words), best gain first."""
    person = q.kind is Kind.PERSON
    found: list[_Likely] = []
    met_q, met_d = 0, 0
    cut = len(q.words) - 1 if may_be_cut(q) else -1
    for i, a in enumerate(q.words):
        for j, b in enumerate(d.words):
            similarity, how = word_similarity(a, b, person=person)
            if similarity < TRUNCATED and i == cut and len(b.text) > len(a.text) and b.text.startswith(a.text):
                similarity, how = TRUNCATED, "truncated"
            if similarity >= 0.5:
                found.append((similarity * (wq[i] + wd[j]), similarity, how, (i,), (j,)))
                if similarity >= 0.95:
                    met_q |= 1 << i
                    met_d |= 1 << j
    if met_q != (1 << len(q.words)) - 1 and met_d != (1 << len(d.words)) - 1:
        found += _joins(q.words, d.words, wq, wd, met_q, met_d, swapped=False, person=person)
        found += _joins(d.words, q.words, wd, wq, met_d, met_q, swapped=True, person=person)
    found.sort(key=lambda m: (-m[0], m[3], m[4]))
    return found


def _joins(  # noqa: PLR0913, PLR0917 - both sides have words, weights and what is met already
    pairs: Sequence[Word],
    singles: Sequence[Word],
    wp: Weights,
    ws: Weights,
    met_pairs: int,
    met_singles: int,
    *,
    swapped: bool,
    person: bool,
) -> list[_Likely]:
    """Return meetings of two neighbouring words on one side with one word on the other, where both are still free."""
    out: list[_Likely] = []
    free = [
        j for j, w in enumerate(singles) if not met_singles >> j & 1 and w.kind is WordKind.WORD and len(w.text) >= 4
    ]
    for i in range(len(pairs) - 1) if free else ():
        if met_pairs >> i & 3 == 3:
            continue
        first, second = pairs[i], pairs[i + 1]
        text = first.text + second.text
        for j in free:
            single = singles[j]
            if abs(len(single.text) - len(text)) > 1 and ABJAD not in (first.native, single.native):
                continue
            if text == single.text:
                similarity = 0.98
            elif person and second.text + first.text == single.text:
                similarity = 0.97
            elif single.text[0] != text[0] and single.text[-1] != text[-1]:
                continue
            else:
                similarity = _joined_similarity(text, first.native, single, person=person)
            if similarity >= JOINED_LEAST:
                gain = similarity * (wp[i] + wp[i + 1] + ws[j])
                two, one = (i, i + 1), (j,)
                out.append(
                    (gain, similarity, "joined", one, two) if swapped else (gain, similarity, "joined", two, one)
                )
    return out


def _joined_similarity(text: str, native: str, single: Word, *, person: bool) -> float:
    word = make_word(text, Kind.PERSON if person else Kind.ORGANISATION, ABJAD if native == ABJAD else "")
    return word_similarity(word, single, person=person)[0] - 0.005


def match(q: Name, d: Name, wq: Weights | None = None, wd: Weights | None = None) -> Match:
    """Score name *q* against listed name *d*, both of the same kind; weights default to the words' own."""
    wq = [w.weight for w in q.words] if wq is None else wq
    wd = [w.weight for w in d.words] if wd is None else wd
    if not q.words or not d.words:
        return Match(0.0, (), ())
    used_q, used_d = 0, 0
    meetings: list[Meeting] = []
    for _, similarity, how, left, right in _grid(q, d, wq, wd):
        bits_q = sum(1 << i for i in left)
        bits_d = sum(1 << j for j in right)
        if used_q & bits_q or used_d & bits_d:
            continue
        used_q |= bits_q
        used_d |= bits_d
        meetings.append(Meeting(left, right, how, similarity))
    return _verdict(q, d, wq, wd, meetings, used_q, used_d)


# What a doubt leaves of a score.
CONTRADICTION = 0.70
INITIAL_DIFFERS = 0.9
NUMBER_DIFFERS = 0.90
NUMBER_ON_ONE_SIDE = 0.72
ORDER_DIFFERS = 0.8
ONE_WORD = 0.75
ONE_WORD_OF_MANY = 0.85
ONE_WORD_AND_COMMON = 0.90
COMMON_ONLY = 0.80
OTHER_BRANCH = 0.85  # "Bank of Zelmir" and "Bank of Zelmir Mexico" are two companies
FORM_DIFFERS = 0.975
FORM_ON_ONE_SIDE = 0.99
INITIAL_COUNTS = 0.5  # an initial is half a word
COST_PERSON = (0.25, 0.30, 1.20)
COST_OTHER = (0.20, 0.40, 0.90)


def leftover_cost(kind: Kind) -> tuple[float, float, float]:
    """Return what a unit of weight costs that is left over in the query, in the listed name, in both."""
    return COST_PERSON if kind is Kind.PERSON else COST_OTHER


def _verdict(  # noqa: PLR0913, PLR0917 - both sides have words, weights and what is met
    q: Name, d: Name, wq: Weights, wd: Weights, meetings: list[Meeting], used_q: int, used_d: int
) -> Match:
    person = q.kind is Kind.PERSON
    notes: list[str] = []
    got = whole = 0.0
    strong = 0.0  # content words that met
    for m in meetings:
        weight = (sum(wq[i] for i in m.query) + sum(wd[j] for j in m.listed)) / 2
        whole += weight
        got += weight * (m.similarity if m.how in _UNSQUARED else m.similarity * m.similarity)
        strong += (
            INITIAL_COUNTS
            if m.how == "initial"
            else max(
                sum(q.words[i].kind is WordKind.WORD for i in m.query),
                sum(d.words[j].kind is WordKind.WORD for j in m.listed),
            )
        )
    rest_q = [i for i in range(len(q.words)) if not used_q >> i & 1]
    rest_d = [j for j in range(len(d.words)) if not used_d >> j & 1]
    left_q, left_d = sum(wq[i] for i in rest_q), sum(wd[j] for j in rest_d)
    cost_q, cost_d, cost_both = leftover_cost(q.kind)
    whole += cost_q * left_q + cost_d * left_d + cost_both * min(left_q, left_d)
    score = got / whole if whole else 0.0
    words_q = [q.words[i] for i in rest_q if q.words[i].kind is WordKind.WORD]
    words_d = [d.words[j] for j in rest_d if d.words[j].kind is WordKind.WORD]
    contradiction = bool(words_q and words_d)
    if contradiction:
        score *= CONTRADICTION
        notes.append("contradiction")
    elif person and rest_q and rest_d and _initials(q, rest_q) and _initials(d, rest_d):
        score *= INITIAL_DIFFERS
        notes.append("initial_differs")
    numbers_q = sorted(q.words[i].text for i in rest_q if q.words[i].kind is WordKind.NUMBER)
    numbers_d = sorted(d.words[j].text for j in rest_d if d.words[j].kind is WordKind.NUMBER)
    if numbers_q and numbers_d:
        score *= NUMBER_DIFFERS
        notes.append("number_differs")
    elif numbers_q or numbers_d:
        score *= INITIAL_DIFFERS if person else NUMBER_ON_ONE_SIDE
        notes.append("number_on_one_side")
    if meetings and all(m.how == "initial" for m in meetings):
        score *= 0.5
        notes.append("initials_only")
    if rest_q or rest_d:
        score *= _thin(q, d, meetings, strong, words_q, words_d, notes)
    if person and not contradiction and any(w.native and w.native != ABJAD for w in (*words_q, *words_d)):
        # A name written in characters is complete: none of them is a middle name to leave out.
        score *= CONTRADICTION
        notes.append("contradiction")
    if person and _chain_crossed(q, d, meetings):
        score *= ORDER_DIFFERS
        notes.append("order_differs")
    score = _rescue(q, d, score, meetings, contradiction=contradiction, numbers=numbers_q != numbers_d, notes=notes)
    if q.legal and d.legal and q.legal.isdisjoint(d.legal):
        score *= FORM_DIFFERS
        notes.append("legal_form_differs")
    elif q.legal != d.legal:
        score *= FORM_ON_ONE_SIDE
    return Match(round(min(score, 1.0), 4), tuple(meetings), tuple(notes))


def _initials(name: Name, rest: list[int]) -> bool:
    return any(name.words[i].kind is WordKind.INITIAL for i in rest)


def _thin(  # noqa: PLR0913, PLR0917 - what met and what is left over, on both sides
    q: Name, d: Name, meetings: list[Meeting], strong: float, words_q: list[Word], words_d: list[Word], notes: list[str]
) -> float:
    """Return the factor for a match that rests on little while other words are left over."""
    left = [*words_q, *words_d]
    if strong < 2 and (q.kind is Kind.PERSON or (q.kind is Kind.VESSEL and left)):
        notes.append("one_word")
        return ONE_WORD
    if not left or q.kind is Kind.VESSEL:
        return 1.0
    if any(w.is_distinct for w in left) and not any(_distinct(q, d, m) for m in meetings):
        notes.append("common_words_only")
        return COMMON_ONLY
    if (
        q.kind is Kind.ORGANISATION
        and strong >= 2
        and not (words_q and words_d)
        and any(_is_country(w.text) for w in left)
    ):
        notes.append("other_branch")
        return OTHER_BRANCH
    if q.kind is Kind.ORGANISATION and strong < 2:
        notes.append("one_word")
        return ONE_WORD_OF_MANY if any(w.weight >= 1.0 for w in left) else ONE_WORD_AND_COMMON
    return 1.0


@lru_cache(maxsize=20_000)
def _is_country(word: str) -> bool:
    return len(word) > 3 and country_code(word) is not None


def _distinct(q: Name, d: Name, m: Meeting) -> bool:
    return any(q.words[i].is_distinct for i in m.query) or any(d.words[j].is_distinct for j in m.listed)


_CHAIN = frozenset({"bin", "ibn", "ben", "bint", "ould", "wald", "walad"})


def _chain_crossed(q: Name, d: Name, meetings: list[Meeting]) -> bool:
    """Whether both names are chains of descent whose names stand in another order: father and son are two people."""
    if not (any(w.text in _CHAIN for w in q.words) and any(w.text in _CHAIN for w in d.words)):
        return False
    order = [m.listed for m in sorted(meetings) if q.words[m.query[0]].kind is WordKind.WORD]
    return any(a > b for a, b in itertools.pairwise(order))


_UNSQUARED = frozenset({"initial", "variant"})


def _native(name: Name) -> bool:
    return any(w.native and w.native != ABJAD for w in name.words)


def _rescue(  # noqa: PLR0913 - what the verdict knows so far
    q: Name, d: Name, score: float, meetings: list[Meeting], *, contradiction: bool, numbers: bool, notes: list[str]
) -> float:
    """Return a better score when the names are the same string but for blanks and a slip or two."""
    length = min(len(q.joined), len(d.joined))
    if score >= 0.97 or numbers or length < 6 or abs(len(q.joined) - len(d.joined)) > 2:
        return score
    if any(m.how == "other_syllable" for m in meetings) or (_native(q) and _native(d) and contradiction):
        return score
    edits = OSA.distance(q.joined, d.joined, score_cutoff=2)
    if edits > 2 or (contradiction and edits > 1) or (edits == 2 and length < 10):
        return score
    rescued = (0.97, 0.90, 0.80)[edits]
    if rescued > score:
        notes.append("same_string")
        return rescued
    return score


def explain(q: Name, d: Name, found: Match) -> tuple[Alignment, ...]:
    """Return the alignment of *found* for a reader: words met, words dropped, words left over."""
    out = []
    used_q: set[int] = set()
    used_d: set[int] = set()
    for m in sorted(found.meetings, key=lambda m: (m.query, m.listed)):
        used_q.update(m.query)
        used_d.update(m.listed)
        left = " ".join(q.words[i].text for i in m.query)
        right = " ".join(d.words[j].text for j in m.listed)
        out.append(Alignment(query=left, listed=right, how=m.how, similarity=round(m.similarity, 2)))
    both = "contradicted" if "contradiction" in found.notes else "left_over"
    out += [
        Alignment(query=w.text, listed="", how=both, similarity=0.0) for i, w in enumerate(q.words) if i not in used_q
    ]
    out += [
        Alignment(query="", listed=w.text, how=both, similarity=0.0) for j, w in enumerate(d.words) if j not in used_d
    ]
    return (*out, *_explain_dropped(q, d))


def _explain_dropped(q: Name, d: Name) -> tuple[Alignment, ...]:
    """Return what normalising took off both names, legal forms of one class side by side."""
    left, right = list(q.dropped), list(d.dropped)
    out = []
    for text, what in left:
        same = next((r for r in right if r[1] == what), None)
        if same is not None:
            right.remove(same)
        how = "title" if what == "title" else "legal_form"
        out.append(Alignment(query=text, listed=same[0] if same else "", how=how, similarity=1.0 if same else 0.0))
    for text, what in right:
        how = "title" if what == "title" else "legal_form"
        out.append(Alignment(query="", listed=text, how=how, similarity=0.0))
    return tuple(out)


def kinds_of(schema: Schema | None) -> tuple[Kind, ...]:
    """Return by which rules a name of this schema may be read; an unknown one by all."""
    return _KINDS[schema]


_KINDS: dict[Schema | None, tuple[Kind, ...]] = {
    None: (Kind.PERSON, Kind.ORGANISATION, Kind.VESSEL),
    Schema.PERSON: (Kind.PERSON,),
    Schema.LEGAL_ENTITY: (Kind.ORGANISATION, Kind.PERSON),
    Schema.COMPANY: (Kind.ORGANISATION,),
    Schema.ORGANIZATION: (Kind.ORGANISATION,),
    Schema.PUBLIC_BODY: (Kind.ORGANISATION,),
    Schema.VESSEL: (Kind.VESSEL,),
    Schema.AIRCRAFT: (Kind.VESSEL,),
    Schema.PAYMENT_SYSTEM: (Kind.ORGANISATION,),
    Schema.PRODUCT: (Kind.ORGANISATION,),
    Schema.PROGRAMME: (Kind.ORGANISATION,),
}


def compare(query: str, listed: str, schema: Schema | None = None) -> Comparison:
    """Compare two names without any list, in every reading of both; an unknown schema takes the best kind."""
    best: tuple[float, Match, Name, Name] | None = None
    for kind in kinds_of(schema):
        for asked in asked_as(query, kind):
            for reading in readings(listed):
                q, d = normalise(asked.text, kind), normalise(reading, kind)
                found = match(q, d)
                score = round(found.score * asked.certainty, 4)
                if best is None or score > best[0]:
                    best = (score, found, q, d)
    assert best is not None  # noqa: S101 - every schema has a kind and every name a reading
    score, found, q, d = best
    features: dict[str, float | str] = {"name": found.score} | dict.fromkeys(found.notes, "yes")
    return Comparison(score=score, features=features, alignment=explain(q, d, found))
