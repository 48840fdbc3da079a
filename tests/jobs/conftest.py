from collections.abc import Iterator
from pathlib import Path

import pytest

from sanctions_exposure.jobs.desk import JobDesk
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from support.databases import KINDS, fresh


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with fresh(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> JobDesk:
    return JobDesk.of(Settings(data=tmp_path), database)
