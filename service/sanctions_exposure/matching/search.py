"""Finds listed names like a query's: candidates from the index, an upper bound, then the exact scorer.

A single query is a batch of one; there is no other path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sanctions_exposure.matching.index import KindIndex
from sanctions_exposure.matching.keys import Ints, expand, lookup, text_keys
from sanctions_exposure.matching.neighbours import Near, Neighbours, key_of
from sanctions_exposure.matching.normalise import Kind, Name, Word, WordKind, make_word
from sanctions_exposure.matching.score import Match, match

Floats = NDArray[np.float32]
_UNIT = 16.0  # adds one to the count of words met; coverage stays below it
_MOST_WORDS = 14  # coverage must stay below _UNIT; the lightest words of longer names are left to the scorer
_MOST_CANDIDATES = 60  # scored exactly for each name of a query
_SPARE = 0.06  # the bound is computed on approximate similarities
_CHUNK = 2_048  # rows of one sparse product


@dataclass(frozen=True, slots=True)
class Found:
    """A listed name, by its place in the index of its kind, and how it matched."""

    name: int
    match: Match


class Searcher:
    """Searches one kind index; keeps caches, so one for each thread."""

    def __init__(self, index: KindIndex) -> None:
        self.index = index
        self.neighbours = Neighbours(index)
        self.listed = lru_cache(maxsize=50_000)(index.name)

    def search(self, queries: Sequence[Name], cutoff: float) -> list[list[Found]]:
        """Return, for each query, listed names that score at least *cutoff*, best first."""
        out: list[list[Found]] = []
        for start in range(0, len(queries), _CHUNK):
            out += self._chunk(queries[start : start + _CHUNK], cutoff)
        return out

    def _chunk(self, queries: Sequence[Name], cutoff: float) -> list[list[Found]]:
        rows = _Rows(queries, self.neighbours)
        row, name, bound = self._candidates(rows, cutoff - _SPARE)
        extra_row, extra_name = self._whole_name_keys(queries)
        row = np.concatenate((row, extra_row))
        name = np.concatenate((name, extra_name))
        bound = np.concatenate((bound, np.ones(len(extra_row), np.float32)))
        order = np.lexsort((name, -bound, row))
        row, name = row[order], name[order]
        cuts = np.searchsorted(row, np.arange(len(queries) + 1))
        return [
            self._score(query, name[a:b], cutoff)
            for query, a, b in zip(queries, cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
        ]

    def _score(self, query: Name, names: Ints, cutoff: float) -> list[Found]:
        found = []
        for at in dict.fromkeys(names[: _MOST_CANDIDATES * 2].tolist()):
            result = match(query, self.listed(at))
            if result.score >= cutoff:
                found.append(Found(at, result))
        found.sort(key=lambda f: (-f.match.score, f.name))
        return found

    def _whole_name_keys(self, queries: Sequence[Name]) -> tuple[Ints, Ints]:
        """Return names that are the same string but for blanks, and organisations with these initials."""
        joined = [(q.joined, i) for i, q in enumerate(queries) if len(q.joined) >= 4]
        a, b = lookup(self.index.joined, text_keys([j for j, _ in joined]), np.array([i for _, i in joined], np.int64))
        return a, b

    def _candidates(self, rows: _Rows, least: float) -> tuple[Ints, Ints, Floats]:
        index = self.index
        held = rows.hold_back(index.frequency)
        parts: list[tuple[Ints, Ints, Floats]] = []
        matrix = rows.matrix(len(index.word_hash))
        start = 0
        for block in index.blocks:
            product = matrix @ block
            row = np.repeat(np.arange(len(rows.queries)), np.diff(product.indptr))
            name = product.indices.astype(np.int64) + start
            parts.append(self._bounded(rows, held, row, name, product.data, least))
            start += block.shape[1]
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
        row, name, bound = (np.concatenate(column) for column in zip(*parts, strict=True))
        return row, name, bound

    def _bounded(
        self, rows: _Rows, held: _Held, row: Ints, name: Ints, value: Floats, least: float
    ) -> tuple[Ints, Ints, Floats]:
        """Return the pairs whose score could reach *least*, with that bound."""
        index = self.index
        count = np.floor(value / _UNIT)
        cover = value - _UNIT * count
        # What a name could reach if the word held back matched it fully; most fall here, before it is looked up.
        possible = held.weight[row]
        content = index.content[name]
        need = np.minimum(rows.content[row], np.where(rows.is_person, 2, 1))
        hopeful = count + (possible > 0) >= np.minimum(need, np.maximum(content, 1))
        hopeful &= self._bound(rows, row, name, cover + possible) >= least
        row, name, cover, count = row[hopeful], name[hopeful], cover[hopeful], count[hopeful]
        gain = held.gain(index, row, name)
        cover, count = cover + gain, count + (gain > 0)
        bound = self._bound(rows, row, name, cover)
        kept = (bound >= least) & (count >= np.minimum(np.minimum(rows.content[row], 2), np.maximum(index.content[name], 1)))
        kept |= (bound >= least - 0.2) & (np.abs(index.joined_length[name].astype(np.int64) - rows.joined[row]) <= 2)
        row, name, bound = row[kept], name[kept], bound[kept]
        return self._best(row, name, bound)

    def _bound(self, rows: _Rows, row: Ints, name: Ints, cover: Floats) -> Floats:
        """Return an upper bound of the score from how much weight met."""
        cover = np.minimum(cover + rows.light[row], rows.weight[row])
        left_q = np.maximum(rows.weight[row] - cover, 0)
        left_d = np.maximum(self.index.weight[name] - cover - rows.slack, 0)
        cost_q, cost_d = (0.35, 0.15) if rows.is_person else (0.30, 0.30)
        whole = cover + cost_q * left_q + cost_d * left_d + 0.9 * np.minimum(left_q, left_d)
        return np.divide(cover, whole, out=np.zeros_like(cover), where=whole > 0).astype(np.float32)

    @staticmethod
    def _best(row: Ints, name: Ints, bound: Floats) -> tuple[Ints, Ints, Floats]:
        """Return at most the best _MOST_CANDIDATES of each row."""
        order = np.lexsort((name, -bound, row))
        row, name, bound = row[order], name[order], bound[order]
        starts = np.searchsorted(row, np.arange(int(row[-1]) + 1 if len(row) else 0))
        rank = np.arange(len(row)) - starts[row] if len(row) else np.empty(0, np.int64)
        kept = rank < _MOST_CANDIDATES
        return row[kept], name[kept], bound[kept]


@dataclass(frozen=True, slots=True)
class _Held:
    """The word of each query that was left out of the product because too many names hold it."""

    weight: Floats  # of the query; 0 where none is held back
    keys: Ints  # sorted: row * vocabulary + word
    value: Floats
    vocabulary: int

    def gain(self, index: KindIndex, row: Ints, name: Ints) -> Floats:
        """Return what the held-back word adds to each (row, name), looked up in the name's own words."""
        out = np.zeros(len(row), np.float32)
        if not len(self.keys) or not len(row):
            return out
        asked = np.flatnonzero(self.weight[row] > 0)
        starts = index.forward_ptr[name[asked]]
        counts = index.forward_ptr[name[asked] + 1] - starts
        words = index.forward[expand(starts, counts)].astype(np.int64)
        owner = np.repeat(asked, counts)
        wanted = row[owner] * self.vocabulary + words
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        hit = self.keys[at] == wanted
        np.maximum.at(out, owner[hit], self.value[at[hit]])
        return out


class _Rows:
    """Queries of one kind as rows of a sparse matrix over the vocabulary."""

    def __init__(self, queries: Sequence[Name], neighbours: Neighbours) -> None:
        self.queries = queries
        self.is_person = bool(queries) and queries[0].kind is Kind.PERSON
        content = [[w for w in q.words if w.kind is not WordKind.PARTICLE and w.kind is not WordKind.INITIAL] for q in queries]
        self.weight = np.array([sum(w.weight for w in q.words) for q in queries], np.float32)
        self.light = self.weight - np.array([sum(w.weight for w in c) for c in content], np.float32)
        self.content = np.array([sum(w.kind is WordKind.WORD for w in c) for c in content], np.int64)
        self.joined = np.array([len(q.joined) for q in queries], np.int64)
        self.slack = 0.0
        self.near: list[list[tuple[float, float, Near]]] = self._look_up(content, neighbours)

    def _look_up(self, content: list[list[Word]], neighbours: Neighbours) -> list[list[tuple[float, float, Near]]]:
        """Return, for each row, (weight, words it counts for, neighbours) of its words, joins and splits."""
        kind = self.queries[0].kind if self.queries else Kind.PERSON
        content = [sorted(c, key=lambda w: -w.weight)[:_MOST_WORDS] if len(c) > _MOST_WORDS else c for c in content]
        joins = [
            [(make_word(a.text + b.text, kind), a.weight + b.weight) for a, b in zip(q.words, q.words[1:], strict=False)]
            for q in self.queries
        ]
        everything = [w for c in content for w in c] + [w for j in joins for w, _ in j]
        near = neighbours.of(everything)
        out = []
        for words, joined in zip(content, joins, strict=True):
            row = [(w.weight, 1.0, near[key_of(w)]) for w in words]
            for word, weight in joined:
                found = near[key_of(word)]
                if len(good := np.flatnonzero(found.similarity >= 0.9)):
                    row.append((min(weight, 2.0), 2.0, Near(found.words[good], found.similarity[good])))
            for word in words:
                row += _breaks(word, near[key_of(word)], neighbours)
            out.append(row)
        return out

    def hold_back(self, frequency: NDArray[np.int32]) -> _Held:
        """Take the most frequent word out of each row with several; a name must meet another word anyway."""
        weight = np.zeros(len(self.near), np.float32)
        keys, values = [], []
        vocabulary = len(frequency)
        for number, row in enumerate(self.near):
            plain = [k for k, (_, count, near) in enumerate(row) if count == 1.0 and len(near.words)]
            if self.content[number] < 2 or len(plain) < 2:
                continue
            load = [int(frequency[row[k][2].words].sum()) for k in plain]
            if max(load) < _WORTH_HOLDING:
                continue
            chosen = plain[int(np.argmax(load))]
            w, _, near = row.pop(chosen)
            weight[number] = w
            keys.append(number * vocabulary + near.words)
            values.append(w * near.similarity * near.similarity)
        if not keys:
            return _Held(weight, np.empty(0, np.int64), np.empty(0, np.float32), vocabulary)
        flat, value = np.concatenate(keys), np.concatenate(values).astype(np.float32)
        order = np.argsort(flat, kind="stable")
        return _Held(weight, flat[order], value[order], vocabulary)

    def matrix(self, vocabulary: int) -> csr_array:
        """Return row × word: one unit a word met, plus its weight times squared similarity."""
        row, word, value = [], [], []
        for number, entries in enumerate(self.near):
            for weight, count, near in entries:
                word.append(near.words)
                value.append(_UNIT * count + weight * near.similarity * near.similarity)
                row.append(number)
        lengths = [len(w) for w in word]
        rows = np.repeat(np.array(row, np.int64), lengths)
        words = np.concatenate(word) if word else np.empty(0, np.int64)
        values = np.concatenate(value) if value else np.empty(0, np.float32)
        pointers = np.searchsorted(rows, np.arange(len(self.near) + 1))
        out = csr_array((len(self.near), vocabulary), dtype=np.float32)
        out.data, out.indices, out.indptr = values.astype(np.float32), words.astype(np.int32), pointers.astype(np.int32)
        return out


_WORTH_HOLDING = 200
_SHORTEST_BREAK = 7


def _breaks(word: Word, near: Near, neighbours: Neighbours) -> list[tuple[float, float, Near]]:
    """Return the halves of a long word that no list has, where a list has both: a blank was lost."""
    if len(word.text) < _SHORTEST_BREAK or word.kind is not WordKind.WORD or (len(near.words) and near.similarity.max() >= 0.9):
        return []
    out = []
    for cut in range(3, len(word.text) - 2):
        left, right = neighbours.exact(word.text[:cut]), neighbours.exact(word.text[cut:])
        if left is not None and right is not None:
            one = np.ones(1, np.float32)
            out += [(0.5, 1.0, Near(np.array([at]), one)) for at in (left, right)]
    return out[:4]
