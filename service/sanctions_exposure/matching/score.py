"""Compares two names in normal form: how alike, and which word met which.

One function scores every path.  It aligns words greedily by likeness times weight, then asks what is left over: words
that only one side has cost something, words that differ on both sides (a contradiction) cost most.
The design and its constants follow measurements on labelled pairs; `docs/matching.md` shows them.  Sets of words are
bit masks, the first word's bit lowest: this is the inner loop of every search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec
from rapidfuzz.distance import OSA

from sanctions_exposure.countries import country_code
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.normalise import Kind, Name, Word, make_word
from sanctions_exposure.matching.words import Likeness, memory, word_similarity

_PERSON, _ORGANISATION, _VESSEL = Kind  # by names of their own: sooner than by their class
ACRONYM = 0.75  # worth a look, no more: many names share their initials
ACRONYM_SHORT = 0.71  # of three letters, which are some listed name's initials one time in seven
JOINED_LEAST = 0.85  # two words meet one only when nearly the same, else "farman ali" meets "farmanullah"
TRUNCATED = 0.90
JOINED_SURE = 0.97  # two words that make one letter by letter count as two
FIELD = 28  # letters; the narrowest name fields of payments and orders hold 30 to 35 with blanks

# What a doubt leaves of a score.
CONTRADICTION = 0.70
INITIAL_DIFFERS = 0.90
NUMBER_DIFFERS = 0.90
NUMBER_ON_ONE_SIDE = 0.72
ORDER_DIFFERS = 0.65
ONE_WORD = 0.75
ONE_WORD_OF_MANY = 0.85
ONE_WORD_AND_COMMON = 0.80
COMMON_ONLY = 0.80
INITIALS_ONLY = 0.50
OTHER_BRANCH = 0.80  # "Bank of Zelmir" and "Bank of Zelmir Mexico" are two companies
FORM_DIFFERS = 0.95
FORM_ON_ONE_SIDE = 0.99
_FEW_LETTERS = 3  # so short a word of an organisation's name is as a rule an abbreviation, which many share
INITIAL_COUNTS = 0.5  # an initial is half a word
# What a unit of weight costs that is left over in the query, in the listed name, in both.
COST_PERSON = (0.25, 0.30, 1.20)
COST_OTHER = (0.20, 0.40, 0.90)
RESCUE_TWO = 10  # letters; shorter strings that two edits part are two names
RESCUED = (0.97, 0.90, 0.80)  # the same string but for blanks and none, one or two edits


class Meeting(msgspec.Struct, frozen=True, gc=False):
    """Words of the query that met words of the listed name, as masks."""

    query: int
    listed: int
    how: str
    similarity: float
    weight: float  # mean of both sides


class Match(msgspec.Struct, frozen=True, gc=False):
    """The score of two names and what it rests on."""

    score: float
    meetings: tuple[Meeting, ...]
    notes: tuple[str, ...]  # "contradiction", "number_differs", "legal_form_differs", "same_string" …


NOTHING = Match(0.0, (), ())


def leftover_cost(kind: Kind) -> tuple[float, float, float]:
    """Return what a unit of weight costs that is left over in the query, in the listed name, in both."""
    return COST_PERSON if kind is _PERSON else COST_OTHER


def may_be_cut(name: Name) -> bool:
    """Whether a name is so long that the field it came from may have cut its last word."""
    return len(name.joined) >= FIELD and len(name.words[-1].text) >= 2


Near = Sequence[Mapping[int, Likeness] | None]


def match(q: Name, d: Name, near: Near | None = None) -> Match:
    """Score name *q* against listed name *d*, both of the same kind.

    *near* holds, for each word of *q*, how alike the listed words are that are like it at all, by their ids, or None
    where that was not looked up; it spares comparing words and never changes the score.
    """
    if not q.full or not d.full:
        return NOTHING
    if q.kind is _ORGANISATION and len(q.words) <= 2 and (asked := acronym_asked(q)) and asked in acronyms(d):
        value = ACRONYM if len(asked) > 3 else ACRONYM_SHORT
        return Match(value, (Meeting(q.full, d.full, "acronym", value, 1.0),), ("acronym",))
    meetings = _exact(q, d) if q.keys == d.keys else _greedy(q, d, near)
    return _verdict(q, d, meetings)


def acronyms(name: Name) -> tuple[str, ...]:
    """Return the initials of the content words of a name of three to six, without and with its legal form's."""
    initials = "".join([w.text[0] for i, w in enumerate(name.words) if name.content >> i & 1])
    forms = [word for words, what in name.dropped if what != "title" for word in words.split()]
    found = [initials] if len(forms) != 1 or len(forms[0]) < _SPELLED_OUT else [initials, initials + forms[0][0]]
    return tuple(letters for letters in found if 3 <= len(letters) <= 6)


_SPELLED_OUT = 4  # letters: "company" and "corporation" lend their initial to a name, "inc" and "llc" do not


def acronym_asked(name: Name) -> str:
    """Return the word that may be an acronym: the only one, or the one beside a country ("PLA China")."""
    words = [w.text for w in name.words]
    if len(words) == 2:
        words = words[:1] if _is_country(words[1]) else words[1:] if _is_country(words[0]) else []
    return words[0] if len(words) == 1 and 3 <= len(words[0]) <= 6 else ""


def _exact(q: Name, d: Name) -> list[Meeting]:
    weights = zip(q.weights, d.weights, strict=True)
    return [Meeting(1 << i, 1 << i, "exact", 1.0, (a + b) / 2) for i, (a, b) in enumerate(weights)]


def _greedy(q: Name, d: Name, near: Near | None) -> list[Meeting]:
    used_q = used_d = 0
    meetings = []
    for _, left, right, similarity, how, weight in _likely(q, d, near):
        if not (used_q & left or used_d & right):
            used_q |= left
            used_d |= right
            meetings.append(Meeting(left, right, how, similarity, weight))
    return meetings


_UNLIKE = (0.0, "")
_Likely = tuple[float, int, int, float, str, float]  # -gain, masks of both sides, similarity, how, weight


def _likely(q: Name, d: Name, near: Near | None) -> list[_Likely]:
    """Return every likely meeting, best gain first."""
    person = q.kind is _PERSON
    known = memory(person=person)
    found: list[_Likely] = []
    met_q = met_d = 0
    cut = 1 << (len(q.words) - 1) if may_be_cut(q) else 0
    left = 1
    for i, a in enumerate(q.words):
        close = None if near is None or left == cut else near[i]
        right = 1
        for j, b in enumerate(d.words):
            if close is None or d.initials & right:
                similarity, how = known.get((a.key, b.key)) or word_similarity(a, b, person=person)
            else:
                similarity, how = close.get(d.ids[j], _UNLIKE)
            if left == cut and similarity < TRUNCATED and len(b.text) > len(a.text) and b.text.startswith(a.text):
                similarity, how = TRUNCATED, "truncated"
            if similarity >= 0.5:
                weight = (a.weight + b.weight) / 2
                found.append((-similarity * weight, left, right, similarity, how, weight))
                if similarity >= 0.95:
                    met_q |= left
                    met_d |= right
            right <<= 1
        left <<= 1
    if met_q != q.full and met_d != d.full:
        found += _joins(q, d, met_q, met_d)
        found += [(g, b, a, s, how, w) for g, a, b, s, how, w in _joins(d, q, met_d, met_q)]
    found.sort()
    return found


def _joins(pairs: Name, singles: Name, met_pairs: int, met_singles: int) -> list[_Likely]:
    """Return meetings of two neighbouring words of *pairs* with one word of *singles*, where both are still free."""
    out: list[_Likely] = []
    free, words = singles.content & ~met_singles, pairs.words
    if not free or len(words) < 2:
        return out
    person = pairs.kind is _PERSON
    for j, single in enumerate(singles.words):
        if not free >> j & 1 or len(single.text) < 4:
            continue
        size, first_letter, last_letter = len(single.text), single.text[0], single.text[-1]
        for i, (first, second) in enumerate(pairwise(words)):
            if met_pairs >> i & 3 == 3:
                continue
            a, b = first.text, second.text
            if not -1 <= len(a) + len(b) - size <= 1 and ABJAD not in {first.native, single.native}:
                continue
            if a[0] != first_letter and b[-1] != last_letter and not (person and b + a == single.text):
                continue
            similarity = _joined(first, second, single, person=person)
            if similarity >= JOINED_LEAST:
                weight = (pairs.weights[i] + pairs.weights[i + 1] + singles.weights[j]) / 2
                out.append((-similarity * weight, 3 << i, 1 << j, similarity, "joined", weight))
    return out


def _joined(first: Word, second: Word, single: Word, *, person: bool) -> float:
    """Return how alike two words written as one are to one word."""
    text = first.text + second.text
    if text == single.text:
        return 0.98
    if person and second.text + first.text == single.text:
        return 0.97
    abjad = first.native == ABJAD
    if not abjad and single.native != ABJAD and OSA.distance(text, single.text, score_cutoff=2) > 2:
        return 0.0
    word = make_word(text, _PERSON if person else _ORGANISATION, ABJAD if abjad else "")
    similarity, how = word_similarity(word, single, person=person)
    return similarity - 0.005 if how in _SAME_SOUND else 0.0


_SAME_SOUND = frozenset({"exact", "transliteration", "typo", "skeleton"})
_UNSQUARED = frozenset({"initial", "variant"})


def _verdict(q: Name, d: Name, meetings: list[Meeting]) -> Match:
    notes: list[str] = []
    got = whole = strong = 0.0
    used_q = used_d = 0
    for met in meetings:
        left, right, how, similarity, weight = met.query, met.listed, met.how, met.similarity, met.weight
        used_q |= left
        used_d |= right
        whole += weight
        got += weight * (similarity if how in _UNSQUARED else similarity * similarity)
        if how == "initial":
            strong += INITIAL_COUNTS
        elif how == "joined" and similarity < JOINED_SURE:
            strong += 1
        else:
            strong += max((left & q.content).bit_count(), (right & d.content).bit_count())
    rest_q, rest_d = q.full & ~used_q, d.full & ~used_d
    score = 1.0
    if got != whole or rest_q or rest_d:
        left_q, left_d = _weight(q, rest_q), _weight(d, rest_d)
        cost_q, cost_d, cost_both = leftover_cost(q.kind)
        whole += cost_q * left_q + cost_d * left_d + cost_both * min(left_q, left_d)
        score = got / whole
    if rest_q or rest_d:
        score *= _doubts(q, d, meetings, rest_q, rest_d, strong, notes)
    elif meetings and all(m.how == "initial" for m in meetings):
        score *= INITIALS_ONLY
        notes.append("initials_only")
    if q.fathers and d.fathers and _chain_crossed(q, d, meetings):
        score *= ORDER_DIFFERS
        notes.append("order_differs")
    if score < RESCUED[0]:
        score = _rescue(q, d, score, meetings, rest_q, rest_d, notes)
    if q.legal != d.legal:
        differs = q.legal and d.legal and q.legal.isdisjoint(d.legal)
        score *= FORM_DIFFERS if differs else FORM_ON_ONE_SIDE
        if differs:
            notes.append("legal_form_differs")
    return Match(round(min(score, 1.0), 4), tuple(meetings), tuple(notes))


def _weight(name: Name, mask: int) -> float:
    total = 0.0
    for weight in name.weights if mask else ():
        if mask & 1:
            total += weight
        mask >>= 1
    return total


def _doubts(  # noqa: PLR0913, PLR0917 - what met and what is left over, on both sides
    q: Name, d: Name, meetings: list[Meeting], rest_q: int, rest_d: int, strong: float, notes: list[str]
) -> float:
    """Return the factor for what is left over, noting each doubt."""
    person = q.kind is _PERSON
    words_q, words_d = rest_q & q.content, rest_d & d.content
    factor = 1.0
    if words_q and words_d:
        factor *= CONTRADICTION
        notes.append("contradiction")
    elif person and (rest_q & q.native or rest_d & d.native):
        # A name written in characters is complete: none of them is a middle name to leave out.
        factor *= CONTRADICTION
        notes.append("contradiction")
    elif person and rest_q & q.initials and rest_d & d.initials:
        factor *= INITIAL_DIFFERS
        notes.append("initial_differs")
    if rest_q & q.numbers and rest_d & d.numbers:
        factor *= NUMBER_DIFFERS
        notes.append("number_differs")
    elif rest_q & q.numbers or rest_d & d.numbers:
        factor *= INITIAL_DIFFERS if person else NUMBER_ON_ONE_SIDE
        notes.append("number_on_one_side")
    if meetings and all(m.how == "initial" for m in meetings):
        factor *= INITIALS_ONLY
        notes.append("initials_only")
    return factor * _thin(q, d, meetings, words_q, words_d, strong, notes)


def _thin(  # noqa: PLR0911, PLR0913, PLR0917 - one return a doubt
    q: Name, d: Name, meetings: list[Meeting], words_q: int, words_d: int, strong: float, notes: list[str]
) -> float:
    """Return the factor for a match that rests on little while other words are left over."""
    left = words_q or words_d
    if strong < 2 and (q.kind is _PERSON or (q.kind is _VESSEL and left)):
        if strong > 1 and not left:
            return 1.0  # "V. V. Zelmirov" says no less of "Vadim Zelmirov" than "V. Zelmirov" does
        notes.append("one_word")
        return ONE_WORD
    if not left or q.kind is _VESSEL:
        return 1.0
    if (words_q & q.distinct or words_d & d.distinct) and not any(
        m.query & q.distinct or m.listed & d.distinct for m in meetings
    ):
        notes.append("common_words_only")
        return COMMON_ONLY
    if q.kind is not _ORGANISATION:
        return 1.0
    if strong < 2:
        notes.append("one_word")
        if all(len(words_of(q, m.query)) <= _FEW_LETTERS for m in meetings):
            return ONE_WORD
        return ONE_WORD_OF_MANY if _any_full(q, words_q) or _any_full(d, words_d) else ONE_WORD_AND_COMMON
    if not (words_q and words_d) and (_any_country(q, words_q) or _any_country(d, words_d)):
        notes.append("other_branch")
        return OTHER_BRANCH
    return 1.0


def _any_full(name: Name, mask: int) -> bool:
    return any(mask >> i & 1 and weight >= 1.0 for i, weight in enumerate(name.weights))


def _any_country(name: Name, mask: int) -> bool:
    return any(mask >> i & 1 and _is_country(word.text) for i, word in enumerate(name.words))


@lru_cache(maxsize=20_000)
def _is_country(word: str) -> bool:
    return len(word) > 3 and country_code(word) is not None


def _chain_crossed(q: Name, d: Name, meetings: list[Meeting]) -> bool:
    """Whether father and son of two chains of descent changed places: "A bin B" and "B bin A" are two people."""
    sons = [m for m in meetings if m.query & q.fathers and m.listed & d.content & ~d.fathers]
    return bool(sons) and any(m.listed & d.fathers and m.query & q.content & ~q.fathers for m in meetings)


_OTHER_PEOPLE = frozenset({"gender", "other_name"})  # one letter, and somebody else


def _rescue(  # noqa: PLR0913, PLR0917 - what the verdict knows so far
    q: Name, d: Name, score: float, meetings: list[Meeting], rest_q: int, rest_d: int, notes: list[str]
) -> float:
    """Return a better score when the names are the same string but for blanks and a slip or two."""
    length = min(len(q.joined), len(d.joined))
    if length < 6 or abs(len(q.joined) - len(d.joined)) > 2 or _numbers(q, rest_q) != _numbers(d, rest_d):
        return score
    contradiction = bool(rest_q & q.content and rest_d & d.content)
    if (contradiction and _scripts_keep_apart(q, d)) or any(m.how in _OTHER_PEOPLE for m in meetings):
        return score
    if rest_q & q.initials and rest_d & d.initials:
        return score  # one letter apart, and it is the letter that tells them apart: "William G." and "William W."
    edits = OSA.distance(q.joined, d.joined, score_cutoff=2)
    if edits > 2 or (contradiction and edits > 1) or (edits == 2 and length < RESCUE_TWO) or RESCUED[edits] <= score:
        return score
    notes.append("same_string")
    return RESCUED[edits]


def _scripts_keep_apart(q: Name, d: Name) -> bool:
    """Whether both are written in characters, or both without vowels: there each sign is a larger part of the name."""
    if q.native and d.native:
        return True
    return all(any(w.native == ABJAD for w in name.words) for name in (q, d))


def _numbers(name: Name, rest: int) -> list[str]:
    found = rest & name.numbers
    return sorted(w.text for i, w in enumerate(name.words) if found >> i & 1) if found else []


def words_of(name: Name, mask: int) -> str:
    """Return the words of *mask*, blank between."""
    if mask & (mask - 1):
        return " ".join([w.text for i, w in enumerate(name.words) if mask >> i & 1])
    return name.words[mask.bit_length() - 1].text if mask else ""
