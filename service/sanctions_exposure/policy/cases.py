"""Runs the cases beside the rules: short notes of a request, with the hits made by hand, and what a rule says to it.

A case file is named after its rule and holds ``[[case]]`` tables of ``title``, ``expect`` (fires or silent),
``severity``, ``as_of`` and the request.  Hits are written down, not matched: a rule is tested apart from matching.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from sanctions_exposure.errors import RulesError
from sanctions_exposure.model import (
    Alignment,
    Confidence,
    Designation,
    DesignationStatus,
    EntityHit,
    Facts,
    GoodsLine,
    Hit,
    Identifier,
    ListedEntity,
    ListedName,
    NameKind,
    Owner,
    Party,
    Payment,
    Relation,
    Schema,
    ScreenedParty,
    Stop,
    Subject,
    VesselEvent,
)
from sanctions_exposure.policy.evaluate import evaluate
from sanctions_exposure.policy.ruleset import Ruleset

Note = Mapping[str, Any]
_NOTES: Final = frozenset({"title", "expect", "severity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How one case went; ``fault`` is empty when the rule did what the case says."""

    rule: str
    title: str
    fault: str


def read_cases(path: Path) -> tuple[Note, ...]:
    """Return the cases of one file.

    Raises:
        RulesError: the file is no TOML or holds no ``[[case]]``.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesError(f"{path.name}: {error}") from error
    except KeyError:
        raise RulesError(f"{path.name}: case: is missing") from None
    return tuple(found)


def run_cases(ruleset: Ruleset, folder: Path) -> Iterator[CaseResult]:
    """Run every case of *folder* against the one rule it is named after; a rule without cases is a fault too.

    Raises:
        RulesError: a case file cannot be read.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    for rule in ruleset.rules:
        if rule.id not in files:
            yield CaseResult(rule=rule.id, title="", fault=f"{rule.id} has no cases")
            continue
        only = replace(ruleset, rules=(rule,))
        cases = read_cases(files.pop(rule.id))
        for case in cases:
            yield CaseResult(rule=rule.id, title=str(case.get("title", "")), fault=_fault(case, only))
        if fault := lacking(cases, rule.effective):
            yield CaseResult(rule=rule.id, title="", fault=fault)
    for stray in files:
        yield CaseResult(rule=stray, title="", fault=f"no rule is called {stray!r}")


def lacking(cases: Sequence[Note], effective: date) -> str:
    """Say which of the three kinds of case a rule has none of; empty when it has all."""
    said = {case.get("expect") for case in cases}
    before = effective - timedelta(days=1)
    missing = [kind for kind in ("fires", "silent") if kind not in said]
    if not any(c.get("expect") == "silent" and c.get("as_of") == before for c in cases):
        missing.append(f"silent on {before}, the day before it takes effect")
    return f"no case that is {', or '.join(missing)}" if missing else ""


def _fault(case: Note, ruleset: Ruleset) -> str:
    try:
        facts = make_facts(**{key: value for key, value in case.items() if key not in _NOTES})
    except (TypeError, KeyError, ValueError) as error:
        return f"cannot be read: {error}"
    verdict = evaluate(facts, ruleset)
    fired = "fires" if verdict.flags else "silent"
    if fired != case.get("expect"):
        return f"expected {case.get('expect')}, but it {'fires' if verdict.flags else 'is silent'}"
    if verdict.severity != case.get("severity", "none"):
        return f"expected severity {case.get('severity', 'none')}, not {verdict.severity}"
    return ""


def make_facts(  # noqa: PLR0913 - the parts of a request
    *,
    as_of: date = date(2026, 8, 31),
    parties: Sequence[Note] = (),
    route: Sequence[Any] = (),
    vessel: Note | None = None,
    goods: Sequence[Note] = (),
    payment: Note | None = None,
    regimes: Sequence[str] = (),
    related: Sequence[Note] = (),
) -> Facts:
    """Build facts from a case's notes; the vessel carries the first leg, which ends at the second stop."""
    screened: list[ScreenedParty] = []
    built = tuple(_party(f"/parties/{n}", p, screened) for n, p in enumerate(parties))
    stops = tuple(_stop(n, s, vessel if n == 1 else None, screened) for n, s in enumerate(route))
    lines = tuple(
        GoodsLine(
            pointer=f"/goods/{n}",
            hs_code="".join(c for c in g.get("hs", "") if c.isdigit()),
            description=g.get("text", ""),
            origin=g.get("origin", ""),
            value=g.get("value"),
        )
        for n, g in enumerate(goods)
    )
    paid = None
    if payment is not None:
        banks = tuple(_party(f"/payment/banks/{n}", b, screened) for n, b in enumerate(payment.get("banks", ())))
        paid = Payment(**{k: v for k, v in payment.items() if k != "banks"}, banks=banks)
    subject = Subject(parties=built, route=stops, goods=lines, payment=paid, regimes=tuple(regimes))
    tied = tuple(h.entity for s in screened for h in s.hits) + tuple(_entity(r) for r in related) if related else ()
    return Facts(subject=subject, as_of=as_of, parties=tuple(screened), related=tied)


def _stop(number: int, stop: Any, vessel: Note | None, screened: list[ScreenedParty]) -> Stop:
    pointer = f"/route/{number}"
    given = dict(stop) if isinstance(stop, Mapping) else {"place": stop}
    carrier = given.pop("carrier", None)
    ship = _party(f"{pointer}/vessel", {**vessel, "role": "vessel"}, screened) if vessel else None
    line = _party(f"{pointer}/carrier", {**carrier, "role": "carrier"}, screened) if carrier else None
    return Stop(pointer=pointer, vessel=ship, carrier=line, **given)


def _party(pointer: str, given: Note, screened: list[ScreenedParty]) -> Party:
    position = len(screened)
    owners = tuple(_owner(f"{pointer}/owners/{n}", o, screened) for n, o in enumerate(given.get("owners", ())))
    party = Party(
        pointer=pointer,
        name=given.get("name", ""),
        id=given.get("id", ""),
        role=given.get("role", "other"),
        addresses=tuple(given.get("addresses", ())),
        countries=(given["country"],) if given.get("country") else (),
        incorporation_date=given.get("founded", ""),
        customer_since=given.get("customer_since", ""),
        identifiers=tuple(Identifier(type=t, value=given[t]) for t in ("imo", "mmsi", "bic") if given.get(t)),
        owners=owners,
        events=tuple(VesselEvent(**e) for e in given.get("events", ())),
    )
    hits = tuple(_hit(party.name, h) for h in given.get("hits", ()))
    screened.insert(position, ScreenedParty(party=party, hits=hits))
    return party


def _owner(pointer: str, given: Note, screened: list[ScreenedParty]) -> Owner:
    position = len(screened)
    owners = tuple(_owner(f"{pointer}/owners/{n}", o, screened) for n, o in enumerate(given.get("owners", ())))
    owner = Owner(
        pointer=pointer,
        name=given["name"],
        share=given.get("share"),
        control=given.get("control", False),
        owners=owners,
    )
    hits = tuple(_hit(owner.name, h) for h in given.get("hits", ()))
    party = Party(pointer=pointer, name=owner.name, role="owner")
    screened.insert(position, ScreenedParty(party=party, hits=hits))
    return owner


def _hit(query: str, given: Note) -> EntityHit:
    entity = _entity(given)
    hit = Hit(
        list=entity.list,
        entity_id=entity.id,
        caption=entity.caption,
        schema=entity.schema,
        score=given.get("score", 0.95),
        matched_name=given["name"],
        alias_strength=NameKind(given.get("kind", "primary")),
        query_name=query,
        features=given.get("features", {}),
        alignment=tuple(
            Alignment(query=query, listed=given["name"], how=h, similarity=1.0) for h in given.get("how", ())
        ),
    )
    return EntityHit(hit=hit, entity=entity)


def _entity(given: Note) -> ListedEntity:
    """``listed`` holds "regime since [until]", ``relations`` "type target-id", one text each."""
    ties = [text.split() for text in given.get("relations", ())]
    return ListedEntity(
        list=given.get("list", "us_ofac_sdn"),
        id=given.get("id", "invented-1"),
        schema=Schema(given.get("schema", "Company")),
        names=(ListedName(text=given["name"]),),
        themes=tuple(given.get("themes", ())),
        designations=tuple(_designation(text, given) for text in given.get("listed", ())),
        relations=tuple(Relation(type=kind, target_name=target, target_id=target) for kind, target in ties),
    )


def _designation(text: str, given: Note) -> Designation:
    regime, since, until = [*text.split(), "", ""][:3]
    return Designation(
        regime=regime,
        authority="Authority of Inventions",
        status=DesignationStatus(given.get("status", "listed")),
        listed_on=since,
        until=until,
        confidence=Confidence(given.get("confidence", "verified")),
        measures=tuple(given.get("measures", ())),
    )
