"""What a worker does with one part: reads it, screens it, writes it whole.  Done twice, it writes the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from sanctions_exposure.bulk.answers import screened
from sanctions_exposure.bulk.cells import OUTPUT, ScreenMany, Tally
from sanctions_exposure.bulk.cluster.parts import Part, opened, output_name, written
from sanctions_exposure.bulk.columns import columns
from sanctions_exposure.bulk.frame import screen_frame
from sanctions_exposure.bulk.table import Table
from sanctions_exposure.errors import InvalidInput

_BATCH: Final = 10_000  # rows in memory at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one part."""

    part: Part
    name: str
    sha256: str
    rows: int
    tally: Tally = field(default_factory=Tally)


def screen_part(part: Part, folder: str, screen_many: ScreenMany, mapping: Mapping[str, str]) -> Done:
    """Screen one part into *folder* and say what became of it.

    Raises:
        InvalidInput: the file cannot be read, or has no column that can be screened; names it.
        NotReady: this worker may not answer.
    """
    tally, name = Tally(), output_name(part)
    try:
        with opened(part.url) as stream, written(folder, name) as target:
            if part.kind == "parquet":
                _parquet(stream, part.row_groups, str(target.path), screen_many, mapping, tally)
            else:
                with target.path.open("wb") as out:
                    for piece in screened(Table(stream, mapping), screen_many, tally):
                        out.write(piece)
    except (OSError, pa.ArrowException) as error:
        raise InvalidInput(f"{part.url}: {error}") from error
    except InvalidInput as error:
        raise InvalidInput(f"{part.url}: {error}") from error
    return Done(part=part, name=name, sha256=target.sha256, rows=tally.rows, tally=tally)


def _parquet(  # noqa: PLR0913, PLR0917 - a file in, a file out and what is done between
    stream: BinaryIO,
    row_groups: tuple[int, ...],
    target: str,
    screen_many: ScreenMany,
    mapping: Mapping[str, str],
    tally: Tally,
) -> None:
    source = pq.ParquetFile(stream)
    kept = [name for name in source.schema_arrow.names if name not in OUTPUT]
    schema = pa.schema([source.schema_arrow.field(name) for name in kept], source.schema_arrow.metadata)
    for name in OUTPUT:
        schema = schema.append(pa.field(name, pa.string()))
    with pq.ParquetWriter(target, schema) as writer:
        for batch in source.iter_batches(_BATCH, row_groups=list(row_groups) or None, columns=kept):
            writer.write_table(pa.Table.from_arrays([*batch.columns, *_answers(batch, screen_many, mapping, tally)],
                                                    schema=schema))  # fmt: skip


def _answers(
    batch: pa.RecordBatch, screen_many: ScreenMany, mapping: Mapping[str, str], tally: Tally
) -> Iterator[pa.Array]:
    asked = [batch.schema.names[at] for at in columns(batch.schema.names, mapping)]
    # Numbers stay numbers: as floats, where one is missing, long ones would lose their last digits.
    frame = batch.select(asked).to_pandas(integer_object_nulls=True, date_as_object=True)
    answered = screen_frame(frame, screen_many, mapping)
    for outcome, severity in zip(answered[OUTPUT[0]], answered[OUTPUT[1]], strict=True):
        tally.add(outcome, severity)
    return iter([pa.array(answered[name].tolist(), pa.string()) for name in OUTPUT])
