"""Brings a database to the tables of this program, by the steps that travel with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, inspect, text

from sanctions_exposure.errors import StorageUnavailable

_STEPS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x5A4E4354  # of ours among the advisory locks of a PostgreSQL database
_WAIT: Final = 60  # seconds for another process to finish


def latest() -> str:
    """Return the revision of this program: the number of its last step."""
    return max(path.name[1:5] for path in (_STEPS / "versions").glob("m[0-9]*.py"))


def revision(connection: Connection) -> str:
    """Return the revision of a database; empty where it has no tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def migrate(engine: Engine, file: Path | None) -> None:
    """Take every step that *engine*'s database lacks, all or none.

    Args:
        engine: of a database that may be empty.
        file: the file of a SQLite database; None for a server.

    Raises:
        StorageUnavailable: a newer program has been here, or another process takes too long.
    """
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
    with engine.connect() as connection:
        if _done(connection.execution_options(reading=True)):
            return
    with _alone(file):
        if file:
            with closing(sqlite3.connect(file)) as plain:  # it cannot be changed inside a transaction
                plain.execute("PRAGMA journal_mode = WAL")
        with engine.begin() as connection:
            if file is None:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if not _done(connection):
                _upgrade(connection)


def _done(connection: Connection) -> bool:
    found = revision(connection)
    if found > latest():
        raise StorageUnavailable(
            f"the database was upgraded by a newer program: it is at {found}, this one at {latest()}"
        )
    return found == latest()


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    if file is None:
        yield  # a server has locks of its own
        return
    try:
        with FileLock(file.with_name(f"{file.name}.lock"), timeout=_WAIT):
            yield
    except Timeout:
        raise StorageUnavailable(f"another process has been preparing {file.name} for {_WAIT} seconds") from None


def _upgrade(connection: Connection) -> None:
    # Only here: most starts find every step taken, and need not wait for this import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
