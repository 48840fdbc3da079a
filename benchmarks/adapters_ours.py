"""Plugs this project into the evaluation programs: a scorer of pairs and a screening engine."""

from __future__ import annotations

from typing import Any

from sanctions_exposure.matching.explain import compare
from sanctions_exposure.model import Schema

_SCHEMAS = {"Airplane": Schema.AIRCRAFT} | {schema.value: schema for schema in Schema}


def schema_of(name: str) -> Schema | None:
    return _SCHEMAS.get(name)


def score(name1: str, name2: str, schema: str) -> float:
    return compare(name1, name2, schema_of(schema)).score


score.threshold = 0.7  # type: ignore[attr-defined]


def record_score(query: dict[str, list[str]], result: dict[str, list[str]], schema: str) -> float:
    """Names only: the best pair of full names."""

    def names(record: dict[str, list[str]]) -> list[str]:
        parts = ("firstName", "secondName", "middleName", "fatherName", "lastName")
        return record.get("name") or [" ".join(v for p in parts for v in record.get(p, []))]

    return max(score(a, b, schema) for a in names(query) for b in names(result))


record_score.threshold = 0.7  # type: ignore[attr-defined]


class Engine:
    """Our index and scorer behind the evaluation's plug."""

    name = "sanctions-exposure"
    threshold = 0.7
    attributes = False

    def build(self, corpus: Any) -> None:
        import tempfile
        from pathlib import Path

        import msgspec

        from sanctions_exposure.matching.index import build_index
        from sanctions_exposure.matching.snapshot import Snapshot
        from sanctions_exposure.model import SnapshotRecord

        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name) / "snapshot"
        folder.mkdir()
        entities = list(entities_of(corpus))
        build_index(entities, folder / "index")
        with (folder / "entities.jsonl").open("wb") as out:
            for entity in entities:
                out.write(msgspec.json.encode(entity) + b"\n")
        record = SnapshotRecord(format=1, built_at="2026-01-01T00:00:00Z", lists=())
        (folder / "snapshot.json").write_bytes(msgspec.json.encode(record))
        self._snapshot = Snapshot.open(folder)

    def screen(self, queries: Any) -> list[list[tuple[str, str, float]]]:
        from sanctions_exposure.model import NameQuery

        asked = [
            NameQuery(
                names=(q.name,), schema=schema_of(q.schema),
                countries=tuple(filter(None, q.countries.split(";"))) if self.attributes else (),
                birth_date=q.dob.split(";")[0] if self.attributes else "",
            )
            for q in queries
        ]  # fmt: skip
        found = self._snapshot.search_many(asked, limit=20, cutoff=0.5)
        return [[(h.list, h.entity_id, h.score) for h in hits] for hits in found]


class EngineWithAttributes(Engine):
    """The same, with birth date and country of the query also given."""

    name = "sanctions-exposure, birth date and country"
    attributes = True


def entities_of(corpus: Any) -> Any:
    from sanctions_exposure.model import ListedDate, ListedEntity, ListedName, NameKind

    rows: dict[tuple[str, str], list[tuple[str, str, str, str, str]]] = {}
    columns = ["list", "id", "name", "kind", "schema", "countries", "dob"]
    for source, key, *rest in corpus[columns].itertuples(index=False):
        rows.setdefault((source, key), []).append(tuple(rest))
    for (source, key), names in rows.items():
        first = names[0]
        yield ListedEntity(
            list=source, id=key, schema=schema_of(first[2]) or Schema.LEGAL_ENTITY,
            names=tuple(ListedName(text=n[0], kind=NameKind(n[1])) for n in names),
            countries=tuple(filter(None, first[3].split(";"))),
            birth_dates=tuple(ListedDate(start=d) for d in first[4].split(";") if d),
        )  # fmt: skip
