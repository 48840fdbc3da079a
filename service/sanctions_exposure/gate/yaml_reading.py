"""YAML as data only: no tags, no aliases, and scalars by the core schema of YAML 1.2, so that ``NO`` stays Norway.

Dates stay text, as in JSON.  Values are built from parser events: nothing is constructed by name, ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json

_DEEPEST: Final = 32
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Placed:
    """A value of a list and the line it begins on."""

    value: Json
    line: int


def read_yaml(text: bytes, what: str) -> Json:
    """Return the one document of *text*; the items of lists stand in ``Placed``.

    Raises:
        InvalidInput: it is no YAML, or uses tags, aliases, several documents or keys that are no text.
    """
    try:
        events = yaml.parse(text.decode("utf-8-sig"), Loader=_LOADER)
        return _Builder(what, events).document()
    except UnicodeDecodeError:
        raise InvalidInput(f"{what} is not UTF-8") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{what} is not YAML: {' '.join(str(error).split())}") from None


def plain(value: Json) -> Json:
    """Return *value* without the lines."""
    if isinstance(value, Placed):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


class _Builder:
    def __init__(self, what: str, events: Iterator[Any]) -> None:
        self._what, self._events = what, events

    def document(self) -> Json:
        value: Json = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refused(event, "holds several documents; write one list")
                value = self._value(next(self._events), 0)
        return value

    def _value(self, event: Any, depth: int) -> Json:
        if isinstance(event, yaml.AliasEvent):
            raise self._refused(event, "an alias: write the value out")
        if event.tag is not None:
            raise self._refused(event, f"the tag {event.tag[:80]!r}: tags are not read")
        if depth > _DEEPEST:
            raise self._refused(event, "nested too deeply")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.style in {None, ""} else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(depth)
        return self._mapping(depth)

    def _list(self, depth: int) -> list[Placed]:
        found = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            line = event.start_mark.line + 1
            found.append(Placed(self._value(event, depth + 1), line))
        return found

    def _mapping(self, depth: int) -> dict[str, Json]:
        found: dict[str, Json] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                raise self._refused(event, "a key that is no plain text")
            if event.value in found:
                raise self._refused(event, f"the key {event.value[:80]!r} twice")
            found[event.value] = self._value(next(self._events), depth + 1)
        return found

    def _refused(self, event: Any, why: str) -> InvalidInput:
        return InvalidInput(f"{self._what}, line {event.start_mark.line + 1}: {why}")


def _scalar(text: str) -> Json:
    if text.lower() in _WORDS and (text.islower() or text in {"", "~"}):
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
