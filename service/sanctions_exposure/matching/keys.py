"""Hash keys of words, in bulk: equal keys propose that two words may be alike.

A word's symmetric-delete keys are the hashes of its first eight letters with none, one or two of them left out; two
words within two edits share at least one.  Hashes are 32 bits: a chance collision costs one comparison, never a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

PREFIX = 8
_POWERS = (np.uint64(0x9E3779B97F4A7C15) ** np.arange(1, PREFIX + 1, dtype=np.uint64)).astype(np.uint64)

Number = TypeVar("Number", np.int64, np.uint64)

Ints = NDArray[np.int64]
Keys = NDArray[np.uint32]
Hashes = NDArray[np.uint64]


class KeyTable(NamedTuple):
    """Sorted keys and, beside each, what it belongs to."""

    keys: Keys
    owners: NDArray[np.int32]


def _patterns(most: int) -> Hashes:
    """Return, for each way of leaving out up to *most* of eight letters, the power that each letter is multiplied by.

    A letter that is left out is multiplied by nothing; letters times this matrix are the hashes of all ways at once.
    """
    ways = [out for gone in range(most + 1) for out in combinations(range(PREFIX), gone)]
    powers = np.zeros((PREFIX, len(ways)), np.uint64)
    for way, out in enumerate(ways):
        stay = [i for i in range(PREFIX) if i not in out]
        powers[stay, way] = _POWERS[: len(stay)]
    return powers


_PATTERNS = {most: _patterns(most) for most in (0, 1, 2)}


def _letters(words: Sequence[str]) -> NDArray[np.uint64]:
    joined = "".join(word[:PREFIX].ljust(PREFIX, "\0") for word in words).encode("ascii")
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, PREFIX).astype(np.uint64)


def _mix(raw: NDArray[np.uint64]) -> Keys:
    raw = raw ^ (raw >> np.uint64(29))
    raw = raw * np.uint64(0xBF58476D1CE4E5B9)
    return (raw >> np.uint64(32)).astype(np.uint32)


def delete_keys(words: Sequence[str], most: int) -> tuple[Keys, Ints]:
    """Return all delete keys of *words* and, beside each, the position of its word.

    Words of up to two letters get their own key only, up to five letters one deletion: fewer edits are allowed there.
    """
    keys, owners = [], []
    lengths = np.array([len(w) for w in words])
    for level in range(most + 1):
        low, high = ((0, 2), (3, 5), (6, 10_000))[level]
        if level == most:
            high = 10_000
        chosen = ((lengths >= low) & (lengths <= high)).nonzero()[0]
        if not len(chosen):
            continue
        hashed = _mix(_letters([words[i] for i in chosen.tolist()]) @ _PATTERNS[level])
        keys.append(hashed.ravel())
        owners.append(chosen.repeat(hashed.shape[1]))
    if not keys:
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    return np.concatenate(keys), np.concatenate(owners)


def letter_masks(texts: Sequence[str]) -> Keys:
    """Return which letters each text has, a bit for each from a, one for digits.

    An edit adds a letter, takes one or does both, so texts within n edits differ in at most 2 n bits.
    """
    masks = np.zeros(len(texts), np.uint32)
    lengths = np.fromiter((len(t) for t in texts), np.int64, len(texts))
    letters = np.frombuffer("".join(texts).encode("ascii"), np.uint8)
    place = np.where(letters >= ord("a"), letters - np.uint8(ord("a")), np.uint8(26)).astype(np.uint32)
    filled = lengths.nonzero()[0]
    if len(filled):
        starts = np.concatenate(([0], lengths[filled].cumsum()[:-1]))
        masks[filled] = np.bitwise_or.reduceat(np.uint32(1) << place, starts)
    return masks


def text_keys(texts: Sequence[str]) -> Keys:
    """Return one key for each whole text."""
    return short_keys(text_hashes(texts))


def short_keys(hashes: Hashes) -> Keys:
    """Return the key that belongs to each hash of a whole text."""
    return (hashes >> np.uint64(32)).astype(np.uint32)


def text_hashes(texts: Sequence[str]) -> Hashes:
    """Return 64 bits for each text, few enough to store and too many to collide in a vocabulary."""
    return finished(Sums.of(texts).whole())


def finished(sums: Hashes) -> Hashes:
    """Return hashes of sums: every bit of a sum reaches every bit of its hash."""
    mixed = (sums ^ (sums >> _30)) * _FIRST_MIX
    mixed = (mixed ^ (mixed >> _27)) * _SECOND_MIX
    return mixed ^ (mixed >> _31)


_27, _30, _31 = np.uint64(27), np.uint64(30), np.uint64(31)
_FIRST_MIX, _SECOND_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)


@lru_cache(maxsize=8)
def _powers(most: int, base: int = _BASE) -> Hashes:
    """Return base⁰ … base^(most - 1), modulo 2⁶⁴."""
    return np.concatenate(([np.uint64(1)], np.cumprod(np.full(most - 1, base, np.uint64))))


class Sums(NamedTuple):
    """Texts as sums of their bytes times powers: from the sums of two texts follows that of both written as one."""

    running: Hashes  # over all texts, one after another; begins with 0
    starts: Ints
    lengths: Ints  # bytes

    @classmethod
    def of(cls, texts: Sequence[str]) -> Sums:
        """Return the sums of *texts*."""
        blob, lengths = encoded(texts)
        starts = lengths.cumsum() - lengths
        place = np.arange(len(blob)) - starts.repeat(lengths)
        powers = _powers(max(64, 1 << int(lengths.max(initial=1)).bit_length()))
        running = np.zeros(len(blob) + 1, np.uint64)
        ((np.frombuffer(blob, np.uint8) + np.uint64(1)) * powers[place]).cumsum(out=running[1:])
        return cls(running, starts, lengths)

    def whole(self) -> Hashes:
        """Return the sum of each text."""
        sums: Hashes = self.running[self.starts + self.lengths] - self.running[self.starts]
        return sums

    def joined(self, first: Ints, second: Ints) -> Hashes:
        """Return the sum of each text *first* and text *second* written as one."""
        whole = self.whole()
        powers = _powers(max(64, 1 << int(self.lengths.max(initial=1)).bit_length()))
        sums: Hashes = whole[first] + powers[self.lengths[first]] * whole[second]
        return sums

    def strung(self, texts: Ints, counts: Ints) -> Hashes:
        """Return the sum of each run of *texts* written as one; *counts* says how many make a run, never none."""
        lengths = self.lengths[texts]
        before, starts = lengths.cumsum() - lengths, counts.cumsum() - counts
        offset = before - before[starts].repeat(counts)
        powers = _powers(max(64, 1 << int(offset.max(initial=1)).bit_length()))
        sums: Hashes = np.add.reduceat(self.whole()[texts] * powers[offset], starts)
        return sums

    def halves(self, text: Ints, cut: Ints) -> tuple[Hashes, Hashes]:
        """Return the sums of what stands before and behind the byte *cut* of each *text*."""
        start = self.starts[text]
        middle = self.running[start + cut]
        powers = _powers(max(64, 1 << int(cut.max(initial=1)).bit_length()), _INVERSE)
        return middle - self.running[start], (self.running[start + self.lengths[text]] - middle) * powers[cut]


def encoded(texts: Sequence[str]) -> tuple[bytes, Ints]:
    """Return all *texts* as one, and the bytes of each."""
    whole = "".join(texts)
    if whole.isascii():
        return whole.encode("ascii"), np.fromiter(map(len, texts), np.int64, len(texts))
    parts = [t.encode("utf-8", "surrogatepass") for t in texts]
    return b"".join(parts), np.fromiter(map(len, parts), np.int64, len(parts))


def first_of_runs(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each row of sorted columns whether it differs from the one before it."""
    first = np.empty(len(columns[0]), bool)
    first[:1] = True
    np.not_equal(columns[0][1:], columns[0][:-1], out=first[1:])
    for column in columns[1:]:
        first[1:] |= column[1:] != column[:-1]
    return first


def distinct(numbers: NDArray[Number]) -> NDArray[Number]:
    """Return *numbers* sorted and without repeats.

    As ``np.unique``, which takes a hundred times as long: it hashes where this sorts.
    """
    ordered = numbers.copy()
    ordered.sort()
    return ordered[first_of_runs(ordered)]


def table(keys: Keys, owners: Ints) -> KeyTable:
    """Return a sorted table without repeats."""
    packed = distinct((keys.astype(np.uint64) << np.uint64(32)) | owners.astype(np.uint64))
    return KeyTable((packed >> np.uint64(32)).astype(np.uint32), (packed & np.uint64(0xFFFFFFFF)).astype(np.int32))


def lookup(where: KeyTable, keys: Keys, askers: Ints) -> tuple[Ints, Ints]:
    """Return (asker, owner) for every owner of each key, in the order of the keys; repeats remain."""
    if not len(keys) or not len(where.keys):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # Sorted keys are looked for in the order of memory: several times as fast as one after another anywhere.
    packed = (keys.astype(np.uint64) << np.uint64(32)) | askers.astype(np.uint64)
    packed.sort()
    keys = (packed >> np.uint64(32)).astype(np.uint32)
    left = where.keys.searchsorted(keys, "left")
    found = (where.keys[np.minimum(left, len(where.keys) - 1)] == keys).nonzero()[0]
    left = left[found]
    counts = where.keys.searchsorted(keys[found], "right") - left
    askers = (packed[found] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return askers.repeat(counts), where.owners[expand(left, counts)].astype(np.int64)


def expand(starts: Ints, counts: Ints) -> Ints:
    """Return the positions starts[i], starts[i]+1, … of every range, one after another."""
    positions: Ints = (starts - counts.cumsum() + counts).repeat(counts)
    positions += np.arange(len(positions))
    return positions
