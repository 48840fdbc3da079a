"""Ownership and control: from submitted stakes, and from what the lists themselves say of each other's entries.

Each regime has a test of its own (ownership-tests.csv).  A test is run to its fixed point: a company that is held by
the test counts as a listed owner of the next, over any depth, and a circle of owners ends where nothing new follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from sanctions_exposure.model import Confidence, Designation, EntityHit, Json, ListedEntity, Owner, Severity
from sanctions_exposure.policy.chains import Chain, chains_to_listed
from sanctions_exposure.policy.context import Context, Finding, never_a_party
from sanctions_exposure.policy.party import designation_sources
from sanctions_exposure.policy.rows import OwnershipTest
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.wording import acts, designation_evidence, listing, match_evidence
from sanctions_exposure.text import words

_MOST_TOLD: Final = 6  # links of a chain spelled out; the evidence has them all


class Stake(msgspec.Struct, frozen=True, kw_only=True):
    """What one owner holds of a company."""

    owner: str  # key of the owner
    name: str
    pointer: str
    share: float | None
    control: bool


@dataclass(slots=True, kw_only=True)
class _Holdings:
    """Everybody's owners; two owners of one name are one."""

    stakes: dict[str, dict[str, list[Stake]]] = field(default_factory=dict)  # company to owner to stakes
    names: dict[str, str] = field(default_factory=dict)
    pointers: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, pointer: str, owners: Sequence[Owner]) -> str:
        """Note a company and its owners, and return its key.

        One company told of twice keeps, of each owner, the larger holding: told twice is not held twice.
        """
        key = " ".join(words(name)) or pointer
        self.names.setdefault(key, name)
        self.pointers.setdefault(key, []).append(pointer)
        told: dict[str, list[Stake]] = {}
        for owner in owners:
            above = self.add(owner.name, owner.pointer, owner.owners)
            stake = Stake(owner=above, name=owner.name, pointer=owner.pointer, share=owner.share, control=owner.control)
            told.setdefault(above, []).append(stake)
        known = self.stakes.setdefault(key, {}) if told else {}
        for above, stakes in told.items():
            known[above] = _merged(known.get(above, []), stakes)
        return key


def _merged(one: list[Stake], other: list[Stake]) -> list[Stake]:
    larger = max(one, other, key=lambda stakes: sum(s.share or 0.0 for s in stakes)) or other
    control = any(s.control for s in (*one, *other))
    return [msgspec.structs.replace(larger[0], control=control), *larger[1:]]


class _Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Why a key counts as listed: its own hit, or a chain of the list from its hit to a listed entry."""

    hit: EntityHit
    designations: tuple[Designation, ...]
    chain: Chain | None = None


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """How a test is met: by these stakes of listed owners."""

    stakes: tuple[Stake, ...]
    total: float | None  # percent; None where control decides


def owned_or_controlled(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Parties that a listed party owns or controls by a regime's own test, as their submitted owners tell."""
    del parameters
    if not any(party.owners for party in context.subject.parties):
        return
    holdings = _Holdings()
    keys = [holdings.add(p.name, p.pointer, p.owners) for p in context.subject.parties]
    hits = _hits_by_key(context, holdings)
    met: dict[str, list[tuple[OwnershipTest, _Held, Mapping[str, _Held], Mapping[str, _Ground]]]] = {}
    for test in context.tables.ownership_tests if hits else ():
        if context.applies(regime=test.regime, since=test.from_, until=test.until):
            grounds = _grounds(context, hits, test)
            held = _fixed_point(holdings, test, grounds) if grounds else {}
            for key in held.keys() & set(keys):
                met.setdefault(key, []).append((test, held[key], held, grounds))
    for party, key in zip(context.subject.parties, keys, strict=True):
        found = [m for m in met.get(key, ()) if not _listed_itself(context, party.pointer, m[0])]
        if found:
            yield _finding(party.pointer, holdings.names[key], found)


def _hits_by_key(context: Context, holdings: _Holdings) -> dict[str, list[EntityHit]]:
    strong: dict[str, list[EntityHit]] = {}
    for screened, hit in context.strong_hits():
        strong.setdefault(screened.party.pointer, []).append(hit)
    found = {
        key: [hit for pointer in pointers for hit in strong.get(pointer, ())]
        for key, pointers in holdings.pointers.items()
    }
    return {key: hits for key, hits in found.items() if hits}


def _grounds(context: Context, hits: Mapping[str, Sequence[EntityHit]], test: OwnershipTest) -> dict[str, _Ground]:
    found = {key: _ground(context, of, test) for key, of in hits.items()}
    return {key: ground for key, ground in found.items() if ground}


def _ground(context: Context, hits: Sequence[EntityHit], test: OwnershipTest) -> _Ground | None:
    for hit in hits:
        if grounds := _of_test(context.listed(hit), hit.entity, test):
            return _Ground(hit=hit, designations=grounds)
        if chain := _owned_chain(context, hit, test):
            return _Ground(hit=hit, designations=chain.designations, chain=chain)
    return None


def _listed_itself(context: Context, pointer: str, test: OwnershipTest) -> bool:
    """Whether the party is listed under the test's regime: then there is nothing to derive."""
    return any(
        _of_test(context.listed(hit), hit.entity, test)
        for screened in context.facts.parties
        if screened.party.pointer == pointer
        for hit in screened.hits
        if context.is_strong(hit)
    )


def _of_test(designations: Sequence[Designation], entity: ListedEntity, test: OwnershipTest) -> tuple[Designation, ...]:
    if test.lists and not entity.list.startswith(test.lists):
        return ()
    return tuple(d for d in designations if d.regime == test.regime and not set(d.measures) & set(test.not_for))


def _owned_chain(context: Context, hit: EntityHit, test: OwnershipTest) -> Chain | None:
    for chain in chains_to_listed(context, hit):
        if chain.owned and (grounds := _of_test(chain.designations, chain.top, test)):
            return Chain(links=chain.links, top=chain.top, designations=grounds)
    return None


def _fixed_point(holdings: _Holdings, test: OwnershipTest, listed: Collection[str]) -> dict[str, _Held]:
    held: dict[str, _Held] = {}
    grown = True
    while grown:
        grown = False
        for key, owners in holdings.stakes.items():
            if key in held:
                continue
            counting = [stake for owner, of in owners.items() if owner in listed or owner in held for stake in of]
            if verdict := _meets(counting, test):
                held[key] = verdict
                grown = True
    return held


def _meets(stakes: Sequence[Stake], test: OwnershipTest) -> _Held | None:
    """Apply one test to the stakes of listed owners."""
    sized = [s for s in stakes if s.share]
    parts = [sized] if test.aggregate else [[s] for s in sized]
    for part in parts:
        total = round(sum(s.share or 0.0 for s in part), 6)
        if part and (total > test.share or (total == test.share and not test.over)):
            return _Held(stakes=tuple(part), total=total)
    in_control = [s for s in stakes if s.control]
    return _Held(stakes=tuple(in_control), total=None) if test.control and in_control else None


def _finding(
    pointer: str,
    name: str,
    found: Sequence[tuple[OwnershipTest, _Held, Mapping[str, _Held], Mapping[str, _Ground]]],
) -> Finding:
    first, held, all_held, grounds = max(found, key=lambda m: (m[0].confidence is Confidence.VERIFIED, m[1].total or 0))
    used = _used(held, all_held, grounds)
    designations = tuple(d for ground in used.values() for d in ground.designations)
    sure = all(test.confidence is not Confidence.VERIFIED for test, *_ in found)
    return Finding(
        subject=pointer,
        evidence=(
            *(_evidence(pointer, test, h, a, g) for test, h, a, g in found),
            *(match_evidence(_pointer(key, held, all_held), g.hit, g.designations) for key, g in used.items()),
        ),
        words={
            "name": name,
            "owner": listing(s.name for s in held.stakes),
            "held": arithmetic(held, first),
            "how": "; ".join(_explained(s, all_held, grounds, frozenset()) for s in held.stakes[:_MOST_TOLD]),
            "tests": listing(f"{t.name} ({t.regime.upper()})" for t, *_ in found),
            "acts": acts(designations),
            "sure": " The test is recalled, not verified." if sure else "",
        },
        severity=Severity.LOW if sure else None,
        strength=min(1.0, (held.total or 50.0) / 100),
        regimes=tuple(sorted({t.regime for t, *_ in found})),
        sources=tuple(dict.fromkeys([t.source for t, *_ in found])) + designation_sources(designations),
    )


def _used(held: _Held, all_held: Mapping[str, _Held], grounds: Mapping[str, _Ground]) -> dict[str, _Ground]:
    """Return the listed owners at the far end of every path, each once."""
    found: dict[str, _Ground] = {}
    waiting, seen = [s.owner for s in held.stakes], set[str]()
    while waiting:
        key = waiting.pop(0)
        if key in seen:
            continue
        seen.add(key)
        if key in grounds:
            found[key] = grounds[key]
        elif key in all_held:
            waiting += [s.owner for s in all_held[key].stakes]
    return found


def _pointer(key: str, held: _Held, all_held: Mapping[str, _Held]) -> str:
    for one in (held, *all_held.values()):
        for stake in one.stakes:
            if stake.owner == key:
                return stake.pointer
    return ""


def arithmetic(held: _Held, test: OwnershipTest) -> str:
    """Say the sum and what it is held against: ``30 % + 25 % = 55 %, against 50 % or more``."""
    if held.total is None:
        return "control, whatever the share"
    parts = " + ".join(f"{s.share:g} %" for s in held.stakes)
    total = f"{parts} = {held.total:g} %" if len(held.stakes) > 1 else parts
    return f"{total}, against {'more than ' if test.over else ''}{test.share:g} %{'' if test.over else ' or more'}"


def _explained(
    stake: Stake, all_held: Mapping[str, _Held], grounds: Mapping[str, _Ground], seen: frozenset[str]
) -> str:
    part = f"{stake.share:g} %" if stake.share else "control"
    head = f"“{stake.name}” ({part})"
    if ground := grounds.get(stake.owner):
        by = f", {ground.chain.told()}," if ground.chain else ""
        return f"{head}{by} listed: {acts(ground.designations)}"
    if stake.owner in seen:
        return f"{head}, named before"
    below = all_held[stake.owner]
    inner = "; ".join(_explained(s, all_held, grounds, seen | {stake.owner}) for s in below.stakes)
    return f"{head}, itself held by {inner}"


def _evidence(
    pointer: str, test: OwnershipTest, held: _Held, all_held: Mapping[str, _Held], grounds: Mapping[str, _Ground]
) -> dict[str, Json]:
    return {
        "type": "ownership",
        "input": pointer,
        "regime": test.regime,
        "test": test.name,
        "threshold": test.share,
        "more_than": test.over,
        "total": held.total,
        "arithmetic": arithmetic(held, test),
        "path": [_link(s, all_held, grounds, frozenset()) for s in held.stakes],
        "authority": test.authority,
        "confidence": str(test.confidence),
    }


def _link(
    stake: Stake, all_held: Mapping[str, _Held], grounds: Mapping[str, _Ground], seen: frozenset[str]
) -> dict[str, Json]:
    link: dict[str, Json] = {
        "input": stake.pointer,
        "owner": stake.name,
        "share": stake.share,
        "control": stake.control,
    }
    if ground := grounds.get(stake.owner):
        link |= {"listed": [designation_evidence(d) for d in ground.designations], "entity_id": ground.hit.entity.id}
        if ground.chain:
            link |= {"relations": ground.chain.as_json()}
    elif stake.owner not in seen:
        below = all_held[stake.owner]
        link |= {"held_by": [_link(s, all_held, grounds, seen | {stake.owner}) for s in below.stakes]}
    return link


def related_to_listed(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Parties whose entry a list ties to a listed one, as its subsidiary, property, front or operated ship."""
    del parameters
    for screened in context.parties_with_hits():
        strong = [h for h in screened.hits if context.is_strong(h) and not never_a_party(h)]
        own = {d.regime for h in strong for d in context.listed(h)}
        found = [
            (hit, chain)
            for hit in strong
            if hit.entity.id not in context.tables.vessels_by_entity
            for chain in chains_to_listed(context, hit, restricted=True)
            if not own.issuperset(d.regime for d in chain.designations)
        ]
        if not found:
            continue
        found.sort(key=lambda f: (-chain_severity(f[1]).rank, len(f[1].links), f[1].top.id))
        hit, chain = found[0]
        designations = tuple(d for d in chain.designations if d.regime not in own)
        yield Finding(
            subject=screened.party.pointer,
            evidence=tuple(_chain_evidence(screened.party.pointer, h, c) for h, c in found),
            words={
                "name": screened.party.name or hit.hit.query_name,
                "matched": hit.hit.matched_name,
                "owner": chain.top.caption,
                "how": chain.told(),
                "acts": acts(designations),
            },
            severity=chain_severity(chain),
            strength=hit.hit.score * (0.9 if len(chain.links) == 1 else 0.7),
            regimes=tuple(sorted({d.regime for d in designations})),
            sources=designation_sources(designations),
        )


def chain_severity(chain: Chain) -> Severity:
    """High for property of a listed party or, where control counts, its servants; medium for a restricted parent."""
    if not chain.freezes:
        return Severity.MEDIUM
    # OFAC blocks by ownership alone; the EU and the UK by control too.
    by_control = any(d.regime in {"eu", "uk"} for d in chain.designations)
    return Severity.HIGH if chain.owned or by_control else Severity.MEDIUM


def _chain_evidence(pointer: str, hit: EntityHit, chain: Chain) -> dict[str, Json]:
    return {
        "type": "relation",
        "input": pointer,
        "list": hit.hit.list,
        "entity_id": hit.hit.entity_id,
        "caption": hit.hit.caption,
        "score": hit.hit.score,
        "matched_name": hit.hit.matched_name,
        "path": chain.as_json(),
        "designations": [designation_evidence(d) for d in chain.designations],
    }
