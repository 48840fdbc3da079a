"""Applies OpenSanctions' deltas: what was added, changed and removed since the version before.

Deltas speak of lines, not of listed entities (the change may be one passport), so they are applied to the lines that
the snapshot keeps as published, and the result is read like any other file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from sanctions_exposure.errors import ListFormatError

Change = tuple[str, str, bytes]  # operation, id, entity


class Operation(msgspec.Struct, forbid_unknown_fields=True):
    """One line of ``entities.delta.json``; DEL has the id alone."""

    op: Literal["ADD", "MOD", "DEL"]
    entity: msgspec.Raw


class _Id(msgspec.Struct):
    id: str


_operation = msgspec.json.Decoder(Operation)
_id = msgspec.json.Decoder(_Id)


def operations(lines: Iterable[bytes]) -> Iterator[Change]:
    """Yield operation, id and entity of every line.

    Raises:
        ListFormatError: a line is no operation; names it.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found = _operation.decode(line)
                yield found.op, _id.decode(found.entity).id, bytes(found.entity)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ListFormatError(f"FtM delta line {number}: {error}") from None


def apply_delta(entities: Iterable[bytes], changes: Iterable[Change]) -> Iterator[bytes]:
    """Yield the lines of the version that *changes* lead to: kept and changed ones in place, added ones at the end.

    Raises:
        ListFormatError: the delta changes or removes what is not there, or adds what is: it belongs to another version.
    """
    pending: dict[str, tuple[str, bytes]] = {}
    for operation, key, entity in changes:
        if key in pending:
            raise ListFormatError(f"FtM delta: {key!r} is changed twice")
        pending[key] = (operation, entity)
    for line in entities:
        operation, entity = pending.pop(_key(line), ("", b"")) if line.strip() else ("", b"")
        if operation == "ADD":
            raise ListFormatError(f"FtM delta: adds {_key(line)!r}, which is there: it is of another version")
        if operation == "MOD":
            yield entity + b"\n"
        elif operation == "":
            yield line
    for key, (operation, entity) in pending.items():
        if operation != "ADD":
            raise ListFormatError(
                f"FtM delta: {operation} of {key!r}, which is not there: it belongs to another version"
            )
        yield entity + b"\n"


def _key(line: bytes) -> str:
    try:
        return _id.decode(line).id
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ListFormatError(f"FtM: a line is no entity: {error}") from None
