"""Finds listed names like a query's: candidates from the index, two upper bounds, then the exact scorer.

A single query is a batch of one; there is no other path.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist
from scipy.sparse import csr_array

from sanctions_exposure.matching.index import KindIndex, letter_of
from sanctions_exposure.matching.keys import Ints, expand, letter_masks, lookup, text_keys
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.neighbours import Near, Neighbours
from sanctions_exposure.matching.normalise import Kind, Name, Word, WordKind, make_word
from sanctions_exposure.matching.score import (
    CONTRADICTION,
    JOINED_LEAST,
    ONE_WORD,
    RESCUE_TWO,
    Match,
    acronym_asked,
    leftover_cost,
    match,
    may_be_cut,
)
from sanctions_exposure.matching.words import SYNONYM

Floats = NDArray[np.float32]
_UNIT = 16.0  # adds one to the count of words met; coverage stays below it
_MOST_WORDS = 14  # words of a query looked up, the heaviest; coverage must stay below _UNIT
_MOST_CANDIDATES = 120  # names scored exactly for one name of a query
_CHUNK = 1_024  # rows of one sparse product
_WORTH_HOLDING = 200  # postings; fewer are not worth the look-up that leaving a word out costs
_SHORTEST_BREAK = 6  # letters; a shorter word is not two words run together
_JOIN = 0.98
_LIKE_ENOUGH = 0.9  # a word this like a listed one is not two words run together


class Found(NamedTuple):
    """A listed name, by its place in the index of its kind, and how it matched."""

    name: int
    match: Match


class _Pairs(NamedTuple):
    """Candidates: row of the query, place of the listed name, what has met so far."""

    row: Ints
    name: Ints
    bound: Floats


class Searcher:
    """Searches one kind index; keeps caches, which threads may share."""

    def __init__(self, index: KindIndex) -> None:
        self.index = index
        self.neighbours = Neighbours(index)
        self.listed = lru_cache(maxsize=50_000)(index.name)

    def search(self, queries: Sequence[Name], cutoff: float) -> list[list[Found]]:
        """Return, for each query, listed names that score at least *cutoff*, best first."""
        out: list[list[Found]] = []
        if not len(self.index.entity):
            return [[] for _ in queries]
        for start in range(0, len(queries), _CHUNK):
            out += self._chunk(queries[start : start + _CHUNK], cutoff)
        return out

    def _chunk(self, queries: Sequence[Name], cutoff: float) -> list[list[Found]]:
        rows = _Rows(queries, self.neighbours)
        pairs = self._candidates(rows, cutoff)
        extra_row, extra_name = self._same_string(queries)
        row = np.concatenate((extra_row, pairs.row))
        name = np.concatenate((extra_name, pairs.name))
        order = np.argsort(row, kind="stable")  # names that are the same string come first
        row, names = row[order], name[order].tolist()
        cuts = np.searchsorted(row, np.arange(len(queries) + 1)).tolist()
        return [
            self._score(query, rows.near_of(number), names[a:b], cutoff) if a < b else []
            for number, (query, (a, b)) in enumerate(zip(queries, pairwise(cuts), strict=True))
        ]

    def _score(
        self, query: Name, near: Sequence[frozenset[int] | None], names: list[int], cutoff: float
    ) -> list[Found]:
        found = []
        for at in dict.fromkeys(names):
            result = match(query, self.listed(at), near)
            if result.score >= cutoff:
                found.append(Found(at, result))
        found.sort(key=lambda f: (-f.match.score, f.name))
        return found

    def _same_string(self, queries: Sequence[Name]) -> tuple[Ints, Ints]:
        """Return names that are the same string but for blanks, and organisations with these initials."""
        joined = [(q.joined, i) for i, q in enumerate(queries) if len(q.joined) >= 4]
        short = [(text, i) for i, q in enumerate(queries) if (text := acronym_asked(q))]
        found = [
            lookup(table, text_keys([text for text, _ in asked]), np.array([i for _, i in asked], np.int64))
            for table, asked in ((self.index.joined, joined), (self.index.acronyms, short))
        ]
        return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])

    def _candidates(self, rows: _Rows, cutoff: float) -> _Pairs:
        index = self.index
        held = rows.hold_back(index.frequency)
        matrix = rows.matrix(len(index.word_hash))
        parts = []
        start = 0
        for block in index.blocks:
            product = matrix @ block
            row = np.repeat(np.arange(len(rows.queries)), np.diff(product.indptr))
            name = product.indices.astype(np.int64) + start
            count = np.floor(product.data / _UNIT)
            cover = product.data - _UNIT * count + held[row]
            count += held[row] > 0
            parts.append(self._refined(rows, self._hopeful(rows, row, name, cover, count, cutoff), cutoff))
            start += block.shape[1]
        return self._best(_Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True))))

    def _hopeful(  # noqa: PLR0913, PLR0917 - the arrays of one step
        self, rows: _Rows, row: Ints, name: Ints, cover: Floats, count: Floats, cutoff: float
    ) -> _Pairs:
        """Return the pairs that could reach *cutoff* by how much of the query's weight met; cheap and generous."""
        weight, light = rows.weight[row], rows.light[row]
        cover = np.minimum(cover + light, weight)
        met = np.maximum(cover, count + light)  # no word weighs more than one
        left_q = np.maximum(weight - met, 0)
        left_d = np.maximum(self.index.weight[name] - met - rows.initials[row], 0)
        cost_q, cost_d, cost_both = leftover_cost(rows.kind)
        whole = cover + cost_q * left_q + cost_d * left_d + cost_both * np.minimum(left_q, left_d)
        bound = np.divide(cover, whole, out=np.zeros_like(cover), where=whole > 0)
        kept = bound >= cutoff
        kept |= (bound >= 0.2) & (np.abs(self.index.joined_length[name] - rows.joined[row]) <= 2)
        return _Pairs(row[kept], name[kept], bound[kept])

    def _refined(self, rows: _Rows, pairs: _Pairs, cutoff: float) -> _Pairs:
        """Return the pairs that can still reach *cutoff* when every word is given its best partner."""
        row, name, _ = pairs
        if not len(row):
            return pairs
        index = self.index
        starts = index.forward_ptr[name]
        counts = index.forward_ptr[name + 1] - starts
        words = index.forward[expand(starts, counts)].astype(np.int64)
        owner = np.repeat(np.arange(len(row)), counts)
        best_d = np.zeros(len(words), np.float32)
        best_q = np.zeros((len(row), rows.width), np.float32)
        entry, slot, value = rows.meetings(row[owner], words)
        np.maximum.at(best_d, entry, value)
        np.maximum.at(best_q.ravel(), owner[entry] * rows.width + slot, value)
        return self._kept(rows, pairs, cutoff, best_q, best_d, words, owner)

    def _kept(  # noqa: PLR0913, PLR0917 - the arrays of one step
        self, rows: _Rows, pairs: _Pairs, cutoff: float, best_q: Floats, best_d: Floats, words: Ints, owner: Ints
    ) -> _Pairs:
        index, (row, name, _) = self.index, pairs
        size = len(row)
        weight_q, content_q = rows.weights[row], rows.is_content[row]
        weight_d, content_d = index.word_weight[words], index.is_content[words]
        best_d = np.where(content_d | (best_d > 0), best_d, 1.0)  # particles and initials: as if met
        met_q, met_d = best_q > 0, best_d > 0
        got = (weight_q * _squared(best_q)).sum(axis=1) + np.bincount(owner, weight_d * _squared(best_d), size)
        left_q, left_d = (weight_q * ~met_q).sum(axis=1), np.bincount(owner, weight_d * ~met_d, size)
        open_q = (content_q & ~met_q).sum(axis=1)
        open_d = np.bincount(owner, content_d & ~met_d, size)
        # An initial of one side may meet a word that is left on the other, and a last word that was cut a longer one.
        letter, open_words, asker = index.first_letter[words], content_d & ~met_d, row[owner]
        longer = open_words & (letter == rows.last_letter[asker]) & (index.length[words] > rows.last_length[asker])
        cut = rows.cut[row] & (np.bincount(owner, longer, size) > 0)
        fitting = open_words & (rows.letters[asker] >> letter & 1 > 0)
        initials_q = np.minimum(np.bincount(owner, fitting, size), rows.initials[row]) + cut
        initials_d = cut + (np.bincount(owner, index.length[words] == 1, size) if rows.kind is Kind.PERSON else 0)
        given_q, given_d = np.minimum(left_q, initials_d), np.minimum(left_d, initials_q)
        got, left_q, left_d = got + given_q + given_d, left_q - given_q, left_d - given_d
        some_q, some_d = open_q > initials_d, open_d > initials_q
        whole = weight_q.sum(axis=1) - left_q + index.weight[name] - left_d
        cost_q, cost_d, cost_both = leftover_cost(rows.kind)
        left = cost_q * left_q + cost_d * left_d + cost_both * np.minimum(left_q, left_d)
        bound = got / np.maximum(whole + 2 * left, 1e-6)
        bound = np.where(some_q & some_d, bound * CONTRADICTION, bound)
        if rows.kind is not Kind.ORGANISATION:
            full = (met_q & content_q).sum(axis=1) + np.bincount(owner, met_d & content_d, size)
            few = (full < 3) & (initials_q + initials_d < 2)
            bound = np.where(few & (some_q | some_d), bound * ONE_WORD, bound)
        kept = bound >= cutoff - 1e-4
        kept |= self._nearly_same_string(rows, row, name, ~kept)
        return _Pairs(row[kept], name[kept], np.maximum(bound[kept], 0.4).astype(np.float32))

    def _nearly_same_string(self, rows: _Rows, row: Ints, name: Ints, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether names are the same string but for two slips: the scorer forgives that whatever their words."""
        close = asked & (np.abs(self.index.joined_length[name] - rows.joined[row]) <= 2)
        close &= np.bitwise_count(self.index.joined_letters[name] ^ rows.joined_letters[row]) <= 4
        at = np.flatnonzero(close)
        if len(at):
            mine = [rows.queries[i].joined for i in row[at].tolist()]
            theirs = [self.index.joined_text[i] for i in name[at].tolist()]
            edits = cpdist(mine, theirs, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
            short = np.minimum(rows.joined[row[at]], self.index.joined_length[name[at]])
            close[at] = (edits <= 1) | ((edits == 2) & (short >= RESCUE_TWO))
        result: NDArray[np.bool_] = close
        return result

    @staticmethod
    def _best(pairs: _Pairs) -> _Pairs:
        """Return at most the best _MOST_CANDIDATES of each row."""
        order = np.lexsort((pairs.name, -pairs.bound, pairs.row))
        row, name, bound = pairs.row[order], pairs.name[order], pairs.bound[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        kept = rank < _MOST_CANDIDATES
        return _Pairs(row[kept], name[kept], bound[kept])


def _squared(similarity: Floats) -> Floats:
    """Return what a similarity counts in the score: all but synonyms are squared."""
    return np.where(similarity == np.float32(SYNONYM), similarity, similarity * similarity)


class _Entry(NamedTuple):
    """One query word (or two joined) and the words of the vocabulary that may meet it."""

    slot: int
    weight: float
    near: Near


class _Rows:
    """Queries of one kind as rows of a sparse matrix over the vocabulary."""

    def __init__(self, queries: Sequence[Name], neighbours: Neighbours) -> None:
        self.queries = queries
        self.kind = queries[0].kind
        looked_up = [_looked_up(q) for q in queries]
        self.looked_up = looked_up
        self.width = max(1, *(len(words) for words in looked_up))
        self.weights = np.zeros((len(queries), self.width), np.float32)
        self.is_content = np.zeros((len(queries), self.width), bool)
        for number, words in enumerate(looked_up):
            self.weights[number, : len(words)] = [w.weight for w in words]
            self.is_content[number, : len(words)] = [w.kind is WordKind.WORD for w in words]
        self.weight = np.array([sum(w.weight for w in q.words) for q in queries], np.float32)
        self.light = self.weight - self.weights.sum(axis=1)
        self.initials = np.array([sum(len(w.text) == 1 for w in q.words) for q in queries], np.int64)
        self.cut = np.array([may_be_cut(q) for q in queries], np.int64)
        self.last_letter = np.array([letter_of(q.words[-1].text) if q.words else 31 for q in queries], np.uint8)
        self.last_length = np.array([len(q.words[-1].text) if q.words else 0 for q in queries], np.int64)
        self.letters = np.array([_letters_of(q) if self.kind is Kind.PERSON else 0 for q in queries], np.int64)
        self.joined = np.array([len(q.joined) for q in queries], np.int64)
        self.joined_letters = letter_masks([q.joined for q in queries])
        self.entries = self._entries(looked_up, neighbours)
        self._index_meetings(len(neighbours))

    def _entries(self, looked_up: list[list[Word]], neighbours: Neighbours) -> list[list[_Entry]]:
        near = neighbours.of([w for words in looked_up for w in words])
        entries = [
            [_Entry(slot, word.weight, near[word.key]) for slot, word in enumerate(words)] for words in looked_up
        ]
        self.sets = [[e.near for e in row] for row in entries]
        self._add_joins(entries, looked_up, neighbours)
        self._add_breaks(entries, looked_up, neighbours)
        return entries

    def _add_joins(self, entries: list[list[_Entry]], looked_up: list[list[Word]], neighbours: Neighbours) -> None:
        """Add words of the vocabulary that are two neighbouring words of a query written as one."""
        places, keys, poor = [], [], []
        for number, (query, words) in enumerate(zip(self.queries, looked_up, strict=True)):
            strange = {id(w) for w, e in zip(words, entries[number], strict=True) if _is_strange(e.near)}
            slots = {id(w): s for s, w in enumerate(words)}
            for a, b in pairwise(query.words):
                both = [slots[id(w)] for w in (a, b) if id(w) in slots]
                if both:
                    places.append((number, both, (a.weight + b.weight) / len(both)))
                    keys.append(a.text + b.text)
                    if ABJAD in (a.native, b.native):
                        poor.append((len(places) - 1, make_word(a.text + b.text, self.kind, ABJAD)))
                    elif id(a) in strange or id(b) in strange:  # a blank too many, perhaps with a slip beside it
                        poor.append((len(places) - 1, make_word(a.text + b.text, self.kind)))
        found = {k: [at] for k, at in enumerate(neighbours.exact(keys).tolist()) if at >= 0}
        near = neighbours.of([word for _, word in poor])
        for place, word in poor:
            alike = near[word.key]
            found.setdefault(place, []).extend(alike.words[alike.similarity >= JOINED_LEAST].tolist())
        for place, ids in ((p, i) for p, i in found.items() if i):
            number, both, weight = places[place]
            joined = Near(np.array(sorted(set(ids))), np.full(len(set(ids)), _JOIN, np.float32))
            entries[number] += [_Entry(slot, weight, joined) for slot in both]

    def _add_breaks(self, entries: list[list[_Entry]], looked_up: list[list[Word]], neighbours: Neighbours) -> None:
        """Add both halves of a long word that the vocabulary lacks, where it has both: a blank was lost."""
        places, halves = [], []
        for number, words in enumerate(looked_up):
            for slot, word in enumerate(words):
                known = not _is_strange(entries[number][slot].near)
                if known or len(word.text) < _SHORTEST_BREAK or word.kind is not WordKind.WORD:
                    continue
                for cut in range(2, len(word.text) - 1):
                    places.append((number, slot, word.weight))
                    halves += [word.text[:cut], word.text[cut:]]
        found = neighbours.exact(halves).reshape(-1, 2)
        for (number, slot, weight), both in zip(places, found.tolist(), strict=True):
            if min(both) >= 0:
                near = Near(np.array(sorted(set(both))), np.full(len(set(both)), _JOIN, np.float32))
                entries[number].append(_Entry(slot, weight / 2, near))

    def _index_meetings(self, vocabulary: int) -> None:
        """Sort all (row, word) so that `meetings` can look them up."""
        flat = [(number, e) for number, row in enumerate(self.entries) for e in row]
        sizes = np.array([len(e.near.words) for _, e in flat], np.int64)
        keys = np.repeat(np.array([n for n, _ in flat], np.int64), sizes) * vocabulary
        keys += np.concatenate([e.near.words for _, e in flat]) if flat else 0
        order = np.argsort(keys, kind="stable")
        self._vocabulary = vocabulary
        self._keys = keys[order]
        self._slots = np.repeat(np.array([e.slot for _, e in flat], np.int64), sizes)[order]
        self._values = (np.concatenate([e.near.similarity for _, e in flat]) if flat else np.empty(0, np.float32))[
            order
        ]

    def near_of(self, number: int) -> list[frozenset[int] | None]:
        """Return the ids that may meet each word of a query; None for a word that was not looked up."""
        words = {id(w): near.ids for w, near in zip(self.looked_up[number], self.sets[number], strict=True)}
        return [words.get(id(w)) for w in self.queries[number].words]

    def meetings(self, row: Ints, word: Ints) -> tuple[Ints, Ints, Floats]:
        """Return (position asked, slot of the query, similarity) for every meeting of the rows with these words."""
        wanted = row * self._vocabulary + word
        left = np.searchsorted(self._keys, wanted, "left")
        counts = np.searchsorted(self._keys, wanted, "right") - left
        found = np.flatnonzero(counts)
        at = expand(left[found], counts[found])
        return np.repeat(found, counts[found]), self._slots[at], self._values[at]

    def hold_back(self, frequency: NDArray[np.int32]) -> Floats:
        """Leave the most frequent word out of each row that has others; return its weight.

        A name that meets that word alone could not reach the cutoff; whoever meets another gets it looked up later.
        """
        held = np.zeros(len(self.entries), np.float32)
        self.product = list(self.entries)
        for number, row in enumerate(self.entries):
            if len(row) < 2:
                continue
            load = [int(frequency[e.near.words].sum()) for e in row]
            chosen = int(np.argmax(load))
            others = sum(e.weight for k, e in enumerate(row) if k != chosen)
            if load[chosen] >= _WORTH_HOLDING and others >= row[chosen].weight:
                held[number] = row[chosen].weight
                self.product[number] = row[:chosen] + row[chosen + 1 :]
        return held

    def matrix(self, vocabulary: int) -> Any:
        """Return row × word: one unit a word met, plus its weight times squared similarity."""
        flat = [(number, e) for number, row in enumerate(self.product) for e in row]
        sizes = np.array([len(e.near.words) for _, e in flat], np.int64)
        words = np.concatenate([e.near.words for _, e in flat]) if flat else np.empty(0, np.int64)
        similar = np.concatenate([e.near.similarity for _, e in flat]) if flat else np.empty(0, np.float32)
        weights = np.repeat(np.array([e.weight for _, e in flat], np.float32), sizes)
        per_row = np.bincount(np.repeat(np.array([n for n, _ in flat], np.int64), sizes), minlength=len(self.product))
        out = csr_array((len(self.product), vocabulary), dtype=np.float32)
        out.data = (_UNIT + weights * _squared(similar)).astype(np.float32)
        out.indices = words.astype(np.int32)
        out.indptr = np.concatenate(([0], np.cumsum(per_row))).astype(np.int32)
        return out


def _is_strange(near: Near) -> bool:
    """Whether no list has a word like this one."""
    return not len(near.similarity) or float(near.similarity.max()) < _LIKE_ENOUGH


def _letters_of(query: Name) -> int:
    """Return the initials of *query* as a mask, a bit for each letter from a."""
    mask = 0
    for word in query.words:
        if len(word.text) == 1 and word.text.isalpha():
            mask |= 1 << letter_of(word.text)
    return mask


def _looked_up(query: Name) -> list[Word]:
    """Return the words of *query* that are looked up: not particles and initials, and not beyond the heaviest."""
    words = [w for w in query.words if w.kind in (WordKind.WORD, WordKind.NUMBER)]
    if not words:
        words = list(query.words)
    if len(words) <= _MOST_WORDS:
        return words
    heaviest = sorted(range(len(words)), key=lambda i: (-words[i].weight, -len(words[i].text), i))[:_MOST_WORDS]
    return [words[i] for i in sorted(heaviest)]
