"""Names that are asked for, as arrays, and the names of blocks that their words meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sanctions_exposure.matching.keys import Ints, Keys, expand, finished, first_of_runs, short_keys
from sanctions_exposure.matching.neighbours import Neighbours
from sanctions_exposure.matching.normalise import Kind, Name
from sanctions_exposure.matching.partners import Floats, Partners, Words
from sanctions_exposure.matching.score import FIELD
from sanctions_exposure.matching.words import SYNONYM, Likeness

UNIT = 16.0  # adds one to the count of words met; coverage stays below it
_WORTH_HOLDING = 200  # postings; fewer are not worth the look-up that leaving a word out costs
_FEW_POSTINGS = 20_000
_MOST_UNSEEN = 10  # words; hardly a listed name has as many more than are looked up


def squared(similarity: Floats) -> Floats:
    """Return what a similarity counts in the score: all but synonyms are squared."""
    return np.where(similarity == np.float32(SYNONYM), similarity, similarity * similarity)


class Last(NamedTuple):
    """The last word of each name."""

    letter: NDArray[np.uint8]  # its first
    length: Ints
    weight: Floats  # 0 where no field may have cut it
    cut: Ints  # 1 where a field may have cut it


_SIEVE = 1_024  # places a row; words come in the order of their hashes, so their last bits are as good as chance


class _Known:
    """Which words belong to which row."""

    def __init__(self, rows: int, row: Ints, word: Ints) -> None:
        self._keys = row << 32 | word  # sorted
        self._sieve = np.zeros(rows * _SIEVE, bool)  # most words of names are known to no row, and this tells it sooner
        self._sieve[row * _SIEVE + (word & _SIEVE - 1)] = True

    def find(self, row: Ints, word: Ints) -> tuple[Ints, Ints]:
        """Return which of these words are known to the row beside them, and their places."""
        maybe = self._sieve[row * _SIEVE + (word & _SIEVE - 1)].nonzero()[0]
        if not len(maybe):
            return maybe, maybe
        wanted = row[maybe] << 32 | word[maybe]
        at = np.minimum(self._keys.searchsorted(wanted), len(self._keys) - 1)
        found = (self._keys[at] == wanted).nonzero()[0]
        return maybe[found], at[found]


class _Meetings(NamedTuple):
    """All (row, word) that may meet, and what each meets."""

    known: _Known
    begins: Ints  # of each, in the next two
    slots: Ints
    values: Floats


class Asked:
    """Queries of one kind, as rows of arrays."""

    def __init__(self, queries: Sequence[Name], neighbours: Neighbours) -> None:
        self.queries = queries
        self.kind = queries[0].kind
        self._words = words = Words(queries)
        size, row = len(queries), words.row
        shown = words.looked_up.nonzero()[0]
        place = row[shown], words.slot[shown]
        self.width = int(place[1].max(initial=0)) + 1
        shape = size, self.width
        self.weights, self.is_content, self.is_distinct = np.zeros(shape, np.float32), *np.zeros((2, *shape), bool)
        self.weights[place] = words.weight[shown]
        self.is_content[place] = words.is_word[shown]
        self.is_distinct[place] = words.is_distinct[shown]
        self.content = np.bincount(row, words.is_word, size).astype(np.int64)
        unseen = self.content - self.is_content.sum(axis=1)  # content words that are not looked up
        self.in_part = unseen > 0
        is_name = unseen <= _MOST_UNSEEN
        self.unseen = self._unseen() * is_name
        self.some_unseen = bool(self.unseen.any())  # hardly ever
        self.weight = np.bincount(row, words.weight, size).astype(np.float32)
        self._shown = self.weights.sum(axis=1)  # weight of what is looked up
        self.light = np.maximum(self.weight - self._shown, 0)
        self.initials = np.bincount(row, words.length == 1, size).astype(np.int64)
        self.joined = np.bincount(row, words.length, size).astype(np.int64)
        # So many words met at most are one, while others are left over; an initial or a cut word may meet one more.
        cut, full = self.last.cut, ~self.in_part
        if self.kind is Kind.PERSON:
            full &= self.initials == 0
        self.thin = np.where(full, np.minimum(1, self.content - 1) - cut, -1).astype(np.float32)
        # What may meet beside what is looked up counts as met: words that are not looked up, and one that may be cut.
        # Not in a text in place of a name, for which every listed name of common words would be scored.
        self.beside, self.beside_weight = (self.unseen + cut) * is_name, self.light + self.last.weight * is_name
        self._partners = Partners(words, self.kind, neighbours)
        self._vocabulary = len(neighbours)

    def _unseen(self) -> Ints:
        """Return how many content words of each name are not looked up, nor their like: a word may stand twice."""
        words, found = self._words, np.zeros(len(self.queries), np.int64)
        for row in self.in_part.nonzero()[0].tolist():
            inside = slice(int(words.ends[row] - words.counts[row]), int(words.ends[row]))
            which, seen = words.which[inside], words.looked_up[inside]
            found[row] = len(set(which[words.is_word[inside]].tolist()) - set(which[seen].tolist()))
        return found

    @cached_property
    def joined_letters(self) -> NDArray[np.uint32]:
        """The letters of each name, a bit each."""
        words, letters = self._words, np.zeros(len(self.queries), np.uint32)
        np.bitwise_or.at(letters, words.row, words.letters[words.which])
        return letters

    @cached_property
    def letters(self) -> Ints:
        """The initials of each name of a person, a bit each."""
        words, letters = self._words, np.zeros(len(self.queries), np.int64)
        if self.kind is Kind.PERSON:
            alone = (words.length == 1).nonzero()[0]
            np.bitwise_or.at(letters, words.row[alone], words.letters[words.which[alone]].astype(np.int64))
        return letters

    @cached_property
    def first_letters(self) -> NDArray[np.uint32]:
        """The first letters of content words, each as its bit: row × slot."""
        words, letters = self._words, np.zeros(self.weights.shape, np.uint32)
        shown = words.looked_up & words.is_word
        first = words.first_letter[words.which[shown]].astype(np.uint32)
        letters[words.row[shown], words.slot[shown]] = np.uint32(1) << first
        return letters

    @cached_property
    def last(self) -> Last:
        """What is known of each last word, which a field may have cut."""
        words, size = self._words, len(self.queries)
        letter, length = np.full(size, 31, np.uint8), np.zeros(size, np.int64)
        weight = np.zeros(size, np.float32)
        some = words.counts.nonzero()[0]
        last = words.which[words.ends[some] - 1]
        letter[some], length[some] = words.first_letter[last], words.sums.lengths[last]
        weight[some] = words.weight[words.ends[some] - 1]
        cut = (self.joined >= FIELD) & (length >= 2)
        return Last(letter, length, weight * cut, cut.astype(np.int64))

    def strings(self) -> tuple[Keys, Ints]:
        """Return the keys of names without blanks, and the row of each."""
        some = self._words.counts.nonzero()[0]
        sums = self._words.sums.strung(self._words.which, self._words.counts[some])
        return short_keys(finished(sums)), some

    def near_of(self, rows: Ints) -> list[list[Mapping[int, Likeness] | None]]:
        """Return, for each query, what may meet each of its words; None for a word that was not looked up."""
        return self._partners.near_of(rows)

    @property
    def parted(self) -> tuple[Ints, Ints]:
        """Names that hold a word as two neighbouring words: row, name."""
        return self._partners.parted

    @cached_property
    def _meetings(self) -> _Meetings:
        entries = self._partners.all_entries
        at = expand(entries.start, entries.size)
        row, word = entries.row.repeat(entries.size), self._partners.words[at]
        order = np.lexsort((word, row))
        row, word = row[order], word[order]
        begins = first_of_runs(row, word).nonzero()[0]
        known = _Known(len(self.queries), row[begins], word[begins])
        slots, values = entries.slot.repeat(entries.size)[order], self._partners.similar[at][order]
        return _Meetings(known, np.concatenate((begins, [len(order)])), slots, values)

    def meetings(self, row: Ints, word: Ints) -> tuple[Ints, Ints, Floats]:
        """Return (position asked, slot of the query, similarity) for every meeting of the rows with these words."""
        known, begins, slots, values = self._meetings
        found, at = known.find(row, word)
        begin = begins[at]
        counts = begins[at + 1] - begin
        at = expand(begin, counts)
        return found.repeat(counts), slots[at], values[at]

    def hold_back(self, frequency: NDArray[np.int32]) -> None:
        """Leave the most frequent word out of each row that has others; `held` is its weight.

        A name that meets that word alone could not reach the cutoff, unless its initials stand for the others; whoever
        meets another gets it looked up later.
        Two words written as one, or halves of a word, are no others: they are the same words met in another way.
        """
        entries = self._partners.entries
        held = self.held = np.zeros(len(self.queries), np.float32)
        total = np.concatenate(([0], frequency[self._partners.words].cumsum(dtype=np.int64)))
        load = total[entries.start + entries.size] - total[entries.start]
        load[entries.start >= self._partners.plain] = 0
        order = np.lexsort((-load, entries.row))
        row = entries.row[order]
        chosen = order[first_of_runs(row)]
        weight, rows = entries.weight[chosen], entries.row[chosen]
        others = self._shown[rows] - weight
        worth = (load[chosen] >= _WORTH_HOLDING) & (others >= weight - 1e-4)
        held[rows[worth]] = weight[worth]
        self._held = chosen[worth]

    @cached_property
    def held_words(self) -> tuple[Ints, Ints]:
        """Which words meet the word that was held back of which row: row, word."""
        entries, held = self._partners.entries, self._held  # rows come in order, and the words that meet one word too
        at = expand(entries.start[held], entries.size[held])
        return entries.row[held].repeat(entries.size[held]), self._partners.words[at]

    @cached_property
    def _holding(self) -> _Known:
        return _Known(len(self.queries), *self.held_words)

    def holding(self, row: Ints, word: Ints) -> Ints:
        """Return which of these words meet the word that was held back of the row beside them."""
        return self._holding.find(row, word)[0]

    def reached(self, blocks: Sequence[csr_array]) -> Iterator[tuple[Ints, Ints, Floats]]:
        """Yield, for each block, the names in it that words of rows meet: row, place in the block, what met.

        What met is one unit for each word, plus the word's weight times squared similarity.
        """
        asked = np.ones(len(self._partners.entries.row), bool)
        asked[self._held] = False
        size = self._partners.entries.size[asked]
        at = expand(self._partners.entries.start[asked], size)
        row, word = self._partners.entries.row[asked].repeat(size), self._partners.words[at]
        value = (UNIT + self._partners.entries.weight[asked].repeat(size) * squared(self._partners.similar[at])).astype(
            np.float32
        )
        matrix: Any = None
        for block in blocks:
            begins = block.indptr[word].astype(np.int64)
            counts = block.indptr[word + 1] - begins
            if int(counts.sum()) <= _FEW_POSTINGS:
                yield _sums(row, value, block.indices[expand(begins, counts)], counts, block.shape[1])
                continue
            if matrix is None:
                matrix = csr_array((len(self.queries), self._vocabulary), dtype=np.float32)
                matrix.data, matrix.indices = value, word.astype(np.int32)
                matrix.indptr = row.searchsorted(np.arange(len(self.queries) + 1)).astype(np.int32)
            product = matrix @ block
            met = np.arange(len(self.queries)).repeat(np.diff(product.indptr))
            yield met, product.indices.astype(np.int64), product.data


def _sums(row: Ints, value: Floats, name: NDArray[np.int32], counts: Ints, names: int) -> tuple[Ints, Ints, Floats]:
    """Return a sparse product's rows, columns and sums, added in the order in which the product adds them.

    For few postings: the sparse library takes a tenth of a millisecond to begin.
    """
    keys = (row * names).repeat(counts) + name
    order = keys.argsort(kind="stable")
    keys = keys[order]
    first = first_of_runs(keys)
    sums = np.zeros(int(first.sum()), np.float32)
    np.add.at(sums, first.cumsum() - 1, value.repeat(counts)[order])
    keys = keys[first]
    row = keys // names
    return row, keys - row * names, sums
