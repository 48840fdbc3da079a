"""Which words of a vocabulary are like a word of a query, and how much: the first step of every search.

Found by keys and judged in bulk by the very scale of `words.word_similarity`, so that what is missed here is missed
by keys alone.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from sanctions_exposure.matching.folding import skeleton_of
from sanctions_exposure.matching.index import KindIndex
from sanctions_exposure.matching.keys import Ints, delete_keys, letter_masks, lookup, text_hashes, text_keys
from sanctions_exposure.matching.normalise import Kind, Word, WordKind
from sanctions_exposure.matching.words import (
    FEMININE,
    FIRST_LETTER,
    GLUED,
    OTHER_NAME,
    SAME_FOLD,
    SYNONYM,
    fold_typo_value,
    raw_edits_allowed,
    same_fold_value,
    skeleton_value,
    typo_value,
)

LEAST = 0.5
_LENGTH = 32  # longer words are judged as if they had this length
_TYPO = np.array([[typo_value(n, edits) for edits in range(4)] for n in range(_LENGTH + 1)], np.float32)
_FOLD = np.array([fold_typo_value(n) for n in range(_LENGTH + 1)], np.float32)

_SAME_FOLD = np.array([same_fold_value(n) for n in range(_LENGTH + 1)], np.float32)
_RAW_EDITS = np.array([raw_edits_allowed(n) for n in range(_LENGTH + 1)])

Floats = NDArray[np.float32]


class Near:
    """Words of the vocabulary and how alike each is, 0.5–1.0."""

    __slots__ = ("_ids", "similarity", "words")

    def __init__(self, words: Ints, similarity: Floats) -> None:
        self.words = words
        self.similarity = similarity
        self._ids: frozenset[int] | None = None

    @property
    def ids(self) -> frozenset[int]:
        """The words, to ask whether one is among them."""
        if self._ids is None:
            self._ids = frozenset(self.words.tolist())
        return self._ids


NOTHING = Near(np.empty(0, np.int64), np.empty(0, np.float32))
Pairs = tuple[Ints, Ints, Floats]  # word asked for, word of the vocabulary, similarity


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

    def exact(self, keys: Sequence[str]) -> Ints:
        """Return the id of the word with each key, -1 where the vocabulary has none."""
        hashes = self._index.word_hash
        if not len(hashes) or not keys:
            return np.full(len(keys), -1, np.int64)
        wanted = text_hashes(keys)
        at = np.minimum(np.searchsorted(hashes, wanted), len(hashes) - 1)
        return np.where(hashes[at] == wanted, at, -1)

    def _find(self, keys: Sequence[str], words: Sequence[Word]) -> list[Near]:
        plain = np.array([i for i, w in enumerate(words) if w.kind in {WordKind.WORD, WordKind.PARTICLE}], np.int64)
        at = self.exact(keys)
        known = np.flatnonzero(at >= 0)
        parts: list[Pairs] = [(known, at[known], np.ones(len(known), np.float32))]
        if len(plain):
            chosen = [words[i] for i in plain]
            parts += [
                (plain[asker], word, similarity)
                for asker, word, similarity in (
                    self._by_letters(chosen), self._by_fold(chosen), self._by_skeleton(chosen),
                    self._by_article(chosen), self._by_group(chosen),
                )
            ]  # fmt: skip
        columns = (np.concatenate(column) for column in zip(*parts, strict=True))
        return self._strongest(len(words), *columns)

    def _strongest(self, count: int, asker: Ints, word: Ints, similarity: Floats) -> list[Near]:
        """Return each pair once, at its best."""
        kept = similarity >= LEAST
        asker, word, similarity = asker[kept], word[kept], similarity[kept]
        pair = asker * np.int64(max(len(self._index.word_hash), 1)) + word
        order = np.lexsort((-similarity, pair))
        pair, similarity, word, asker = pair[order], similarity[order], word[order], asker[order]
        first = np.ones(len(pair), bool)
        first[1:] = pair[1:] != pair[:-1]
        word, similarity, asker = word[first], similarity[first], asker[first]
        cuts = np.searchsorted(asker, np.arange(count + 1)).tolist()
        return [Near(word[a:b], similarity[a:b]) for a, b in itertools.pairwise(cuts)]

    def _proposed(self, table: str, keys: NDArray[np.uint32], owners: Ints) -> tuple[Ints, Ints]:
        asker, word = lookup(getattr(self._index, table), keys, owners)
        size = np.int64(max(len(self._index.word_hash), 1))
        pairs = _distinct(asker * size + word)
        return pairs // size, pairs % size

    def _by_letters(self, words: Sequence[Word]) -> Pairs:
        asker, word = self._proposed("near", *delete_keys([w.text for w in words], 2))
        index = self._index
        mine = np.array([len(w.text) for w in words])[asker]
        theirs = index.length[word].astype(np.int64)
        masks = letter_masks([w.text for w in words])
        # Equal keys come from the first letters only.
        close = (np.abs(mine - theirs) <= 2) & (np.bitwise_count(masks[asker] ^ index.letters[word]) <= 4)
        asker, word, mine, theirs = asker[close], word[close], mine[close], theirs[close]
        listed = self._texts(word)
        texts = [words[i].text for i in asker.tolist()]
        edits = cpdist(texts, listed, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
        similarity = _TYPO[np.minimum(np.minimum(mine, theirs), _LENGTH), np.minimum(edits, 3)]
        similarity = similarity - _first_letter(texts, listed, edits > 0)
        similarity[_feminine(words, asker, listed)] = FEMININE
        other = self._other_names(words, asker, word) & (edits > 0)
        value = np.where((np.minimum(mine, theirs) >= 4) & (edits <= 2), np.float32(OTHER_NAME), np.float32(0))
        return asker, word, np.where(other, value, similarity).astype(np.float32)

    def _texts(self, word: Ints) -> list[str]:
        texts = self._index.word_texts
        return [texts[i] for i in word.tolist()]

    def _other_names(self, words: Sequence[Word], asker: Ints, word: Ints) -> NDArray[np.bool_]:
        """Whether both are known given names; those that are forms of each other are found by their group."""
        if self._index.kind is not Kind.PERSON:
            return np.zeros(len(asker), bool)
        given = np.array([bool(w.groups) for w in words], bool)
        found: NDArray[np.bool_] = given[asker] & self._index.is_given[word]
        return found

    def _by_fold(self, words: Sequence[Word]) -> Pairs:
        asker, word = self._proposed("near_fold", *delete_keys([w.fold for w in words], 1))
        index = self._index
        lengths = np.array([len(w.fold) for w in words])
        masks = letter_masks([w.fold for w in words])
        close = np.abs(lengths[asker] - index.fold_length[word]) <= 1
        close &= np.bitwise_count(masks[asker] ^ index.fold_letters[word]) <= 2
        asker, word = asker[close], word[close]
        folded = index.word_folds
        listed = [folded[i] for i in word.tolist()]
        folds = [words[i].fold for i in asker.tolist()]
        edits = cpdist(folds, listed, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
        short = np.minimum(np.array([len(w.text) for w in words])[asker], index.length[word])
        bones = np.array([min(len(a), len(b)) for a, b in zip(folds, listed, strict=True)], np.int64)
        one_edit = np.flatnonzero((edits == 1) & (bones >= 3) & (short >= 5))
        raw = cpdist(
            [words[i].text for i in asker[one_edit].tolist()],
            self._texts(word[one_edit]),
            scorer=OSA.distance, score_cutoff=3, dtype=np.uint8,
        )  # fmt: skip
        edits[one_edit[raw > _RAW_EDITS[np.minimum(short[one_edit], _LENGTH)]]] = 2
        one = np.where(
            (edits == 1) & (bones >= 3), _FOLD[np.minimum(short, _LENGTH)] - _first_letter(folds, listed, edits == 1), 0
        )
        one = np.where(self._other_names(words, asker, word), 0, one)
        one[_feminine(words, asker, self._texts(word))] = FEMININE
        equal = np.where(short >= 3, _SAME_FOLD[np.minimum(short, _LENGTH)], 0)
        return asker, word, np.where(edits == 0, equal, one).astype(np.float32)

    def _by_skeleton(self, words: Sequence[Word]) -> Pairs:
        bones = [skeleton_of(w.text) for w in words]
        usable = [i for i, b in enumerate(bones) if len(b) >= 2]
        asker, word = self._proposed("skeletons", text_keys([bones[i] for i in usable]), np.array(usable, np.int64))
        poor = np.array([w.vowel_poor for w in words], bool)
        good = (poor[asker] != self._index.vowel_poor[word]) & ~self._other_names(words, asker, word)
        value = np.array([skeleton_value(len(b)) for b in bones], np.float32)
        return asker[good], word[good], value[asker[good]]

    def _by_article(self, words: Sequence[Word]) -> Pairs:
        long = [(i, w.text) for i, w in enumerate(words) if len(w.text) >= 5]
        keys = text_keys([t for _, t in long])
        asker, word = self._proposed("glued", keys, np.array([i for i, _ in long], np.int64))
        bare = [(i, t[2:]) for i, t in long if len(t) >= 7 and t[:2] in GLUED]
        found = self.exact([t for _, t in bare])
        plain = np.array([i for i, _ in bare], np.int64)[found >= 0]
        asker, word = np.concatenate((asker, plain)), np.concatenate((word, found[found >= 0]))
        return asker, word, np.full(len(asker), SAME_FOLD, np.float32)

    def _by_group(self, words: Sequence[Word]) -> Pairs:
        groups = [(str(g), i) for i, w in enumerate(words) for g in w.groups]
        asker, word = self._proposed(
            "synonyms", text_keys([g for g, _ in groups]), np.array([i for _, i in groups], np.int64)
        )
        return asker, word, np.full(len(asker), SYNONYM, np.float32)


def _feminine(words: Sequence[Word], asker: Ints, listed: Sequence[str]) -> NDArray[np.bool_]:
    """Whether one of each two words is the other with an -a at its end."""
    texts = [w.text for w in words]
    pairs = ((texts[i], other) for i, other in zip(asker.tolist(), listed, strict=True))
    found = (len(a) >= 4 <= len(b) and (a + "a" == b or b + "a" == a) for a, b in pairs)
    return np.fromiter(found, bool, len(listed))


def _first_letter(mine: Sequence[str], theirs: Sequence[str], where: NDArray[np.bool_]) -> Floats:
    differs = np.fromiter((a[0] != b[0] for a, b in zip(mine, theirs, strict=True)), bool, len(mine))
    return np.where(differs & where, np.float32(FIRST_LETTER), np.float32(0))


def _distinct(values: Ints) -> Ints:
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
