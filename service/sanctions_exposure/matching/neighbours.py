"""Which words of a vocabulary are like a word of a query, and how much: the first step of every search.

Found by keys, judged in bulk by the same scale as `score.word_similarity`; the scorer looks again at what survives, so a
difference here can only cost or save work.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from sanctions_exposure.matching.index import GLUED, SEPARATOR, KindIndex
from sanctions_exposure.matching.keys import Ints, delete_keys, lookup, text_hashes, text_keys
from sanctions_exposure.matching.normalise import Word, WordKind
from sanctions_exposure.matching.score import SAME_FOLD, SKELETON, SYNONYM

LEAST = 0.5
_LENGTH = 32  # longer words are judged as if they had this length


def _typo_scale() -> NDArray[np.float32]:
    """Return similarity by [shorter length, edits]: the scale of `score._typo` as a table."""
    scale = np.zeros((_LENGTH + 1, 5), np.float32)
    for n in range(_LENGTH + 1):
        allowed = 0 if n <= 2 else 1 if n <= 5 else 2 if n <= 9 else 3
        scale[n, 0] = 1.0
        if allowed >= 1:
            scale[n, 1] = 0.90 if n >= 5 else 0.82 if n == 4 else 0.62
        if allowed >= 2:
            scale[n, 2] = 0.80 if n >= 9 else 0.70 if n >= 7 else 0.55
        if allowed >= 3:
            scale[n, 3] = 0.70
    return scale


_SCALE = _typo_scale()


class Near(NamedTuple):
    """Words of the vocabulary and how alike each is, 0.5–1.0."""

    words: NDArray[np.int64]
    similarity: NDArray[np.float32]


NOTHING = Near(np.empty(0, np.int64), np.empty(0, np.float32))


class Neighbours:
    """Looks words up, remembering what it found; one for each kind index and thread."""

    def __init__(self, index: KindIndex, remember: int = 20_000) -> None:
        self._index = index
        self._remember = remember
        self._known: OrderedDict[str, Near] = OrderedDict()

    def of(self, words: Sequence[Word]) -> dict[str, Near]:
        """Return the neighbours of each word, by its text and native form."""
        wanted = {key_of(w): w for w in words}
        fresh = [key for key in wanted if key not in self._known]
        if fresh:
            for key, near in zip(fresh, self._find([wanted[k] for k in fresh]), strict=True):
                self._known[key] = near
        out = {key: self._known[key] for key in wanted}
        while len(self._known) > self._remember:
            self._known.popitem(last=False)
        return out

    def exact(self, key: str) -> int | None:
        """Return the id of the word with this key, if the vocabulary has it."""
        hashes = self._index.word_hash
        wanted = text_hashes([key])[0]
        at = int(np.searchsorted(hashes, wanted))
        return at if at < len(hashes) and hashes[at] == wanted else None

    def _find(self, words: Sequence[Word]) -> list[Near]:
        asker, word = self._proposals(words)
        if not len(word):
            return [NOTHING] * len(words)
        size = np.int64(max(len(self._index.word_hash), 1))
        pairs = np.unique(asker * size + word)
        asker, word = pairs // size, pairs % size
        similarity = self._judge(words, asker, word)
        kept = similarity >= LEAST
        asker, word, similarity = asker[kept], word[kept], similarity[kept]
        cuts = np.searchsorted(asker, np.arange(len(words) + 1))
        return [Near(word[a:b], similarity[a:b]) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]

    def _proposals(self, words: Sequence[Word]) -> tuple[Ints, Ints]:
        index = self._index
        askers, found = [], []
        plain = [i for i, w in enumerate(words) if w.kind is WordKind.WORD]

        def ask(table_name: str, keys: NDArray[np.uint32], owners: Ints) -> None:
            a, b = lookup(getattr(index, table_name), keys, owners)
            askers.append(a)
            found.append(b)

        if plain:
            place = np.array(plain, np.int64)
            keys, owners = delete_keys([words[i].text for i in plain], 2)
            ask("near", keys, place[owners])
            glued = [i for i in plain if len(words[i].text) >= 7 and words[i].text[:2] in GLUED]
            if glued:
                keys, owners = delete_keys([words[i].text[2:] for i in glued], 0)
                ask("near", keys, np.array(glued, np.int64)[owners])
            keys, owners = delete_keys([words[i].fold for i in plain], 1)
            ask("near_fold", keys, place[owners])
            bones = [i for i in plain if len(words[i].skeleton) >= 2]
            ask("skeletons", text_keys([words[i].skeleton for i in bones]), np.array(bones, np.int64))
            groups = [(str(g), i) for i in plain for g in words[i].groups]
            ask("synonyms", text_keys([g for g, _ in groups]), np.array([i for _, i in groups], np.int64))
        exact = [(i, at) for i, w in enumerate(words) if (at := self.exact(key_of(w))) is not None]
        askers.append(np.array([i for i, _ in exact], np.int64))
        found.append(np.array([at for _, at in exact], np.int64))
        return np.concatenate(askers), np.concatenate(found)

    def _judge(self, words: Sequence[Word], asker: Ints, word: Ints) -> NDArray[np.float32]:
        index = self._index
        distinct, where = np.unique(word, return_inverse=True)
        listed = [index.word(int(i)) for i in distinct]
        mine, theirs = [words[i] for i in asker], [listed[i] for i in where]
        texts = cpdist([w.text for w in mine], [w.text for w in theirs], scorer=OSA.distance, score_cutoff=3, dtype=np.uint8)
        short = np.minimum(
            np.fromiter((len(w.text) for w in mine), np.int64, len(mine)),
            np.fromiter((len(w.text) for w in theirs), np.int64, len(theirs)),
        )
        similarity = _SCALE[np.minimum(short, _LENGTH), np.minimum(texts, 4)]
        folds = cpdist([w.fold for w in mine], [w.fold for w in theirs], scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
        near_fold = np.where(short >= 6, 0.84, 0.74)
        similarity = np.maximum(similarity, np.where(folds == 0, SAME_FOLD, np.where(folds == 1, near_fold, 0)))
        for k in np.flatnonzero(similarity < SYNONYM):
            a, b = mine[k], theirs[k]
            if a.groups and not a.groups.isdisjoint(b.groups):
                similarity[k] = SYNONYM
            elif a.vowel_poor != b.vowel_poor and len(a.skeleton) >= 2 and a.skeleton == b.skeleton:
                similarity[k] = max(similarity[k], SKELETON)
            elif a.text[2:] == b.text or b.text[2:] == a.text:
                similarity[k] = SAME_FOLD
        return similarity.astype(np.float32)


def key_of(word: Word) -> str:
    """Return what the vocabulary knows a word by."""
    return word.text + SEPARATOR + word.native if word.native else word.text
