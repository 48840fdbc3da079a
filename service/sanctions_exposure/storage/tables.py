"""Every table, in column types that SQLite and PostgreSQL share; moments are seconds since 1970."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

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

# One file of questions each; a row is there from the moment its input is safely on disk until it is deleted.
JOB: Final = Table(
    "job",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("owner", String(64), nullable=False, server_default=""),  # name of the API key that handed it in
    Column("state", String(10), nullable=False),  # queued, running, done, failed
    Column("created", Double, nullable=False),
    Column("ended", Double),
    Column("due", Double, nullable=False),  # from when on it may be taken, unless somebody holds it
    Column("form", String(10), nullable=False),  # of the input: csv or ndjson
    Column("options", Text, nullable=False),  # JSON: how the input is to be read
    Column("size", BigInteger, nullable=False),  # bytes of the input
    Column("place", BigInteger, nullable=False),  # bytes of it that are done
    Column("rows", BigInteger, nullable=False),  # rows that are done
    Column("tally", Text, nullable=False),  # JSON: how many rows by outcome
    Column("seconds", Double, nullable=False),  # spent on them
    Column("snapshot", String(64), nullable=False),  # every row is screened against this one; empty: not begun
    Column("basis", String(200), nullable=False),  # rules and program they are screened by
    Column("turn", Integer, nullable=False),  # how often it was taken up; what an earlier turn writes is not heeded
    Column("idle_turns", Integer, nullable=False),  # of them in a row, without a row done
    Column("holder", String(200), nullable=False),
    Column("beat", Double, nullable=False),  # when the holder last said that it lives
    Column("error", Text, nullable=False),
)
Index("ix_job_state", JOB.c.state, JOB.c.due)

# The result of a job is the beginning of each of its parts, in order: as many bytes as were committed.
PART: Final = Table(
    "job_part",
    METADATA,
    Column("job", String(36), ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("length", BigInteger, nullable=False),
)

# Decisions that are posted to whoever asked for them; the body goes once it was delivered or given up.
DELIVERY: Final = Table(
    "delivery",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("key", String(64), unique=True),  # of the request that asked for it, hashed; none: it had no key
    Column("owner", String(64), nullable=False, server_default=""),  # name of the API key that asked for it
    Column("url", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),  # waiting, delivered, given_up
    Column("created", Double, nullable=False),
    Column(
        "due", Double, nullable=False
    ),  # from when on it is tried next; while somebody tries: when he counts as gone
    Column("ended", Double),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),  # of the last answer
    Column("error", Text, nullable=False),
)
Index("ix_delivery_state", DELIVERY.c.state, DELIVERY.c.due)
