"""The result of a job, put together from its parts and written in the form that is asked for.

A table is given back as it came, byte for byte, with the ``screening_*`` columns; as NDJSON or Parquet each row has the
same columns as text. Requests that came as NDJSON are given back as the answers that ``POST /v1/screen`` would give; as
CSV or Parquet each is a row of its reference and the ``screening_*`` columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec

from sanctions_exposure.bulk.arriving import Arriving, Source
from sanctions_exposure.bulk.cells import OUTPUT, safe
from sanctions_exposure.bulk.writing import header_bytes
from sanctions_exposure.jobs.folders import Folders
from sanctions_exposure.jobs.pieces import layout_of
from sanctions_exposure.question import TableLimits
from sanctions_exposure.storage.jobs import Job

FORMS: Final = {
    "text/csv": "csv",
    "application/x-ndjson": "ndjson",
    "application/vnd.apache.parquet": "parquet",
}
_BLOCK: Final = 2**18
_ROW_GROUP: Final = 20_000
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")
# What we wrote ourselves was within its limits when it came; the added cells are not to count.
_UNLIMITED: Final = TableLimits(bytes=2**62, rows=2**62, columns=2**31, cell=2**31, row=2**31)


def result(job: Job, parts: Sequence[tuple[int, int]], folders: Folders, form: str) -> Iterator[bytes]:
    """Yield the result of a job that is done, as *form*.

    Args:
        job: which.
        parts: the turns that wrote a part, and how many bytes of it count.
        folders: where they lie.
        form: one of ``FORMS``.
    """
    stream = cast("BinaryIO", io.BufferedReader(_Parts([(folders.part(job.id, n), size) for n, size in parts])))
    if form == "parquet":
        return _parquet(job, stream, folders.of(job.id))
    if form == job.form:
        return _as_it_came(job, stream)
    return _objects(job, stream) if form == "ndjson" else _csv(job, stream)


def encoding(job: Job) -> str:
    """Return the encoding of a result as CSV."""
    return layout_of(job).dialect.encoding if job.form == "csv" else "utf-8"


class _Parts(io.RawIOBase):
    """Files behind one another, each up to a length."""

    def __init__(self, parts: Sequence[tuple[Path, int]]) -> None:
        self._left = list(reversed(parts))
        self._open: BinaryIO | None = None
        self._rest = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest or self._open is None:
            self._end()
            if not self._left:
                return 0
            path, self._rest = self._left.pop()
            self._open = path.open("rb")
        block = self._open.read(min(len(buffer), self._rest))
        if not block:
            raise OSError("a part of the result is shorter than was committed")
        buffer[: len(block)] = block
        self._rest -= len(block)
        return len(block)

    def close(self) -> None:
        self._end()
        super().close()

    def _end(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _as_it_came(job: Job, stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        if job.form == "csv":
            yield header_bytes(layout_of(job))
            while block := stream.read(_BLOCK):
                yield block
            return
        for line in stream:
            yield bytes(msgspec.json.decode(line, type=_Line).answer) + b"\n"


class _Line(msgspec.Struct):
    cells: list[str]
    answer: msgspec.Raw


def _head(job: Job) -> list[str]:
    """Return the names of the columns; where two have one name, the later says so, since objects have each once."""
    if job.form == "ndjson":
        return ["reference", *OUTPUT]
    found: dict[str, None] = {}
    for at, name in enumerate([*layout_of(job).header, *OUTPUT], start=1):
        bare = name.removeprefix("\ufeff").strip() or f"#{at}"
        found[bare if bare not in found else f"{bare} #{at}"] = None
    return list(found)


def _rows(job: Job, stream: BinaryIO) -> Iterator[Sequence[str]]:
    if job.form == "ndjson":
        for line in stream:
            yield msgspec.json.decode(line, type=_Line).cells
        return
    arriving = Arriving(Source(stream, _UNLIMITED), layout_of(job).dialect, _UNLIMITED)
    for chunk in arriving.chunks():
        yield from ([_text(cell) for cell in row.cells] for row in chunk.rows if row.cells)


def _text(cell: str) -> str:
    """Return a cell that any JSON or Parquet reader takes: bytes that were no text become a sign that says so."""
    return cell if cell.isascii() else _NO_TEXT.sub("\ufffd", cell)


def _objects(job: Job, stream: BinaryIO) -> Iterator[bytes]:
    head = _head(job)
    with stream:
        rows = _rows(job, stream)
        while some := list(islice(rows, 1000)):
            yield b"".join(msgspec.json.encode(dict(zip(head, row, strict=True))) + b"\n" for row in some)


def _csv(job: Job, stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        yield _written([_head(job)])
        rows = _rows(job, stream)
        while some := list(islice(rows, 1000)):
            yield _written([safe(row[0]), *row[1:]] for row in some)


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _parquet(job: Job, stream: BinaryIO, folder: Path) -> Iterator[bytes]:
    import tempfile

    import pyarrow as pa
    import pyarrow.parquet as pq

    head = _head(job)
    schema = pa.schema([(name, pa.string()) for name in head])
    # A footer tells where everything is, so the file must be whole before its first byte leaves.
    with stream, tempfile.TemporaryFile(dir=folder) as file:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            rows = _rows(job, stream)
            while some := list(islice(rows, _ROW_GROUP)):
                columns = [pa.array(column, pa.string()) for column in zip(*some, strict=True)]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
