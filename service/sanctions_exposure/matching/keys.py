"""Hash keys of words, in bulk: equal keys propose that two words may be alike.

A word's symmetric-delete keys are the hashes of its first eight letters with none, one or two of them left out; two
words within two edits share at least one.  Hashes are 32 bits: a chance collision costs one comparison, never a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PREFIX = 8
_WIDTH = PREFIX + 1  # one column that is always empty, for shorter patterns to point at
_POWERS = (np.uint64(0x9E3779B97F4A7C15) ** np.arange(1, PREFIX + 1, dtype=np.uint64)).astype(np.uint64)

Ints = NDArray[np.int64]
Keys = NDArray[np.uint32]


class KeyTable(NamedTuple):
    """Sorted keys and, beside each, what it belongs to."""

    keys: Keys
    owners: NDArray[np.int32]


def _patterns(most: int) -> NDArray[np.intp]:
    """Return, for each way of leaving out up to *most* of eight letters, the columns that stay."""
    rows = []
    for gone in range(most + 1):
        for out in combinations(range(PREFIX), gone):
            stay = [i for i in range(PREFIX) if i not in out]
            rows.append(stay + [PREFIX] * (PREFIX - len(stay)))
    return np.array(rows, dtype=np.intp)


_PATTERNS = {most: _patterns(most) for most in (0, 1, 2)}


def _letters(words: Sequence[str]) -> NDArray[np.uint64]:
    joined = "".join(word[:PREFIX].ljust(_WIDTH, "\0") for word in words).encode("ascii")
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, _WIDTH).astype(np.uint64)


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
        chosen = np.flatnonzero((lengths >= low) & (lengths <= high))
        if not len(chosen):
            continue
        matrix = _letters([words[i] for i in chosen.tolist()])
        patterns = _PATTERNS[level]
        hashed = _mix((matrix[:, patterns] * _POWERS).sum(axis=2, dtype=np.uint64))
        keys.append(hashed.ravel())
        owners.append(np.repeat(chosen, len(patterns)))
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
    filled = np.flatnonzero(lengths)
    if len(filled):
        starts = np.concatenate(([0], np.cumsum(lengths[filled])[:-1]))
        masks[filled] = np.bitwise_or.reduceat(np.uint32(1) << place, starts)
    return masks


def text_keys(texts: Sequence[str]) -> Keys:
    """Return one key for each whole text."""
    from zlib import crc32

    return np.fromiter((crc32(t.encode()) for t in texts), dtype=np.uint32, count=len(texts))


def text_hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return 64 bits for each text, few enough to store and too many to collide in a vocabulary."""
    from hashlib import blake2b

    digests = b"".join(blake2b(t.encode("utf-8", "surrogatepass"), digest_size=8).digest() for t in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def table(keys: Keys, owners: Ints) -> KeyTable:
    """Return a sorted table without repeats."""
    packed = np.unique((keys.astype(np.uint64) << np.uint64(32)) | owners.astype(np.uint64))
    return KeyTable((packed >> np.uint64(32)).astype(np.uint32), (packed & np.uint64(0xFFFFFFFF)).astype(np.int32))


def lookup(where: KeyTable, keys: Keys, askers: Ints) -> tuple[Ints, Ints]:
    """Return (asker, owner) for every owner of each key; repeats remain."""
    if not len(keys) or not len(where.keys):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    left = np.searchsorted(where.keys, keys, "left")
    right = np.searchsorted(where.keys, keys, "right")
    counts = right - left
    found = counts > 0
    left, counts, askers = left[found], counts[found], askers[found]
    return np.repeat(askers, counts), where.owners[expand(left, counts)].astype(np.int64)


def expand(starts: Ints, counts: Ints) -> Ints:
    """Return the positions starts[i], starts[i]+1, … of every range, one after another."""
    total = int(counts.sum())
    offsets = (
        np.repeat(starts - np.concatenate(([0], np.cumsum(counts)[:-1])), counts) if total else np.empty(0, np.int64)
    )
    return offsets + np.arange(total)
