"""Whether a portfolio that was screened before may be screened again only in part, and which questions that part is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sanctions_exposure.errors import InvalidInput, SnapshotCorrupt
from sanctions_exposure.locate import data_folder
from sanctions_exposure.matching.index import index_fits
from sanctions_exposure.matching.touch import Touch
from sanctions_exposure.model import Json, NameQuery
from sanctions_exposure.policy.turning import turning_days
from sanctions_exposure.question import Limits
from sanctions_exposure.screening import everyone, query_of
from sanctions_exposure.sources.affected import affected
from sanctions_exposure.sources.publish import INDEX, Library, verify
from sanctions_exposure.wiring.pinned import reader_of
from sanctions_exposure.wiring.screener import Screener

if TYPE_CHECKING:
    from sanctions_exposure.bulk.basis import Basis

# Beyond this part of all entries, telling who can have met one costs more than it spares.
_MOST_AFFECTED: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which questions must be screened again."""

    touched: Callable[[Sequence[Json]], Sequence[bool]]
    because: str  # why that is all of them; nothing where it is not
    told: str = ""  # what changed, for people


@contextmanager
def part_of(screener: Screener, before: Basis | None, now: Basis, since: str) -> Iterator[Part]:
    """Say what must be screened again of a portfolio that was screened on the basis *before*.

    Args:
        screener: of the snapshot that *now* names.
        before: of the previous result; None where nothing is known of it.
        now: what the new answers rest on.
        since: the snapshot that the caller believes the previous result was screened against.
    """
    because = _why_all(screener, before, now, since)
    if because or before is None:
        yield Part(touched=_everything, because=because)
        return
    library = Library(screener.settings.data)
    old, new = library.snapshots / before.snapshot, library.snapshots / now.snapshot
    found = affected(old, new, (_day(before), _day(now)))
    if found.affected > _MOST_AFFECTED * found.entities:
        many = f"{found.affected:,} of {found.entities:,} entries may be answered otherwise"
        yield Part(touched=_everything, because=many)
        return
    told = f"entries that changed since {since}: {found.changed:,}, with all that are tied to them {found.affected:,}"
    if not found.affected:
        yield Part(touched=_nothing, because="", told=told)
        return
    with TemporaryDirectory(prefix="exposure-since-") as folder:
        touch = Touch([*found.before, *found.after], Path(folder) / INDEX, (old / INDEX, new / INDEX))
        yield Part(touched=lambda requests: _touched(touch, requests, now.limits), because="", told=told)


def _why_all(screener: Screener, before: Basis | None, now: Basis, since: str) -> str:  # noqa: PLR0911 - one a reason
    if before is None:
        return "nothing says what the previous answers rest on"
    if before.snapshot != since:
        return f"the previous answers rest on snapshot {before.snapshot}, not on {since}"
    if before.engine != now.engine:
        return f"the previous answers are of version {before.engine}, this is {now.engine}"
    if before.ruleset != now.ruleset:
        return "the rules changed"
    if before.limits != now.limits:
        return "the limits of a question changed"
    if before.common != now.common:
        return "regimes or day were chosen otherwise"
    if before.told_of_lists != now.told_of_lists:
        return "another list is missing, too old or in quarantine, and every answer says which are"
    turned = sorted(day for day in _turned(screener, before, now))
    if turned:
        return f"a date of the rules, {turned[0].isoformat()}, lies between the previous day and this one"
    return _why_not_the_lists(screener, since)


def _why_not_the_lists(screener: Screener, since: str) -> str:
    folder = Library(screener.settings.data).snapshots / since
    if not folder.is_dir():
        return f"snapshot {since} is not kept any more"
    try:
        verify(folder)
    except SnapshotCorrupt as error:
        return str(error)
    return "" if index_fits(folder / INDEX) else f"snapshot {since} was indexed by another version"


def _day(basis: Basis) -> date:
    said = basis.common.get("as_of")
    return date.fromisoformat(said) if isinstance(said, str) else basis.day


def _turned(screener: Screener, before: Basis, now: Basis) -> Iterator[date]:
    first, last = sorted((_day(before), _day(now)))
    for day in turning_days(data_folder("rules", screener.settings.rules)):
        if first < day <= last:
            yield day


def _touched(touch: Touch, requests: Sequence[Json], limits: Limits) -> list[bool]:
    reader, owners, queries = reader_of(limits), [], list[NameQuery]()
    out = [False] * len(requests)
    for number, request in enumerate(requests):
        subject = reader.read_or_say(request)
        if isinstance(subject, InvalidInput):  # could be read when it was answered: whoever is right, ask again
            out[number] = True
            continue
        for party in everyone(subject):
            owners.append(number)
            queries.append(query_of(party))
    for number, met in zip(owners, touch.touched(queries), strict=True):
        out[number] = out[number] or met
    return out


def _everything(requests: Sequence[Json]) -> list[bool]:
    return [True] * len(requests)


def _nothing(requests: Sequence[Json]) -> list[bool]:
    return [False] * len(requests)
