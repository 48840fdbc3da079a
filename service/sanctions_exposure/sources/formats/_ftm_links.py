"""Keeps what lines of a FollowTheMoney file say about other lines, by the party they speak of.

A file may have millions of lines in any order, so this lives in a private temporary database: SQLite keeps a small
one in memory and lets a large one go to disk, and memory stays the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import _ftm

T = TypeVar("T")
_TABLES = """
    CREATE TABLE party (id TEXT PRIMARY KEY, caption TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE place (id TEXT PRIMARY KEY, properties BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE statement (about TEXT NOT NULL, schema TEXT NOT NULL, id TEXT NOT NULL, properties BLOB NOT NULL);
    CREATE TABLE link (
        about TEXT NOT NULL, type TEXT NOT NULL, other TEXT NOT NULL, schema TEXT NOT NULL, properties BLOB NOT NULL
    );
"""
_INDEXES = """
    CREATE INDEX statement_about ON statement (about);
    CREATE INDEX link_about ON link (about);
"""
_BATCH = 5_000  # rows put in at once


class Links:
    """What the lines of one file say about each other."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._waiting: dict[str, list[tuple[str | bytes, ...]]] = {}

    def add(self, line: _ftm.Line, where: str) -> None:
        """Take note of one line.

        Raises:
            ListFormatError: its schema is none of the model's, or an id is there twice.
        """
        schema = line.schema
        if schema in _ftm.STATEMENTS:
            found = _ftm.properties(line.properties, where)
            for key in _ftm.STATEMENTS[schema]:
                for about in found.get(key, ()):
                    self._put("statement", (about, schema, line.id, bytes(line.properties)))
        elif schema in _ftm.LINKS:
            self._add_link(line, _ftm.properties(line.properties, where))
        elif schema == _ftm.ADDRESS:
            self._put("place", (line.id, bytes(line.properties)))
        elif _ftm.known(schema):
            self._put("party", (line.id, line.caption))
        else:
            raise ListFormatError(f"{where}: unknown schema {schema!r}")

    def close(self) -> None:
        """Finish taking notes; from here on they can be asked."""
        for table in list(self._waiting):
            self._flush(table)
        self._database.executescript(_INDEXES)

    def statements(self, about: str) -> list[tuple[str, bytes]]:
        """Return schema and properties of every statement about a party, in order of their ids."""
        return self._all("SELECT schema, properties FROM statement WHERE about = ? ORDER BY schema, id", about)

    def links(self, about: str) -> list[tuple[str, str, str, str, bytes]]:
        """Return type, id and caption of every party linked to one, then schema and properties of the link.

        The caption is empty where the file does not hold the party.
        """
        return self._all(
            "SELECT type, other, coalesce(caption, ''), schema, properties "
            "FROM link LEFT JOIN party ON party.id = other WHERE about = ? ORDER BY type, other",
            about,
        )

    def place(self, place_id: str) -> bytes | None:
        """Return the properties of an address."""
        found: list[tuple[bytes]] = self._all("SELECT properties FROM place WHERE id = ?", place_id)
        return found[0][0] if found else None

    def _add_link(self, line: _ftm.Line, found: _ftm.Properties) -> None:
        one_key, one_type, other_key, other_type = _ftm.LINKS[line.schema]
        properties = bytes(line.properties)
        for one in found.get(one_key, ()):
            for other in found.get(other_key, ()):
                self._put("link", (one, one_type, other, line.schema, properties))
                self._put("link", (other, other_type, one, line.schema, properties))

    def _put(self, table: str, row: tuple[str | bytes, ...]) -> None:
        rows = self._waiting.setdefault(table, [])
        rows.append(row)
        if len(rows) >= _BATCH:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._waiting.pop(table)
        marks = ", ".join("?" * len(rows[0]))
        before = self._database.total_changes
        try:
            self._database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own names  # nosec B608
        except sqlite3.IntegrityError:
            twice = rows[self._database.total_changes - before][0]  # those before it went in
            raise ListFormatError(f"FtM: {twice!r} is there twice") from None

    def _all(self, query: str, key: str) -> list[T]:
        return self._database.execute(query, (key,)).fetchall()


@contextmanager
def collected(lines: Callable[[], Iterable[tuple[str, _ftm.Line]]]) -> Iterator[Links]:
    """Read all *lines* once and yield what they say about each other; gone with all its files afterwards."""
    # An empty name is a private database that is in memory until it grows.
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        database.execute("BEGIN")
        links = Links(database)
        for where, line in lines():
            links.add(line, where)
        links.close()
        yield links
