"""A portfolio screened again: rows that ask the same and cannot be answered otherwise keep their answer.

What was answered before is remembered by the question, not by the row: rows may come, go and change places, and a row
whose name was corrected is a new question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Final

import msgspec

from sanctions_exposure.bulk.basis import Record, record_of
from sanctions_exposure.bulk.cells import OUTPUT, Kept, Result, ScreenMany
from sanctions_exposure.bulk.table import Reading, Table
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json
from sanctions_exposure.question import row_document

Cells = tuple[str, ...]
Touched = Callable[[Sequence[Json]], Sequence[bool]]
_ERROR: Final = "error"


@dataclass(slots=True)
class Rescreening:
    """Answers requests: from before where that still holds, by screening them where it may not.

    Args:
        screen_many: screens requests.
        answers: what was answered before, by `key_of` the question.
        touched: says which requests may be answered otherwise than before.
    """

    screen_many: ScreenMany
    answers: Mapping[bytes, Cells]
    touched: Touched
    kept: int = field(default=0, init=False)
    screened: int = field(default=0, init=False)

    def __call__(self, requests: Sequence[Json]) -> list[Result | Kept]:
        """Answer requests in order."""
        before = [self.answers.get(key_of(request)) if isinstance(request, dict) else None for request in requests]
        known = [number for number, cells in enumerate(before) if cells is not None]
        may_differ = self.touched([requests[number] for number in known])
        kept = {number for number, one in zip(known, may_differ, strict=True) if not one}
        asked = [request for number, request in enumerate(requests) if number not in kept]
        fresh = iter(self.screen_many(asked) if asked else ())
        self.kept += len(kept)
        self.screened += len(asked)
        return [Kept(before[n] or ()) if n in kept else next(fresh) for n in range(len(requests))]


def key_of(request: Mapping[str, Json]) -> bytes:
    """Return what tells a row's question from all others; a reference changes no answer."""
    document = {name: value for name, value in request.items() if name != "reference"}
    return blake2b(msgspec.json.encode(document, order="sorted"), digest_size=16).digest()


# -- what was answered before --------------------------------------------------------------------


def read_record(result: Path) -> Record | None:
    """Return what the answers in *result* rest on; None where nothing says so.

    Raises:
        InvalidInput: *result* is not as it was written: somebody else's cells would be taken for our answers.
    """
    place = record_of(result)
    if not place.is_file():
        return None
    record = Record.from_json(place.read_bytes(), place.name)
    with result.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    if record.files.get(result.name) != digest:
        raise InvalidInput(f"{result.name} is not as it was written: {place.name} has another digest of it")
    return record


def read_answers(result: Path, record: Record) -> dict[bytes, Cells]:
    """Return the answers of a result by their questions; those that are errors are not worth keeping.

    Memory: some 150 bytes a row, and equal answers once.
    """
    rows = _parquet(result, record.mapping) if is_parquet(result) else _csv(result, record)
    once: dict[Cells, Cells] = {}
    found: dict[bytes, Cells] = {}
    for document, answer in rows:
        if answer[0] != _ERROR and len(answer) == len(OUTPUT):
            found[key_of(document)] = once.setdefault(answer, answer)
    return found


def is_parquet(path: Path) -> bool:
    """Say whether a file is Parquet, by its name."""
    return path.suffix.lower() in {".parquet", ".pq"}


def _csv(result: Path, record: Record) -> Iterator[tuple[dict[str, Json], Cells]]:
    with result.open("rb") as stream:
        table = Table(stream, Reading(mapping=record.mapping, guess=False))
        if not table.layout.dialect.encoding.startswith("utf"):
            return  # letters that its encoding lacks are not in it
        places = _places(table.layout.header, result.name)
        for row in table.records():
            if row.cells and not table.fault(row) and len(row.cells) == len(table.layout.header):
                yield row_document(table.document(row)), tuple(row.cells[at] for at in places)


def _parquet(result: Path, mapping: Mapping[str, str]) -> Iterator[tuple[dict[str, Json], Cells]]:
    import pyarrow.parquet as pq

    from sanctions_exposure.bulk.frame import documents_of
    from sanctions_exposure.bulk.parquet import BATCH, read_batch

    with pq.ParquetFile(result) as source:
        names = source.schema_arrow.names
        places = [names[at] for at in _places(names, result.name)]
        for batch in source.iter_batches(BATCH):
            frame = read_batch(batch)
            documents = documents_of(frame.drop(columns=places), mapping)
            yield from zip(documents, frame[places].itertuples(index=False, name=None), strict=True)


def _places(header: Iterable[str], name: str) -> list[int]:
    """Return where our columns stand: the last of each name, for a table may hold those of an earlier result too."""
    at = {column: number for number, column in enumerate(header)}
    if not at.keys() >= set(OUTPUT):
        raise InvalidInput(f"{name} holds no answers: {', '.join(sorted(set(OUTPUT) - at.keys()))} are missing")
    return [at[column] for column in OUTPUT]
