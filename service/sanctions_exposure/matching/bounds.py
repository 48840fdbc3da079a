"""Upper bounds of scores, for many pairs of names at once: which of them the exact scorer need not look at.

Each bound is never below the exact score for what it assumes: every word of both names meets the likest word there is,
initials and cut words meet whatever they can, and every doubt that is not sure is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from sanctions_exposure.matching.asked import Asked, squared
from sanctions_exposure.matching.index import KindIndex
from sanctions_exposure.matching.keys import Ints, distinct
from sanctions_exposure.matching.normalise import Kind
from sanctions_exposure.matching.partners import HALF, JOIN, Bools, Floats
from sanctions_exposure.matching.score import (
    COMMON_ONLY,
    CONTRADICTION,
    ONE_WORD,
    ONE_WORD_OF_MANY,
    RESCUE_TWO,
    RESCUED,
    leftover_cost,
)

_MARGIN = 1e-4  # scores are rounded to four places
_FEW = 8  # pairs; so few are scored sooner than bounded; not more than a search scores for a name
_LIKE = 0.95  # a word this like one of the other side meets no initial


class Pairs(NamedTuple):
    """Candidates: row of the query, place of the listed name, the score they cannot exceed."""

    row: Ints
    name: Ints
    bound: Floats

    def some(self, which: Ints | Bools) -> Pairs:
        """Return the pairs at these places."""
        return Pairs(self.row[which], self.name[which], self.bound[which])


class Reached(NamedTuple):
    """Pairs of which at least one word met: the weight that met, and how many words, but for those held back."""

    row: Ints
    name: Ints
    cover: Floats
    words: Floats

    def some(self, which: Ints | Bools) -> Reached:
        """Return the pairs at these places."""
        return Reached(self.row[which], self.name[which], self.cover[which], self.words[which])

    def joined(self, row: Ints, name: Ints) -> Reached:
        """Return these pairs and some of which no word is known to have met."""
        if not len(row):
            return self
        nothing = np.zeros(len(row), np.float32)
        return Reached(
            np.concatenate((self.row, row)),
            np.concatenate((self.name, name)),
            np.concatenate((self.cover, nothing)),
            np.concatenate((self.words, nothing)),
        )

    @property
    def pairs(self) -> Pairs:
        """The same as candidates that may reach any score."""
        return Pairs(self.row, self.name, np.ones(len(self.row), np.float32))


def by_cover(index: KindIndex, rows: Asked, reached: Reached, cutoff: float) -> Reached:
    """Return the pairs that could reach *cutoff* by how many words met and how much they weigh; cheap and generous.

    Words that were held back count as met at first; where much hangs on that, they are looked for in the names.
    """
    row, name, cover, count = reached
    held = rows.held[row]
    reach = _reach(index, rows, Reached(row, name, cover + held, count + (held > 0)), cutoff)
    could, without = reached.some(reach), held[reach] > 0
    if len(could.row) <= _FEW:
        return could
    doubtful = without.nonzero()[0]
    words, counts = index.words_of(could.name[doubtful])
    owner = doubtful.repeat(counts)
    without[owner[rows.holding(could.row[owner], words)]] = False
    kept = ~without
    kept[without] = _reach(index, rows, could.some(without), cutoff)
    return could.some(kept)


def _reach(index: KindIndex, rows: Asked, reached: Reached, cutoff: float) -> Bools:
    """Whether pairs could reach *cutoff*."""
    row, name, cover, count = reached
    weight, light = rows.weight[row], rows.beside_weight[row]
    cover = np.minimum(cover + light, weight)
    met = np.maximum(cover, count + light + rows.beside[row])  # no word weighs more than one
    left_q = np.maximum(weight - met, 0)
    left_d = np.maximum(index.weights(name) - met - rows.initials[row], 0)
    if rows.kind is Kind.PERSON:  # an initial that is listed may stand for a word that is left
        given = np.minimum(left_q, index.initials[name])
        cover, left_q = cover + given, left_q - given
    cost_q, cost_d, cost_both = leftover_cost(rows.kind)
    whole = cover + cost_q * left_q + cost_d * left_d + cost_both * np.minimum(left_q, left_d)
    bound = np.divide(cover, whole, out=np.zeros_like(cover), where=whole > 0)
    thin = count <= rows.thin[row]
    if rows.kind is Kind.PERSON:
        thin &= index.initials[name] == 0
    kept: Bools = bound >= np.where(thin, cutoff / _THIN[rows.kind], cutoff)
    low = (~kept & (bound >= 0.2)).nonzero()[0]
    if len(low):
        kept[low] = _close(index, rows, row[low], name[low])
    return kept


# What a match that rests on one word leaves at most, while others are left over.
_THIN = {Kind.PERSON: ONE_WORD, Kind.ORGANISATION: ONE_WORD_OF_MANY, Kind.VESSEL: ONE_WORD}


def by_words(index: KindIndex, rows: Asked, reached: Reached, cutoff: float) -> Pairs:
    """Return the pairs that can still reach *cutoff* when every word is given its best partner."""
    pairs = reached.pairs
    if len(pairs.row) <= _FEW:
        return pairs
    met = _Met.of(index, rows, pairs)
    bound = _bound(index, rows, met, _generous(index, rows, met))
    tight = (bound >= cutoff - _MARGIN).nonzero()[0]
    if len(tight) > _FEW:
        fewer = met.some(tight)
        bound[tight] = np.minimum(bound[tight], _bound(index, rows, fewer, _one_to_one(index, rows, fewer)))
    kept = bound >= cutoff - _MARGIN
    close = _close(index, rows, pairs.row, pairs.name)
    same = _nearly_same_string(index, rows, pairs, close & ~kept)
    bound[close] = np.maximum(bound[close], RESCUED[0])
    return Pairs(pairs.row, pairs.name, bound.astype(np.float32)).some(kept | same)


class _Met(NamedTuple):
    """Pairs of names, and how alike each word of both is to the likest word of the other."""

    row: Ints
    name: Ints
    words: Ints  # of the listed names, one after another
    owner: Ints  # the pair that each of them belongs to
    best_q: Floats  # pair × slot of the query
    best_d: Floats  # for each of `words`

    @classmethod
    def of(cls, index: KindIndex, rows: Asked, pairs: Pairs) -> _Met:
        """Look up which words of the pairs meet."""
        row, name, _ = pairs
        words, counts = index.words_of(name)
        owner = np.arange(len(row)).repeat(counts)
        best_d = np.zeros(len(words), np.float32)
        best_q = np.zeros((len(row), rows.width), np.float32)
        entry, slot, value = _whole(*rows.meetings(row[owner], words), owner, rows.width)
        np.maximum.at(best_d, entry, value)
        np.maximum.at(best_q.ravel(), owner[entry] * rows.width + slot, value)
        return cls(row, name, words, owner, best_q, best_d)

    def some(self, which: Ints) -> _Met:
        """Return the pairs at these places, in order."""
        number = np.full(len(self.row), -1, np.int64)
        number[which] = np.arange(len(which))
        owner = number[self.owner]
        mine = owner >= 0
        return _Met(
            self.row[which], self.name[which], self.words[mine], owner[mine], self.best_q[which], self.best_d[mine]
        )  # fmt: skip


def _whole(entry: Ints, slot: Ints, value: Floats, owner: Ints, width: int) -> tuple[Ints, Ints, Floats]:
    """Return meetings without lone halves: a word broken in two has to find both."""
    half = (value == HALF).nonzero()[0]
    if not len(half):
        return entry, slot, value
    place = owner[entry[half]] * width + slot[half]
    found = distinct(place * len(owner) + entry[half]) // len(owner)
    both = np.zeros(int(found[-1]) + 1, bool)
    both[found[1:][found[1:] == found[:-1]]] = True
    kept = np.ones(len(value), bool)
    kept[half] = both[place]
    value = np.where(value == HALF, JOIN, value)
    return entry[kept], slot[kept], value[kept]


class _Sides(NamedTuple):
    """What met and what is left over, for each pair."""

    got: Floats  # weight that met, of both sides
    left_q: Floats
    left_d: Floats
    open_q: Ints  # content words that met nothing
    open_d: Ints
    full: Ints  # content words that met something, of both sides


def _generous(index: KindIndex, rows: Asked, met: _Met) -> _Sides:
    """Return what met when a word may meet any number of words."""
    size = len(met.row)
    weight_q, content_q = rows.weights[met.row], rows.is_content[met.row]
    weight_d, content_d = index.word_weight[met.words], index.is_content[met.words]
    best_d = np.where(content_d | (met.best_d > 0), met.best_d, np.float32(1))  # particles and initials: as if met
    met_q, met_d = met.best_q > 0, best_d > 0
    return _Sides(
        (weight_q * squared(met.best_q)).sum(axis=1) + np.bincount(met.owner, weight_d * squared(best_d), size),
        (weight_q * ~met_q).sum(axis=1),
        np.bincount(met.owner, weight_d * ~met_d, size).astype(np.float32),
        (content_q & ~met_q).sum(axis=1),
        np.bincount(met.owner, content_d & ~met_d, size),
        (met_q & content_q).sum(axis=1) + np.bincount(met.owner, met_d & content_d, size),
    )


def _one_to_one(index: KindIndex, rows: Asked, met: _Met) -> _Sides:
    """Return what met when a word meets one word: the heaviest of the side that has more, as many as the other has.

    Two words may meet one that is both written together; such pairs are left as they are.
    """
    size = len(met.row)
    counts = np.bincount(met.owner, minlength=size)
    place = np.arange(len(met.owner)) - (counts.cumsum() - counts).repeat(counts)
    shape = (size, int(counts.max(initial=1)))
    best_d, weight_d = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    content_d = np.zeros(shape, bool)
    best_d[met.owner, place] = met.best_d
    weight_d[met.owner, place] = index.word_weight[met.words]
    content_d[met.owner, place] = index.is_content[met.words]
    weight_q, content_q = rows.weights[met.row], rows.is_content[met.row]
    light = ((weight_d > 0) & ~content_d & (best_d == 0)) * weight_d  # particles and initials: as if met
    some_q, some_d = (met.best_q > 0).sum(axis=1), (best_d > 0).sum(axis=1)
    joined = (met.best_q == JOIN).any(axis=1) | (best_d == JOIN).any(axis=1)
    if rows.some_unseen:
        joined |= rows.unseen[met.row] > 0
    most = np.where(joined, sum(shape) + rows.width, np.minimum(some_q, some_d))[:, None]
    got_q, met_q, full_q = _heaviest(met.best_q, weight_q, content_q, most)
    got_d, met_d, full_d = _heaviest(best_d, weight_d, content_d, most)
    return _Sides(
        got_q + got_d + light.sum(axis=1),
        weight_q.sum(axis=1) - met_q,
        weight_d.sum(axis=1) - light.sum(axis=1) - met_d,
        content_q.sum(axis=1) - full_q,
        content_d.sum(axis=1) - full_d,
        full_q + full_d,
    )


def _heaviest(best: Floats, weight: Floats, content: Bools, most: Ints) -> tuple[Floats, Floats, Ints]:
    """Return what the *most* words of each row get at best, their weight at most, and how many have content at most."""
    met = best > 0
    counted = np.arange(best.shape[1]) < most
    got = -np.sort(-(weight * squared(best)), axis=1)
    heavy = -np.sort(-(weight * met), axis=1)
    full = np.minimum((met & content).sum(axis=1), most[:, 0])
    return (got * counted).sum(axis=1), (heavy * counted).sum(axis=1), full


def _bound(index: KindIndex, rows: Asked, met: _Met, sides: _Sides) -> Floats:
    """Return the score that pairs cannot exceed."""
    initials_q, initials_d = _initials(index, rows, met)
    given_q, given_d = np.minimum(sides.left_q, initials_d), np.minimum(sides.left_d, initials_q)
    light = rows.light[met.row]  # particles and initials of the query: as if met
    got, left_q, left_d = sides.got + given_q + given_d + light, sides.left_q - given_q, sides.left_d - given_d
    in_part = rows.unseen[met.row] > 0 if rows.some_unseen else np.False_
    if rows.some_unseen:  # what is not looked up may meet whatever the listed name has left
        more = left_d * in_part
        got, left_d = got + more, left_d - more
    whole = rows.weight[met.row] - left_q + index.weights(met.name) - left_d
    cost_q, cost_d, cost_both = leftover_cost(rows.kind)
    left = cost_q * left_q + cost_d * left_d + cost_both * np.minimum(left_q, left_d)
    bound = got / np.maximum(whole + 2 * left, 1e-6)
    some_q, some_d = sides.open_q > initials_d, (sides.open_d > initials_q) & ~in_part
    bound = np.where(some_q & some_d, bound * CONTRADICTION, bound)
    # The doubts of `score._thin`, where it is sure that they will be raised.
    organisation = rows.kind is Kind.ORGANISATION
    few = (sides.full < 3) & ~in_part & (initials_q + initials_d < (1 if organisation else 2)) & (some_q | some_d)
    common = np.float32(COMMON_ONLY) if rows.kind is not Kind.VESSEL else np.float32(1)
    doubt = np.where(_common(index, rows, met) & (initials_q + initials_d == 0), common, np.float32(1))
    doubt[few] = np.minimum(doubt[few], _THIN[rows.kind])
    return np.asarray(bound * doubt, np.float32)


def _common(index: KindIndex, rows: Asked, met: _Met) -> Bools:
    """Whether no word met that tells one name from another, while such words are left over."""
    size = len(met.row)
    distinct_q, distinct_d = rows.is_distinct[met.row], index.is_distinct[met.words]
    met_q, met_d = met.best_q > 0, met.best_d > 0
    some = (distinct_q & met_q).any(axis=1) | (np.bincount(met.owner, distinct_d & met_d, size) > 0)
    left = (distinct_q & ~met_q).any(axis=1) | (np.bincount(met.owner, distinct_d & ~met_d, size) > 0)
    common: Bools = left & ~some & ~rows.in_part[met.row]
    return common


def _initials(index: KindIndex, rows: Asked, met: _Met) -> tuple[Ints, Ints]:
    """Return how many words of the other side the initials of each side may meet, and its last word where it was cut.

    A word that has met its like leaves no initial a chance.
    """
    size, asker = len(met.row), met.row[met.owner]
    letter, length = index.first_letter[met.words], index.length[met.words]
    like_q, like_d = met.best_q >= _LIKE, met.best_d >= _LIKE
    more = np.bincount(met.owner, like_d, size) - like_q.sum(axis=1)  # two of a kind, and one of them is free
    free = ~(like_d & (more <= 0)[met.owner])
    unlike = index.is_content[met.words] & free
    longer = free & (letter == rows.last.letter[asker]) & (length > rows.last.length[asker])
    cut = rows.last.cut[met.row] & (np.bincount(met.owner, longer, size) > 0)
    if rows.kind is not Kind.PERSON:
        return cut, cut
    fitting = unlike & (rows.letters[asker] >> letter & 1 > 0)
    initials_q = np.minimum(np.bincount(met.owner, fitting, size).astype(np.int64), rows.initials[met.row]) + cut
    taken = like_q & (more >= 0)[:, None]
    wanted = np.bitwise_or.reduce(np.where(taken, 0, rows.first_letters[met.row]), axis=1)
    alone = (length == 1) & (index.native[met.words] == 0) & (wanted[met.owner] >> letter & 1 > 0)
    return initials_q, np.bincount(met.owner, alone, size).astype(np.int64) + cut


def _close(index: KindIndex, rows: Asked, row: Ints, name: Ints) -> Bools:
    """Whether names may be the same string but for two slips, by their letters."""
    close: Bools = np.abs(index.joined_length[name] - np.minimum(rows.joined[row], 255)) <= 2
    close &= np.bitwise_count(index.joined_letters[name] ^ rows.joined_letters[row]) <= 4
    return close


def _nearly_same_string(index: KindIndex, rows: Asked, pairs: Pairs, close: Bools) -> Bools:
    """Whether names are the same string but for two slips: the scorer forgives that whatever their words."""
    at = close.nonzero()[0]
    if len(at):
        mine = [rows.queries[i].joined for i in pairs.row[at].tolist()]
        theirs = index.joined_texts(pairs.name[at])
        edits = cpdist(mine, theirs, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
        short = np.minimum(rows.joined[pairs.row[at]], index.joined_length[pairs.name[at]])
        close = close.copy()
        close[at] = (edits <= 1) | ((edits == 2) & (short >= RESCUE_TWO))
    return close
