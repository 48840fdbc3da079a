"""The index over listed names: plain arrays in a folder, built once, memory-mapped by every process.

Names are grouped by kind (person, organisation, vessel); each kind has its own vocabulary and postings, in blocks small
enough that a block's accumulator stays in the processor's cache.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sanctions_exposure.errors import SnapshotCorrupt
from sanctions_exposure.matching import normalise as normal
from sanctions_exposure.matching.keys import (
    Ints,
    KeyTable,
    encoded,
    expand,
)  # fmt: skip
from sanctions_exposure.matching.normalise import Kind, Name, Word, make_word
from sanctions_exposure.model import ListedEntity, NameKind

FORMAT = 6
BLOCK = 98_304  # names a block: its accumulator of 4-byte floats stays in second-level cache
SHORTEST_IDENTIFIER = 5  # shorter ones are shared by chance
NAME_KINDS = tuple(NameKind)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the cyclic collector from walking a whole index again and again: building and searching make no cycles.

    Measured: a third of the time of a batch of searches.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Meta(msgspec.Struct, frozen=True):
    """Which program wrote an index; another one refuses it."""

    format: int
    normaliser: int
    tables: str


def _meta() -> Meta:
    return Meta(FORMAT, normal.VERSION, normal.tables().fingerprint)


def index_fits(folder: Path) -> bool:
    """Whether this program built the index in *folder*, or one whose normal form is the same."""
    try:
        return msgspec.json.decode((folder / "meta.json").read_bytes(), type=Meta) == _meta()
    except (OSError, msgspec.MsgspecError):
        return False


class Strings:
    """A sequence of strings as one blob and offsets, decoded on demand."""

    __slots__ = ("_blob", "_bytes", "_offsets")

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self._blob, self._offsets = blob, offsets  # the array keeps the mapping alive that the view looks into
        self._bytes = np.ascontiguousarray(blob).data.cast("B") if len(blob) else memoryview(b"")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, at: int) -> str:
        start, end = self._offsets.item(at), self._offsets.item(at + 1)
        return str(self._bytes[start:end], "utf-8") if start != end else ""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Strings:
        """Return *texts* as one blob, in memory."""
        blob, lengths = encoded(texts)
        return cls(np.frombuffer(blob, np.uint8), np.concatenate(([0], np.cumsum(lengths))))

    def piece(self, start: int, stop: int) -> list[str]:
        """Return the strings from *start* to *stop*."""
        ends = self._offsets[start : stop + 1].tolist()
        return [str(self._bytes[a:b], "utf-8") for a, b in pairwise(ends)]

    def lengths(self, which: Ints | None = None) -> Ints:
        """Return the bytes of each string."""
        offsets = self._offsets
        if which is None:
            return np.diff(offsets).astype(np.int64)
        return (offsets[which + 1] - offsets[which]).astype(np.int64)

    def first(self, which: Ints) -> NDArray[np.uint8]:
        """Return the first byte of each string; none may be empty."""
        found: NDArray[np.uint8] = self._blob[self._offsets[which]]
        return found

    def window(self, which: Ints, width: int, filler: int, *, end: bool = False) -> NDArray[np.uint8]:
        """Return the first (or last, from the end) *width* bytes of each string as a row, filled up with *filler*."""
        start, stop = self._offsets[which].astype(np.int64)[:, None], self._offsets[which + 1].astype(np.int64)[:, None]
        steps = np.arange(width)
        place = stop - 1 - steps if end else start + steps
        inside = place >= start if end else place < stop
        return np.where(inside, self._blob[np.where(inside, place, 0)], np.uint8(filler))

    def some(self, which: Ints) -> list[str]:
        """Return the strings at these places, each decoded once; for ASCII."""
        ordered = np.sort(which)
        first = np.ones(len(ordered), bool)
        first[1:] = ordered[1:] != ordered[:-1]
        distinct = ordered[first]
        starts, sizes = self._offsets[distinct].astype(np.int64), self.lengths(distinct)
        blob = self._blob[expand(starts, sizes)].tobytes().decode("ascii")
        ends = np.cumsum(sizes)
        texts = [blob[a:b] for a, b in zip((ends - sizes).tolist(), ends.tolist(), strict=True)]
        return [texts[i] for i in np.searchsorted(distinct, which).tolist()]

    @staticmethod
    def save(folder: Path, name: str, values: Sequence[str]) -> None:
        """Write *values* as ``name.blob.npy`` and ``name.off.npy``."""
        encoded = [v.encode("utf-8", "replace") for v in values]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(e) for e in encoded], out=offsets[1:])
        save(folder, f"{name}.blob", np.frombuffer(b"".join(encoded), np.uint8))
        save(folder, f"{name}.off", offsets)

    @classmethod
    def load(cls, folder: Path, name: str) -> Strings:
        """Map what `save` wrote."""
        return cls(_load(folder, f"{name}.blob"), _load(folder, f"{name}.off"))


def save(folder: Path, name: str, array: NDArray[np.generic]) -> None:
    """Write an array."""
    np.save(folder / f"{name}.npy", array, allow_pickle=False)


def _load(folder: Path, name: str) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    try:
        # An empty array cannot be mapped.
        array = np.load(path, mmap_mode="r", allow_pickle=False) if path.stat().st_size > 128 else np.load(path)
    except (OSError, ValueError) as error:
        raise SnapshotCorrupt(f"index file {path.name} cannot be read: {error}") from error
    return np.asarray(array)


@dataclass(frozen=True)
class KindIndex:
    """Names of one kind."""

    kind: Kind
    vocabulary: Strings  # words, without what marks their script
    native: NDArray[np.uint32]  # code point of a word's native form, 0 for none
    folds: Strings
    word_hash: NDArray[np.uint64]  # sorted; a word's id is its position
    length: NDArray[np.uint8]  # letters of a word
    first_letter: NDArray[np.uint8]  # 0 for a; 31 for a digit
    fold_length: NDArray[np.int16]
    letters: NDArray[np.uint32]  # `letter_masks` of words, of their folds and of names without blanks
    fold_letters: NDArray[np.uint32]
    joined_letters: NDArray[np.uint32]
    vowel_poor: NDArray[np.bool_]
    word_weight: NDArray[np.float32]
    is_content: NDArray[np.bool_]
    is_given: NDArray[np.bool_]  # a known given name, in names of persons
    is_distinct: NDArray[
        np.bool_
    ]  # tells one name from another: a content word that is neither common nor a given name
    forward_ptr: NDArray[np.int64]  # name -> its words, in order
    forward: NDArray[np.int32]
    weight: NDArray[np.float32]  # of all words of a name
    initials: NDArray[np.uint8]  # how many words of a name are single letters
    joined_length: NDArray[np.uint16]
    joined_text: Strings  # all words of a name without blanks
    dropped: Strings  # what normalising took off: "words=class", "|" between
    entity: NDArray[np.int32]
    strength: NDArray[np.uint8]  # position in NAME_KINDS
    texts: Strings  # as published
    frequency: NDArray[np.int32]  # names that hold a word
    near: KeyTable
    shuffled: KeyTable  # the same letters in another order
    glued: KeyTable  # without the article, where it is written as one with the word
    near_fold: KeyTable
    skeletons: KeyTable
    synonyms: KeyTable
    joined: KeyTable
    acronyms: KeyTable
    blocks: tuple[csr_array, ...]  # word × name of the block

    def joined_texts(self, which: Ints) -> list[str]:
        """Return all words of names without blanks."""
        return [self.joined_text[i] for i in which.tolist()]

    @cached_property
    def _word(self) -> Callable[[int], Word]:
        return lru_cache(maxsize=8_192)(self.word)

    def word(self, at: int) -> Word:
        """Return a word of the vocabulary."""
        native = self.native.item(at)
        return make_word(self.vocabulary[at], self.kind, chr(native) if native else "", self.folds[at])

    def name(self, at: int) -> Name:
        """Return a listed name in normal form."""
        pointers = self.forward_ptr
        ids = self.forward[pointers.item(at) : pointers.item(at + 1)].tolist()
        words = tuple([self._word(i) for i in ids])
        taken = self.dropped[at]
        if not taken:
            return Name(self.kind, words, _NONE, (), ids)
        dropped = tuple([(p[0], p[2]) for p in [part.partition("=") for part in taken.split("|")]])
        legal = frozenset([what for _, what in dropped if what != "title"])
        return Name(self.kind, words, legal, dropped, ids)


_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The index of one snapshot."""

    kinds: tuple[KindIndex, ...]
    entities: Strings  # "list\tid\tschema\tcaption\tcountries\tbirth dates"
    identifiers: KeyTable  # key of "type:value" -> entity

    @classmethod
    def open(cls, folder: Path) -> NameIndex:
        """Map the index in *folder*.

        Raises:
            SnapshotCorrupt: a file is missing or cut, or another version of the normaliser wrote it.
        """
        try:
            meta = msgspec.json.decode((folder / "meta.json").read_bytes(), type=Meta)
        except (OSError, msgspec.MsgspecError) as error:
            raise SnapshotCorrupt(f"index/meta.json cannot be read: {error}") from error
        if meta != _meta():
            raise SnapshotCorrupt("the index was built by another version of the normaliser; publish the lists again")
        kinds = tuple(_open_kind(folder / kind.name.lower(), kind) for kind in Kind)
        return cls(kinds, Strings.load(folder, "entities"), _open_table(folder, "identifiers"))


def _open_table(folder: Path, name: str) -> KeyTable:
    return KeyTable(_load(folder, f"{name}.keys"), _load(folder, f"{name}.owners"))


def save_table(folder: Path, name: str, what: KeyTable) -> None:
    """Write a table as two arrays."""
    save(folder, f"{name}.keys", what.keys)
    save(folder, f"{name}.owners", what.owners)


_ARRAYS = (
    "word_hash",
    "length",
    "first_letter",
    "fold_length",
    "letters",
    "fold_letters",
    "joined_letters",
    "native",
    "vowel_poor",
    "word_weight",
    "is_content",
    "is_given",
    "is_distinct",
    "forward_ptr",
    "forward",
    "weight",
    "initials",
    "joined_length",
    "entity",
    "strength",
    "frequency",
)
_TABLES = ("near", "glued", "shuffled", "near_fold", "skeletons", "synonyms", "joined", "acronyms")
_STRINGS = ("vocabulary", "folds", "dropped", "joined_text", "texts")


def _open_kind(folder: Path, kind: Kind) -> KindIndex:
    parts: dict[str, object] = {name: _load(folder, name) for name in _ARRAYS}
    parts |= {name: _open_table(folder, name) for name in _TABLES}
    parts |= {name: Strings.load(folder, name) for name in _STRINGS}
    names, words = len(parts["entity"]), len(parts["word_hash"])  # type: ignore[arg-type]
    blocks = []
    for number, start in enumerate(range(0, names, BLOCK)):
        pointers, indices = _load(folder, f"post{number}.ptr"), _load(folder, f"post{number}.idx")
        ones = np.ones(len(indices), np.float32)
        block = csr_array((words, min(BLOCK, names - start)), dtype=np.float32)
        block.data, block.indices, block.indptr = ones, indices, pointers
        blocks.append(block)
    return KindIndex(kind=kind, blocks=tuple(blocks), **parts)  # type: ignore[arg-type]


def letter_of(text: str) -> int:
    """Return the place of a word's first letter in the alphabet, 0 for a; 31 for a digit."""
    return ord(text[0]) - ord("a") if text[0].isalpha() else 31


# -- building ------------------------------------------------------------------------------------


# Registries and forms disagree on what a company number is called, so numbers of these types share one space.
_NUMBERS = frozenset({"inn", "ogrn", "registration", "tax", "national_id", "duns", "other"})


def identifier_key(kind: str, value: str) -> str:
    """Return the text an identifier is looked up by: its space and its letters and digits."""
    space = "number" if kind in _NUMBERS else kind
    return f"{space}:{''.join(c for c in value.casefold() if c.isalnum())}"


def build_index(entities: Iterable[ListedEntity], folder: Path) -> None:
    """Write the index of *entities* into *folder*, which is made where it does not exist and must be empty."""
    from sanctions_exposure.matching.gathering import gather  # it needs what stands above

    folder.mkdir(parents=True, exist_ok=True)
    with collector_paused():
        gather(entities, folder)
    (folder / "meta.json").write_bytes(msgspec.json.encode(_meta()))
