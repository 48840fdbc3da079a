"""A Spark frame in, the same with the ``screening_*`` columns out: for those who have Spark already.

Spark is no dependency: whoever has a frame has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from sanctions_exposure.bulk.cells import OUTPUT, ScreenMany
from sanctions_exposure.bulk.columns import columns
from sanctions_exposure.bulk.frame import screen_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    SparkFrame: TypeAlias = DataFrame

Batches = Iterator[pd.DataFrame]


def screen_spark(frame: SparkFrame, screen_many: ScreenMany, mapping: Mapping[str, str] | None = None) -> SparkFrame:
    """Return *frame* with nine text columns added; rows stay in their partitions and in their order.

    Raises:
        InvalidInput: no column can be screened.
    """
    from pyspark.sql.types import StructType

    columns(frame.columns, mapping)
    bare = frame.drop(*OUTPUT)
    schema = StructType(list(bare.schema.fields))  # a copy: adding to a frame's own schema would change the frame's
    for name in OUTPUT:
        schema = schema.add(name, "string")
    return bare.mapInPandas(over_batches(screen_many, dict(mapping or {})), schema)


def over_batches(screen_many: ScreenMany, mapping: Mapping[str, str]) -> Callable[[Batches], Batches]:
    """Return the function that an executor maps over the batches of a partition."""

    def screened(batches: Batches) -> Batches:
        for batch in batches:
            yield screen_frame(batch, screen_many, mapping)

    return screened
