"""Names that are asked for, as arrays: their words, and the words of a vocabulary that may meet each.

A batch's distinct words are looked up once, whatever name they stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sanctions_exposure.matching.index import letter_of
from sanctions_exposure.matching.keys import Ints, Keys, Sums, distinct, expand, finished, letter_masks, short_keys
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.neighbours import Near, Neighbours
from sanctions_exposure.matching.normalise import Kind, Name, WordKind, make_word
from sanctions_exposure.matching.score import FIELD, JOINED_LEAST
from sanctions_exposure.matching.words import SYNONYM, Likeness, without_prefix

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
UNIT = 16.0  # adds one to the count of words met; coverage stays below it
_MOST_WORDS = 14  # words of a query looked up, the heaviest; coverage must stay below UNIT
_WORTH_HOLDING = 200  # postings; fewer are not worth the look-up that leaving a word out costs
_FEW_POSTINGS = 20_000
_SHORTEST_BREAK = 6  # letters; a shorter word is not two words run together
SHORTEST_HALF = 4  # letters; of words run together neither may be shorter where one is misspelt
JOIN = np.float32(0.98)
HALF = np.float32(0.97)  # marks half of a word: both halves have to be found
_RESCUED = np.float32(0.8)  # two words written as one that are two slips from a long one: the same string, all but
_LIKE_ENOUGH = 0.91  # a word liker than this to a listed one, a slip away at most, is not two words run together


def squared(similarity: Floats) -> Floats:
    """Return what a similarity counts in the score: all but synonyms are squared."""
    return np.where(similarity == np.float32(SYNONYM), similarity, similarity * similarity)


class _Entries(NamedTuple):
    """What may meet a word of the vocabulary: words of queries, halves of words, two words written as one."""

    row: Ints
    slot: Ints
    weight: Floats
    start: Ints  # in the pool of words that may meet it
    size: Ints


_NOTHING: Ints = np.empty(0, np.int64)
_NO_ENTRIES = _Entries(_NOTHING, _NOTHING, np.empty(0, np.float32), _NOTHING, _NOTHING)


class Last(NamedTuple):
    """The last word of each name."""

    letter: NDArray[np.uint8]  # its first
    length: Ints
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
        maybe = np.flatnonzero(self._sieve[row * _SIEVE + (word & _SIEVE - 1)])
        if not len(maybe):
            return maybe, maybe
        wanted = row[maybe] << 32 | word[maybe]
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        found = np.flatnonzero(self._keys[at] == wanted)
        return maybe[found], at[found]


class _Meetings(NamedTuple):
    """All (row, word) that may meet, and what each meets."""

    known: _Known
    begins: Ints  # of each, in the next two
    slots: Ints
    values: Floats


class _Words:
    """The words of all queries, one after another, and the distinct ones among them."""

    def __init__(self, queries: Sequence[Name]) -> None:
        flat = [word for query in queries for word in query.words]
        numbers: dict[str, int] = {}
        self.which = np.array([numbers.setdefault(word.key, len(numbers)) for word in flat], np.int64)
        self.distinct = list({word.key: word for word in flat}.values())
        self.counts = np.array([len(query.words) for query in queries], np.int64)
        self.row = np.repeat(np.arange(len(queries)), self.counts)
        self.ends = np.cumsum(self.counts)
        texts = [word.text for word in self.distinct]
        self.sums = Sums.of(texts)
        self.kinds = kind = np.array([word.kind for word in self.distinct], np.int64)
        self.is_word = (kind == WordKind.WORD)[self.which]
        self.weight = np.array([word.weight for word in self.distinct], np.float32)[self.which]
        self.length = self.sums.lengths[self.which]
        self.looked_up = self.is_word | (kind == WordKind.NUMBER)[self.which]
        self._look_up_some(queries)

    @cached_property
    def letters(self) -> NDArray[np.uint32]:
        """The letters of each distinct word, a bit each."""
        return letter_masks([word.text for word in self.distinct])

    @cached_property
    def first_letter(self) -> NDArray[np.uint8]:
        """The place of its first letter in the alphabet."""
        return np.array([letter_of(word.text) for word in self.distinct], np.uint8)

    def _look_up_some(self, queries: Sequence[Name]) -> None:
        """Look up particles and initials where a name has nothing else, and of a very long name the heaviest words."""
        some = np.bincount(self.row, self.looked_up, len(queries))
        self.looked_up |= (some == 0)[self.row]
        for row in np.flatnonzero(np.where(some == 0, self.counts, some) > _MOST_WORDS).tolist():
            begin, end = int(self.ends[row] - self.counts[row]), int(self.ends[row])
            inside = begin + np.flatnonzero(self.looked_up[begin:end])
            order = np.lexsort((inside, -self.length[inside], -self.weight[inside]))
            self.looked_up[begin:end] = False
            self.looked_up[inside[order[:_MOST_WORDS]]] = True


class Asked:
    """Queries of one kind, as rows of arrays."""

    def __init__(self, queries: Sequence[Name], neighbours: Neighbours) -> None:
        self.queries = queries
        self.kind = queries[0].kind
        self._words = words = _Words(queries)
        size, row, count = len(queries), words.row, words.counts
        shown = words.looked_up
        before = np.cumsum(shown) - shown
        self._slot = before - np.repeat(np.concatenate((before, [0]))[words.ends - count], count)
        self.width = max(1, int(np.bincount(row, shown, 1).max(initial=1)))
        self.weights = np.zeros((size, self.width), np.float32)
        self.is_content = np.zeros((size, self.width), bool)
        self.weights[row[shown], self._slot[shown]] = words.weight[shown]
        self.is_content[row[shown], self._slot[shown]] = words.is_word[shown]
        self.weight = np.bincount(row, words.weight, size).astype(np.float32)
        self.light = np.maximum(self.weight - self.weights.sum(axis=1), 0)
        self.initials = np.bincount(row, words.length == 1, size).astype(np.int64)
        self.joined = np.bincount(row, words.length, size).astype(np.int64)
        self._entries = self._look_up(neighbours)
        self._vocabulary = len(neighbours)

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
            alone = np.flatnonzero(words.length == 1)
            np.bitwise_or.at(letters, words.row[alone], words.letters[words.which[alone]].astype(np.int64))
        return letters

    @cached_property
    def first_letters(self) -> NDArray[np.uint32]:
        """The first letters of content words, each as its bit: row × slot."""
        words, letters = self._words, np.zeros(self.weights.shape, np.uint32)
        shown = words.looked_up & words.is_word
        first = words.first_letter[words.which[shown]].astype(np.uint32)
        letters[words.row[shown], self._slot[shown]] = np.uint32(1) << first
        return letters

    @cached_property
    def last(self) -> Last:
        """What is known of each last word, which a field may have cut."""
        words, size = self._words, len(self.queries)
        letter, length = np.full(size, 31, np.uint8), np.zeros(size, np.int64)
        some = np.flatnonzero(words.counts)
        last = words.which[words.ends[some] - 1]
        letter[some], length[some] = words.first_letter[last], words.sums.lengths[last]
        return Last(letter, length, ((self.joined >= FIELD) & (length >= 2)).astype(np.int64))

    def strings(self) -> tuple[Keys, Ints]:
        """Return the keys of names without blanks, and the row of each."""
        some = np.flatnonzero(self._words.counts)
        sums = self._words.sums.strung(self._words.which, self._words.counts[some])
        return short_keys(finished(sums)), some

    # -- what may meet each word ------------------------------------------------------------------

    def _look_up(self, neighbours: Neighbours) -> _Entries:
        words = self._words
        asked = np.zeros(len(words.distinct), bool)
        asked[words.which[words.looked_up]] = True
        wanted = np.flatnonzero(asked).tolist()
        near = neighbours.of([words.distinct[i] for i in wanted])
        self._near: list[Near | None] = [None] * len(words.distinct)
        size, best = np.zeros(len(words.distinct), np.int64), np.zeros(len(words.distinct), np.float32)
        for i in wanted:
            self._near[i] = found = near[words.distinct[i].key]
            size[i], best[i] = len(found.words), found.best
        self._pool: list[Near] = [found for found in self._near if found]
        self._plain = self._pooled = int(size.sum())
        at = np.flatnonzero(words.looked_up)
        which = words.which[at]
        start = np.cumsum(size) - size
        plain = _Entries(words.row[at], self._slot[at], words.weight[at], start[which], size[which])
        strange = asked & (best < _LIKE_ENOUGH)
        parts = [
            plain, self._joins(strange, neighbours), self._breaks(strange, neighbours), self._articles(neighbours)
        ]  # fmt: skip
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return _Entries(*(column[order] for column in columns))

    def _pooling(self, owner: Ints, ids: Ints, mark: np.float32) -> tuple[Ints, Ints, Ints]:
        """Add to the pool the words that each owner may meet; return the owners that have any, start and size."""
        pairs = distinct(owner * np.int64(1 << 32) + ids)
        owner, ids = pairs >> 32, pairs & 0xFFFFFFFF
        self._pool.append(Near.joined(ids, mark))
        begins = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1]))) if len(owner) else owner
        start, self._pooled = self._pooled + begins, self._pooled + len(ids)
        return owner[begins], start, np.diff(np.concatenate((begins, [len(ids)])))

    def _joins(self, strange: Bools, neighbours: Neighbours) -> _Entries:
        """Return words of the vocabulary that are two neighbouring words of a query written as one."""
        words = self._words
        left = np.flatnonzero(words.row[1:] == words.row[:-1]) if len(words.row) else np.empty(0, np.int64)
        left = left[words.looked_up[left] | words.looked_up[left + 1]]
        if not len(left):
            return _NO_ENTRIES
        first, second = words.which[left], words.which[left + 1]
        exact = neighbours.exact(finished(words.sums.joined(first, second)))
        owner, ids = np.flatnonzero(exact >= 0), exact[exact >= 0]
        abjad = np.array([word.native == ABJAD for word in words.distinct], bool)
        # A blank too many, perhaps with a slip beside it; a particle, which is often written to its word; or a script
        # without vowels.
        odd = strange | abjad | (words.kinds == WordKind.PARTICLE)
        more = np.flatnonzero(odd[first] | odd[second])
        made = []
        for i, j in zip(first[more].tolist(), second[more].tolist(), strict=True):
            a, b = words.distinct[i], words.distinct[j]
            made.append(make_word(a.text + b.text, self.kind, ABJAD if ABJAD in {a.native, b.native} else ""))
        near = neighbours.of(made) if made else {}
        alike = [found.words[found.similarity >= _RESCUED] for found in (near[word.key] for word in made)]
        owner = np.concatenate((owner, np.repeat(more, [len(ids) for ids in alike])))
        if not len(owner):
            return _NO_ENTRIES
        owner, start, size = self._pooling(owner, np.concatenate((ids, *alike)), JOIN)
        left = left[owner]
        both = words.looked_up[left] & words.looked_up[left + 1]
        weight = (words.weight[left] + words.weight[left + 1]) / (1 + both)
        at = np.concatenate((left[words.looked_up[left]], left[words.looked_up[left + 1]] + 1))
        of = np.concatenate((np.flatnonzero(words.looked_up[left]), np.flatnonzero(words.looked_up[left + 1])))
        return _Entries(words.row[at], self._slot[at], weight[of].astype(np.float32), start[of], size[of])

    def _breaks(self, strange: Bools, neighbours: Neighbours) -> _Entries:
        """Return both halves of long words that the vocabulary lacks, where it has both: a blank was lost.

        Where it has no two halves of a word, one half may be misspelt.
        """
        words = self._words
        lengths = words.sums.lengths
        long = np.flatnonzero(strange & (words.kinds == WordKind.WORD) & (lengths >= _SHORTEST_BREAK))
        if not len(long):
            return _NO_ENTRIES
        cuts = lengths[long] - 3
        owner, cut = np.repeat(long, cuts), expand(np.full(len(long), 2), cuts)
        halves = np.stack([neighbours.exact(finished(half)) for half in words.sums.halves(owner, cut)])
        known = halves >= 0
        whole = known.all(axis=0)
        broken = np.zeros(len(lengths), bool)
        broken[owner[whole]] = True
        half = known.any(axis=0) & ~broken[owner]
        half &= np.minimum(cut, lengths[owner] - cut) >= SHORTEST_HALF
        half &= np.array(
            [words.distinct[i].text.isascii() for i in owner.tolist()], bool
        )  # others are cut within signs
        if not (whole | half).any():
            return _NO_ENTRIES
        # Each way to break a word is an entry of its own: both halves, or words that sound the same, have to be found.
        side, ways = np.nonzero(known & (whole | half))
        which, alike = neighbours.same_sound(halves[side, ways])
        ways = ways[which]
        if half.any():
            misspelt, found = self._misspelt(~known & half, owner, cut, neighbours)
            ways, alike = np.concatenate((ways, misspelt)), np.concatenate((alike, found))
        way, start, size = self._pooling(ways, alike, HALF)
        return self._spread(owner[way], start, size, np.float32(0.5))

    def _articles(self, neighbours: Neighbours) -> _Entries:
        """Return, of words with the article written to them, what is like the rest: it may be parted there."""
        words = [(i, part[0]) for i, word in enumerate(self._words.distinct) if (part := without_prefix(word.text))]
        if not words:
            return _NO_ENTRIES
        which, alike = self._resembling([text for _, text in words], neighbours)
        owner, start, size = self._pooling(which, alike, JOIN)
        return self._spread(np.array([i for i, _ in words], np.int64)[owner], start, size, np.float32(1))

    def _resembling(self, texts: Sequence[str], neighbours: Neighbours) -> tuple[Ints, Ints]:
        """Return the words of the vocabulary that these may be slips of: which of them, and the word."""
        made = [make_word(text, self.kind) for text in texts]
        near = neighbours.of(made)
        alike = [found.words[found.similarity >= JOINED_LEAST] for found in (near[word.key] for word in made)]
        return np.repeat(np.arange(len(made)), [len(ids) for ids in alike]), np.concatenate(alike)

    def _spread(self, owner: Ints, start: Ints, size: Ints, share: np.float32) -> _Entries:
        """Return what distinct words may meet as entries of all words of queries; each gets a share of the weight."""
        words = self._words
        at = np.flatnonzero(words.looked_up)
        order = np.argsort(owner, kind="stable")
        owner, start, size = owner[order], start[order], size[order]
        begin = np.searchsorted(owner, words.which[at], "left")
        many = np.searchsorted(owner, words.which[at], "right") - begin
        of, at = expand(begin, many), np.repeat(at, many)
        return _Entries(words.row[at], self._slot[at], words.weight[at] * share, start[of], size[of])

    def _misspelt(self, halves: Bools, owner: Ints, cut: Ints, neighbours: Neighbours) -> tuple[Ints, Ints]:
        """Return the words that halves may be slips of: the way to break a word, and the word of the vocabulary."""
        side, ways = np.nonzero(halves)
        texts = [self._words.distinct[i].text for i in owner[ways].tolist()]
        parts = zip(side.tolist(), texts, cut[ways].tolist(), strict=True)
        which, alike = self._resembling([text[at:] if second else text[:at] for second, text, at in parts], neighbours)
        return ways[which], alike

    def near_of(self, row: int) -> list[Mapping[int, Likeness] | None]:
        """Return what may meet each word of a query; None for a word that was not looked up."""
        words = self._words
        end = int(words.ends[row])
        span = slice(end - int(words.counts[row]), end)
        shown = zip(words.which[span].tolist(), words.looked_up[span].tolist(), strict=True)
        return [near.likeness if up and (near := self._near[which]) else None for which, up in shown]

    # -- as arrays --------------------------------------------------------------------------------

    @cached_property
    def _words_near(self) -> Ints:
        return np.concatenate([near.words for near in self._pool] or [_NOTHING])

    @cached_property
    def _similar(self) -> Floats:
        return np.concatenate([near.similarity for near in self._pool] or [np.empty(0, np.float32)])

    @cached_property
    def _meetings(self) -> _Meetings:
        entries = self._entries
        at = expand(entries.start, entries.size)
        row, word = np.repeat(entries.row, entries.size), self._words_near[at]
        order = np.lexsort((word, row))
        row, word = row[order], word[order]
        first = np.ones(len(order), bool)
        first[1:] = (row[1:] != row[:-1]) | (word[1:] != word[:-1])
        begins = np.flatnonzero(first)
        known = _Known(len(self.queries), row[begins], word[begins])
        slots, values = np.repeat(entries.slot, entries.size)[order], self._similar[at][order]
        return _Meetings(known, np.concatenate((begins, [len(order)])), slots, values)

    def meetings(self, row: Ints, word: Ints) -> tuple[Ints, Ints, Floats]:
        """Return (position asked, slot of the query, similarity) for every meeting of the rows with these words."""
        known, begins, slots, values = self._meetings
        found, at = known.find(row, word)
        begin = begins[at]
        counts = begins[at + 1] - begin
        at = expand(begin, counts)
        return np.repeat(found, counts), slots[at], values[at]

    def hold_back(self, frequency: NDArray[np.int32]) -> None:
        """Leave the most frequent word out of each row that has others; `held` is its weight.

        A name that meets that word alone could not reach the cutoff, unless its initials stand for the others; whoever
        meets another gets it looked up later.
        Two words written as one, or halves of a word, are no others: they are the same words met in another way.
        """
        entries = self._entries
        held = self.held = np.zeros(len(self.queries), np.float32)
        total = np.concatenate(([0], np.cumsum(frequency[self._words_near], dtype=np.int64)))
        load = total[entries.start + entries.size] - total[entries.start]
        load[entries.start >= self._plain] = 0
        order = np.lexsort((-load, entries.row))
        row = entries.row[order]
        chosen = order[np.concatenate(([True], row[1:] != row[:-1]))] if len(row) else order
        weight, rows = entries.weight[chosen], entries.row[chosen]
        others = self.weights.sum(axis=1)[rows] - weight
        worth = (load[chosen] >= _WORTH_HOLDING) & (others >= weight - 1e-4)
        held[rows[worth]] = weight[worth]
        self._held = chosen[worth]

    @cached_property
    def held_words(self) -> tuple[Ints, Ints]:
        """Which words meet the word that was held back of which row: row, word."""
        entries, held = self._entries, self._held  # rows come in order, and the words that meet one word too
        at = expand(entries.start[held], entries.size[held])
        return np.repeat(entries.row[held], entries.size[held]), self._words_near[at]

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
        asked = np.ones(len(self._entries.row), bool)
        asked[self._held] = False
        size = self._entries.size[asked]
        at = expand(self._entries.start[asked], size)
        row, word = np.repeat(self._entries.row[asked], size), self._words_near[at]
        value = (UNIT + np.repeat(self._entries.weight[asked], size) * squared(self._similar[at])).astype(np.float32)
        matrix = self._matrix(row, word, value)
        for block in blocks:
            begins = block.indptr[word].astype(np.int64)
            counts = block.indptr[word + 1] - begins
            if int(counts.sum()) <= _FEW_POSTINGS:
                yield _sums(row, value, block.indices[expand(begins, counts)], counts, block.shape[1])
                continue
            product = matrix() @ block
            met = np.repeat(np.arange(len(self.queries)), np.diff(product.indptr))
            yield met, product.indices.astype(np.int64), product.data

    def _matrix(self, row: Ints, word: Ints, value: Floats) -> Callable[[], Any]:
        """Return what makes a sparse matrix of these values, once."""

        @cache
        def made() -> Any:
            out = csr_array((len(self.queries), self._vocabulary), dtype=np.float32)
            out.data, out.indices = value, word.astype(np.int32)
            out.indptr = np.searchsorted(row, np.arange(len(self.queries) + 1)).astype(np.int32)
            return out

        return made


def _sums(row: Ints, value: Floats, name: NDArray[np.int32], counts: Ints, names: int) -> tuple[Ints, Ints, Floats]:
    """Return a sparse product's rows, columns and sums, added in the order in which the product adds them.

    For few postings: the sparse library takes a tenth of a millisecond to begin.
    """
    keys = np.repeat(row * names, counts) + name
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    sums = np.zeros(int(first.sum()), np.float32)
    np.add.at(sums, np.cumsum(first) - 1, np.repeat(value, counts)[order])
    keys = keys[first]
    row = keys // names
    return row, keys - row * names, sums
