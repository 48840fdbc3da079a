"""Gathers what the index holds, entity by entity, and writes it; see ``index`` for what each array means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanctions_exposure.matching.arrays import Writer
from sanctions_exposure.matching.explain import kinds_of
from sanctions_exposure.matching.folding import skeleton_of
from sanctions_exposure.matching.index import (
    BLOCK,
    NAME_KINDS,
    SHORTEST_IDENTIFIER,
    WEIGHT_UNIT,
    NameIndex,
    identifier_key,
    index_fits,
    letter_of,
)  # fmt: skip
from sanctions_exposure.matching.keys import (
    Ints,
    Keys,
    KeyTable,
    Sums,
    delete_keys,
    distinct,
    finished,
    letter_masks,
    short_keys,
    table,
    text_hashes,
    text_keys,
)
from sanctions_exposure.matching.normalise import Kind, Word, WordKind, new_name
from sanctions_exposure.matching.readings import listed_as
from sanctions_exposure.matching.renewal import Adopted, Renewed, Run, moved, runs
from sanctions_exposure.matching.score import acronyms
from sanctions_exposure.matching.words import scrambled, without_prefix
from sanctions_exposure.model import ListedEntity, ListedName


def gather(entities: Iterable[ListedEntity], folder: Path) -> None:
    """Gather the names and identifiers of *entities* and write them into *folder*."""
    gathered = _Gathered()
    if isinstance(entities, Renewed) and index_fits(entities.earlier):
        gathered.renew(entities, NameIndex.open(entities.earlier))
    else:
        for number, entity in enumerate(entities):
            gathered.add(entity, number)
    gathered.write(folder)


class _Gathered:
    """All that is written, gathered entity by entity."""

    def __init__(self) -> None:
        self.rows: dict[Kind, _Rows] = {kind: _Rows(kind) for kind in Kind}
        self.records: list[str] = []
        self.keys: list[str] = []
        self.owners: list[int] = []
        self.known = np.empty(0, np.uint32), np.empty(0, np.int64)  # identifiers taken over

    def add(self, entity: ListedEntity, number: int) -> None:
        for identifier in entity.identifiers:
            key = identifier_key(identifier.type, identifier.value)
            if len(key.partition(":")[2]) >= SHORTEST_IDENTIFIER:
                self.keys.append(key)
                self.owners.append(number)
        first = self.rows[kinds_of(entity.schema)[0]].add(entity, number)
        self.records.append(_record(entity, "" if first == entity.caption else entity.caption))

    def renew(self, entities: Renewed, earlier: NameIndex) -> None:
        """Take over what the earlier index holds, and add the rest."""
        held = {part.kind: Adopted(part) for part in earlier.kinds}
        for kind, rows in self.rows.items():
            rows.adopted.append(held[kind])
        to, fresh = np.full(len(earlier.entities), -1, np.int64), entities.fresh()
        for run in runs(entities.places()):
            if run.place < 0:
                for number in range(run.start, run.stop):
                    self.add(next(fresh), number)
                continue
            size = run.stop - run.start
            to[run.place : run.place + size] = np.arange(run.start, run.stop)
            self.records += earlier.entities.piece(run.place, run.place + size)
            for kind, rows in self.rows.items():
                rows.adopt(held[kind], run)
        self.known = moved(earlier.identifiers, to)

    def write(self, folder: Path) -> None:
        identifiers = table(*_both(self.known, (text_keys(self.keys), np.array(self.owners, np.int64))))
        with Writer(folder) as out:
            out.strings("entities", self.records)
            out.table("identifiers", identifiers)
            for kind, part in self.rows.items():
                part.write(out, f"{kind.name.lower()}.")


def _record(entity: ListedEntity, caption: str) -> str:
    births = ";".join([f"{d.start}/{d.end}" if d.end else d.start for d in entity.birth_dates])
    fields = (entity.list, entity.id, entity.schema, caption, ";".join(entity.countries), births)
    return "\t".join([" ".join(f.split()) for f in fields])


_STRENGTH = {kind: strength for strength, kind in enumerate(NAME_KINDS)}


def _strength(name: ListedName) -> int:
    return _STRENGTH[name.kind]


class _Rows:
    """Names of one kind, gathered while reading the lists."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.ids: dict[str, int] = {}
        self.words: list[Word] = []
        self.names: list[Sequence[int]] = []
        self.dropped: list[str] = []
        self.entity: list[int] = []
        self.strength: list[int] = []
        self.texts: list[str] = []
        self.joined: list[str] = []
        self.acronyms: list[tuple[str, int]] = []
        self.adopted: list[Adopted] = []  # from an earlier index, if there is one

    def add(self, entity: ListedEntity, number: int) -> str:
        """Add the names of an entity; return the first that was added, empty for none."""
        before = len(self.texts)
        seen: set[tuple[tuple[int, ...], frozenset[str]]] = set()
        for listed in sorted(entity.names, key=_strength):
            strength = _strength(listed)
            for text in listed_as(listed.text, self.kind):
                name = new_name(text, self.kind)
                row = tuple(map(self.ids.get, name.keys, repeat(-1)))
                if -1 in row:
                    row = tuple(map(self._id, name.words))
                if not row or (row, name.legal) in seen:
                    continue
                seen.add((row, name.legal))
                self.names.append(row)
                self.dropped.append("|".join([f"{words}={what}" for words, what in name.dropped]))
                self.entity.append(number)
                self.strength.append(strength)
                self.texts.append(listed.text)
                if self.kind is Kind.ORGANISATION:
                    self.acronyms += [(letters, len(self.joined)) for letters in acronyms(name)]
                self.joined.append(name.joined)
        return self.texts[before] if len(self.texts) > before else ""

    def adopt(self, held: Adopted, run: Run) -> None:
        """Take over the rows of entities that an earlier index holds."""
        old, rows = held.index, held.rows_of(run)
        if rows.start == rows.stop:
            return
        first = len(self.names)
        held.names[rows] = np.arange(first, first + rows.stop - rows.start)
        ends = np.asarray(old.forward_ptr[rows.start : rows.stop + 1]).astype(np.int64)
        ids = np.asarray(old.forward[ends[0] : ends[-1]])
        for at in np.flatnonzero(np.bincount(ids, minlength=1)).tolist():
            if held.words[at] < 0:
                held.words[at] = self._id(old.word(at))
        flat, ends = held.words[ids].tolist(), (ends - ends[0]).tolist()
        self.names += [flat[a:b] for a, b in pairwise(ends)]
        self.dropped += [old.dropped[kind] for kind in old.dropped_as[rows].tolist()]
        self.texts += old.texts.piece(rows.start, rows.stop)
        self.joined += ["".join([self.words[i].text for i in row]) for row in self.names[first:]]
        self.entity += (held.entity[rows] - run.place + run.start).tolist()
        self.strength += old.strength[rows].tolist()

    def _id(self, word: Word) -> int:
        key = word.key
        if (known := self.ids.get(key)) is None:
            known = self.ids[key] = len(self.words)
            self.words.append(word)
        return known

    def write(self, out: Writer, prefix: str) -> None:
        keys = list(self.ids)
        hashes = text_hashes(keys)
        order = np.argsort(hashes)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        words = [self.words[i] for i in order]
        lengths = np.array([len(n) for n in self.names], np.int64)
        pointers = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=pointers[1:])
        flat = place[np.fromiter(chain.from_iterable(self.names), np.int64, int(lengths.sum()))]
        weights = np.array([w.weight for w in words], np.float32)
        is_word = np.array([w.kind is WordKind.WORD for w in words], bool)
        single = np.array([len(w.text) == 1 for w in words], bool)
        owner = np.repeat(np.arange(len(lengths)), lengths)
        initials = np.bincount(owner, single[flat], len(lengths))
        arrays: dict[str, NDArray[np.generic]] = {
            "word_hash": hashes[order],
            "length": np.array([min(len(w.text), 255) for w in words], np.uint8),
            "first_letter": np.array([letter_of(w.text) for w in words], np.uint8),
            "letters": letter_masks([w.text for w in words]),
            "fold_letters": letter_masks([w.fold for w in words]),
            "joined_letters": letter_masks(self.joined),
            "fold_length": np.array([min(len(w.fold), 255) for w in words], np.uint8),
            "native": np.array([ord(w.native) if w.native else 0 for w in words], np.uint32),
            "vowel_poor": np.array([w.vowel_poor for w in words], bool),
            "word_weight": weights,
            "is_content": is_word,
            "is_given": np.array([self.kind is Kind.PERSON and bool(w.groups) for w in words], bool),
            "is_distinct": np.array([w.is_distinct for w in words], bool),
            "forward_ptr": pointers.astype(np.uint32),
            "forward": flat.astype(np.int32),
            "weight": np.minimum(np.round(np.bincount(owner, weights[flat], len(lengths)) / WEIGHT_UNIT), 255).astype(
                np.uint8
            ),
            "initials": np.minimum(initials, 255).astype(np.uint8),
            "joined_length": np.array([min(len(j), 255) for j in self.joined], np.uint8),
            "entity": np.array(self.entity, np.int32),
            "strength": np.array(self.strength, np.uint8),
        }
        pairs = distinct(flat * np.int64(max(len(lengths), 1)) + owner)  # a word counts once a name
        word, name = pairs // max(len(lengths), 1), pairs % max(len(lengths), 1)
        arrays["frequency"] = np.bincount(word, minlength=len(words)).astype(np.int32)
        arrays |= _postings(word, name, len(words), len(lengths))
        for called, array in arrays.items():
            out.array(f"{prefix}{called}", array)
        out.strings(f"{prefix}vocabulary", [w.text for w in words])
        out.strings(f"{prefix}folds", [w.fold for w in words])
        kinds = {text: number for number, text in enumerate(dict.fromkeys(self.dropped))}  # names share them
        out.strings(f"{prefix}dropped", list(kinds))
        out.array(f"{prefix}dropped_as", np.array([kinds[text] for text in self.dropped], _smallest(len(kinds))))
        out.strings(f"{prefix}texts", self.texts)
        scant = np.bincount(owner, is_word[flat], len(lengths)) <= 1
        if self.kind is Kind.PERSON:
            scant |= initials > 0
        mine = np.flatnonzero(scant[owner])
        tables = self._tables(words) | {
            "scant": table(flat[mine].astype(np.uint32), owner[mine]), "parted": _parted(words, flat, owner)
        }  # fmt: skip
        for called, what in tables.items():
            out.table(f"{prefix}{called}", what)

    def _tables(self, words: list[Word]) -> dict[str, KeyTable]:
        ids = [i for i, w in enumerate(words) if w.kind in _PROPOSED]
        texts = [words[i].text for i in ids]
        folds = [words[i].fold for i in ids]
        plain = np.array(ids, np.int64)
        near_keys, near_owner = delete_keys(texts, 2)
        glued = [(bare[0], i) for i, t in zip(ids, texts, strict=True) if (bare := without_prefix(t))]
        shuffled = [(letters, i) for i, t in zip(ids, texts, strict=True) if (letters := scrambled(t))]
        fold_keys, fold_owner = delete_keys(folds, 1)
        skeletons = [(bones, i) for i, t in zip(ids, texts, strict=True) if len(bones := skeleton_of(t)) >= 2]
        groups = [(str(g), i) for i in ids for g in words[i].groups]
        joined = [(j, n) for n, j in enumerate(self.joined) if len(j) >= 4]
        return {
            "near": table(near_keys, plain[near_owner]),
            "glued": _table_of(glued),
            "shuffled": _table_of(shuffled),
            "near_fold": table(fold_keys, plain[fold_owner]),
            "skeletons": _table_of(skeletons),
            "synonyms": _table_of(groups),
            "joined": _table_of(joined),
            "acronyms": self._acronyms(),
        }

    def _acronyms(self) -> KeyTable:
        found = text_keys([a[0] for a in self.acronyms]), np.array([a[1] for a in self.acronyms], np.int64)
        taken = [moved(old.index.acronyms, old.names) for old in self.adopted]
        return table(*_both(found, *taken))


_SHORTEST_PART = 2  # letters
_PROPOSED = (WordKind.WORD, WordKind.PARTICLE)  # numbers and initials are like themselves only


def _smallest(count: int) -> type[np.unsignedinteger[Any]]:
    """Return the type of the fewest bytes that numbers so many things."""
    return np.uint8 if count <= 1 << 8 else np.uint16 if count <= 1 << 16 else np.uint32


def _postings(word: Ints, name: Ints, words: int, names: int) -> dict[str, NDArray[np.generic]]:
    """Return which names hold which words, block by block, as the arrays of compressed rows."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for number, start in enumerate(range(0, names, BLOCK)):
        inside = (name >= start) & (name < start + BLOCK)
        pointers = np.zeros(words + 1, np.int32)
        np.cumsum(np.bincount(word[inside], minlength=words), out=pointers[1:])
        arrays[f"post{number}.ptr"] = pointers
        arrays[f"post{number}.idx"] = (name[inside] - start).astype(np.int32)
    return arrays


def _parted(words: Sequence[Word], flat: Ints, owner: Ints) -> KeyTable:
    """Return the places of words in names that make, with the next one, a word of the vocabulary, by its fold."""
    texts, folds = Sums.of([w.text for w in words]), Sums.of([w.fold for w in words])
    fits = np.array([w.kind in _PROPOSED and len(w.text) >= _SHORTEST_PART for w in words], bool)
    place = np.flatnonzero((owner[1:] == owner[:-1]) & fits[flat[:-1]] & fits[flat[1:]]) if len(flat) else owner
    first, second = flat[place], flat[place + 1]
    keys = finished(folds.whole())
    by_fold, by_text = np.sort(keys), np.argsort(whole := finished(texts.whole()))
    # As folded, and as written: folding looks over the seam.
    joined = finished(folds.joined(first, second))
    known = by_fold[np.minimum(by_fold.searchsorted(joined), len(by_fold) - 1)] == joined
    written = finished(texts.joined(first, second))
    at = by_text[np.minimum(whole[by_text].searchsorted(written), len(by_text) - 1)]
    same = whole[at] == written
    found = np.concatenate((joined[known], keys[at[same]]))
    return table(short_keys(found), np.concatenate((place[known], place[same])))


def _both(*pieces: tuple[Keys, Ints]) -> tuple[Keys, Ints]:
    """Return the keys of all, and their owners."""
    keys, owners = zip(*pieces, strict=True)
    return np.concatenate(keys), np.concatenate(owners)


def _table_of(pairs: Sequence[tuple[str, int]]) -> KeyTable:
    return table(text_keys([p[0] for p in pairs]), np.array([p[1] for p in pairs], np.int64))
