"""Bounds of a request and the characters it may hold, checked before anything else looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sanctions_exposure.errors import Fault
from sanctions_exposure.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one request may hold."""

    parties: int = 200
    stops: int = 100
    goods: int = 1000
    items: int = 200  # of any other list: aliases, owners, identifiers …
    name: int = 500  # characters of a name
    text: int = 5000  # characters of any other text
    depth: int = 16  # containers inside containers

    def of_list(self, key: str) -> int:
        """Return how many items the list under *key* may hold."""
        return {"parties": self.parties, "route": self.stops, "goods": self.goods}.get(key, self.items)

    def of_text(self, key: str) -> int:
        """Return how many characters the text under *key* may hold."""
        return self.name if key in _NAME_KEYS else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLimits:
    """How much one table may hold."""

    bytes: int = 10 * 2**30  # of the whole, unpacked
    rows: int = 100_000_000
    columns: int = 16_384  # as many as a spreadsheet has
    cell: int = 131_072  # characters of a cell; four times what a spreadsheet's holds
    row: int = 64 * 2**20  # characters of a row, held in memory; beyond, it is no table


_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_NAME_KEYS = frozenset({"name", "aliases", "parties", "banks", "carrier", "vessel"})


def faults(document: Json, limits: Limits) -> Iterator[Fault]:
    """Yield what is too large, too deep or not text, each with its JSON pointer.

    A fault's container is not looked into, and the walk keeps its own stack: a hostile document costs no more than
    the bytes it came in.
    """
    stack: list[tuple[str, str, Json, int]] = [("", "", document, 0)]
    while stack:
        pointer, key, value, depth = stack.pop()
        if isinstance(value, str):
            yield from _text_faults(pointer, key, value, limits)
        elif isinstance(value, Mapping | list | tuple):
            if depth >= limits.depth:
                yield Fault(pointer, f"nested deeper than {limits.depth} levels")
            elif isinstance(value, Mapping):
                stack += [(f"{pointer}/{escape(str(k))}", str(k), v, depth + 1) for k, v in value.items()]
            elif len(value) > limits.of_list(key):
                most = limits.of_list(key)
                yield Fault(pointer, f"{len(value)} items; at most {most} are allowed in one request")
            else:
                stack += [(f"{pointer}/{i}", key, item, depth + 1) for i, item in enumerate(value)]


def _text_faults(pointer: str, key: str, text: str, limits: Limits) -> Iterator[Fault]:
    if len(text) > limits.of_text(key):
        yield Fault(pointer, f"{len(text)} characters; at most {limits.of_text(key)} are allowed")
    elif found := _NOT_TEXT.search(text):
        what = "a NUL character" if found[0] == "\x00" else "a lone surrogate, which is not a character"
        yield Fault(pointer, f"holds {what}")


def escape(key: str) -> str:
    """Return *key* as one token of a JSON pointer (RFC 6901)."""
    printable = key.encode("utf-8", "replace").decode()[:100]
    return printable.replace("~", "~0").replace("/", "~1")
