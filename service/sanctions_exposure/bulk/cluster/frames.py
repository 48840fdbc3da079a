"""A Dask frame in, the same with the ``screening_*`` columns out: `screen_frame` over every partition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import dask.dataframe as dd
import pandas as pd

from sanctions_exposure.bulk.cells import OUTPUT, ScreenMany
from sanctions_exposure.bulk.columns import columns
from sanctions_exposure.bulk.frame import screen_frame

DaskFrame: TypeAlias = dd.DataFrame


def screen_dask(frame: DaskFrame, screen_many: ScreenMany, mapping: Mapping[str, str] | None = None) -> DaskFrame:
    """Return *frame* with nine text columns added; nothing is screened before it is computed or written.

    Raises:
        InvalidInput: no column can be screened.
    """
    meta = frame._meta  # noqa: SLF001 - Dask's documented way to the columns and types of a frame
    columns([str(name) for name in meta.columns], mapping)
    bare = meta.drop(columns=[name for name in OUTPUT if name in meta.columns])
    return frame.map_partitions(_screened, screen_many, dict(mapping or {}), meta=_widened(bare))


def _screened(part: pd.DataFrame, screen_many: ScreenMany, mapping: Mapping[str, str]) -> pd.DataFrame:
    return _widened(screen_frame(part, screen_many, mapping))


def _widened(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* with the answers as the one text type that every partition shares."""
    missing = {name: pd.Series(dtype="object", index=frame.index) for name in OUTPUT if name not in frame.columns}
    return frame.assign(**missing).astype(dict.fromkeys(OUTPUT, "object"))
