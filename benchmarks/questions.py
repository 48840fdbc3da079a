"""What is asked and of what: an evaluation set where there is one, else names of the loaded lists, damaged.

An evaluation set is a folder with ``corpus.csv.gz`` (``list,id,name,kind,schema,countries,dob``),
``screening_dev.csv.gz`` (``query_id,name,schema,dob,countries,treatment,group,expected``), ``name_pairs_dev.csv``
(``schema,name1,name2,is_match,quality``) and ``entity_checks_dev.yml``.  It is read where it lies: the folder ``eval``
in ``EXPOSURE_TEST_DATA``, or in ``../shared`` beside the checkout.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import damage
from sanctions_exposure.model import ListedDate, ListedEntity, ListedName, NameKind, Schema

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to a list; *expected* and *kind* are the answer sheet, which no engine reads."""

    name: str
    schema: Schema | None
    birth_date: str = ""
    countries: tuple[str, ...] = ()
    kind: str = ""  # what was done to the name, or whose name it is
    expected: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two names or two records, and whether they are one party."""

    first: Mapping[str, Sequence[str]]
    second: Mapping[str, Sequence[str]]
    schema: str
    same: bool
    beyond_dispute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Everything one run asks."""

    source: str  # for the reader of the tables
    entities: tuple[ListedEntity, ...]
    queries: tuple[Query, ...]
    pairs: tuple[Pair, ...]
    records: tuple[Pair, ...]


def load(size: int) -> Questions:
    """Return the evaluation set, or questions made from the loaded lists; *size* queries of it, 0 for all."""
    folder = evaluation_folder()
    found = _evaluation(folder) if folder else _generated(size or 4_000)
    return replace(found, queries=tuple(sample(found.queries, size)))


def evaluation_folder() -> Path | None:
    """Return the folder of the evaluation set, or None where there is none."""
    configured = os.environ.get("EXPOSURE_TEST_DATA")
    folder = (Path(configured) if configured else ROOT.parent / "shared") / "eval"
    return folder if (folder / "corpus.csv.gz").is_file() else None


def sample(queries: Sequence[Query], size: int, seed: int = 1) -> list[Query]:
    """Return a random part of *queries* with the same share of listed ones."""
    if not 0 < size < len(queries):
        return list(queries)
    rng = random.Random(seed)  # noqa: S311 - the same for everybody, not secret
    parts = [[q for q in queries if bool(q.expected) is wanted] for wanted in (True, False)]
    return [q for part in parts for q in rng.sample(part, round(size * len(part) / len(queries)))]


# -- an evaluation set ---------------------------------------------------------------------------


def schema_of(name: str) -> Schema | None:
    """Return the schema that others call *name*; None for one we do not know."""
    return Schema.AIRCRAFT if name == "Airplane" else Schema(name) if name in set(Schema) else None


def _rows(path: Path) -> Iterable[dict[str, str]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    return csv.DictReader(io.StringIO(text, newline=""))


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)


def _evaluation(folder: Path) -> Questions:
    pairs = [
        Pair(
            first={"name": [r["name1"]]},
            second={"name": [r["name2"]]},
            schema=r["schema"],
            same=r["is_match"] == "true",
            beyond_dispute=r["quality"] == "STRONG",
        )
        for r in _rows(folder / "name_pairs_dev.csv")
    ]
    return Questions(
        source="the labelled evaluation set",
        entities=tuple(_entities(folder / "corpus.csv.gz")),
        queries=tuple(_query(r) for r in _rows(folder / "screening_dev.csv.gz")),
        pairs=tuple(pairs),
        records=tuple(_records(folder / "entity_checks_dev.yml")),
    )


def _entities(path: Path) -> Iterator[ListedEntity]:
    names: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in _rows(path):
        names.setdefault((row["list"], row["id"]), []).append(row)
    for (source, ident), rows in names.items():
        yield ListedEntity(
            list=source,
            id=ident,
            schema=schema_of(rows[0]["schema"]) or Schema.LEGAL_ENTITY,
            names=tuple(ListedName(text=r["name"], kind=NameKind(r["kind"])) for r in rows),
            countries=_parts(rows[0]["countries"]),
            birth_dates=tuple(ListedDate(start=d) for d in _parts(rows[0]["dob"])),
        )


def _query(row: dict[str, str]) -> Query:
    keys = (key.partition(":") for key in _parts(row["expected"]))
    return Query(
        name=row["name"],
        schema=schema_of(row["schema"]),
        birth_date=next(iter(_parts(row["dob"])), ""),
        countries=_parts(row["countries"]),
        kind=row["treatment"],
        expected=frozenset((source, ident) for source, _, ident in keys),
    )


def _records(path: Path) -> Iterator[Pair]:
    import yaml

    document: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for check in document["checks"]:
        yield Pair(first=check["query"], second=check["result"], schema=check["schema"], same=bool(check["match"]))


# -- made from the loaded lists ------------------------------------------------------------------


def _generated(size: int) -> Questions:
    from sanctions_exposure import Screener

    entities = tuple(Screener.open().snapshot.entities())
    rng = random.Random(7)  # noqa: S311 - the same for everybody, not secret
    queries = tuple(_damaged(entities, size // 2, rng)) + tuple(_invented(size - size // 2, rng))
    return Questions(
        source="names of the loaded lists, damaged, and invented names",
        entities=entities,
        queries=queries,
        pairs=tuple(_made_pairs(entities, min(600, size), rng)),
        records=(),
    )


def _named(entities: Sequence[ListedEntity]) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Return who bears each name: all of them are right answers."""
    bearers: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for entity in entities:
        for name in entity.names:
            bearers.setdefault((name.text.casefold(), entity.schema), set()).add((entity.list, entity.id))
    return {name: frozenset(keys) for name, keys in bearers.items()}


def _damaged(entities: Sequence[ListedEntity], size: int, rng: random.Random) -> Iterator[Query]:
    bearers, made = _named(entities), 0
    usable = [e for e in entities if any(n.kind is not NameKind.WEAK for n in e.names)]
    while usable and made < size:
        entity = rng.choice(usable)
        name = rng.choice([n for n in entity.names if n.kind is not NameKind.WEAK])
        kind, text = damage.damaged(name.text, entity.schema, rng)
        if text and text != name.text:
            made += 1
            yield Query(
                name=text,
                schema=entity.schema,
                birth_date=entity.birth_dates[0].start if entity.birth_dates else "",
                countries=entity.countries[:1],
                kind=kind,
                expected=bearers[name.text.casefold(), entity.schema],
            )


def _invented(size: int, rng: random.Random) -> Iterator[Query]:
    for _ in range(size):
        schema, name = damage.invented(rng)
        yield Query(name=name, schema=schema, kind="invented")


def _made_pairs(entities: Sequence[ListedEntity], size: int, rng: random.Random) -> Iterator[Pair]:
    """Yield a name beside itself damaged, and beside another name that shares a word with it where there is one."""
    by_word: dict[tuple[str, str], list[str]] = {}
    for entity in entities:
        for word in entity.names[0].text.casefold().split():
            by_word.setdefault((word, entity.schema), []).append(entity.names[0].text)
    for number in range(size):
        entity = rng.choice(entities)
        name = entity.names[0].text
        if number % 2:
            _, other = damage.damaged(name, entity.schema, rng)
        else:
            word = rng.choice(name.casefold().split())
            others = [n for n in by_word[word, entity.schema] if n != name]
            other = rng.choice(others) if others else damage.invented(rng)[1]
        if other:
            yield Pair(first={"name": [other]}, second={"name": [name]}, schema=entity.schema, same=bool(number % 2))
