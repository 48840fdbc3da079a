"""What every format module gives back."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace

from sanctions_exposure.model import ListedEntity


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedList:
    """One list, read completely or not at all."""

    entities: tuple[ListedEntity, ...]
    published_on: str = ""  # ISO date or date-time from inside the files; empty where they carry none
    version: str = ""  # the publisher's own; empty: the day it was retrieved
    notes: tuple[str, ...] = ()  # what a person should know: rows without an owner, fields nobody reads …
    tally: Mapping[str, int] = field(default_factory=dict)  # accounts for every row read: kept, empty, repeated …
    doubts: tuple[str, ...] = ()  # why it may not be whole: nobody uses it until a person says so

    @property
    def names(self) -> int:
        """How many names the entities carry together."""
        return sum(len(entity.names) for entity in self.entities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Where changes lead to that follow a document."""

    lines: int
    published_on: str


def collected_list(reading: Generator[ListedEntity, None, ParsedList]) -> ParsedList:
    """Return a list that is read entity by entity as a whole, for those that are small."""
    entities: list[ListedEntity] = []
    while True:
        try:
            entities.append(next(reading))
        except StopIteration as end:
            read: ParsedList = end.value
            return replace(read, entities=tuple(entities))
