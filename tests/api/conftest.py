from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.api import create_app
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.screener import Screener


@pytest.fixture(scope="session")
def client(data: Path, screener: Screener) -> FlaskClient:
    return create_app(Settings(data=data, max_batch=50, max_body=200_000), screener).test_client()
