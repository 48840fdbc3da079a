"""Answers each distinct question once, as long as it is remembered, and remembers within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from sanctions_exposure.model import Json

R = TypeVar("R")
T = TypeVar("T")
Question = tuple[str, ...]

_KEPT: Final = 50_000  # distinct questions of each of two generations
_CHARACTERS: Final = 2**24  # of their answers


class Once(Generic[R, T]):
    """Answers questions in order, each distinct one once as long as it is remembered.

    Two generations are kept: what was asked again moves into the young one, and when that is full the old one goes. So
    memory has a bound, and a name that comes again and again stays.

    Args:
        screen_many: answers several questions.
        made: what is kept of an answer.
        weight: characters of it.
        kept: how many distinct questions a generation holds.
    """

    def __init__(
        self,
        screen_many: Callable[[Sequence[Json]], Sequence[R]],
        made: Callable[[R], T],
        weight: Callable[[T], int],
        kept: int = _KEPT,
    ) -> None:
        self._screen_many, self._made, self._weight, self._kept = screen_many, made, weight, kept
        self._young: dict[Question, T] = {}
        self._old: dict[Question, T] = {}
        self._weighs = 0

    def __call__(self, asked: Sequence[Question], documents: Callable[[Question], Json]) -> list[T]:
        """Return one answer for each of *asked*; *documents* turns what is new among them into requests."""
        young, old = self._young, self._old
        new: dict[Question, None] = {}
        found: dict[Question, T] = {}
        for question in asked:
            known = young.get(question)
            if known is None:
                known = old.get(question)
                if known is None:
                    new[question] = None
                    continue
                young[question] = known
            found[question] = known
        if new:
            for question, result in zip(new, self._screen_many([documents(q) for q in new]), strict=True):
                found[question] = young[question] = kept = self._made(result)
                self._weighs += self._weight(kept)
        if len(young) > self._kept or self._weighs > _CHARACTERS:
            self._old, self._young, self._weighs = young, {}, 0
        return [found[question] for question in asked]
