"""Log lines for machines (one JSON object each) or for people, with the id of the request they belong to.

An exception may quote what it choked on, and that may be a party's name: above debug level a line says what was raised
and where, never with which words.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, cast

import msgspec

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
_DEEPEST: Final = 30  # frames of a traceback; the innermost say most


def configure(form: str, level: str) -> None:
    """Let everything this process logs leave on standard error in one form.

    Args:
        form: ``json`` or ``text``.
        level: the least that is told: ``debug``, ``info``, ``warning``, ``error``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # What libraries tell at length is of use to nobody who runs us.
    for library in ("urllib3", "apscheduler", "alembic", "sqlalchemy"):
        logging.getLogger(library).setLevel(logging.ERROR)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the request's id, and the fields the caller gave."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return msgspec.json.encode(_line(record)).decode()


class PlainLines(logging.Formatter):
    """The same for people: one line of text, a traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = _line(record)
        error, stack = line.pop("error", ""), cast("list[str]", line.pop("stack", []))
        rest = (f"{name}={value}" for name, value in line.items() if name not in _HEAD)
        said = " ".join((str(line["time"]), record.levelname, str(line["message"]), *rest))
        # Control characters could end our line and begin one of somebody else's.
        plain = said if said.isprintable() else said.encode("unicode_escape").decode()
        return "\n".join((plain, *(f"  {frame}" for frame in stack), *((f"  {error}",) if error else ())))


_HEAD: Final = ("time", "level", "logger", "message")


def _line(record: logging.LogRecord) -> dict[str, object]:
    line: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    if request := REQUEST_ID.get():
        line["request_id"] = request
    line |= getattr(record, "fields", {})
    if record.exc_info and record.exc_info[1]:
        line |= _error(record.exc_info[1], record.exc_info[2])
    return line


def _error(error: BaseException, trace: TracebackType | None) -> dict[str, object]:
    frames = traceback.extract_tb(trace)[-_DEEPEST:]
    said = f": {error}" if logging.getLogger().isEnabledFor(logging.DEBUG) else ""
    return {
        "error": type(error).__qualname__ + said,
        "stack": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
