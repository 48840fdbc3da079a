"""A snapshot: every list as it was published together, ready to be asked."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from sanctions_exposure.errors import SnapshotCorrupt
from sanctions_exposure.matching import qualify
from sanctions_exposure.matching.arrays import collector_paused
from sanctions_exposure.matching.explain import explain, kinds_of
from sanctions_exposure.matching.index import NameIndex, identifier_key
from sanctions_exposure.matching.keys import lookup, text_keys
from sanctions_exposure.matching.normalise import Kind, normalise
from sanctions_exposure.matching.readings import Reading, asked_as
from sanctions_exposure.matching.score import Match, match
from sanctions_exposure.matching.search import Found, Searcher
from sanctions_exposure.model import Alignment, Hit, ListedEntity, NameKind, NameQuery, Schema, SnapshotRecord

LONGEST_NAME = 400  # characters that are compared; the rest of a longer name is not looked at


_REMEMBERED = 4_096  # entities


class _Asked(msgspec.Struct, frozen=True, gc=False):
    """A name of a query in one of its readings."""

    number: int  # of the query
    name: str  # as submitted
    reading: Reading


class _Candidate(msgspec.Struct, frozen=True, gc=False):
    """The best meeting so far of one query and one entity."""

    found: Found | None
    asked: _Asked
    score: float
    rank: float


class Snapshot:
    """Lists, entities and the index of one published folder.

    Opening maps files; nothing is read until it is asked for.
    """

    def __init__(self, *, snapshot_id: str, record: SnapshotRecord, index: NameIndex, entities: EntityStore) -> None:
        self.id = snapshot_id
        self.record = record
        self._index = index
        self._entities = entities
        self._searchers = {part.kind: Searcher(part) for part in index.kinds}
        self._records: dict[int, qualify.Record] = {}  # remembered

    def _record_of(self, at: int) -> qualify.Record:
        if (record := self._records.get(at)) is None:
            if len(self._records) > _REMEMBERED:
                self._records.clear()
            record = qualify.Record.parse(self._index.entities[at], lambda schema: self._first_name(schema, at))
            self._records[at] = record
        return record

    def _first_name(self, schema: Schema, at: int) -> str:
        index = self._searchers[kinds_of(schema)[0]].index
        row = int(np.searchsorted(index.entity, np.int32(at)))  # rows are in the order of entities
        return " ".join(index.texts[row].split())

    @classmethod
    def open(cls, folder: Path) -> Snapshot:
        """Open the snapshot in *folder*, whose name is its id.

        Raises:
            SnapshotCorrupt: a file is missing, cut, or written by another version.
        """
        try:
            record = msgspec.json.decode((folder / "snapshot.json").read_bytes(), type=SnapshotRecord)
        except (OSError, msgspec.MsgspecError) as error:
            raise SnapshotCorrupt(f"{folder.name}/snapshot.json cannot be read: {error}") from error
        index = NameIndex.open(folder / "index")
        return cls(snapshot_id=folder.name, record=record, index=index, entities=EntityStore(folder, index))

    def entity(self, list_id: str, entity_id: str) -> ListedEntity | None:
        """Return one entity of one list, or None."""
        return self._entities.get(list_id, entity_id)

    def entities(self) -> Iterator[ListedEntity]:
        """Yield every entity, in the order of the index."""
        return iter(self._entities)

    def search_many(self, queries: Sequence[NameQuery], *, limit: int, cutoff: float) -> list[tuple[Hit, ...]]:
        """Return, for each query, its hits at or above *cutoff*, best first, one for each entity, at most *limit*."""
        with collector_paused():
            return self._search_many(queries, limit, cutoff)  # what it leaves is gone before the collector looks

    def _search_many(self, queries: Sequence[NameQuery], limit: int, cutoff: float) -> list[tuple[Hit, ...]]:
        best: list[dict[int, _Candidate]] = [{} for _ in queries]
        for kind in Kind:
            self._search_kind(kind, queries, best, cutoff)
        for query, found in zip(queries, best, strict=True):
            self._search_identifiers(query, found)
        return [self._hits(q, found, limit, cutoff) for q, found in zip(queries, best, strict=True)]

    def _search_kind(
        self, kind: Kind, queries: Sequence[NameQuery], best: list[dict[int, _Candidate]], cutoff: float
    ) -> None:
        wanted: dict[str, list[_Asked]] = {}
        for number, query in enumerate(queries):
            if kind in kinds_of(query.schema):
                for name in query.names:
                    for reading in asked_as(name[:LONGEST_NAME], kind):
                        wanted.setdefault(reading.text, []).append(_Asked(number, name, reading))
        results = self._searchers[kind].search([normalise(text, kind) for text in wanted], max(cutoff, 0.4))
        for askers, found in zip(wanted.values(), results, strict=True):
            for one in found:
                for asked in askers:
                    certainty = asked.reading.certainty
                    score = one.match.score * certainty
                    rank = score - (one.match.score - one.rank)
                    known = best[asked.number].get(one.entity)
                    if known is None or rank > known.rank:
                        best[asked.number][one.entity] = _Candidate(one, asked, score, rank)

    def _search_identifiers(self, query: NameQuery, found: dict[int, _Candidate]) -> None:
        if not query.identifiers:
            return
        keys = text_keys([identifier_key(i.type, i.value) for i in query.identifiers])
        _, owners = lookup(self._index.identifiers, keys, np.arange(len(keys)))
        name = query.names[0] if query.names else ""
        asked = _Asked(0, name, Reading(name, 1.0))
        for owner in owners.tolist():
            found.setdefault(owner, _Candidate(None, asked, 0.0, 0.0))

    def _hits(self, query: NameQuery, found: dict[int, _Candidate], limit: int, cutoff: float) -> tuple[Hit, ...]:
        scored = []
        for entity, candidate in found.items():
            judged = qualify.judge(query, candidate.score, self._record_of(entity), self._identifiers_of(query, entity))
            if judged.score >= cutoff:
                scored.append((judged, entity, candidate))
        scored.sort(key=lambda s: (-s[0].score, -s[2].score, s[1]))
        return tuple(self._hit(query, *s) for s in scored[:limit])

    def _identifiers_of(self, query: NameQuery, entity: int) -> frozenset[tuple[str, str]]:
        if not query.identifiers:
            return frozenset()
        return frozenset((i.type, identifier_key(i.type, i.value)) for i in self._entities.at(entity).identifiers)

    def _hit(self, query: NameQuery, judged: qualify.Judged, entity: int, candidate: _Candidate) -> Hit:
        record = self._record_of(entity)
        result: Match | None = None
        if found := candidate.found:
            matched, strength = self._searchers[found.asked.kind].index.texts[found.name], found.strength
            q, d, result = found.asked, found.listed, found.match
        else:
            matched, strength = record.caption, NameKind.PRIMARY
            if query.names:
                kind = kinds_of(record.schema)[0]
                q, d = normalise(query.names[0], kind), normalise(record.caption, kind)
                result = match(q, d)
        return Hit(
            list=record.list,
            entity_id=record.id,
            caption=record.caption,
            schema=record.schema,
            score=judged.score,
            matched_name=matched,
            alias_strength=strength,
            query_name=candidate.asked.name,
            features={**judged.features, "name": result.score} if result else judged.features,
            alignment=explain(q, d, result) + _set_aside(candidate.asked) if result else (),
        )


def _set_aside(asked: _Asked) -> tuple[Alignment, ...]:
    """Return what the reading of a name left away: a branch's place, a reference of the record."""
    text, read = asked.name, asked.reading.text
    if asked.reading.certainty == 1.0 or read not in text:
        return ()
    before, _, after = text.partition(read)
    aside = (part.strip(" ,;:-/") for part in (before, after))
    return tuple(Alignment(query=part, listed="", how="set_aside", similarity=0.0) for part in aside if part)


class EntityStore:
    """``entities.jsonl``, mapped; a line is decoded when its entity is asked for."""

    def __init__(self, folder: Path, index: NameIndex) -> None:
        path = folder / "entities.jsonl"
        try:
            with path.open("rb") as handle:
                size = path.stat().st_size
                self._bytes: mmap.mmap | bytes = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        except OSError as error:
            raise SnapshotCorrupt(f"{folder.name}/entities.jsonl cannot be read: {error}") from error
        self._index = index
        self._decoder = msgspec.json.Decoder(ListedEntity)
        self._lines: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None
        self._places: dict[tuple[str, str], int] | None = None
        self._known: dict[int, ListedEntity] = {}  # remembered

    def __iter__(self) -> Iterator[ListedEntity]:
        """Yield every entity in order."""
        return (self._at(i) for i in range(len(self._index.entities)))

    def get(self, list_id: str, entity_id: str) -> ListedEntity | None:
        """Return the entity of this list with this id."""
        if self._places is None:
            heads = (self._index.entities[i].split("\t", 2)[:2] for i in range(len(self._index.entities)))
            self._places = {(head[0], head[1]): i for i, head in enumerate(heads)}
        place = self._places.get((list_id, " ".join(entity_id.split())))
        return None if place is None else self.at(place)

    def at(self, place: int) -> ListedEntity:
        """Return the entity at this place of the index."""
        if (entity := self._known.get(place)) is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            entity = self._known[place] = self._at(place)
        return entity

    def _at(self, place: int) -> ListedEntity:
        if self._lines is None:
            ends = np.flatnonzero(np.frombuffer(self._bytes, np.uint8) == ord("\n"))
            self._lines = np.concatenate(([-1], ends)).astype(np.int64)
        start, end = int(self._lines[place]) + 1, int(self._lines[place + 1])
        try:
            return self._decoder.decode(self._bytes[start:end])
        except msgspec.MsgspecError as error:
            raise SnapshotCorrupt(f"entities.jsonl line {place + 1} cannot be read: {error}") from error
