"""Parquet in, Parquet out, batch by batch: columns and types stay, the ``screening_*`` columns come after them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sanctions_exposure.bulk.cells import OUTPUT, AnswerMany, Tally
from sanctions_exposure.bulk.columns import columns
from sanctions_exposure.bulk.frame import documents_of, screen_frame
from sanctions_exposure.model import Json

BATCH: Final = 10_000  # rows in memory at once


def screen_parquet(  # noqa: PLR0913 - what comes in, what goes out, and what is told of both
    stream: BinaryIO,
    target: Path,
    screen_many: AnswerMany,
    tally: Tally,
    *,
    mapping: Mapping[str, str],
    row_groups: Sequence[int] = (),
) -> None:
    """Screen a Parquet file, or these of its row groups, into the file *target*.

    Raises:
        InvalidInput: it has no column that can be screened.
        pyarrow.ArrowException: it is no Parquet file, or damaged.
    """
    source = pq.ParquetFile(stream)
    kept = [name for name in source.schema_arrow.names if name not in OUTPUT]
    schema = pa.schema([source.schema_arrow.field(name) for name in kept], source.schema_arrow.metadata)
    for name in OUTPUT:
        schema = schema.append(pa.field(name, pa.string()))
    with pq.ParquetWriter(target, schema) as writer:
        for batch in source.iter_batches(BATCH, row_groups=list(row_groups) or None, columns=kept):
            found = _answers(batch, screen_many, mapping, tally)
            writer.write_table(pa.Table.from_arrays([*batch.columns, *found], schema=schema))


def screened_csv(
    stream: BinaryIO, screen_many: AnswerMany, tally: Tally, *, mapping: Mapping[str, str]
) -> Iterator[bytes]:
    """Yield a Parquet file as CSV, with the ``screening_*`` columns after its own; it begins with its header."""
    for number, batch in enumerate(pq.ParquetFile(stream).iter_batches(BATCH)):
        found = screen_frame(read_batch(batch), screen_many, mapping)
        for outcome, severity in zip(found[OUTPUT[0]], found[OUTPUT[1]], strict=True):
            tally.add(outcome, severity)
        yield found.to_csv(index=False, header=number == 0, lineterminator="\r\n").encode()


def documents(stream: BinaryIO, mapping: Mapping[str, str]) -> Iterator[Json]:
    """Yield what each row of a Parquet file asks."""
    for batch in pq.ParquetFile(stream).iter_batches(BATCH):
        yield from documents_of(read_batch(batch), mapping)


def read_batch(batch: Any) -> pd.DataFrame:
    """Return a batch as a frame whose numbers stay numbers: as floats, long ones lose digits where one is missing."""
    frame: pd.DataFrame = batch.to_pandas(integer_object_nulls=True, date_as_object=True)
    return frame


def _answers(batch: Any, screen_many: AnswerMany, mapping: Mapping[str, str], tally: Tally) -> list[Any]:
    asked = [batch.schema.names[at] for at in columns(batch.schema.names, mapping)]
    answered = screen_frame(read_batch(batch.select(asked)), screen_many, mapping)
    for outcome, severity in zip(answered[OUTPUT[0]], answered[OUTPUT[1]], strict=True):
        tally.add(outcome, severity)
    return [pa.array(answered[name].tolist(), pa.string()) for name in OUTPUT]
