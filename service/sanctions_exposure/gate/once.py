"""Answers kept by the caller's own key, so that an order sent twice is judged once, also across restarts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_KEPT: Final = 30 * 24 * 3600  # seconds an answer is kept
_ABANDONED: Final = 120  # seconds after which a request that never ended may be tried again
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, at REAL NOT NULL, status INTEGER, body BLOB, media_type TEXT
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given."""

    status: int
    body: bytes
    media_type: str


class KeyReused(Exception):  # noqa: N818 - reads as what it says
    """The key was sent before with another request."""


class Underway(Exception):  # noqa: N818
    """The same request is being answered right now."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A SQLite file beside the snapshots; safe for several processes."""

    path: Path

    def begin(self, key: str, digest: str) -> Kept | None:
        """Return the answer given before, or None: then answer, and call ``keep`` or ``forget``.

        Raises:
            KeyReused: the key belongs to another request.
            Underway: another process is answering it.
        """
        now = time.time()
        with self._open() as database, database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM answer WHERE at < ?", (now - _KEPT,))
            row = database.execute(
                "SELECT digest, at, status, body, media_type FROM answer WHERE key = ?", (key,)
            ).fetchone()
            if row is not None:
                known, at, status, body, media_type = row
                if known != digest:
                    raise KeyReused
                if status is not None:
                    return Kept(status, body, media_type)
                if now - at < _ABANDONED:
                    raise Underway
            database.execute("REPLACE INTO answer (key, digest, at) VALUES (?, ?, ?)", (key, digest, now))
        return None

    def keep(self, key: str, answer: Kept) -> None:
        """Keep the answer before it leaves."""
        with self._open() as database, database:
            database.execute(
                "UPDATE answer SET status = ?, body = ?, media_type = ? WHERE key = ?",
                (answer.status, answer.body, answer.media_type, key),
            )

    def forget(self, key: str) -> None:
        """Let the key be tried again: the request failed, and a failure is no answer."""
        with self._open() as database, database:
            database.execute("DELETE FROM answer WHERE key = ? AND status IS NULL", (key,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute(_TABLE)
            yield database
