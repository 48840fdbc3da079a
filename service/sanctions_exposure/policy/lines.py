"""Finds the line of a TOML document that a fault is about; tomllib itself remembers none."""

from __future__ import annotations

import re
from typing import Final

from sanctions_exposure.errors import RulesError

_LISTED: Final = re.compile(r"(\w+)\[(\d+)\]")


def with_line(error: RulesError, name: str, text: str) -> RulesError:
    """Return *error* with the line after the file's name, where it can be told.

    Messages read ``file: table: key: what``; the table may be missing, and so may the key from the document.
    """
    parts = str(error).removeprefix(f"{name}: ").split(": ")
    if len(parts) == len(str(error).split(": ")):
        return error
    lines = text.splitlines()
    table = _table_line(lines, parts[0])
    key = parts[0] if table is None else parts[1] if len(parts) > 2 else ""
    found = _key_line(lines, key, after=table or 0) or table
    return RulesError(f"{name}: line {found}: {': '.join(parts)}") if found else error


def _table_line(lines: list[str], table: str) -> int | None:
    """Return the number of the line that opens ``table`` or the n-th ``[[table]]``, counted from 1."""
    listed = _LISTED.fullmatch(table)
    header = f"[[{listed[1]}]]" if listed else f"[{table}]"
    wanted = int(listed[2]) if listed else 0
    opened = [number for number, line in enumerate(lines, 1) if line.strip().split("#")[0].strip() == header]
    return opened[wanted] if wanted < len(opened) else None


def _key_line(lines: list[str], key: str, *, after: int) -> int | None:
    last = key.rsplit(".", maxsplit=1)[-1]
    if not last:
        return None
    pattern = re.compile(rf'\s*"?{re.escape(last)}"?\s*=')
    for number, line in enumerate(lines[after:], after + 1):
        if line.lstrip().startswith("["):
            return _header_line(lines, key) if not after else None
        if pattern.match(line):
            return number
    return None


def _header_line(lines: list[str], key: str) -> int | None:
    return next((n for n, line in enumerate(lines, 1) if line.strip() in {f"[{key}]", f"[[{key}]]"}), None)
