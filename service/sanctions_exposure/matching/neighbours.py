"""Which words of a vocabulary are like a word of a query, and how much: the first step of every search.

Found by keys and judged in bulk by the very scale of `words.word_similarity`, so that what is missed here is missed
by keys alone.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cache
from operator import eq

import msgspec
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from sanctions_exposure.matching.arrays import Strings
from sanctions_exposure.matching.folding import skeleton_of
from sanctions_exposure.matching.index import KindIndex
from sanctions_exposure.matching.keys import (
    Hashes,
    Ints,
    delete_keys,
    distinct,
    first_of_runs,
    letter_masks,
    lookup,
    text_hashes,
    text_keys,
)
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.normalise import Kind, Word, WordKind
from sanctions_exposure.matching.words import (
    FEMININE,
    FIRST_LETTER,
    OTHER_NAME,
    SAME_FOLD,
    SCRAMBLED,
    SERVANT,
    SHORT_BONES,
    SYNONYM,
    Likeness,
    fold_typo_value,
    raw_edits_allowed,
    same_fold_value,
    scrambled,
    skeleton_value,
    typo_value,
    without_prefix,
)

LEAST = 0.5
_NONE: Ints = np.empty(0, np.int64)
_MANY = 256  # keys; so many are looked for sooner in their order
_SERVANT = len("abdul")  # a word is so much longer with it than without
_LENGTH = 32  # longer words are judged as if they had this length
_TYPO = np.array([[typo_value(n, edits) for edits in range(4)] for n in range(_LENGTH + 1)], np.float32)
_FOLD = np.array([fold_typo_value(n) for n in range(_LENGTH + 1)], np.float32)

_SAME_FOLD = np.array([same_fold_value(n) for n in range(_LENGTH + 1)], np.float32)
_RAW_EDITS = np.array([raw_edits_allowed(n) for n in range(_LENGTH + 1)])

Floats = NDArray[np.float32]


# The ways in which words meet that are found in bulk.
HOWS = (
    "exact", "transliteration", "particle", "variant", "other_name", "gender", "typo", "transliteration", "skeleton",
    "joined",
)  # fmt: skip
(
    _EXACT, _SAME_SOUND, _PARTICLE, _VARIANT, _OTHER_NAME, _GENDER, _TYPED, _SOUND_TYPED, _SKELETON, _JOINED,
) = range(len(HOWS))  # fmt: skip
Hows = NDArray[np.uint8]


# Which way is said of two words that meet in several: the first of these; of the others the one of most likeness.
_RANK = np.array([0, 1, 2, 3, 4, 5, 6, 6, 6, 6], np.uint8)


class Near(msgspec.Struct, gc=False):
    """Words of the vocabulary, how alike each is, 0.5–1.0, and why."""

    words: Ints
    similarity: Floats
    hows: Hows
    best: float  # how alike the likest word is; 0 for none
    made: dict[int, Likeness] | None = None  # the likeness, once somebody asked for it

    @classmethod
    def joined(cls, words: Ints, similarity: np.float32) -> Near:
        """Return words that two words, or halves of one, may meet."""
        size = len(words)
        alike, hows = np.full(size, similarity, np.float32), np.full(size, _JOINED, np.uint8)
        return cls(words, alike, hows, float(similarity) if size else 0.0)

    @property
    def likeness(self) -> dict[int, Likeness]:
        """The same for one word at a time."""
        make_likeness([self])
        return self.made or {}


_SCALE = 10_000  # likeness is rounded to four places


@cache
def _likeness(code: int) -> Likeness:
    """Return how alike and why, from both in one number; one object for all that are as alike."""
    return code // len(HOWS) / _SCALE, HOWS[code % len(HOWS)]


def make_likeness(many: Iterable[Near]) -> None:
    """Make the likeness of many at once: what takes time is to begin."""
    fresh = list({id(near): near for near in many if near.made is None}.values())
    if not fresh:
        return
    words = np.concatenate([near.words for near in fresh]).tolist()
    similarity = np.concatenate([near.similarity for near in fresh]).astype(np.float64)
    codes = np.rint(similarity * _SCALE).astype(np.int64) * len(HOWS) + np.concatenate([near.hows for near in fresh])
    pairs = zip(words, map(_likeness, codes.tolist()), strict=True)
    for near in fresh:
        near.made = dict(itertools.islice(pairs, len(near.words)))


Pairs = tuple[Ints, Ints, Floats, Hows | int]  # word asked for, word of the vocabulary, similarity, why


class Neighbours:
    """Looks words up, remembering what it found; one for each kind index, shared by threads."""

    def __init__(self, index: KindIndex, remember: int = 20_000) -> None:
        self._index = index
        self._remember = remember
        self._known: OrderedDict[str, Near] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the size of the vocabulary."""
        return len(self._index.word_hash)

    def of(self, words: Sequence[Word]) -> dict[str, Near]:
        """Return the neighbours of each word, by its text and native form."""
        with self._lock:
            return self._of({w.key: w for w in words})

    def _of(self, wanted: dict[str, Word]) -> dict[str, Near]:
        fresh = [key for key in wanted if key not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._find(fresh, [wanted[k] for k in fresh]), strict=True))
        out = {key: self._known[key] for key in wanted}
        while len(self._known) > self._remember:
            self._known.popitem(last=False)
        return out

    def exact(self, wanted: Hashes) -> Ints:
        """Return the id of the word whose key has each hash, -1 where the vocabulary has none."""
        hashes = self._index.word_hash
        if not len(hashes) or not len(wanted):
            return np.full(len(wanted), -1, np.int64)
        if len(wanted) < _MANY:
            at = hashes.searchsorted(wanted)
        else:
            order = wanted.argsort()
            at = np.empty(len(wanted), np.int64)
            at[order] = hashes.searchsorted(wanted[order])
        at = np.minimum(at, len(hashes) - 1)
        return np.where(hashes[at] == wanted, at, -1)

    def same_sound(self, listed: Ints) -> tuple[Ints, Ints]:
        """Return the words of the vocabulary whose fold is that of a word of it: which of *listed*, and the words."""
        index = self._index
        folds = index.folds.some(listed)
        asker, word = lookup(index.near_fold, *delete_keys(folds, 0))
        mine = listed[asker]
        close = (index.fold_length[mine] == index.fold_length[word]) & (
            index.fold_letters[mine] == index.fold_letters[word]
        )
        asker, word = asker[close], word[close]
        same = np.fromiter(map(eq, [folds[i] for i in asker.tolist()], index.folds.some(word)), bool, len(asker))
        return asker[same], word[same]

    def parted(self, words: Sequence[Word]) -> tuple[Ints, Ints, Ints]:
        """Return where names hold words as two neighbouring words: which of *words*, name, and both words."""
        index = self._index
        if not len(index.parted.keys) or not words:
            return _NONE, _NONE, _NONE
        which, place = lookup(index.parted, text_keys([word.fold for word in words]), np.arange(len(words)))
        name = index.forward_ptr.searchsorted(place.astype(np.uint32), "right") - 1
        return which, name, np.stack((index.forward[place], index.forward[place + 1]), axis=1).astype(np.int64)

    def _find(self, keys: Sequence[str], words: Sequence[Word]) -> list[Near]:
        plain = np.array([i for i, w in enumerate(words) if w.kind in {WordKind.WORD, WordKind.PARTICLE}], np.int64)
        at = self.exact(text_hashes(keys))
        known = (at >= 0).nonzero()[0]
        parts: list[Pairs] = [(known, at[known], np.ones(len(known), np.float32), _EXACT)]
        if len(plain):
            chosen = _Words([words[i] for i in plain])
            parts += [
                (plain[asker], word, similarity, how)
                for asker, word, similarity, how in (
                    self._by_letters(chosen), self._by_fold(chosen), self._by_skeleton(chosen),
                    self._by_article(chosen), self._by_group(chosen), self._by_same_letters(chosen),
                )
            ]  # fmt: skip
        asker, word, similarity = (np.concatenate([part[i] for part in parts]) for i in range(3))
        how = np.concatenate([np.broadcast_to(np.asarray(part[3], np.uint8), len(part[0])) for part in parts])
        # Characters of one sound are different names, and only a listed word with the same ones is the same.
        native = np.array([ord(w.native) if w.native not in ("", ABJAD) else 0 for w in words], np.uint32)
        theirs = self._index.native[word]
        other = (native[asker] > 0) & (theirs > 0) & (theirs != ord(ABJAD)) & (native[asker] != theirs)
        kept = (similarity >= LEAST) & ~other
        return self._strongest(len(words), asker[kept], word[kept], similarity[kept], how[kept])

    def _strongest(self, count: int, asker: Ints, word: Ints, similarity: Floats, how: Hows) -> list[Near]:
        """Return each pair once, at its best."""
        pair = asker * np.int64(max(len(self._index.word_hash), 1)) + word
        rank = _RANK[how]
        rank[(how == _SAME_SOUND) & (similarity < SYNONYM)] = _RANK[_VARIANT]
        order = np.lexsort((how, -similarity, rank, pair))
        pair = pair[order]
        order = order[first_of_runs(pair)]
        asker, word, similarity, how = asker[order], word[order], similarity[order], how[order]
        best = np.zeros(count, np.float32)
        np.maximum.at(best, asker, similarity)
        cuts = itertools.pairwise(asker.searchsorted(np.arange(count + 1)).tolist())
        return [
            Near(word[a:b], similarity[a:b], how[a:b], likest)
            for (a, b), likest in zip(cuts, best.tolist(), strict=True)
        ]

    def _proposed(self, table: str, keys: NDArray[np.uint32], owners: Ints) -> tuple[Ints, Ints]:
        asker, word = lookup(getattr(self._index, table), keys, owners)
        size = np.int64(max(len(self._index.word_hash), 1))
        pairs = distinct(asker * size + word)
        asker = pairs // size
        return asker, pairs - asker * size

    def _by_letters(self, words: _Words) -> Pairs:
        asker, word = self._proposed("near", *delete_keys(words.texts, 2))
        index = self._index
        # Equal keys come from the first letters only.
        close = np.abs(words.length[asker] - index.length[word]) <= 2
        close &= np.bitwise_count(words.letters[asker] ^ index.letters[word]) <= 4
        asker, word = asker[close], word[close]
        texts, listed = words.some(asker), index.vocabulary.some(word)
        edits = cpdist(texts, listed, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
        short = np.minimum(words.length[asker], index.length[word])
        similarity = _TYPO[np.minimum(short, _LENGTH), np.minimum(edits, 3)]
        differs = (words.first[asker] != index.vocabulary.first(word)) & (edits > 0)
        similarity = np.where(differs, similarity - np.float32(FIRST_LETTER), similarity)
        how = np.where(edits == 0, _EXACT, _TYPED).astype(np.uint8)
        similarity[self._short_bones(words, asker, word, short) & (edits > 0)] = 0
        feminine = _feminine(texts, listed, (edits == 1) & (similarity > 0))
        similarity[feminine], how[feminine] = FEMININE, _GENDER
        other = self._other_names(words, asker, word) & (edits > 0)
        value = np.where((short >= 4) & (edits <= 2), np.float32(OTHER_NAME), np.float32(0))
        how[other] = _OTHER_NAME
        return asker, word, np.where(other, value, similarity).astype(np.float32), how

    def _other_names(self, words: _Words, asker: Ints, word: Ints) -> NDArray[np.bool_]:
        """Whether both are known given names; those that are forms of each other are found by their group."""
        if self._index.kind is not Kind.PERSON:
            return np.zeros(len(asker), bool)
        found: NDArray[np.bool_] = words.given[asker] & self._index.is_given[word]
        return found

    def _short_bones(self, words: _Words, asker: Ints, word: Ints, short: Ints) -> NDArray[np.bool_]:
        """Whether both are so short and written without vowels that a letter more or less is another name."""
        found: NDArray[np.bool_] = words.native[asker] & (self._index.native[word] > 0) & (short <= SHORT_BONES)
        return found

    def _by_fold(self, words: _Words) -> Pairs:
        asker, word = self._proposed("near_fold", *delete_keys(words.folds, 1))
        index = self._index
        short = np.minimum(words.length[asker], index.length[word]).astype(np.int64)
        apart = np.abs(words.fold_length[asker] - index.fold_length[word])
        letters = np.bitwise_count(words.fold_letters[asker] ^ index.fold_letters[word])
        bones = np.minimum(words.fold_length[asker], index.fold_length[word])
        slips = (bones >= 3) & (short >= 5) & ~self._other_names(words, asker, word)  # where one edit counts
        close = np.where(slips, (apart <= 1) & (letters <= 2), (apart == 0) & (letters == 0)).nonzero()[0]
        asker, word, short, slips = asker[close], word[close], short[close], slips[close]
        edits = _one_edit(words.fold_strings, asker, index.folds, word)
        similarity = np.where((edits == 0) & (short >= 2), _SAME_FOLD[np.minimum(short, _LENGTH)], np.float32(0))
        one = ((edits == 1) & slips).nonzero()[0]
        how = np.full(len(asker), _SAME_SOUND, np.uint8)
        similarity[one], how[one] = self._one_fold_edit(words, asker[one], word[one], short[one])
        return asker, word, similarity.astype(np.float32), how

    def _one_fold_edit(self, words: _Words, asker: Ints, word: Ints, short: Ints) -> tuple[Floats, Hows]:
        """Return how alike words are whose folds differ by one edit: as written they may not differ by many."""
        texts, listed = words.some(asker), self._index.vocabulary.some(word)
        edits = cpdist(texts, listed, scorer=OSA.distance, score_cutoff=3, dtype=np.uint8)
        differs = words.fold_strings.first(asker) != self._index.folds.first(word)
        value = _FOLD[np.minimum(short, _LENGTH)] - np.where(differs, np.float32(FIRST_LETTER), np.float32(0))
        value[edits > _RAW_EDITS[np.minimum(short, _LENGTH)]] = 0
        how = np.full(len(asker), _SOUND_TYPED, np.uint8)
        feminine = _feminine(texts, listed, edits == 1)
        value[feminine], how[feminine] = FEMININE, _GENDER
        return value, how

    def _by_skeleton(self, words: _Words) -> Pairs:
        bones = [skeleton_of(text) for text in words.texts]
        usable = [i for i, b in enumerate(bones) if len(b) >= 2]
        asker, word = self._proposed("skeletons", text_keys([bones[i] for i in usable]), np.array(usable, np.int64))
        good = (words.vowel_poor[asker] != self._index.vowel_poor[word]) & ~self._other_names(words, asker, word)
        value = np.array([skeleton_value(len(b)) for b in bones], np.float32)
        asker, word = asker[good], word[good]
        return asker, word, value[asker], _SKELETON

    def _by_article(self, words: _Words) -> Pairs:
        long = [(i, t) for i, t in enumerate(words.texts) if len(t) >= 4]
        keys = text_keys([t for _, t in long])
        asker, word = self._proposed("glued", keys, np.array([i for i, _ in long], np.int64))
        bare = [(i, part[0]) for i, t in long if (part := without_prefix(t))]
        found = self.exact(text_hashes([t for _, t in bare]))
        plain = np.array([i for i, _ in bare], np.int64)[found >= 0]
        asker, word = np.concatenate((asker, plain)), np.concatenate((word, found[found >= 0]))
        apart = np.abs(words.length[asker] - self._index.length[word])
        return asker, word, np.where(apart == _SERVANT, np.float32(SERVANT), np.float32(SAME_FOLD)), _PARTICLE

    def _by_same_letters(self, words: _Words) -> Pairs:
        letters = [(shared, i) for i, text in enumerate(words.texts) if (shared := scrambled(text))]
        asker, word = self._proposed(
            "shuffled", text_keys([t for t, _ in letters]), np.array([i for _, i in letters], np.int64)
        )
        kept = ~self._other_names(words, asker, word)
        return asker[kept], word[kept], np.full(int(kept.sum()), SCRAMBLED, np.float32), _TYPED

    def _by_group(self, words: _Words) -> Pairs:
        groups = [(str(g), i) for i, w in enumerate(words.words) for g in w.groups]
        asker, word = self._proposed(
            "synonyms", text_keys([g for g, _ in groups]), np.array([i for _, i in groups], np.int64)
        )
        return asker, word, np.full(len(asker), SYNONYM, np.float32), _VARIANT


class _Words:
    """Words asked for, as arrays."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.texts = [w.text for w in words]
        self.folds = [w.fold for w in words]
        strings, self.fold_strings = Strings.of(self.texts), Strings.of(self.folds)
        self.length, self.fold_length = strings.lengths(), self.fold_strings.lengths()
        self.first = strings.first(np.arange(len(words)))
        self.letters, self.fold_letters = letter_masks(self.texts), letter_masks(self.folds)
        self.vowel_poor = np.array([w.vowel_poor for w in words], bool)
        self.native = np.array([bool(w.native) for w in words], bool)
        self.given = np.array([bool(w.groups) for w in words], bool)

    def some(self, which: Ints) -> list[str]:
        """Return the texts at these places."""
        return [self.texts[i] for i in which.tolist()]


def _feminine(mine: Sequence[str], theirs: Sequence[str], one_edit: NDArray[np.bool_]) -> Ints:
    """Return where one of each two words is the other with an -a at its end."""
    found = []
    for at in one_edit.nonzero()[0].tolist():
        a, b = mine[at], theirs[at]
        if len(a) >= 4 <= len(b) and (a + "a" == b or b + "a" == a):
            found.append(at)
    return np.array(found, np.int64)


_WINDOW = 16  # letters compared in one step; longer words are compared one by one


def _one_edit(asked: Strings, asker: Ints, listed: Strings, word: Ints) -> NDArray[np.uint8]:
    """Return how many edits part each pair of texts: 0, 1, or 2 for more (optimal string alignment)."""
    n, m = asked.lengths(asker), listed.lengths(word)
    a, b = asked.window(asker, _WINDOW, 0), listed.window(word, _WINDOW, 1)
    same = np.zeros((len(asker), _WINDOW + 1), bool)
    np.equal(a, b, out=same[:, :_WINDOW])
    front = np.argmin(same, axis=1)
    np.equal(
        asked.window(asker, _WINDOW, 0, end=True), listed.window(word, _WINDOW, 1, end=True), out=same[:, :_WINDOW]
    )
    back = np.argmin(same, axis=1)
    apart, longest = np.abs(n - m), np.maximum(n, m)
    edits = np.full(len(asker), 2, np.uint8)
    edits[(apart <= 1) & (front + back >= longest - 1)] = 1
    edits[(apart == 0) & (front >= n)] = 0
    at = ((edits == 2) & (apart == 0) & (front + back == n - 2) & (longest <= _WINDOW)).nonzero()[0]
    p = front[at]
    swapped = (a[at, p] == b[at, np.minimum(p + 1, _WINDOW - 1)]) & (a[at, np.minimum(p + 1, _WINDOW - 1)] == b[at, p])
    edits[at[swapped]] = 1
    for i in (longest > _WINDOW).nonzero()[0].tolist():
        edits[i] = min(OSA.distance(asked[int(asker[i])], listed[int(word[i])], score_cutoff=1), 2)
    return edits
