"""What the index loses: of the names that the scorer alone would put at the threshold, how many a search brings.

Every listed name is an entity of its own here, so that a search answers names, not parties.  The oracle compares a
query with every listed name of its kind in every reading, by the very functions a search ends with.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engines import asked, publish
from growth import permuted
from questions import Query
from sanctions_exposure.matching.explain import kinds_of
from sanctions_exposure.matching.normalise import Kind, Name, normalise
from sanctions_exposure.matching.readings import asked_as, listed_as
from sanctions_exposure.matching.score import match
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import ListedEntity
from screening import on_one_core


class Completeness(NamedTuple):
    """What a sample of queries found, against comparing everything."""

    queries: int
    names: int
    wanted: int  # names at or above the threshold, by the oracle
    found: int  # of them, by the index
    with_any: int  # queries with a name at or above the threshold
    best_found: int  # of them, those whose best score the index found too
    missed: tuple[tuple[str, str, float], ...]  # query, listed name, score


def measure(entities: Sequence[ListedEntity], queries: Sequence[Query], cutoffs: Sequence[float]) -> list[Completeness]:
    """Compare a search at each of *cutoffs* with the oracle, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (entities, list(queries), cutoffs))


def _measure(entities: Sequence[ListedEntity], queries: list[Query], cutoffs: Sequence[float]) -> list[Completeness]:
    on_one_core()
    single = list(permuted(entities, sum(len(e.names) for e in entities)))
    with tempfile.TemporaryDirectory() as place:
        publish(single, Path(place) / "snapshot")
        snapshot = Snapshot.open(Path(place) / "snapshot")
        questions = [asked(q, attributes=False) for q in queries]
        results = [snapshot.search_many(questions, limit=len(single), cutoff=cutoff) for cutoff in cutoffs]
    oracle = _Oracle(single)
    scores = [oracle.ask(query, min(cutoffs)) for query in queries]
    out = []
    for cutoff, answers in zip(cutoffs, results, strict=True):
        wanted = [{at: score for at, score in found.items() if score >= cutoff} for found in scores]
        found = [{int(hit.entity_id): hit.score for hit in hits} for hits in answers]
        out.append(_compared(single, queries, wanted, found))
    return out


_Scores = list[dict[int, float]]  # of each query: listed name and score


def _compared(single: list[ListedEntity], queries: list[Query], wanted: _Scores, found: _Scores) -> Completeness:
    missed = [
        (query.name, single[at].names[0].text, score)
        for query, want, got in zip(queries, wanted, found, strict=True)
        for at, score in want.items()
        if at not in got
    ]
    best = [(max(w.values()), max(g.values(), default=0.0)) for w, g in zip(wanted, found, strict=True) if w]
    total = sum(len(w) for w in wanted)
    return Completeness(
        len(queries), len(single), total, total - len(missed), len(best), sum(g >= w for w, g in best), tuple(missed)
    )


class _Oracle:
    """All listed names in all their readings, by kind."""

    def __init__(self, entities: Sequence[ListedEntity]) -> None:
        self._names: dict[Kind, list[tuple[int, Name]]] = {kind: [] for kind in Kind}
        for number, entity in enumerate(entities):
            kind = kinds_of(entity.schema)[0]
            for reading in listed_as(entity.names[0].text, kind):
                self._names[kind].append((number, normalise(reading, kind)))

    def ask(self, query: Query, cutoff: float) -> dict[int, float]:
        """Return every listed name that scores at least *cutoff*, with its score."""
        best: dict[int, float] = {}
        for kind in kinds_of(query.schema):
            for reading in asked_as(query.name, kind):
                name = normalise(reading.text, kind)
                for number, listed in self._names[kind]:
                    score = round(match(name, listed).score * reading.certainty, 4)
                    if score >= cutoff and score > best.get(number, 0.0):
                        best[number] = score
        return best
