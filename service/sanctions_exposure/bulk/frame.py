"""A pandas frame in, the same frame with the ``screening_*`` columns out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from sanctions_exposure.bulk.cells import OUTPUT, AnswerMany, cells
from sanctions_exposure.bulk.columns import columns
from sanctions_exposure.model import Json
from sanctions_exposure.question import row_document

Frame = pd.DataFrame


def screen_frame(
    frame: pd.DataFrame, screen_many: AnswerMany, mapping: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return *frame* with nine text columns added: index, order, other columns and their types stay as they are.

    Rows that ask the same are screened once. A row that cannot be screened says ``error`` and why.
    """
    meanings = columns([str(name) for name in frame.columns], mapping)
    texts = {meaning: _texts(frame.iloc[:, position]) for position, meaning in meanings.items()}
    asked = list(zip(*texts.values(), strict=True))
    distinct = list(dict.fromkeys(asked))
    documents = [row_document(dict(zip(texts, row, strict=True))) for row in distinct]
    answered = dict(zip(distinct, map(cells, screen_many(documents)), strict=True))
    found = pd.DataFrame([answered[row] for row in asked], columns=list(OUTPUT), index=frame.index, dtype="object")
    return pd.concat([frame.drop(columns=[c for c in OUTPUT if c in frame.columns]), found], axis=1)


def documents_of(frame: pd.DataFrame, mapping: Mapping[str, str] | None = None) -> list[dict[str, Json]]:
    """Return what each row of *frame* asks."""
    meanings = columns([str(name) for name in frame.columns], mapping)
    texts = {meaning: _texts(frame.iloc[:, position]) for position, meaning in meanings.items()}
    return [row_document(dict(zip(texts, row, strict=True))) for row in zip(*texts.values(), strict=True)]


def _texts(column: pd.Series[Any]) -> list[str]:
    # A number that was read as one (600038906.0) must not change; whole floats lose their invented decimals.
    return [_text(value) for value in column.astype("object").where(column.notna(), "").tolist()]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):  # a Timestamp too, whose midnight says nothing
        return value.strftime("%Y-%m-%d")
    return str(value)
