"""`screen`: one subject against one snapshot under one ruleset, on one day.

Pure: the same inputs give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final
from weakref import WeakKeyDictionary

from sanctions_exposure import __version__
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import (
    EntityHit,
    Facts,
    Hit,
    ListedEntity,
    ListState,
    ListStateName,
    NameQuery,
    Owner,
    Party,
    PartyResult,
    ScreenedParty,
    Screening,
    Subject,
    Verdict,
)
from sanctions_exposure.policy.chains import is_tie
from sanctions_exposure.policy.evaluate import evaluate
from sanctions_exposure.policy.ruleset import Ruleset

CURATED = "curated"
MOST_LINKS = 6  # steps from an entry to its parents' parents
MOST_HITS = 25  # entities kept for one party; a reviewer reads no more, and the best come first


def screen(
    subject: Subject, *, snapshot: Snapshot, ruleset: Ruleset, as_of: date, lists: Sequence[ListState]
) -> Screening:
    """Return the answer to one question; *as_of* holds where the subject names no day of its own."""
    return screen_many([subject], snapshot=snapshot, ruleset=ruleset, as_of=as_of, lists=lists)[0]


def screen_many(
    subjects: Sequence[Subject], *, snapshot: Snapshot, ruleset: Ruleset, as_of: date, lists: Sequence[ListState]
) -> list[Screening]:
    """Return the answers to several questions, in order; their names are looked up together."""
    parties = [tuple(everyone(subject)) for subject in subjects]
    queries = [query_of(party) for group in parties for party in group]
    cutoff = ruleset.thresholds["name-review"].value
    found = iter(snapshot.search_many(queries, limit=MOST_HITS, cutoff=cutoff))
    out = []
    told: dict[tuple[str, ...], tuple[str, ...]] = {}  # of the lists, by the regimes asked about
    for subject, group in zip(subjects, parties, strict=True):
        if subject.regimes not in told:
            told[subject.regimes] = list_warnings(subject, lists)
        screened = tuple(ScreenedParty(party=p, hits=_entities(next(found), snapshot, ruleset)) for p in group)
        day = subject.as_of or as_of
        facts = Facts(subject=subject, as_of=day, parties=screened, related=_related(screened, snapshot))
        verdict = evaluate(facts, ruleset)
        warnings = (*subject.warnings, *told[subject.regimes], *verdict.warnings)
        out.append(_answer(subject, day, screened, verdict, warnings, snapshot=snapshot, ruleset=ruleset, lists=lists))
    return out


def everyone(subject: Subject) -> Iterator[Party]:
    """Yield every party of *subject* wherever it stands: parties and their owners, vessels, carriers, banks."""
    for party in subject.parties:
        yield party
        yield from _owners(party.owners)
    for stop in subject.route:
        yield from (p for p in (stop.vessel, stop.carrier) if p is not None)
    if subject.payment is not None:
        yield from subject.payment.banks


def _owners(owners: Sequence[Owner]) -> Iterator[Party]:
    for owner in owners:
        yield Party(pointer=owner.pointer, name=owner.name, role="owner")
        yield from _owners(owner.owners)


def query_of(party: Party) -> NameQuery:
    """Return what the index is asked about a party."""
    return NameQuery(
        names=tuple(n for n in (party.name, *party.aliases) if n),
        schema=party.schema,
        countries=party.countries,
        birth_date=party.birth_date,
        identifiers=party.identifiers,
    )


def _entities(hits: Sequence[Hit], snapshot: Snapshot, ruleset: Ruleset) -> tuple[EntityHit, ...]:
    if ruleset.calibration is not None:
        hits = ruleset.calibration.told(hits)
    pairs = ((hit, snapshot.entity(hit.list, hit.entity_id)) for hit in hits)
    return tuple(EntityHit(hit=hit, entity=entity) for hit, entity in pairs if entity is not None)


def _related(screened: Iterable[ScreenedParty], snapshot: Snapshot) -> tuple[ListedEntity, ...]:
    """Return the entries that lists tie to those hit, link after link, so that rules can look for a listed parent."""
    hit = {(e.entity.list, e.entity.id): e.entity for s in screened for e in s.hits}
    found = dict(hit)
    waiting = list(hit.values())
    for _ in range(MOST_LINKS):
        targets = [(e.list, other) for e in waiting for other in (*_named(e), *_namers(e, snapshot))]
        new = {key: entity for key in targets if key not in found and (entity := snapshot.entity(*key))}
        if not new:
            break
        found |= new
        waiting = list(new.values())
    return tuple(entity for _, entity in sorted(found.items())) if len(found) > len(hit) or _tied(hit) else ()


def _tied(entities: Mapping[tuple[str, str], ListedEntity]) -> bool:
    return any((e.list, target) in entities for e in entities.values() for target in _named(e))


def _named(entity: ListedEntity) -> tuple[str, ...]:
    return tuple(r.target_id for r in entity.relations if r.target_id and is_tie(r.type))


def _namers(entity: ListedEntity, snapshot: Snapshot) -> tuple[str, ...]:
    if entity.list != CURATED:
        return ()
    known = _NAMING.get(snapshot)
    if known is None:
        known = _NAMING[snapshot] = _naming(snapshot)
    return known.get(entity.id, ())


# What is remembered of a snapshot must not keep it: a service would hold the last few it served.
_NAMING: Final[WeakKeyDictionary[Snapshot, Mapping[str, tuple[str, ...]]]] = WeakKeyDictionary()


def _naming(snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """Return who names whom in the curated set, where a parent may name a daughter that does not name it."""
    found: dict[str, list[str]] = {}
    for entity in snapshot.entities():
        if entity.list == CURATED:
            for target in _named(entity):
                found.setdefault(target, []).append(entity.id)
        elif found:
            break  # lists follow each other: the curated set is over
    return {target: tuple(ids) for target, ids in found.items()}


def _answer(  # noqa: PLR0913 - everything an answer names
    subject: Subject,
    day: date,
    screened: tuple[ScreenedParty, ...],
    verdict: Verdict,
    warnings: tuple[str, ...],
    *,
    snapshot: Snapshot,
    ruleset: Ruleset,
    lists: Sequence[ListState],
) -> Screening:
    return Screening(
        reference=subject.reference,
        as_of=day,
        outcome=verdict.outcome,
        severity=verdict.severity,
        score=verdict.score,
        flags=verdict.flags,
        parties=tuple(_result(s) for s in screened),
        lists=tuple(lists),
        snapshot=snapshot.id,
        ruleset=ruleset.id,
        engine=__version__,
        warnings=warnings,
    )


def _result(screened: ScreenedParty) -> PartyResult:
    party, hits = screened.party, screened.hits
    return PartyResult(
        id=party.id,
        pointer=party.pointer,
        status="hit" if hits else "clear",
        hits=len(hits),
        best_score=max((h.hit.score for h in hits), default=0.0),
    )


_TROUBLE = {
    ListStateName.MISSING: "has never been loaded: nothing in this request was screened against it.",
    ListStateName.QUARANTINED: "failed its checks and is quarantined: the last good version was used.",
    ListStateName.STALE: "is older than it may be: entries added since were not seen.",
}


def list_warnings(subject: Subject, lists: Sequence[ListState]) -> tuple[str, ...]:
    """Return a sentence for each list the caller asked for that could not be used as it should be."""
    asked = [s for s in lists if not subject.regimes or s.regime in subject.regimes]
    warnings = [f"List {s.id} ({s.title}) {_TROUBLE[s.state]}" for s in asked if s.state in _TROUBLE]
    known = {s.regime for s in lists}
    warnings += [
        f"No list of the regime “{regime}” is known here: nothing was screened against its own list."
        for regime in sorted(set(subject.regimes) - known)
    ]
    return tuple(warnings)
