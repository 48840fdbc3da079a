"""Requests of a JSON, NDJSON or YAML document, each with the line it begins on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.gate.yaml_reading import Placed, plain, read_yaml
from sanctions_exposure.model import Json

# A document may be one request, a list of them, or an object whose only key is one of these.
_LISTS: Final = ("requests", "suppliers", "vendors", "counterparties", "orders", "shipments")


class Asked(NamedTuple):
    """A request, or why it cannot be read, and where it begins."""

    line: int
    request: Json | InvalidInput


def read_ndjson(text: bytes) -> Iterator[Asked]:
    """Yield the request of each line that is not blank; a line that is no JSON is that line's fault."""
    for number, line in enumerate(text.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield Asked(number, _decoded(line))


def _decoded(line: bytes) -> Json | InvalidInput:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return InvalidInput(f"not JSON: {error}")
    except RecursionError:
        return InvalidInput("nested too deeply")


def read_yaml_document(text: bytes, what: str) -> list[Asked]:
    """Return the requests of a YAML document.

    Raises:
        InvalidInput: it cannot be read.
    """
    document = read_yaml(text, what)
    if isinstance(document, dict) and len(document) == 1:
        (key, value), *_ = document.items()
        if key in _LISTS and isinstance(value, list):
            document = value
    if isinstance(document, list):
        return [Asked(item.line, plain(item)) for item in document if isinstance(item, Placed)]
    if not isinstance(document, dict):
        raise InvalidInput(f"{what} holds no request: it is neither an object nor a list of them")
    return [Asked(1, plain(document))]


def read_json(text: bytes, what: str) -> list[Asked]:
    """Return the requests of a JSON document.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        source = text.decode("utf-8-sig")
        document = json.loads(source, parse_constant=_refuse_constant, object_pairs_hook=_once)
        lines = _item_lines(source, document)
    except UnicodeDecodeError:
        raise InvalidInput(f"{what} is not UTF-8") from None
    except ValueError as error:
        raise InvalidInput(f"{what} is not JSON: {error}") from None
    except RecursionError:
        raise InvalidInput(f"{what} is nested too deeply") from None
    items = document if isinstance(document, list) else _items(document)
    if items is None:
        if not isinstance(document, dict):
            raise InvalidInput(f"{what} holds no request: it is neither an object nor a list of them")
        return [Asked(1, document)]
    return [Asked(line, item) for line, item in zip(lines, items, strict=True)]


def _items(document: Json) -> list[Json] | None:
    if isinstance(document, Mapping) and len(document) == 1:
        (key, value), *_ = document.items()
        if key in _LISTS and isinstance(value, list):
            return value
    return None


def _item_lines(source: str, document: Json) -> list[int]:
    """Return the line each item of the list begins on; the text is known to be JSON."""
    if not isinstance(document, list) and _items(document) is None:
        return []
    decoder = json.JSONDecoder()
    lines: list[int] = []
    at, line, seen = source.index("[") + 1, 1, 0
    while True:
        at = _skip(source, at)
        if source[at] == "]":
            return lines
        line += source.count("\n", seen, at)
        seen = at
        lines.append(line)
        _, at = decoder.raw_decode(source, at)


def _skip(source: str, at: int) -> int:
    while source[at] in " \t\r\n,":
        at += 1
    return at


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key stands twice in an object with {', '.join(sorted(found))[:200]}")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
