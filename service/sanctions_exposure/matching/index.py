"""The index over listed names: plain arrays in one file, built once, memory-mapped by every process.

Names are grouped by kind (person, organisation, vessel); each kind has its own vocabulary and postings, in blocks small
enough that a block's accumulator stays in the processor's cache.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sanctions_exposure.errors import SnapshotCorrupt
from sanctions_exposure.matching import normalise as normal
from sanctions_exposure.matching.arrays import Reader, Strings, collector_paused
from sanctions_exposure.matching.keys import (
    Ints,
    KeyTable,
    expand,
)  # fmt: skip
from sanctions_exposure.matching.normalise import Kind, Name, Word, new_word
from sanctions_exposure.model import ListedEntity, NameKind

FORMAT = 11
BLOCK = 98_304  # names a block: its accumulator of 4-byte floats stays in second-level cache
WEIGHT_UNIT = 0.05  # every word's weight is a multiple of it
SHORTEST_IDENTIFIER = 5  # shorter ones are shared by chance
NAME_KINDS = tuple(NameKind)
_REMEMBERED = 8_192  # words


class Meta(msgspec.Struct, frozen=True):
    """Which program wrote an index; another one refuses it."""

    format: int
    normaliser: int
    tables: str


def meta() -> Meta:
    """Return what this program writes."""
    return Meta(FORMAT, normal.VERSION, normal.tables().fingerprint)


def index_fits(folder: Path) -> bool:
    """Whether this program built the index in *folder*, or one whose normal form is the same."""
    try:
        return msgspec.json.decode((folder / "meta.json").read_bytes(), type=Meta) == meta()
    except (OSError, msgspec.MsgspecError):
        return False


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
    fold_length: NDArray[np.uint8]
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
    forward_ptr: NDArray[np.uint32]  # name -> its words, in order
    forward: NDArray[np.int32]
    weight: NDArray[np.uint8]  # of all words of a name, in WEIGHT_UNIT; of longer names at least
    initials: NDArray[np.uint8]  # how many words of a name are single letters
    joined_length: NDArray[np.uint8]  # letters of a name; 255 for longer ones
    dropped: Strings  # what normalising took off: "words=class", "|" between
    dropped_as: Ints  # which of those each name lost
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
    scant: KeyTable  # the words of names that one word may bring: the others are initials, or there is no other
    parted: KeyTable  # two neighbouring words of a name that are a word of the vocabulary if one writes them as one
    blocks: tuple[csr_array, ...]  # word × name of the block
    _words: dict[int, Word] = field(default_factory=dict)  # remembered

    def weights(self, which: Ints) -> NDArray[np.float32]:
        """Return how much all words of names weigh."""
        return self.weight[which] * np.float32(WEIGHT_UNIT)

    def words_of(self, which: Ints) -> tuple[Ints, Ints]:
        """Return the words of names, one name after another, and how many each has."""
        starts = self.forward_ptr[which].astype(np.int64)
        counts = self.forward_ptr[which + 1].astype(np.int64) - starts
        return self.forward[expand(starts, counts)].astype(np.int64), counts

    def joined_texts(self, which: Ints) -> list[str]:
        """Return all words of names without blanks."""
        words, counts = self.words_of(which)
        texts, ends = self.vocabulary.some(words), np.cumsum(counts)
        return ["".join(texts[a:b]) for a, b in zip((ends - counts).tolist(), ends.tolist(), strict=True)]

    def word(self, at: int) -> Word:
        """Return a word of the vocabulary."""
        native = self.native.item(at)
        return new_word(self.vocabulary[at], self.kind, chr(native) if native else "", self.folds[at])

    def name(self, at: int) -> Name:
        """Return a listed name in normal form."""
        pointers = self.forward_ptr
        ids = self.forward[pointers.item(at) : pointers.item(at + 1)].tolist()
        known = self._words
        if len(known) > _REMEMBERED:
            known.clear()
        words = tuple([known.get(i) or known.setdefault(i, self.word(i)) for i in ids])
        taken = self.dropped[self.dropped_as.item(at)]
        if not taken:
            return Name.of(self.kind, words, _NONE, (), ids)
        dropped = tuple([(p[0], p[2]) for p in [part.partition("=") for part in taken.split("|")]])
        legal = frozenset([what for _, what in dropped if what != "title"])
        return Name.of(self.kind, words, legal, dropped, ids)


_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The index of one snapshot."""

    kinds: tuple[KindIndex, ...]
    entities: Strings  # "list\tid\tschema\tcaption, if not the first name\tcountries\tbirth dates"
    identifiers: KeyTable  # key of "type:value" -> entity

    @classmethod
    def open(cls, folder: Path) -> NameIndex:
        """Map the index in *folder*.

        Raises:
            SnapshotCorrupt: a file is missing or cut, or another version of the normaliser wrote it.
        """
        try:
            written = msgspec.json.decode((folder / "meta.json").read_bytes(), type=Meta)
        except (OSError, msgspec.MsgspecError) as error:
            raise SnapshotCorrupt(f"index/meta.json cannot be read: {error}") from error
        if written != meta():
            raise SnapshotCorrupt("the index was built by another version of the normaliser; publish the lists again")
        arrays = Reader(folder)
        kinds = tuple(_open_kind(arrays, kind) for kind in Kind)
        return cls(kinds, arrays.strings("entities"), arrays.table("identifiers"))


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
    "dropped_as",
    "strength",
    "frequency",
)
_TABLES = ("near", "glued", "shuffled", "near_fold", "skeletons", "synonyms", "joined", "acronyms", "scant", "parted")
_STRINGS = ("vocabulary", "folds", "dropped", "texts")


def _open_kind(arrays: Reader, kind: Kind) -> KindIndex:
    prefix = f"{kind.name.lower()}."
    parts: dict[str, object] = {name: arrays.array(prefix + name) for name in _ARRAYS}
    parts |= {name: arrays.table(prefix + name) for name in _TABLES}
    parts |= {name: arrays.strings(prefix + name) for name in _STRINGS}
    names, words = len(parts["entity"]), len(parts["word_hash"])  # type: ignore[arg-type]
    blocks, most = [], np.ones(0, np.float32)
    for number, start in enumerate(range(0, names, BLOCK)):
        pointers, indices = (arrays.array(f"{prefix}post{number}.{part}") for part in ("ptr", "idx"))
        if len(most) < len(indices):
            most = np.ones(len(indices), np.float32)
        block = csr_array((words, min(BLOCK, names - start)), dtype=np.float32)
        block.data, block.indices, block.indptr = most[: len(indices)], indices, pointers
        blocks.append(block)
    return KindIndex(kind=kind, blocks=tuple(blocks), **parts)  # type: ignore[arg-type]


# Registries and forms disagree on what a company number is called, so numbers of these types share one space.
_NUMBERS = frozenset({"inn", "ogrn", "registration", "tax", "national_id", "duns", "other"})


# Of these nothing but digits counts: "IMO 9187629" and "INN: 7707083893" are how papers write them.
_DIGITS = frozenset({"imo", "mmsi", "inn", "ogrn"})
_BIC = 8  # characters that name the bank; what follows names its branch or its head office


def identifier_key(kind: str, value: str) -> str:
    """Return the text an identifier is looked up by: its space and its letters and digits.

    >>> identifier_key("imo", "IMO 9187629"), identifier_key("bic", "abcdruMMxxx")
    ('imo:9187629', 'bic:abcdrumm')
    """
    space = "number" if kind in _NUMBERS else kind
    plain = unicodedata.normalize("NFKC", value).casefold()
    said = "".join(str(unicodedata.digit(c, c)) for c in plain if c.isalnum())
    if kind in _DIGITS:
        said = "".join(c for c in said if c.isdigit()) or said
    elif kind == "bic":
        said = said[:_BIC]
    return f"{space}:{said}"


def letter_of(text: str) -> int:
    """Return the place of a word's first letter in the alphabet, 0 for a; 31 for a digit."""
    return ord(text[0]) - ord("a") if text[0].isalpha() else 31


def build_index(entities: Iterable[ListedEntity], folder: Path) -> None:
    """Write the index of *entities* into *folder*, which is made where it does not exist and must be empty."""
    from sanctions_exposure.matching.gathering import gather  # it needs what stands above

    folder.mkdir(parents=True, exist_ok=True)
    with collector_paused():
        gather(entities, folder)
    (folder / "meta.json").write_bytes(msgspec.json.encode(meta()))
