"""In which state each list is: whether it may be believed, how old it is, and what came of the last look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sanctions_exposure.errors import NotReady
from sanctions_exposure.model import ListRecord, ListState, ListStateName, SnapshotRecord, Subject
from sanctions_exposure.sources.manifest import Manifest, Staleness
from sanctions_exposure.sources.standing import Outcome, Standing, is_from_the_future


def states(
    record: SnapshotRecord, manifests: Mapping[str, Manifest], standings: Mapping[str, Standing], now: datetime
) -> tuple[ListState, ...]:
    """Return the state of every list that is loaded or known, in order of id."""
    loaded = {one.id: _loaded(one, manifests.get(one.id), standings.get(one.id), now) for one in record.lists}
    missing = {one.id: _missing(one, standings.get(one.id)) for one in manifests.values() if one.id not in loaded}
    return tuple(state for _, state in sorted((loaded | missing).items()))


def refuse(subjects: Iterable[Subject], lists: Iterable[ListState]) -> None:
    """Refuse questions about the regime of a list that is too old, where whoever runs us wants that.

    Raises:
        NotReady: names every such list that a question is about.
    """
    refusing = [one for one in lists if one.refuses]
    if not refusing:
        return
    asked = [frozenset(subject.regimes) for subject in subjects]
    found = [one for one in refusing if any(not regimes or one.regime in regimes for regimes in asked)]
    if found:
        said = "; ".join(f"{one.id} is {one.state}: {one.note}" for one in found)
        raise NotReady(f"no answer without these lists, by its policy: {said}")


def _loaded(record: ListRecord, manifest: Manifest | None, standing: Standing | None, now: datetime) -> ListState:
    retrieved = datetime.fromisoformat(record.retrieved_at)
    checked = max(retrieved, (standing and standing.confirmed(record)) or retrieved)
    age = max(now - checked, timedelta()).total_seconds() / 3600
    most = manifest.max_age_hours if manifest else record.max_age_hours
    unknown = most is not None and is_from_the_future(checked, now)
    stale = unknown or (most is not None and age > most)
    quarantined = standing is not None and standing.outcome is Outcome.QUARANTINED
    notes = [f"older than {most:g} hours"] if stale and not unknown else []
    if unknown:
        notes = [f"last looked at on {checked:%Y-%m-%d}, says our clock, which is earlier: its age is not known"]
    if standing and standing.reason:
        notes.append(_told(standing))
    return ListState(
        id=record.id,
        title=record.title,
        publisher=record.publisher,
        regime=record.regime,
        state=_name(stale=stale, quarantined=quarantined),
        version=record.version,
        published_on=record.published_on,
        retrieved_at=record.retrieved_at,
        entities=record.entities,
        names=record.names,
        max_age_hours=most,
        age_hours=round(age, 1),
        age_known=not unknown,
        checked_at=checked.isoformat(timespec="seconds"),
        tried_at=standing.tried_at if standing else "",
        refuses=stale and manifest is not None and manifest.stale is Staleness.REFUSE,
        sha256=record.sha256,
        note="; ".join(notes),
    )


def _name(*, stale: bool, quarantined: bool) -> ListStateName:
    if quarantined:  # says more than "stale", which the age says anyway
        return ListStateName.QUARANTINED
    return ListStateName.STALE if stale else ListStateName.FRESH


def _missing(manifest: Manifest, standing: Standing | None) -> ListState:
    return ListState(
        id=manifest.id,
        title=manifest.title,
        publisher=manifest.publisher,
        regime=manifest.regime,
        state=ListStateName.MISSING,
        max_age_hours=manifest.max_age_hours,
        tried_at=standing.tried_at if standing else "",
        refuses=manifest.stale is Staleness.REFUSE,
        note="never loaded" + (f"; {_told(standing)}" if standing and standing.reason else ""),
    )


def _told(standing: Standing) -> str:
    what = "what came last is in quarantine" if standing.outcome is Outcome.QUARANTINED else "the last look failed"
    return f"{what}: {standing.reason}"
