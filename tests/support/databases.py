"""Databases to test on: SQLite always, PostgreSQL where EXPOSURE_TEST_POSTGRES names a server we may create them on."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sanctions_exposure.storage import Database

POSTGRES = os.environ.get("EXPOSURE_TEST_POSTGRES", "")
KINDS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.skipif(not POSTGRES, reason="EXPOSURE_TEST_POSTGRES names no server")),
]


@contextmanager
def fresh_url(kind: str) -> Iterator[str]:
    """Give the URL of an empty database; of SQLite none, since the data folder decides."""
    if kind == "sqlite":
        yield ""
        return
    import psycopg

    name = f"exposure_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{POSTGRES.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Database]:
    """Give an empty database that is prepared."""
    with fresh_url(kind) as url:
        database = Database(url, folder)
        database.prepare()
        yield database
