"""Applies OpenSanctions' deltas: what was added, changed and removed since the version before.

Deltas speak of lines, not of listed entities (the change may be one passport), so they are applied to the lines that
the snapshot keeps as published, and the result is read like any other file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeVar

import msgspec

from sanctions_exposure.errors import ListFormatError

T = TypeVar("T")
Change = tuple[str, str, bytes]  # operation, id, entity


# What one operation on a line comes to after another; whatever is not here cannot follow.  Nothing: as if it never was.
_AFTER: Final[Mapping[tuple[str, str], str]] = {
    ("ADD", "MOD"): "ADD",
    ("ADD", "DEL"): "",
    ("MOD", "MOD"): "MOD",
    ("MOD", "DEL"): "DEL",
    ("DEL", "ADD"): "MOD",
}


class Operation(msgspec.Struct, forbid_unknown_fields=True):
    """One line of ``entities.delta.json``; DEL has the id alone."""

    op: Literal["ADD", "MOD", "DEL"]
    entity: msgspec.Raw


class _Id(msgspec.Struct):
    id: str


class _Seen(msgspec.Struct):
    last_seen: str | None = None


_operation = msgspec.json.Decoder(Operation)
_id = msgspec.json.Decoder(_Id)
_seen = msgspec.json.Decoder(_Seen)


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
    pending = _by_id(changes)
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


def joined(deltas: Iterable[Iterable[Change]]) -> Iterator[Change]:
    """Yield the changes that several deltas come to, one after the other.

    Raises:
        ListFormatError: one of them does not follow those before it.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for changes in deltas:
        for key, (operation, entity) in _by_id(changes).items():
            before, _ = found.pop(key, ("", b""))
            after = _AFTER.get((before, operation)) if before else operation
            if after is None:
                raise ListFormatError(f"FtM delta: {operation} of {key!r} after {before}: one is missing in between")
            if after:
                found[key] = (after, entity)
    for key, (operation, entity) in found.items():
        yield operation, key, entity


def last_seen(line: bytes) -> str:
    """Return when a line was last seen by its publisher; the newest of all is the date of publication.

    Raises:
        ListFormatError: it is no entity.
    """
    return _of(_seen, line).last_seen or ""


def line_of(change: Change) -> bytes:
    """Return a change as a line of a delta."""
    operation, _, entity = change
    return b'{"op":"%s","entity":%s}\n' % (operation.encode(), entity)


def _by_id(changes: Iterable[Change]) -> dict[str, tuple[str, bytes]]:
    found: dict[str, tuple[str, bytes]] = {}
    for operation, key, entity in changes:
        if key in found:
            raise ListFormatError(f"FtM delta: {key!r} is changed twice")
        found[key] = (operation, entity)
    return found


def _key(line: bytes) -> str:
    return _of(_id, line).id


def _of(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ListFormatError(f"FtM: a line is no entity: {error}") from None
