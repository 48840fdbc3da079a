"""Questions made to be slow: long, of many words, of frequent words, of letters that mean nothing."""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engines import publish
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import ListedEntity, NameQuery, Schema
from screening import on_one_core, settle


class Slow(NamedTuple):
    """One such question, in milliseconds."""

    what: str
    cold: float
    warm: float


def names(entities: Sequence[ListedEntity]) -> Iterator[tuple[str, str]]:
    """Yield (what it is, name)."""
    rng = random.Random(11)  # noqa: S311 - the same for everybody, not secret
    counted = Counter(w for e in entities for n in e.names for w in n.text.split() if w.isalpha() and w.isascii())
    frequent = [w for w, _ in counted.most_common(300)]
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield "2,000 characters, one word", "".join(rng.choice(letters) for _ in range(2_000))
    yield "2,000 letters a", "a" * 2_000
    yield "300 random words of six letters", " ".join("".join(rng.choices(letters, k=6)) for _ in range(300))
    yield "300 most frequent words of the lists", " ".join(frequent)
    yield "14 most frequent words", " ".join(frequent[:14])
    yield "300 single letters", " ".join(rng.choices(letters, k=300))
    yield "300 times Mohammed", " ".join(["Mohammed"] * 300)
    yield "2,000 characters of brackets", "(Abel [Bern {Cord} Dorn] Egon) " * 64
    yield "2,000 slashes and letters", "ab/cd" * 400
    yield "2,000 capitals inside words", "AbCdEfGhIj" * 200
    yield "2,000 Han characters", "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(2_000))
    yield "2,000 Arabic letters, 300 words", " ".join("".join(rng.choices("ابتثجحخدذرزسش", k=6)) for _ in range(300))
    yield "2,000 combining marks", "a" + "\u0301" * 1_999
    yield "300 digits as words", " ".join(rng.choices("0123456789", k=300))
    yield "300 words Limited", " ".join(["Limited"] * 300)
    yield "common given names, unknown kind", "Mohammed Ali Hassan Ahmed Hussein Abdul Ibrahim Khan"


def measure(entities: Sequence[ListedEntity]) -> list[Slow]:
    """Ask every such question of every kind of party, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (entities,))


def _measure(entities: Sequence[ListedEntity]) -> list[Slow]:
    on_one_core()
    with tempfile.TemporaryDirectory() as place:
        publish(entities, Path(place) / "snapshot")
        snapshot = Snapshot.open(Path(place) / "snapshot")
        usual = [NameQuery(names=("Olaf Brenner",), schema=s) for s in (Schema.PERSON, Schema.COMPANY, Schema.VESSEL)]
        snapshot.search_many(usual, limit=5, cutoff=0.7)
        settle()
        return [Slow(what, _ask(snapshot, name), _ask(snapshot, name)) for what, name in names(entities)]


def _ask(snapshot: Snapshot, name: str) -> float:
    started = time.perf_counter()
    snapshot.search_many([NameQuery(names=(name,))], limit=5, cutoff=0.7)
    return (time.perf_counter() - started) * 1e3
