"""What a worker does with one part: reads it, screens it, writes it whole.  Done twice, it writes the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from sanctions_exposure.bulk.answers import screened
from sanctions_exposure.bulk.cells import ScreenMany, Tally
from sanctions_exposure.bulk.cluster.parts import Part, opened, output_name, written
from sanctions_exposure.bulk.parquet import screen_parquet
from sanctions_exposure.bulk.table import Table
from sanctions_exposure.errors import InvalidInput


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
                screen_parquet(stream, target.path, screen_many, tally, mapping=mapping, row_groups=part.row_groups)
            else:
                with target.path.open("wb") as out:
                    for piece in screened(Table(stream, mapping), screen_many, tally):
                        out.write(piece)
    except (OSError, pa.ArrowException) as error:
        raise InvalidInput(f"{part.url}: {error}") from error
    except InvalidInput as error:
        raise InvalidInput(f"{part.url}: {error}") from error
    return Done(part=part, name=name, sha256=target.sha256, rows=tally.rows, tally=tally)
