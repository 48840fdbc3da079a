"""Finds listed names like a query's: candidates from the index, two upper bounds, then the exact scorer.

A single query is a batch of one; there is no other path.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np

from sanctions_exposure.matching.asked import UNIT, Asked
from sanctions_exposure.matching.bounds import Pairs, Reached, by_cover, by_words
from sanctions_exposure.matching.index import NAME_KINDS, KindIndex
from sanctions_exposure.matching.keys import Ints, first_of_runs, lookup, text_keys
from sanctions_exposure.matching.neighbours import Neighbours
from sanctions_exposure.matching.normalise import Name
from sanctions_exposure.matching.score import Match, Near, acronym_asked, match
from sanctions_exposure.model import NameKind

_MOST_CANDIDATES = 120  # names scored exactly for one name of a query
_MOST_WORDS = 6_000  # words of a query, over all names scored for it: fewer for a text in place of a name
_CHUNK = 1_024  # rows of one sparse product
_REMEMBERED = 4_096  # listed names
_DOUBT = 0.02  # a name of an entity is scored too when it may come this near to the best one
# A weak alias never flags alone, so a strong name that would flag speaks for the entity, however well a weak one fits:
# an alias more must not lose what its entity was found by.
WEAK_RANK = 0.3
_NONE: Ints = np.empty(0, np.int64)
_WEAK = NAME_KINDS.index(NameKind.WEAK)


class Found(msgspec.Struct, frozen=True, gc=False):
    """A listed name, by its place in the index of its kind, and how it matched."""

    name: int
    entity: int
    strength: NameKind
    asked: Name
    listed: Name
    match: Match
    rank: float  # its score, less where the alias is weak


_Candidate = tuple[int, float, int, int]  # listed name, the score it cannot exceed, entity, strength


class Searcher:
    """Searches one kind index; keeps caches, which threads may share."""

    def __init__(self, index: KindIndex) -> None:
        self.index = index
        self.neighbours = Neighbours(index)
        self.listed = lru_cache(maxsize=_REMEMBERED)(index.name)

    def search(self, queries: Sequence[Name], cutoff: float) -> list[list[Found]]:
        """Return, for each query, listed names that score at least *cutoff*, best first."""
        out: list[list[Found]] = []
        if not len(self.index.entity):
            return [[] for _ in queries]
        for start in range(0, len(queries), _CHUNK):
            out += self._chunk(queries[start : start + _CHUNK], cutoff)
        return out

    def _chunk(self, queries: Sequence[Name], cutoff: float) -> list[list[Found]]:
        rows = Asked(queries, self.neighbours)
        pairs = self._candidates(rows, cutoff)
        extra_row, extra_name = self._same_string(rows)
        row = np.concatenate((extra_row, pairs.row))
        name = np.concatenate((extra_name, pairs.name))
        bound = np.concatenate((np.ones(len(extra_row), np.float32), pairs.bound))
        order = row.argsort(kind="stable")  # names that are the same string come first
        row, name, bound = row[order], name[order], bound[order]
        index = self.index
        columns = zip(
            name.tolist(), bound.tolist(), index.entity[name].tolist(), index.strength[name].tolist(), strict=True
        )
        candidates = list(columns)
        out: list[list[Found]] = [[] for _ in queries]
        cuts = row.searchsorted(np.arange(len(queries) + 1))
        some = (cuts[1:] > cuts[:-1]).nonzero()[0]
        begins, ends = cuts[some].tolist(), cuts[some + 1].tolist()
        for number, near, a, b in zip(some.tolist(), rows.near_of(some), begins, ends, strict=True):
            out[number] = self._score(queries[number], near, candidates[a:b], cutoff)
        return out

    def _score(
        self,
        query: Name,
        near: Near,
        candidates: Sequence[_Candidate],
        cutoff: float,
    ) -> list[Found]:
        """Return what scores at least *cutoff*, but for names that cannot be the best one of their entity."""
        found = []
        ranks: dict[int, float] = {}
        seen: set[int] = set()
        most = _MOST_WORDS // max(len(query.words), 1)
        for at, bound, entity, strength in candidates:
            weak = WEAK_RANK if strength == _WEAK else 0.0
            if at in seen or bound - weak < ranks.get(entity, 0.0) - _DOUBT:
                continue
            if len(seen) >= most:
                break
            seen.add(at)
            listed = self.listed(at)
            result = match(query, listed, near)
            if result.score >= cutoff:
                rank = result.score - weak
                found.append(Found(at, entity, NAME_KINDS[strength], query, listed, result, rank))
                ranks[entity] = max(ranks.get(entity, 0.0), rank)
        if len(found) > 1:
            found.sort(key=_best_first)
        return found

    def _same_string(self, rows: Asked) -> tuple[Ints, Ints]:
        """Return names that are the same string but for blanks, and organisations with these initials."""
        row, name = lookup(self.index.joined, *rows.strings())
        if short := [(text, i) for i, q in enumerate(rows.queries) if (text := acronym_asked(q))]:
            asked = text_keys([text for text, _ in short])
            more = lookup(self.index.acronyms, asked, np.array([i for _, i in short], np.int64))
            row, name = np.concatenate((row, more[0])), np.concatenate((name, more[1]))
        return row, name

    def _candidates(self, rows: Asked, cutoff: float) -> Pairs:
        index = self.index
        rows.hold_back(index.frequency)
        parts = []
        start = 0
        for block, (row, place, met) in zip(index.blocks, rows.reached(index.blocks), strict=True):
            count = np.floor(met / UNIT)
            reached = Reached(row, place + start, met - UNIT * count, count)
            if not start:
                reached = reached.joined(*self._scant(rows))
            could = by_cover(index, rows, reached, cutoff)
            if not start:
                could = could.joined(*rows.parted)
            parts.append(by_words(index, rows, could, cutoff))
            start += block.shape[1]
        return self._best(Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True))))

    def _scant(self, rows: Asked) -> tuple[Ints, Ints]:
        """Return names that the word which was held back may bring alone."""
        if not len(self.index.scant.keys):
            return _NONE, _NONE
        row, word = rows.held_words
        return lookup(self.index.scant, word.astype(np.uint32), row)

    @staticmethod
    def _best(pairs: Pairs) -> Pairs:
        """Return at most the best _MOST_CANDIDATES of each row."""
        order = np.lexsort((pairs.name, -pairs.bound, pairs.row))
        row, name, bound = pairs.row[order], pairs.name[order], pairs.bound[order]
        once = first_of_runs(row, name)
        row, name, bound = row[once], name[once], bound[once]
        rank = np.arange(len(row)) - row.searchsorted(row)
        kept = rank < _MOST_CANDIDATES
        return Pairs(row[kept], name[kept], bound[kept])


def _best_first(found: Found) -> tuple[float, int]:
    return -found.match.score, found.name
