"""Which words of a vocabulary may meet each word of the names that are asked for.

A batch's distinct words are looked up once, whatever name they stand in: as they are, two written as one, one broken
in two, parted from its article.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sanctions_exposure.matching.index import letter_of
from sanctions_exposure.matching.keys import Ints, Sums, distinct, expand, finished, first_of_runs, letter_masks
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.neighbours import Near, Neighbours, make_likeness
from sanctions_exposure.matching.normalise import Kind, Name, WordKind, make_word
from sanctions_exposure.matching.score import JOINED_LEAST
from sanctions_exposure.matching.words import Likeness, without_prefix

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
# Plain numbers: an array compared with a member of an enumeration takes eight times as long.
_WORD, _PARTICLE, _NUMBER = int(WordKind.WORD), int(WordKind.PARTICLE), int(WordKind.NUMBER)
_MOST_WORDS = 14  # words of a query looked up, the heaviest; the coverage they make must stay below a unit
_SHORTEST_BREAK = 6  # letters; a shorter word is not two words run together
SHORTEST_HALF = 4  # letters; of words run together neither may be shorter where one is misspelt
JOIN = np.float32(0.98)
HALF = np.float32(0.97)  # marks half of a word: both halves have to be found
_RESCUED = np.float32(0.8)  # two words written as one that are two slips from a long one: the same string, all but
_LIKE_ENOUGH = 0.91  # a word liker than this to a listed one, a slip away at most, is not two words run together


class Entries(NamedTuple):
    """What may meet a word of the vocabulary: words of queries, halves of words, two words written as one."""

    row: Ints
    slot: Ints
    weight: Floats
    start: Ints  # in the pool of words that may meet it
    size: Ints

    def merged(self, *others: Entries) -> Entries:
        """Return these and others, in the order of rows."""
        columns = [np.concatenate(column) for column in zip(self, *others, strict=True)]
        order = columns[0].argsort(kind="stable")
        return Entries(*(column[order] for column in columns))


_NOTHING: Ints = np.empty(0, np.int64)
_NO_ENTRIES = Entries(_NOTHING, _NOTHING, np.empty(0, np.float32), _NOTHING, _NOTHING)


class Words:
    """The words of all queries, one after another, and the distinct ones among them."""

    def __init__(self, queries: Sequence[Name]) -> None:
        flat = [word for query in queries for word in query.words]
        numbers: dict[str, int] = {}
        self.which = np.array([numbers.setdefault(word.key, len(numbers)) for word in flat], np.int64)
        self.distinct = list({word.key: word for word in flat}.values())
        self.counts = np.array([len(query.words) for query in queries], np.int64)
        self.row = np.arange(len(queries)).repeat(self.counts)
        self.ends = self.counts.cumsum()
        texts = [word.text for word in self.distinct]
        self.sums = Sums.of(texts)
        self.kinds = kind = np.array([word.kind for word in self.distinct], np.int64)
        self.is_word = (kind == _WORD)[self.which]
        self.weight = np.array([word.weight for word in self.distinct], np.float32)[self.which]
        self.is_distinct = np.array([word.is_distinct for word in self.distinct], bool)[self.which]
        self.length = self.sums.lengths[self.which]
        self.looked_up = self.is_word | (kind == _NUMBER)[self.which]
        self._look_up_some(queries)
        shown = self.looked_up.cumsum() - self.looked_up
        begin = np.concatenate((shown, [0]))[self.ends - self.counts]
        self.slot = shown - begin.repeat(self.counts)  # of a word looked up, in its query

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
        for row in (np.where(some == 0, self.counts, some) > _MOST_WORDS).nonzero()[0].tolist():
            begin, end = int(self.ends[row] - self.counts[row]), int(self.ends[row])
            inside = begin + self.looked_up[begin:end].nonzero()[0]
            order = np.lexsort((inside, -self.length[inside], -self.weight[inside]))
            self.looked_up[begin:end] = False
            self.looked_up[inside[order[:_MOST_WORDS]]] = True


class Partners:
    """The words of the vocabulary that may meet those of queries."""

    def __init__(self, words: Words, kind: Kind, neighbours: Neighbours) -> None:
        self._asked, self._kind, self._neighbours = words, kind, neighbours
        asked = np.zeros(len(words.distinct), bool)
        asked[words.which[words.looked_up]] = True
        wanted = asked.nonzero()[0].tolist()
        near = neighbours.of([words.distinct[i] for i in wanted])
        self._near: list[Near | None] = [None] * len(words.distinct)
        size, best = np.zeros(len(words.distinct), np.int64), np.zeros(len(words.distinct), np.float32)
        for i in wanted:
            self._near[i] = found = near[words.distinct[i].key]
            size[i], best[i] = len(found.words), found.best
        self._pool: list[Near] = [found for found in self._near if found]
        self.plain = self._pooled = int(size.sum())  # where in the pool those of words as they are end
        self.entries = self._look_up(size, asked & (best < _LIKE_ENOUGH))
        self.parted, parts = self._parts()
        self.all_entries = self.entries.merged(parts) if len(parts.row) else self.entries

    @cached_property
    def words(self) -> Ints:
        """The pool: words of the vocabulary."""
        return np.concatenate([near.words for near in self._pool] or [_NOTHING])

    @cached_property
    def similar(self) -> Floats:
        """How like each of the pool is."""
        return np.concatenate([near.similarity for near in self._pool] or [np.empty(0, np.float32)])

    def near_of(self, rows: Ints) -> list[list[Mapping[int, Likeness] | None]]:
        """Return, for each query, what may meet each of its words; None for a word that was not looked up."""
        words, counts = self._asked, self._asked.counts[rows]
        at = expand(words.ends[rows] - counts, counts)
        near = [
            self._near[i] if up else None
            for i, up in zip(words.which[at].tolist(), words.looked_up[at].tolist(), strict=True)
        ]
        make_likeness(one for one in near if one)
        flat = [one.made if one else None for one in near]
        ends = counts.cumsum()
        return [flat[a:b] for a, b in zip((ends - counts).tolist(), ends.tolist(), strict=True)]

    def _look_up(self, size: Ints, strange: Bools) -> Entries:
        words = self._asked
        at = words.looked_up.nonzero()[0]
        which = words.which[at]
        start = size.cumsum() - size
        plain = Entries(words.row[at], words.slot[at], words.weight[at], start[which], size[which])
        return plain.merged(self._joins(strange), self._breaks(strange), self._articles())

    def _pooling(self, owner: Ints, ids: Ints, mark: np.float32) -> tuple[Ints, Ints, Ints]:
        """Add to the pool the words that each owner may meet; return the owners that have any, start and size."""
        pairs = distinct(owner * np.int64(1 << 32) + ids)
        owner, ids = pairs >> 32, pairs & 0xFFFFFFFF
        self._pool.append(Near.joined(ids, mark))
        begins = first_of_runs(owner).nonzero()[0]
        start, self._pooled = self._pooled + begins, self._pooled + len(ids)
        return owner[begins], start, np.diff(np.concatenate((begins, [len(ids)])))

    def _joins(self, strange: Bools) -> Entries:
        """Return words of the vocabulary that are two neighbouring words of a query written as one."""
        words = self._asked
        left = (words.row[1:] == words.row[:-1]).nonzero()[0] if len(words.row) else np.empty(0, np.int64)
        left = left[words.looked_up[left] | words.looked_up[left + 1]]
        if not len(left):
            return _NO_ENTRIES
        first, second = words.which[left], words.which[left + 1]
        wanted = finished(words.sums.joined(first, second))
        if self._kind is Kind.PERSON:  # their words change places, so they may have been written together the other way
            wanted = np.concatenate((wanted, finished(words.sums.joined(second, first))))
        exact = self._neighbours.exact(wanted)
        owner, ids = (exact >= 0).nonzero()[0] % len(left), exact[exact >= 0]
        exact = exact[: len(left)]
        abjad = np.array([word.native == ABJAD for word in words.distinct], bool)
        # A blank too many, perhaps with a slip beside it; a particle, which is often written to its word; a script
        # without vowels; or what is a word of the vocabulary, which may be spelled in another way elsewhere.
        odd = strange | abjad | (words.kinds == _PARTICLE)
        more = (odd[first] | odd[second] | (exact >= 0)).nonzero()[0]
        made = []
        for i, j in zip(first[more].tolist(), second[more].tolist(), strict=True):
            a, b = words.distinct[i], words.distinct[j]
            made.append(make_word(a.text + b.text, self._kind, ABJAD if ABJAD in {a.native, b.native} else ""))
        near = self._neighbours.of(made) if made else {}
        alike = [found.words[found.similarity >= _RESCUED] for found in (near[word.key] for word in made)]
        owner = np.concatenate((owner, more.repeat([len(ids) for ids in alike])))
        if not len(owner):
            return _NO_ENTRIES
        owner, start, size = self._pooling(owner, np.concatenate((ids, *alike)), JOIN)
        left = left[owner]
        both = words.looked_up[left] & words.looked_up[left + 1]
        weight = (words.weight[left] + words.weight[left + 1]) / (1 + both)
        at = np.concatenate((left[words.looked_up[left]], left[words.looked_up[left + 1]] + 1))
        of = np.concatenate((words.looked_up[left].nonzero()[0], words.looked_up[left + 1].nonzero()[0]))
        return Entries(words.row[at], words.slot[at], weight[of].astype(np.float32), start[of], size[of])

    def _breaks(self, strange: Bools) -> Entries:
        """Return both halves of long words that the vocabulary lacks, where it has both: a blank was lost.

        Where it has no two halves of a word, one half may be misspelt.
        """
        words = self._asked
        lengths = words.sums.lengths
        long = (strange & (words.kinds == _WORD) & (lengths >= _SHORTEST_BREAK)).nonzero()[0]
        if not len(long):
            return _NO_ENTRIES
        cuts = lengths[long] - 3
        owner, cut = long.repeat(cuts), expand(np.full(len(long), 2), cuts)
        halves = self._neighbours.exact(finished(np.concatenate(words.sums.halves(owner, cut)))).reshape(2, -1)
        known = halves >= 0
        whole = known.all(axis=0)
        broken = np.zeros(len(lengths), bool)
        broken[owner[whole]] = True
        half = known.any(axis=0) & ~broken[owner]
        half &= np.minimum(cut, lengths[owner] - cut) >= SHORTEST_HALF
        plain = np.array([words.distinct[i].text.isascii() for i in long.tolist()], bool)
        half &= plain.repeat(cuts)  # others are cut within signs
        if not (whole | half).any():
            return _NO_ENTRIES
        # Each way to break a word is an entry of its own: both halves, or words that sound the same, have to be found.
        side, ways = np.nonzero(known & (whole | half))
        which, alike = self._neighbours.same_sound(halves[side, ways])
        ways = ways[which]
        if half.any():
            misspelt, found = self._misspelt(~known & half, owner, cut)
            ways, alike = np.concatenate((ways, misspelt)), np.concatenate((alike, found))
        way, start, size = self._pooling(ways, alike, HALF)
        return self._spread(owner[way], start, size, np.float32(0.5))

    def _parts(self) -> tuple[tuple[Ints, Ints], Entries]:
        """Return the names (row, name) that hold a known word as two neighbouring words, and both as its halves.

        Words that the vocabulary lacks are broken wherever it has both halves; known ones only where a name has them
        side by side, for most words can be broken somehow.  These names are few, and are not looked for by postings.
        """
        words = self._asked
        wanted = (words.looked_up & words.is_word & (words.length >= _SHORTEST_BREAK)).nonzero()[0]
        which = distinct(words.which[wanted])
        owner, name, halves = self._neighbours.parted([words.distinct[i] for i in which.tolist()])
        if not len(owner):
            return (_NOTHING, _NOTHING), _NO_ENTRIES
        order = np.lexsort((halves[:, 1], halves[:, 0], owner))
        once = order[first_of_runs(owner[order], halves[order, 0], halves[order, 1])]  # many names have the same two
        way, start, size = self._pooling(np.arange(len(once)).repeat(2), halves[once].ravel(), HALF)
        entries = self._spread(which[owner[once][way]], start, size, np.float32(0.5))
        of, at = self._standing(which[owner])
        return (words.row[at], name[of]), entries

    def _articles(self) -> Entries:
        """Return, of words with the article written to them, what is like the rest: it may be parted there."""
        words = [(i, part[0]) for i, word in enumerate(self._asked.distinct) if (part := without_prefix(word.text))]
        if not words:
            return _NO_ENTRIES
        which, alike = self._resembling([text for _, text in words])
        owner, start, size = self._pooling(which, alike, JOIN)
        return self._spread(np.array([i for i, _ in words], np.int64)[owner], start, size, np.float32(1))

    def _resembling(self, texts: Sequence[str]) -> tuple[Ints, Ints]:
        """Return the words of the vocabulary that these may be slips of: which of them, and the word."""
        made = [make_word(text, self._kind) for text in texts]
        near = self._neighbours.of(made)
        alike = [found.words[found.similarity >= JOINED_LEAST] for found in (near[word.key] for word in made)]
        return np.arange(len(made)).repeat([len(ids) for ids in alike]), np.concatenate(alike)

    def _spread(self, owner: Ints, start: Ints, size: Ints, share: np.float32) -> Entries:
        """Return what distinct words may meet as entries of all words of queries; each gets a share of the weight."""
        words = self._asked
        of, at = self._standing(owner)
        return Entries(words.row[at], words.slot[at], words.weight[at] * share, start[of], size[of])

    def _standing(self, owner: Ints) -> tuple[Ints, Ints]:
        """Return where distinct words stand in queries: which of *owner*, and the place; for words looked up."""
        words = self._asked
        at = words.looked_up.nonzero()[0]
        order = owner.argsort(kind="stable")
        ordered = owner[order]
        begin = ordered.searchsorted(words.which[at], "left")
        many = ordered.searchsorted(words.which[at], "right") - begin
        return order[expand(begin, many)], at.repeat(many)

    def _misspelt(self, halves: Bools, owner: Ints, cut: Ints) -> tuple[Ints, Ints]:
        """Return the words that halves may be slips of: the way to break a word, and the word of the vocabulary."""
        side, ways = np.nonzero(halves)
        texts = [self._asked.distinct[i].text for i in owner[ways].tolist()]
        parts = zip(side.tolist(), texts, cut[ways].tolist(), strict=True)
        which, alike = self._resembling([text[at:] if second else text[:at] for second, text, at in parts])
        return ways[which], alike
