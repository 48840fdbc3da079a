"""Every table, in column types that SQLite and PostgreSQL share; moments are seconds since 1970."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, String, Table

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Answers under the caller's own key; without status while one is being found.
ANSWER: Final = Table(
    "answer",
    METADATA,
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("at", Double, nullable=False, index=True),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("media_type", String(100)),
)

# Who may call; a row is never deleted, so that a name in an old record still says who it was.
API_KEY: Final = Table(
    "api_key",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False, index=True),
    Column("roles", String(100), nullable=False),  # joined by "+"
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256, hexadecimal
    Column("rate", String(32), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
)
