"""The database: created once, upgraded by steps, and missed when it is gone."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from sanctions_exposure.errors import SettingsError, StorageUnavailable
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.database import FILE
from sanctions_exposure.storage.jobs import Jobs
from sanctions_exposure.storage.migrate import latest
from sanctions_exposure.storage.tables import METADATA
from support.server import running

_PREPARE = (
    "import sys; from pathlib import Path; from sanctions_exposure.storage import Database;"
    "Database(sys.argv[1], Path(sys.argv[2])).prepare()"
)


def test_the_steps_lead_to_the_tables_of_this_program(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, METADATA)

    assert found == []


def test_preparing_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    again = Database(database._said, tmp_path)

    again.prepare()

    again.check()


def test_what_was_kept_before_things_had_owners_is_nobodys(database: Database, tmp_path: Path) -> None:
    Jobs(database).add("j1", "csv", {}, 7)
    with database.writing() as connection:
        for table in ("job", "delivery"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN owner")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")

    again = Database(database._said, tmp_path)
    found = Jobs(again).find("j1")

    assert found is not None
    assert (found.size, found.owner) == (7, "")
    again.check()


def test_many_processes_prepare_one_database_at_once(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _PREPARE, "", str(tmp_path)]

    started = [subprocess.Popen(command, env=environment) for _ in range(4)]

    assert [one.wait(timeout=60) for one in started] == [0] * 4
    Database("", tmp_path).check()


def test_a_database_of_a_newer_program_is_not_used(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StorageUnavailable, match="newer program"):
        Database(database._said, tmp_path).prepare()


def test_what_a_failing_block_wrote_is_not_there(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(text("INSERT INTO answer (key, digest, at) VALUES ('k', 'd', 0), ('k', 'd', 0)"))

    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM answer")).scalar() == 0


def test_a_lost_file_is_missed_and_not_made_anew(tmp_path: Path) -> None:
    database = Database("", tmp_path)
    database.check()

    (tmp_path / FILE).rename(tmp_path / "elsewhere")

    with pytest.raises(StorageUnavailable, match="unable to open"):
        database.check()
    assert not (tmp_path / FILE).exists()
    (tmp_path / "elsewhere").rename(tmp_path / FILE)
    database.check()


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, whatever its name says" * 100)

    with pytest.raises(StorageUnavailable, match="not a database"):
        Database("", tmp_path).prepare()


def test_a_server_that_is_not_there_says_so_without_the_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")

    with pytest.raises(StorageUnavailable) as told:
        Database("postgresql://somebody:hush@127.0.0.1:1/none", tmp_path).prepare()

    assert "hush" not in str(told.value)


@pytest.mark.parametrize("url", ["sqlite://", "mysql://host/name", "nonsense"])
def test_a_url_that_cannot_be_used_stops_at_once(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="EXPOSURE_DATABASE_URL"):
        Database(url, tmp_path).prepare()


def test_every_commit_of_the_embedded_database_is_on_disk(tmp_path: Path) -> None:
    database = Database("", tmp_path)

    with database.reading() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "foreign_keys")]

    assert found == [2, 1]
    with sqlite3.connect(tmp_path / FILE) as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_newest_step_is_what_alembic_calls_the_head(database: Database) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from sanctions_exposure.storage.migrate import _STEPS

    config = Config()
    config.set_main_option("script_location", str(_STEPS))

    assert ScriptDirectory.from_config(config).get_heads() == [latest()]


def test_a_service_whose_database_is_gone_screens_on_and_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    order = {"name": "OJSC BelAZ", "country": "by"}
    with running(data) as served:
        ready = served.ask("/readyz")
        (data / FILE).rename(tmp_path / "elsewhere")
        gone, screened = served.ask("/readyz"), served.ask("/v1/screen", order)
        kept = served.ask("/v1/check", order, headers={"Idempotency-Key": "k1"})
        (tmp_path / "elsewhere").rename(data / FILE)
        back = served.ask("/readyz")

    assert (ready.status, gone.status, screened.status, kept.status, back.status) == (200, 200, 200, 503, 200)
    assert "nothing can be remembered: the database" in gone.json["warnings"][0]
    assert back.json["warnings"] == []
    assert kept.headers["Content-Type"] == "application/problem+json"
