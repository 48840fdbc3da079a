"""What an earlier index already holds of the entities to come: taken over as it is, so that only the others are read.

Names of one entity come to the same rows whatever stands beside it, so rows of an entity that did not change by a byte
are those of the index before, with its words and names at other places.  The result is byte for byte the index that
would be built of all entities anew.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sanctions_exposure.matching.keys import Ints, Keys, KeyTable
from sanctions_exposure.model import ListedEntity

if TYPE_CHECKING:
    from sanctions_exposure.matching.index import KindIndex


class Renewed(Collection[ListedEntity]):
    """Entities of which an earlier index holds some."""

    @property
    @abstractmethod
    def earlier(self) -> Path:
        """The folder of that index."""

    @abstractmethod
    def places(self) -> Ints:
        """Return where each entity stands in it; -1 where it does not."""

    @abstractmethod
    def fresh(self) -> Iterator[ListedEntity]:
        """Yield the others, in order."""


@dataclass(frozen=True, slots=True)
class Run:
    """Entities that follow one another, in the earlier index too; or that are new."""

    start: int
    stop: int
    place: int  # of the first of them in the earlier index; -1: they are new


def runs(places: Ints) -> Iterator[Run]:
    """Yield the runs of entities, in order.

    >>> list(runs(np.array([4, 5, -1, -1, 0])))
    [Run(start=0, stop=2, place=4), Run(start=2, stop=4, place=-1), Run(start=4, stop=5, place=0)]
    """
    shift = np.where(places < 0, np.iinfo(np.int64).min, places - np.arange(len(places)))
    breaks = np.flatnonzero(np.diff(shift)) + 1
    edges = [0, *breaks.tolist(), len(places)] if len(places) else [0]
    for start, stop in pairwise(edges):
        yield Run(start, stop, int(max(places[start], -1)))


def moved(table: KeyTable, to: Ints) -> tuple[Keys, Ints]:
    """Return the entries of a table whose owners stay, with the places that *to* gives them; -1: gone."""
    owners = to[table.owners]
    stays = owners >= 0
    return np.asarray(table.keys)[stays], owners[stays]


@dataclass(slots=True)
class Adopted:
    """Rows of one kind that are taken over, while the new index is gathered."""

    index: KindIndex
    names: Ints = field(init=False)  # of each name in the earlier index: its place in the new one, -1 while it has none
    words: Ints = field(init=False)  # so of each word
    entity: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.names = np.full(len(self.index.entity), -1, np.int64)
        self.words = np.full(len(self.index.word_hash), -1, np.int64)
        self.entity = np.asarray(self.index.entity).astype(np.int64)

    def rows_of(self, run: Run) -> slice:
        """Return which names belong to the entities of *run*."""
        first, last = np.searchsorted(self.entity, [run.place, run.place + run.stop - run.start]).tolist()
        return slice(first, last)
