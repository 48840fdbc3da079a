"""Counts what a list holds while it is read, and decides whether it may be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sanctions_exposure.errors import ListRejected
from sanctions_exposure.model import ListedEntity, ListRecord
from sanctions_exposure.sources.days import is_older
from sanctions_exposure.sources.manifest import FILL, Manifest


@dataclass(slots=True, kw_only=True)
class Census:
    """What a list holds, counted entity by entity."""

    asked: frozenset[str]  # whose fill rates are wanted
    entities: int = 0
    names: int = 0
    published_on: str = ""  # its own date, where it has one; known once it was read
    doubts: tuple[str, ...] = ()  # of whoever read it, known then too
    filled: Counter[str] = field(default_factory=Counter)  # entities that have at least one of it

    @classmethod
    def of(cls, manifest: Manifest) -> Census:
        """Return an empty count of what *manifest* sets bounds to."""
        return cls(asked=frozenset(what for file in manifest.files for what in file.fill))

    def counted(self, entities: Iterable[ListedEntity]) -> Iterator[ListedEntity]:
        """Yield *entities*, counting them as they pass."""
        asked = [(what, FILL[what]) for what in self.asked]
        filled = self.filled
        for entity in entities:
            self.entities += 1
            self.names += len(entity.names)
            for what, has in asked:
                if has(entity):
                    filled[what] += 1
            yield entity


def judge(
    census: Census,
    manifest: Manifest,
    previous: ListRecord | None,
    *,
    roles: Collection[str],
    allow_shrink: bool = False,
) -> None:
    """Hold a list against its manifest and against the one in use.

    Args:
        census: what it holds.
        manifest: its bounds.
        previous: the same list in the current snapshot, if it is there.
        roles: the file roles it was read from; a fill rate counts only when its file was there.
        allow_shrink: a person has looked and accepts the loss, or the older date.

    Raises:
        ListRejected: names every bound that is broken.
    """
    broken = [*_sizes(census, manifest), *_fill(census, manifest, roles), *census.doubts]
    if previous and not allow_shrink:
        broken += _against(previous, census, manifest)
    if broken:
        raise ListRejected(f"{manifest.id} does not look whole: " + "; ".join(broken))


def _sizes(census: Census, manifest: Manifest) -> Iterator[str]:
    found = {"entities": census.entities, "names": census.names}
    for what, (low, high) in {"entities": manifest.bounds.entities, "names": manifest.bounds.names}.items():
        if not low <= found[what] <= high:
            yield f"{found[what]} {what}, expected {low} to {high}"


def _fill(census: Census, manifest: Manifest, roles: Collection[str]) -> Iterator[str]:
    for file in manifest.files:
        if file.role not in roles or not census.entities:
            continue
        for what, least in file.fill.items():
            rate = census.filled[what] / census.entities
            if rate < least:
                yield f"{rate:.1%} of entities have {what.replace('_', ' ')}, expected at least {least:.0%}"


def _against(previous: ListRecord, census: Census, manifest: Manifest) -> Iterator[str]:
    most = manifest.bounds.max_shrink
    sizes = (("entities", previous.entities, census.entities), ("names", previous.names, census.names))
    for what, before, now in sizes:
        if before and (before - now) / before > most:
            yield f"{what} shrank from {before} to {now}, more than {most:.0%}"
    if is_older(census.published_on, previous.published_on, datetime.now(UTC)):
        yield f"published on {census.published_on}, older than {previous.published_on} in use"
