"""Fixtures shared by every room: one published data folder, one open screener, one running server.

The data folder holds the curated set alone, which is what a fresh installation answers from.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.screener import Screener
from support.server import Server, running

# Nothing is timed by the clock: on a busy machine an example may take ten times as long, and its data to draw.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def screener(data: Path) -> Screener:
    return Screener.open(Settings(data=data))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("served"), workers=2) as started:
        yield started
