"""The engines that are measured: ours, and peers that anybody can install.

An engine gets the same list and the same queries as every other, answers up to `TOP` entities a query, one answer an
entity, and does not cut at its operating threshold: rates at high recall need the weak answers too.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import msgspec

from measures import Answer
from questions import Pair, Query, schema_of
from sanctions_exposure.matching.explain import compare
from sanctions_exposure.matching.index import build_index
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import ListedEntity, NameKind, NameQuery, Schema, SnapshotRecord

TOP = 20
FLOOR = 0.5  # lowest score an engine is asked for
_NAME_PARTS = ("firstName", "secondName", "middleName", "fatherName", "lastName")


class Engine(Protocol):
    """One engine under test."""

    threshold: float  # at which it would be run

    def build(self, entities: Sequence[ListedEntity]) -> None:
        """Take the list."""

    def search(self, queries: Sequence[Query]) -> list[list[Answer]]:
        """Return the answers to each query."""


def names_of(record: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the names of a record, put together from their parts where it has no whole one."""
    whole = list(record.get("name", ()))
    return whole or [" ".join(v for part in _NAME_PARTS for v in record.get(part, ()))]


# -- ours ----------------------------------------------------------------------------------------


def publish(entities: Sequence[ListedEntity], folder: Path) -> None:
    """Write a snapshot of *entities* that `Snapshot.open` reads."""
    folder.mkdir(parents=True)
    build_index(entities, folder / "index")
    with (folder / "entities.jsonl").open("wb") as out:
        out.writelines(msgspec.json.encode(entity) + b"\n" for entity in entities)
    record = SnapshotRecord(format=1, built_at="2026-01-01T00:00:00Z", lists=())
    (folder / "snapshot.json").write_bytes(msgspec.json.encode(record))


def asked(query: Query, *, attributes: bool) -> NameQuery:
    """Return *query* as our index is asked; with *attributes*, birth date and country too."""
    return NameQuery(
        names=(query.name,),
        schema=query.schema,
        countries=query.countries if attributes else (),
        birth_date=query.birth_date if attributes else "",
    )


class Ours:
    """Our index and scorer; explanations are made for every answer, as in the service."""

    threshold = 0.7

    def __init__(self, *, attributes: bool = False) -> None:
        self._attributes = attributes

    def build(self, entities: Sequence[ListedEntity]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        publish(entities, Path(self._folder.name) / "snapshot")
        self._snapshot = Snapshot.open(Path(self._folder.name) / "snapshot")

    def search(self, queries: Sequence[Query]) -> list[list[Answer]]:
        questions = [asked(q, attributes=self._attributes) for q in queries]
        found = self._snapshot.search_many(questions, limit=TOP, cutoff=FLOOR)
        return [[(h.list, h.entity_id, h.score) for h in hits] for hits in found]


def our_score(pair: Pair) -> float:
    """Compare the names of two records by our scorer; the best pair of names speaks."""
    schema = schema_of(pair.schema)
    return max(compare(a, b, schema).score for a in names_of(pair.first) for b in names_of(pair.second))


# -- rapidfuzz -----------------------------------------------------------------------------------


class Scan:
    """Every listed name compared with one rapidfuzz scorer: no index, no knowledge of names."""

    threshold = 0.85
    _floor = 55.0
    _chunk = 64

    def build(self, entities: Sequence[ListedEntity]) -> None:
        from rapidfuzz.utils import default_process

        self._keys = [(e.list, e.id) for e in entities]
        owners: dict[Schema, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for number, entity in enumerate(entities):
            for name in entity.names:
                if text := default_process(name.text):
                    owners[entity.schema][text].add(number)
        self._names = {schema: list(group) for schema, group in owners.items()}
        self._owners = {schema: [sorted(o) for o in group.values()] for schema, group in owners.items()}

    def search(self, queries: Sequence[Query]) -> list[list[Answer]]:
        out: list[list[Answer]] = [[] for _ in queries]
        by_schema: dict[Schema | None, list[int]] = defaultdict(list)
        for number, query in enumerate(queries):
            by_schema[query.schema].append(number)
        for schema, numbers in by_schema.items():
            if schema in self._names:
                for start in range(0, len(numbers), self._chunk):
                    self._some(schema, numbers[start : start + self._chunk], queries, out)
        return out

    def _some(self, schema: Schema, numbers: list[int], queries: Sequence[Query], out: list[list[Answer]]) -> None:
        from rapidfuzz import fuzz, process
        from rapidfuzz.utils import default_process

        texts = [default_process(queries[i].name) for i in numbers]
        matrix = process.cdist(
            texts, self._names[schema], scorer=fuzz.token_sort_ratio, score_cutoff=self._floor, workers=1
        )
        for number, row in zip(numbers, matrix, strict=True):
            out[number] = self._best(row, self._owners[schema])

    def _best(self, row: Any, owners: list[list[int]]) -> list[Answer]:
        import numpy as np

        found = np.flatnonzero(row)
        hits: dict[int, float] = {}
        for at in found[np.argsort(-row[found], kind="stable")][: 5 * TOP].tolist():
            for owner in owners[at]:
                hits.setdefault(owner, float(row[at]) / 100)
            if len(hits) >= TOP:
                break
        return [(*self._keys[owner], score) for owner, score in list(hits.items())[:TOP]]


def scan_score(pair: Pair) -> float:
    """Compare the names of two records by rapidfuzz's token_sort_ratio."""
    from rapidfuzz import fuzz
    from rapidfuzz.utils import default_process

    return max(
        fuzz.token_sort_ratio(a, b, processor=default_process) / 100
        for a in names_of(pair.first)
        for b in names_of(pair.second)
    )


# -- nomenklatura --------------------------------------------------------------------------------

_serial = count()
_PROPERTY = {NameKind.PRIMARY: "name", NameKind.STRONG: "alias", NameKind.WEAK: "weakAlias"}


class Nomenklatura:
    """nomenklatura's own blocking index for candidates, its logic-v2 for scores.

    The index drops words that are frequent in the batch it is asked with, so it is asked in small batches: larger ones
    are faster and find less.
    """

    threshold = 0.7
    _batch = 100
    _least = 0.3

    def __init__(self, *, attributes: bool = False) -> None:
        self._attributes = attributes

    def build(self, entities: Sequence[ListedEntity]) -> None:
        from nomenklatura.blocker import Index

        self._keys = {f"listed-{i}": (e.list, e.id) for i, e in enumerate(entities)}
        self._entities = {key: self._listed(key, e) for key, e in zip(self._keys, entities, strict=True)}
        self._folder = tempfile.TemporaryDirectory()
        self._index = Index(_View(self._entities), Path(self._folder.name))
        self._index.build()

    def search(self, queries: Sequence[Query]) -> list[list[Answer]]:
        from nomenklatura.matching import LogicV2, ScoringConfig

        config, out = ScoringConfig.defaults(), []
        for start in range(0, len(queries), self._batch):
            batch = [self._asked(q) for q in queries[start : start + self._batch]]
            hits: dict[str, list[Answer]] = {entity.id: [] for entity in batch}
            by_id = {entity.id: entity for entity in batch}
            for ident, candidates in self._index.match_entities(batch):
                for other, _ in candidates:
                    score = float(LogicV2.compare(by_id[ident.id], self._entities[other.id], config).score)
                    if score > self._least:
                        hits[ident.id].append((*self._keys[other.id], score))
            out += [sorted(found, key=lambda a: -a[2])[:TOP] for found in hits.values()]
        return out

    def _listed(self, key: str, entity: ListedEntity) -> Any:
        made = _proxy(key, entity.schema)
        for name in entity.names:
            made.add(_PROPERTY[name.kind], name.text)
        if self._attributes:
            made.add("country", list(entity.countries))
            if entity.schema is Schema.PERSON:
                made.add("birthDate", [d.start for d in entity.birth_dates])
        return made

    def _asked(self, query: Query) -> Any:
        made = _proxy(f"query-{next(_serial)}", query.schema)
        made.add("name", query.name)
        if self._attributes:
            made.add("country", list(query.countries))
            if query.schema is Schema.PERSON and query.birth_date:
                made.add("birthDate", query.birth_date)
        return made


class _View:
    """What the blocking index reads its entities from."""

    def __init__(self, entities: Mapping[str, Any]) -> None:
        self._entities = entities

    def entities(self, include_schemata: Any = None) -> Any:  # noqa: ARG002 - the index passes it
        return iter(self._entities.values())


def _proxy(key: str, schema: Schema | str | None) -> Any:
    from followthemoney import ValueEntity, model

    known = model.get("Airplane" if schema is Schema.AIRCRAFT else schema or "LegalEntity")
    return ValueEntity(known or model["LegalEntity"], {"id": key})


def nomenklatura_score(pair: Pair) -> float:
    """Compare two records by logic-v2."""
    from nomenklatura.matching import LogicV2, ScoringConfig

    both = []
    for record in (pair.first, pair.second):
        made = _proxy(f"record-{next(_serial)}", schema_of(pair.schema))
        for name, values in record.items():
            made.add(name, list(values))
        if not made.names:
            made.add("name", names_of(record))
        both.append(made)
    return float(LogicV2.compare(both[0], both[1], ScoringConfig.defaults()).score)


# -- which there are -----------------------------------------------------------------------------


def _ours() -> Engine:
    return Ours()


def _ours_with() -> Engine:
    return Ours(attributes=True)


def _scan() -> Engine:
    return Scan()


def _nomenklatura() -> Engine:
    return Nomenklatura()


def _nomenklatura_with() -> Engine:
    return Nomenklatura(attributes=True)


OURS = "sanctions-exposure"
NOMENKLATURA = "nomenklatura logic-v2"
SCAN = "rapidfuzz scan"
ENGINES: Mapping[str, Callable[[], Engine]] = {OURS: _ours, SCAN: _scan, NOMENKLATURA: _nomenklatura}
WITH_ATTRIBUTES: Mapping[str, Callable[[], Engine]] = {OURS: _ours_with, NOMENKLATURA: _nomenklatura_with}
SCORERS: Mapping[str, Callable[[Pair], float]] = {
    OURS: our_score, SCAN: scan_score, NOMENKLATURA: nomenklatura_score,
}  # fmt: skip
THRESHOLDS: Mapping[str, float] = {OURS: 0.7, SCAN: 0.85, NOMENKLATURA: 0.7}
_PACKAGE = {OURS: "sanctions-exposure", SCAN: "rapidfuzz", NOMENKLATURA: "nomenklatura"}


def installed() -> dict[str, str]:
    """Return the version of every engine that is here."""
    found = {OURS: _our_version()}
    for name in (SCAN, NOMENKLATURA):
        try:
            found[name] = version(_PACKAGE[name])
        except PackageNotFoundError:
            continue
    return found


def _our_version() -> str:
    from sanctions_exposure import __version__

    return __version__
