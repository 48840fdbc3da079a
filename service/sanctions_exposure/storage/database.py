"""One database, opened when first needed; safe before and after a fork, and from several threads and processes."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sanctions_exposure.errors import SettingsError, StorageUnavailable

# SQLAlchemy takes a third of a second to import: whoever only screens must not wait for it.
if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

FILE: Final = "exposure.sqlite3"
_BUSY: Final = 10  # seconds to wait for another writer of a SQLite file
_CONNECT: Final = 5  # seconds to wait for a server
_DRIVERS: Final = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Database:
    """Where decisions are remembered; every process and thread may use the same one."""

    def __init__(self, url: str, folder: Path) -> None:
        """Nothing is opened yet.

        Args:
            url: ``postgresql://…`` or ``sqlite:///…``; empty for a SQLite file in *folder*.
            folder: the data folder.
        """
        self._said, self._folder = url, folder
        self._engine: Engine | None = None
        self._pid = 0
        self._prepared = False
        self._preparing = threading.Lock()

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return "postgresql" if self._said.startswith("postgres") else "sqlite"

    def begun(self) -> bool:
        """Say whether there may be something to read: a SQLite file that nobody made yet holds nothing."""
        file = self._file()
        return self._prepared or file is None or file.exists()

    def prepare(self) -> None:
        """Create or upgrade the tables, once; of several processes one does it and the others wait.

        Raises:
            SettingsError: the URL is none we know, or its driver is not installed.
            StorageUnavailable: the database cannot be reached or used.
        """
        from sanctions_exposure.storage.migrate import migrate

        with self._preparing:
            if self._prepared:
                return
            # Not the engine that is used later: a file that is lost while we run must not come back empty.
            engine = self._open(create=True)
            try:
                with _told():
                    migrate(engine, self._file())
            finally:
                engine.dispose()
            self._prepared = True

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes stand together, or not at all when the block raises.

        Raises:
            StorageUnavailable: the database cannot be reached or used.
        """
        self.prepare()
        with _told(), self._opened().begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that only reads, and waits for no writer.

        Raises:
            StorageUnavailable: the database cannot be reached or used.
        """
        self.prepare()
        with _told(), self._opened().connect() as bare:
            yield bare.execution_options(reading=True)

    def check(self) -> None:
        """Do nothing where the database answers and has our tables.

        Raises:
            StorageUnavailable: it does not.
        """
        from sanctions_exposure.storage.migrate import latest, revision

        with self.reading() as connection:
            found = revision(connection)
        if found != latest():
            raise StorageUnavailable(f"the database is at revision {found or 'none'!r}, this program at {latest()!r}")

    def now(self, connection: Connection) -> float:
        """Return seconds since 1970 by the clock that all who share the database share."""
        if self.kind == "sqlite":
            return time.time()
        return float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())

    # -- inside ----------------------------------------------------------------------------------

    def _opened(self) -> Engine:
        with self._preparing:
            if self._engine is None or self._pid != os.getpid():
                if self._engine is not None:
                    self._engine.dispose(close=False)  # the connections belong to the process we were forked from
                self._engine, self._pid = self._open(create=False), os.getpid()
            return self._engine

    def _open(self, *, create: bool) -> Engine:
        from sqlalchemy import create_engine, event

        file = self._file()
        url = _url(self._said) if file is None else _of_file(file, create=create)
        limit = {"timeout": _BUSY} if file else {"connect_timeout": _CONNECT}
        try:
            engine = create_engine(
                url, connect_args=limit, pool_pre_ping=file is None, pool_size=8, max_overflow=8, hide_parameters=True
            )
        except ImportError as error:
            raise SettingsError(
                f"EXPOSURE_DATABASE_URL: {error.name} is not installed: pip install 'sanctions-exposure[postgres]'"
            ) from None
        if file:
            event.listen(engine, "connect", lambda raw, record: _connected(raw, record, file))
            event.listen(engine, "checkout", lambda _raw, record, _proxy: _still_there(record, file))
            event.listen(engine, "begin", _begin)
        return engine

    def _file(self) -> Path | None:
        """Return the path of the SQLite file; None for a server."""
        if self.kind != "sqlite":
            return None
        said = _url(self._said).database if self._said else None
        if self._said and not said:
            raise SettingsError("EXPOSURE_DATABASE_URL: a SQLite database in memory would forget; name a file")
        return Path(said) if said else self._folder / FILE


@contextmanager
def _told() -> Iterator[None]:
    """Let what the driver raises leave as an error of ours, without statements and values."""
    from sqlalchemy import exc

    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.InternalError) as error:
        raise StorageUnavailable(f"the database cannot be used: {_first_line(error.orig)}") from None
    except exc.DatabaseError as error:
        if type(error) is not exc.DatabaseError:  # a constraint, or a fault of ours
            raise
        raise StorageUnavailable(f"the database cannot be used: {_first_line(error.orig)}") from None
    except sqlite3.Error as error:
        raise StorageUnavailable(f"the database cannot be used: {_first_line(error)}") from None
    except exc.TimeoutError:
        raise StorageUnavailable("the database cannot be used: all connections are busy") from None
    except OSError as error:
        raise StorageUnavailable(f"the database cannot be used: {error.strerror}") from None


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0] if error else "no reason was given"


def _url(said: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(said)
        return url.set(drivername=_DRIVERS[url.drivername.partition("+")[0]])
    except (ArgumentError, ValueError, KeyError):
        raise SettingsError(
            "EXPOSURE_DATABASE_URL: must be postgresql://user:password@host/database or sqlite:////path/to/file"
        ) from None


def _of_file(file: Path, *, create: bool) -> URL:
    from sqlalchemy import URL

    query = {"uri": "true", "mode": "rwc" if create else "rw"}
    return URL.create("sqlite", database=f"file:{_quoted(file)}", query=query)


def _quoted(file: Path) -> str:
    from urllib.parse import quote

    return quote(str(file.absolute()))


def _connected(raw: Any, record: Any, file: Path) -> None:
    raw.isolation_level = None  # the driver would begin transactions on its own, and too late
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA synchronous = FULL")
    record.info["inode"] = file.stat().st_ino


def _still_there(record: Any, file: Path) -> None:
    """Refuse a connection to a file that was deleted or replaced: it would take every row and keep none."""
    from sqlalchemy.exc import DisconnectionError

    try:
        if file.stat().st_ino == record.info["inode"]:
            return
    except FileNotFoundError:
        pass
    raise DisconnectionError


def _begin(connection: Connection) -> None:
    # A transaction that first reads and then writes must hold the right to write from its start, or it fails halfway.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
