"""A real Dask cluster of two processes, whose workers open the data folder by their own settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

distributed = pytest.importorskip("distributed", reason="needs the extra cluster")


@pytest.fixture(scope="session")
def worker_settings(data: Path) -> Iterator[None]:
    """Let processes that are started from here read the shared data folder."""
    before = os.environ.get("EXPOSURE_DATA")
    os.environ["EXPOSURE_DATA"] = str(data)
    yield
    if before is None:
        del os.environ["EXPOSURE_DATA"]
    else:
        os.environ["EXPOSURE_DATA"] = before


@pytest.fixture(scope="session")
def cluster(worker_settings: None) -> Iterator["distributed.LocalCluster"]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as started:
        yield started


@pytest.fixture
def client(cluster: "distributed.LocalCluster") -> Iterator["distributed.Client"]:
    with distributed.Client(cluster) as connected:
        yield connected
