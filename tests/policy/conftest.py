"""Builds facts by hand, from the short notation of tests/cases/*.toml, and opens the rules as they ship.

Hits are made here, not matched: policy is tested apart from matching.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.model import (
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
    Schema,
    ScreenedParty,
    Stop,
    Subject,
)
from sanctions_exposure.policy import Ruleset, load_ruleset

RULES = Path(__file__).parents[2] / "rules"
MakeFacts = Callable[..., Facts]


@pytest.fixture(scope="session")
def rules_folder() -> Path:
    return RULES


@pytest.fixture(scope="session")
def ruleset() -> Ruleset:
    return load_ruleset(RULES)


@pytest.fixture(scope="session")
def make_facts() -> MakeFacts:
    """Facts from keywords: ``parties``, ``route``, ``vessel``, ``goods``, ``payment``, ``regimes``, ``as_of``."""
    return _facts


def _facts(
    *,
    as_of: date = date(2026, 8, 31),
    parties: list[Mapping[str, Any]] | None = None,
    route: list[Any] | None = None,
    vessel: Mapping[str, Any] | None = None,
    goods: list[Mapping[str, Any]] | None = None,
    payment: Mapping[str, Any] | None = None,
    regimes: tuple[str, ...] | list[str] = (),
) -> Facts:
    screened: list[ScreenedParty] = []
    built = tuple(_party(f"/parties/{n}", p, screened) for n, p in enumerate(parties or ()))
    stops = tuple(_stop(n, s, vessel if n == 1 else None, screened) for n, s in enumerate(route or ()))
    lines = tuple(
        GoodsLine(
            pointer=f"/goods/{n}",
            hs_code="".join(c for c in g.get("hs", "") if c.isdigit()),
            description=g.get("text", ""),
            origin=g.get("origin", ""),
        )
        for n, g in enumerate(goods or ())
    )
    paid = None
    if payment is not None:
        banks = tuple(_party(f"/payment/banks/{n}", b, screened) for n, b in enumerate(payment.get("banks", ())))
        paid = Payment(**{k: v for k, v in payment.items() if k != "banks"}, banks=banks)
    subject = Subject(parties=built, route=stops, goods=lines, payment=paid, regimes=tuple(regimes))
    return Facts(subject=subject, as_of=as_of, parties=tuple(screened))


def _stop(number: int, stop: Any, vessel: Mapping[str, Any] | None, screened: list[ScreenedParty]) -> Stop:
    pointer = f"/route/{number}"
    given = stop if isinstance(stop, dict) else {"place": stop}
    ship = _party(f"{pointer}/vessel", {**vessel, "role": "vessel"}, screened) if vessel else None
    return Stop(pointer=pointer, vessel=ship, **given)


def _party(pointer: str, given: Mapping[str, Any], screened: list[ScreenedParty]) -> Party:
    position = len(screened)
    owners = tuple(_owner(f"{pointer}/owners/{n}", o, screened) for n, o in enumerate(given.get("owners", ())))
    party = Party(
        pointer=pointer,
        name=given.get("name", ""),
        role=given.get("role", "other"),
        countries=(given["country"],) if given.get("country") else (),
        incorporation_date=given.get("founded", ""),
        identifiers=tuple(Identifier(type=t, value=given[t]) for t in ("imo", "bic") if given.get(t)),
        owners=owners,
    )
    hits = tuple(_hit(party.name, h) for h in given.get("hits", ()))
    screened.insert(position, ScreenedParty(party=party, hits=hits))
    return party


def _owner(pointer: str, given: Mapping[str, Any], screened: list[ScreenedParty]) -> Owner:
    owner = Owner(pointer=pointer, name=given["name"], share=given.get("share"), control=given.get("control", False))
    hits = tuple(_hit(owner.name, h) for h in given.get("hits", ()))
    screened.append(ScreenedParty(party=Party(pointer=pointer, name=owner.name, role="owner"), hits=hits))
    return owner


def _hit(query: str, given: Mapping[str, Any]) -> EntityHit:
    """``listed`` holds "regime since [until]", one text per designation."""
    entity = ListedEntity(
        list=given.get("list", "us_ofac_sdn"),
        id=given.get("id", "invented-1"),
        schema=Schema(given.get("schema", "Company")),
        names=(ListedName(text=given["name"]),),
        themes=tuple(given.get("themes", ())),
        designations=tuple(_designation(text, given) for text in given.get("listed", ())),
    )
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
    )
    return EntityHit(hit=hit, entity=entity)


def _designation(text: str, given: Mapping[str, Any]) -> Designation:
    regime, since, until = [*text.split(), "", ""][:3]
    return Designation(
        regime=regime,
        authority="Authority of Inventions",
        status=DesignationStatus(given.get("status", "listed")),
        listed_on=since,
        until=until,
        confidence=Confidence(given.get("confidence", "verified")),
    )
