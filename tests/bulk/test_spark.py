"""A real local Spark session; pyspark is half a gigabyte, so the group dev is without it: ``pip install pyspark``."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from sanctions_exposure.bulk.cells import OUTPUT
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.wiring.screener import Screener

sql = pytest.importorskip("pyspark.sql", reason="Spark is not installed: half a gigabyte, and it needs Java 17")


@pytest.fixture(scope="module")
def session(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["sql.SparkSession"]:
    told = {"EXPOSURE_DATA": str(data), "PYSPARK_PYTHON": sys.executable}  # what its Python workers read
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    started = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield started
    started.stop()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def test_spark_says_what_pandas_says(screener: Screener, session: "sql.SparkSession") -> None:
    frame = pd.DataFrame(
        {
            "id": range(60),
            "Supplier": [("OJSC BelAZ", "БелАЗ", "Quorvane Blixtrop", "?!", "=1+1")[i % 5] for i in range(60)],
            "country": [("by", "", "Atlantis")[i % 3] for i in range(60)],
        }
    )
    given = session.createDataFrame(frame).repartition(3)

    spread = screener.screen_spark(given, {"Supplier": "name"}).toPandas().sort_values("id", ignore_index=True)

    alone = screener.screen_frame(frame, {"Supplier": "name"})
    assert list(spread.columns) == list(alone.columns)
    assert spread.to_numpy().tolist() == alone.to_numpy().tolist()


def test_a_spark_frame_without_a_column_to_screen_is_refused_at_once(
    screener: Screener, session: "sql.SparkSession"
) -> None:
    with pytest.raises(InvalidInput, match="no column can be screened"):
        screener.screen_spark(session.createDataFrame(pd.DataFrame({"x": [1]})))


def test_a_spark_frame_that_was_screened_before_is_answered_anew(
    screener: Screener, session: "sql.SparkSession"
) -> None:
    before = screener.screen_frame(pd.DataFrame({"name": ["OJSC BelAZ"]})).assign(screening_outcome="of last year")

    again = screener.screen_spark(session.createDataFrame(before))

    assert again.columns == ["name", *OUTPUT]
    assert again.toPandas()["screening_outcome"].tolist() == ["block"]
