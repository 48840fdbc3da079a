"""How build, memory and speed grow with the list: real names put together anew, up to millions.

Words of real names change places within their kind of party, so that names keep their lengths and words their
frequencies; one word in sixteen of every further round is altered, so that the vocabulary grows as real ones do.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from engines import asked
from questions import Query
from sanctions_exposure.matching.index import build_index
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import ListedEntity, ListedName, NameQuery, SnapshotRecord
from screening import on_one_core, private

_ALTERED = 16
_CUTOFF = 0.7
_LIMIT = 5
_BULK = 4_000
_SINGLE = 500


class Growth(NamedTuple):
    """One size of list."""

    names: int
    build: float  # seconds
    open: float  # seconds
    mapped: float  # MB of index files
    private: float  # MB that a worker has for itself after the queries, above what it held before it opened the list
    p50: float  # ms of a single query
    p99: float
    rows: float  # distinct rows a second, in bulk; half of them are listed
    customers: float  # the same of rows that none of the real names is, as most of a file of customers are


def permuted(entities: Sequence[ListedEntity], size: int, seed: int = 3) -> Iterator[ListedEntity]:
    """Yield *size* entities of one name each: the real names first, then rounds of names put together anew."""
    names = [(e, n) for e in entities for n in e.names]
    yield from islice((_entity(i, e, n.text) for i, (e, n) in enumerate(names)), size)
    rng, number = random.Random(seed), len(names)  # noqa: S311 - the same for everybody, not secret
    while number < size:
        pools = _pools(names, rng)
        for entity, name in names[: size - number]:
            words = [_altered(pools[entity.schema, _script(w)].pop(), rng) for w in name.text.split()]
            yield _entity(number, entity, " ".join(words))
            number += 1


def _entity(number: int, like: ListedEntity, text: str) -> ListedEntity:
    return ListedEntity(
        list="grown", id=str(number), schema=like.schema, names=(ListedName(text=text),), countries=like.countries
    )


_Pools = dict[tuple[str, str], list[str]]  # words by schema and script: real names are of one script


def _pools(names: Sequence[tuple[ListedEntity, ListedName]], rng: random.Random) -> _Pools:
    pools: _Pools = {}
    for entity, name in names:
        for word in name.text.split():
            pools.setdefault((entity.schema, _script(word)), []).append(word)
    for pool in pools.values():
        rng.shuffle(pool)
    return pools


def _script(word: str) -> str:
    """Return what tells a word's script, and whether it stands in brackets: there it is another name."""
    if not word[0].isalnum():
        return word[0]
    return unicodedata.name(word[0], "").split(" ")[0]


def _altered(word: str, rng: random.Random) -> str:
    if len(word) < 5 or not word.isascii() or rng.randrange(_ALTERED):
        return word
    at = rng.randrange(1, len(word) - 2)
    return word[:at] + rng.choice("aeiou") + rng.choice("bdfgklmnprstvz") + word[at + 2 :]


def measure(entities: Sequence[ListedEntity], queries: Sequence[Query], size: int) -> Growth:
    """Build a list of *size* names, open it in a fresh process and ask it."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "snapshot"
        with context.Pool(1) as pool:
            build = pool.apply(_build, (entities, size, folder))
        with context.Pool(1) as pool:
            asked_of = [asked(q, attributes=False) for q in queries]
            opened, private, p50, p99, rows = pool.apply(_ask, (folder, asked_of))
        with context.Pool(1) as pool:
            unlisted = [asked(q, attributes=False) for q in queries if not q.expected]
            customers = pool.apply(_rate, (folder, unlisted))
        mapped = sum(p.stat().st_size for p in (folder / "index").rglob("*") if p.is_file()) / 1e6
    return Growth(size, build, opened, mapped, private, p50, p99, rows, customers)


def _build(entities: Sequence[ListedEntity], size: int, folder: Path) -> float:
    """Return the seconds that the index took; making up the names is not counted."""
    on_one_core()
    folder.mkdir()
    grown = list(permuted(entities, size))
    with (folder / "entities.jsonl").open("wb") as out:
        out.writelines(msgspec.json.encode(entity) + b"\n" for entity in grown)
    record = SnapshotRecord(format=1, built_at="2026-01-01T00:00:00Z", lists=())
    (folder / "snapshot.json").write_bytes(msgspec.json.encode(record))
    started = time.perf_counter()
    build_index(grown, folder / "index")
    took = time.perf_counter() - started
    os.sync()  # what is not on the disk yet would count as memory of whoever maps it
    return took


def _ask(folder: Path, queries: list[NameQuery]) -> tuple[float, float, float, float, float]:
    on_one_core()
    warm, alone, bulk = queries[:50], queries[50 : 50 + _SINGLE], queries[50 + _SINGLE :][:_BULK]
    before, started = private(), time.perf_counter()
    snapshot = Snapshot.open(folder)
    opened = time.perf_counter() - started
    snapshot.search_many(warm, limit=_LIMIT, cutoff=_CUTOFF)
    times = []
    for query in alone:
        tick = time.perf_counter()
        snapshot.search_many([query], limit=_LIMIT, cutoff=_CUTOFF)
        times.append(time.perf_counter() - tick)
    grown = private() - before
    p50, p99 = np.percentile(np.array(times) * 1e3, (50, 99))
    return opened, grown, float(p50), float(p99), _rows_a_second(snapshot, bulk)


def _rate(folder: Path, queries: list[NameQuery]) -> float:
    """Return how many rows a second a fresh process asks."""
    on_one_core()
    snapshot = Snapshot.open(folder)
    snapshot.search_many(queries[:50], limit=_LIMIT, cutoff=_CUTOFF)
    return _rows_a_second(snapshot, queries[50:][:_BULK])


def _rows_a_second(snapshot: Snapshot, queries: list[NameQuery]) -> float:
    started = time.perf_counter()
    snapshot.search_many(queries, limit=_LIMIT, cutoff=_CUTOFF)
    return len(queries) / (time.perf_counter() - started)
