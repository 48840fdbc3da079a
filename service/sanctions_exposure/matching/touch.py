"""Whether a question can have met any of some entries: a test that errs to one side only.

A listed name is looked at because a word of it is like a word that was asked for (or two of them written as one, or a
part of one), because both are the same string but for blanks, or because one is the initials of the other; an entry
also because of a number.  What shares nothing of this with an entry has the same candidates, bounds and scores with it
on the list as without.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from sanctions_exposure.matching.arrays import collector_paused
from sanctions_exposure.matching.explain import kinds_of
from sanctions_exposure.matching.folding import fold_word
from sanctions_exposure.matching.index import KindIndex, NameIndex, build_index, identifier_key
from sanctions_exposure.matching.keys import lookup, text_hashes, text_keys
from sanctions_exposure.matching.letters import ABJAD
from sanctions_exposure.matching.neighbours import Neighbours
from sanctions_exposure.matching.normalise import Name, Word, WordKind, make_word, normalise
from sanctions_exposure.matching.partners import SHORTEST_HALF
from sanctions_exposure.matching.readings import asked_as
from sanctions_exposure.matching.score import acronym_asked
from sanctions_exposure.matching.snapshot import LONGEST_NAME
from sanctions_exposure.matching.words import without_prefix
from sanctions_exposure.model import ListedEntity, NameQuery

_REMEMBERED: Final = 500_000  # words of questions
_SHORTEST_BREAK: Final = 4  # letters; shorter words are not taken for two run together


class Touch:
    """Tells which questions can have met any of some entries.

    Args:
        entities: the entries, in every version that counts.
        folder: empty, or not there; gets their index.
        wholes: folders of the indexes they stand in, whose words decide what may be two words run together.
    """

    def __init__(self, entities: Iterable[ListedEntity], folder: Path, wholes: Sequence[Path]) -> None:
        build_index(entities, folder)
        index = NameIndex.open(folder)
        opened = [NameIndex.open(whole) for whole in wholes]
        self._identifiers = index.identifiers
        self._parts = {
            part.kind: _Part(
                part, [Neighbours(one) for whole in opened for one in whole.kinds if one.kind is part.kind]
            )
            for part in index.kinds
            if len(part.entity)  # where nothing of a kind changed, no name need be read as that kind
        }

    def touched(self, queries: Sequence[NameQuery]) -> list[bool]:
        """Return, for each query, whether it can have met any of the entries."""
        with collector_paused():
            found = self._by_number(queries)
            for kind, part in self._parts.items():
                asked: dict[str, list[int]] = {}
                for number, query in enumerate(queries):
                    if not found[number] and kind in kinds_of(query.schema):
                        for name in query.names:
                            for reading in asked_as(name[:LONGEST_NAME], kind):
                                asked.setdefault(reading.text, []).append(number)
                met = part.touched([normalise(text, kind) for text in asked])
                for numbers, one in zip(asked.values(), met, strict=True):
                    if one:
                        for number in numbers:
                            found[number] = True
        return found

    def _by_number(self, queries: Sequence[NameQuery]) -> list[bool]:
        keys = [(identifier_key(i.type, i.value), number) for number, q in enumerate(queries) for i in q.identifiers]
        askers, _ = lookup(
            self._identifiers, text_keys([key for key, _ in keys]), np.array([n for _, n in keys], np.int64)
        )
        found = [False] * len(queries)
        for number in askers.tolist():
            found[number] = True
        return found


class _Part:
    """The names of one kind."""

    def __init__(self, index: KindIndex, wholes: Sequence[Neighbours]) -> None:
        self._index, self._wholes = index, wholes
        self._neighbours = Neighbours(index)
        words = [index.word(at) for at in range(len(index.word_hash))]
        self._texts, self._folds = {word.text for word in words}, {word.fold for word in words}
        self._parted = set(self._neighbouring(words))  # folds of what two neighbours would be as one word
        self._met: dict[str, bool] = {}
        self._listed: dict[str, bool] = {}  # whether a word stands on both lists as it is

    def _neighbouring(self, words: Sequence[Word]) -> Iterator[str]:
        ends = self._index.forward_ptr.tolist()
        for start, end in pairwise(ends):
            for i, j in pairwise(self._index.forward[start:end].tolist()):
                yield words[i].fold + words[j].fold
                yield fold_word(words[i].text + words[j].text)

    def touched(self, names: Sequence[Name]) -> list[bool]:
        self._learn([word for name in names for word in name.words])
        pairs = list({a.text + b.text for name in names for a, b in pairwise(name.words)})
        hashes = text_hashes(pairs)
        known = np.any([whole.exact(hashes) >= 0 for whole in self._wholes], axis=0)
        listed = {pairs[at] for at in np.flatnonzero(known).tolist()}
        parts = [[*name.words, *self._joined(name, listed)] for name in names]
        self._learn([word for words in parts for word in words])
        met = self._met
        out = [any(met[word.key] for word in words) for words in parts]
        for number in self._same_string(names):
            out[number] = True
        return out

    def _learn(self, words: Sequence[Word]) -> None:
        if len(self._met) > _REMEMBERED:
            self._met.clear()
            self._listed.clear()
        new = list({word.key: word for word in words if word.key not in self._met}.values())
        if not new:
            return
        near = self._neighbours.of(new)
        hashes = text_hashes([word.key for word in new])
        everywhere = np.all([whole.exact(hashes) >= 0 for whole in self._wholes], axis=0).tolist()
        for word, listed in zip(new, everywhere, strict=True):
            parted = without_prefix(word.text)
            self._met[word.key] = (
                len(near[word.key].words) > 0
                or word.fold in self._parted
                or (parted is not None and self._resembles(parted[0]))
                or (not listed and self._breaks(word))
            )
            self._listed[word.key] = listed

    def _joined(self, name: Name, listed: Container[str]) -> Iterator[Word]:
        """Yield each two neighbours of a name written as one, where a search would look for more than just that."""
        for a, b in pairwise(name.words):
            vowel_poor = ABJAD in (a.native, b.native)
            text = a.text + b.text
            if vowel_poor:
                yield make_word(text, self._index.kind, ABJAD)
            odd = WordKind.PARTICLE in {a.kind, b.kind} or not (self._listed[a.key] and self._listed[b.key])
            if odd or text in listed or text in self._texts:
                yield make_word(text, self._index.kind)

    def _breaks(self, word: Word) -> bool:
        """Whether the word may be two run together, one of them a word of these entries or of the same sound."""
        text = word.text
        if len(text) < _SHORTEST_BREAK:
            return False
        halves = [(text[:at], text[at:]) for at in range(1, len(text))]
        parts = [part for pair in halves for part in pair]
        hashes = text_hashes(parts)
        for whole in self._wholes:
            known = [
                at >= 0 or part in self._texts for at, part in zip(whole.exact(hashes).tolist(), parts, strict=True)
            ]
            for at in range(0, len(parts), 2):
                pair, listed = parts[at : at + 2], known[at : at + 2]
                if all(listed) and any(map(self._sounds, pair)):
                    return True
                if min(map(len, pair)) >= SHORTEST_HALF and any(
                    there and (self._sounds(one) or self._resembles(other))
                    for there, one, other in zip(listed, pair, reversed(pair), strict=True)
                ):
                    return True
        return False

    def _resembles(self, text: str) -> bool:
        word = make_word(text, self._index.kind)
        return len(self._neighbours.of([word])[word.key].words) > 0

    def _sounds(self, text: str) -> bool:
        return text in self._texts or make_word(text, self._index.kind).fold in self._folds

    def _same_string(self, names: Sequence[Name]) -> list[int]:
        tables = (
            (self._index.joined, [name.joined for name in names]),
            (self._index.acronyms, [acronym_asked(name) for name in names]),
        )
        askers = np.arange(len(names))
        return [number for one, texts in tables for number in lookup(one, text_keys(texts), askers)[0].tolist()]
