"""Decides whether a list that was read may be believed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sanctions_exposure.errors import ListRejected
from sanctions_exposure.model import ListRecord
from sanctions_exposure.sources.manifest import FILL, Manifest
from sanctions_exposure.sources.parsed import ParsedList


def judge(
    parsed: ParsedList,
    manifest: Manifest,
    previous: ListRecord | None,
    *,
    roles: Collection[str],
    allow_shrink: bool = False,
) -> None:
    """Hold a list against its manifest and against the one in use.

    Args:
        parsed: the list as read.
        manifest: its bounds.
        previous: the same list in the current snapshot, if it is there.
        roles: the file roles it was read from; a fill rate counts only when its file was there.
        allow_shrink: a person has looked and accepts the loss, or the older date.

    Raises:
        ListRejected: names every bound that is broken.
    """
    broken = [*_sizes(parsed, manifest), *_fill(parsed, manifest, roles)]
    if previous and not allow_shrink:
        broken += _against(previous, parsed, manifest)
    if broken:
        raise ListRejected(f"{manifest.id} does not look whole: " + "; ".join(broken))


def _sizes(parsed: ParsedList, manifest: Manifest) -> Iterator[str]:
    found = {"entities": len(parsed.entities), "names": parsed.names}
    for what, (low, high) in {"entities": manifest.bounds.entities, "names": manifest.bounds.names}.items():
        if not low <= found[what] <= high:
            yield f"{found[what]} {what}, expected {low} to {high}"


def _fill(parsed: ParsedList, manifest: Manifest, roles: Collection[str]) -> Iterator[str]:
    for file in manifest.files:
        if file.role not in roles or not parsed.entities:
            continue
        for what, least in file.fill.items():
            rate = sum(bool(FILL[what](entity)) for entity in parsed.entities) / len(parsed.entities)
            if rate < least:
                yield f"{rate:.1%} of entities have {what.replace('_', ' ')}, expected at least {least:.0%}"


def _against(previous: ListRecord, parsed: ParsedList, manifest: Manifest) -> Iterator[str]:
    most = manifest.bounds.max_shrink
    sizes = (("entities", previous.entities, len(parsed.entities)), ("names", previous.names, parsed.names))
    for what, before, now in sizes:
        if before and (before - now) / before > most:
            yield f"{what} shrank from {before} to {now}, more than {most:.0%}"
    if previous.published_on and parsed.published_on and parsed.published_on < previous.published_on:
        yield f"published on {parsed.published_on}, older than {previous.published_on} in use"
