"""Many questions against the lists, the rules and the day of one moment, whatever is published meanwhile."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.matching.arrays import collector_paused
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import Json, ListState, Screening, Subject
from sanctions_exposure.policy import Ruleset
from sanctions_exposure.question import AlikeReader, Limits
from sanctions_exposure.screening import screen_many
from sanctions_exposure.wiring.states import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """Everything an answer rests on; a whole file is screened with one of these."""

    snapshot: Snapshot
    ruleset: Ruleset
    lists: tuple[ListState, ...]
    now: datetime
    limits: Limits
    doubts: tuple[str, ...] = ()  # what every answer must say besides
    watchers: tuple[Callable[[Sequence[Screening]], None], ...] = ()  # see every answer before it leaves

    def screen_many(self, requests: Sequence[Json]) -> list[Screening | InvalidInput]:
        """Answer requests in order; one that cannot be screened is answered by its error.

        Raises:
            NotReady: a list that must not be too old is.
        """
        # The collector would walk every answer of the chunk again and again; none of them holds a cycle.
        with collector_paused():
            return self._screened(requests)

    def _screened(self, requests: Sequence[Json]) -> list[Screening | InvalidInput]:
        reader = reader_of(self.limits)
        read = [reader.read_or_say(request) for request in requests]
        answers = iter(self.answer([subject for subject in read if isinstance(subject, Subject)]))
        return [next(answers) if isinstance(one, Subject) else one for one in read]

    def answer(self, subjects: Sequence[Subject]) -> list[Screening]:
        """Answer questions that are read already, in order.

        Raises:
            NotReady: a list that must not be too old is.
        """
        began = time.perf_counter()
        refuse(subjects, self.lists)
        found = screen_many(
            subjects, snapshot=self.snapshot, ruleset=self.ruleset, as_of=self.now.date(), lists=self.lists
        )
        took = round((time.perf_counter() - began) * 1000 / max(len(subjects), 1), 2)
        ids = _uuids7(self.now, len(found))
        answers = [
            replace(one, id=next(ids), screened_at=self.now, took_ms=took, warnings=(*self.doubts, *one.warnings))
            for one in found
        ]
        for watcher in self.watchers:
            watcher(answers)
        return answers


def new_id(now: datetime) -> str:
    """Return an id that sorts by time and that nobody guesses."""
    return next(_uuids7(now, 1))


@lru_cache(maxsize=8)
def reader_of(limits: Limits) -> AlikeReader:
    """Return the reader of this process for requests within *limits*: forms it has read serve every file."""
    return AlikeReader(limits)


def _uuids7(now: datetime, count: int) -> Iterator[str]:
    """Yield ids that sort by time (RFC 9562, version 7)."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    head = f"{milliseconds:012x}"
    chance = secrets.token_hex(10 * count)
    for at in range(0, 20 * count, 20):
        bits = chance[at : at + 20]
        variant = "89ab"[int(bits[3], 16) & 3]
        yield f"{head[:8]}-{head[8:]}-7{bits[:3]}-{variant}{bits[4:7]}-{bits[7:19]}"
