"""Conditions about parties: who resembles a listed entity, and what else our own curated set says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from sanctions_exposure.model import (
    Confidence,
    Designation,
    DesignationStatus,
    EntityHit,
    ScreenedParty,
    Severity,
    Source,
)
from sanctions_exposure.policy.banks import bank_key, says_bank
from sanctions_exposure.policy.context import Context, Finding, is_curated, never_a_party, number_agrees
from sanctions_exposure.policy.rows import CuratedGrade, Licence, OperatorVessel
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.wording import acts, called, listing, match_evidence, unique_number, why

_CLEARLY: Final = 0.1  # how much better a name must fit one entity to be no other


def designated_party(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Parties that match a listed entity; ``strength`` is strong or possible, ``confidence`` that of the listing.

    ``status`` is listed, or restricted: named by a narrower measure and by no listing.  With ``licensed``, only those
    whose every listing a general licence covers on the day; without it, all others.
    """
    matches = context.is_strong if parameters["strength"] == "strong" else context.is_possible
    confidence = Confidence(parameters["confidence"])
    restricted = parameters.get("status", "listed") == "restricted"
    possible = parameters["strength"] == "possible"
    for party in context.parties_with_hits():
        found = [
            (hit, acts_in_force)
            for hit in party.hits
            if matches(hit)
            and not (possible and _is_another(context, party, hit))
            and not _is_other_bank(context, party, hit)
            and (acts_in_force := _restrictions(context, hit) if restricted else _grounds(context, hit, confidence))
        ]
        covered = bool(found) and all(context.licences(hit, d) for hit, acts_ in found for d in acts_)
        if found and covered is bool(parameters.get("licensed", False)):
            yield _match_finding(context, party, sorted(found, key=_best_first))


def _is_another(context: Context, party: ScreenedParty, hit: EntityHit) -> bool:
    """Whether the party is, by its whole name, another entity of our own set, which this one only resembles."""
    return any(
        is_curated(other)
        and other.entity.id != hit.entity.id
        and context.is_strong(other)
        and other.hit.score >= hit.hit.score + _CLEARLY
        for other in party.hits
    )


def _grounds(context: Context, hit: EntityHit, confidence: Confidence) -> tuple[Designation, ...]:
    """Designations of the wanted confidence; recalled ones only speak where no verified one does."""
    verified = context.listed(hit)
    if confidence is Confidence.VERIFIED:
        return verified
    return () if verified else context.listed(hit, Confidence.RECALLED)


def _restrictions(context: Context, hit: EntityHit) -> tuple[Designation, ...]:
    """Narrower measures against an entity that no list in force names: the listing says all they say, and more."""
    return () if context.listed(hit) else context.restricted(hit)


def _best_first(pair: tuple[EntityHit, tuple[Designation, ...]]) -> tuple[bool, float, str, str]:
    hit = pair[0].hit
    # An authority's own entry speaks before our digest of it.
    return (is_curated(pair[0]), -hit.score, hit.list, hit.entity_id)


def _match_finding(
    context: Context,
    party: ScreenedParty,
    found: Sequence[tuple[EntityHit, tuple[Designation, ...]]],
    severity: Severity | None = None,
) -> Finding:
    pointer = party.party.pointer
    best, grounds = found[0]
    score = max(hit.hit.score for hit, _ in found)
    floor = context.threshold("name-review")
    others = [f"“{h.hit.matched_name}” ({h.hit.list} {h.hit.entity_id})" for h, _ in found[1:4]]
    return Finding(
        subject=pointer,
        evidence=tuple(match_evidence(pointer, hit, acts_, _licences(context, hit, acts_)) for hit, acts_ in found),
        words={
            "name": best.hit.query_name or called(party.party),
            "matched": best.hit.matched_name,
            "caption": best.hit.caption,
            "list": best.hit.list,
            "entity": best.hit.entity_id,
            "acts": acts(grounds) or "no designation",
            "why": why(best.hit),
            "also": f" Also resembles {listing(others)}." if others else "",
            "licensed": _licensed(context, found),
            "undated": _undated(context, (d for _, acts_ in found for d in acts_)),
        },
        severity=severity,
        strength=(score - floor) / (1.0 - floor),
        unique=any(unique_number(h.hit) and h.hit.score >= 0.9995 for h, _ in found),
        regimes=tuple(sorted({d.regime for _, acts_ in found for d in acts_})),
        sources=(
            *designation_sources(d for _, acts_ in found for d in acts_),
            *context.acts_of({d.regime for _, acts_ in found for d in acts_ if d.status is DesignationStatus.LISTED}),
        ),
    )


def _undated(context: Context, designations: Iterable[Designation]) -> str:
    """Say, to who asks of a day, that a listing without a date counts on every day, perhaps before it was made."""
    without = sorted({d.list_name or d.regime.upper() for d in designations if not d.listed_on})
    if not without or context.subject.as_of is None:
        return ""
    return f" When it was listed ({listing(without)}) is not published in this file: it counts on every day."


def _standing(context: Context, party: ScreenedParty, found: Sequence[EntityHit]) -> str:
    """Say what lists say of the party on the day; that none names it only when none does, of whatever regime."""
    strong = [h for h in party.hits if context.is_strong(h)]
    if any(context.listed(h) for h in found):
        return "it is designated"
    if any(context.listed(h) for h in strong):
        return "the party also matches a list entry, which is flagged by itself"
    if regimes := {r for h in strong for r in context.regimes_listing(h)}:
        return f"lists say {context.not_asked(regimes)}"
    if any(context.listed(h, Confidence.RECALLED) for h in strong):
        return "a designation is only recalled"
    return "no list entry was found"


def _licences(context: Context, hit: EntityHit, designations: Iterable[Designation]) -> tuple[Licence, ...]:
    return tuple(dict.fromkeys(licence for d in designations for licence in context.licences(hit, d)))


def _licensed(context: Context, found: Iterable[tuple[EntityHit, tuple[Designation, ...]]]) -> str:
    known = dict.fromkeys(licence for hit, acts_ in found for licence in _licences(context, hit, acts_))
    said = [f"{x.licence} ({x.regime.upper()}, since {x.from_}): {x.limits}" for x in known]
    return f" Licensed in part or whole: {'; '.join(said)}." if said else ""


def designation_sources(designations: Iterable[Designation]) -> tuple[Source, ...]:
    """Return what the designations were read in, each once; one that nobody dated stays in the evidence alone."""
    found = (_whole(d.source, d) for d in designations if d.source)
    return tuple(dict.fromkeys(s for s in found if s.publisher and s.date))


def _whole(source: Source, designation: Designation) -> Source:
    if source.publisher and source.date:
        return source
    publisher = source.publisher or designation.authority
    return replace(source, publisher=publisher, date=source.date or designation.listed_on)


def operator_vessel(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Vessels that an authority named, by IMO number, in its reasons for listing their operator."""
    del parameters
    for party in context.facts.parties:
        vessel, how = _known_vessel(context, party)
        if vessel and context.applies(regime=vessel.regime, since=vessel.from_, until=vessel.until):
            pointer = party.party.pointer
            yield Finding(
                subject=pointer,
                evidence=(
                    {
                        "type": "vessel",
                        "input": pointer,
                        "entity_id": vessel.entity,
                        "name": vessel.name,
                        "imo": vessel.imo,
                        "operator": vessel.operator,
                        "act": vessel.act,
                        "listed_on": vessel.from_,
                        "matched_by": how,
                    },
                ),
                words={
                    "name": party.party.name or vessel.imo,
                    "vessel": vessel.name,
                    "imo": vessel.imo,
                    "operator": vessel.operator,
                    "act": vessel.act,
                    "since": vessel.from_,
                    "how": how,
                },
                strength=0.95,
                regimes=(vessel.regime,),
                sources=(vessel.source,),
            )


def _known_vessel(context: Context, party: ScreenedParty) -> tuple[OperatorVessel | None, str]:
    for identifier in party.party.identifiers:
        if identifier.type == "imo" and (found := context.tables.vessels_by_imo.get(_digits(identifier.value))):
            return found, "IMO number"
    return None, ""


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def curated_entity(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Parties that are entities of the article graded with ``flag``, whose own entry names no listing on the day."""
    for party in context.parties_with_hits():
        found = []
        for hit in party.hits:
            grade = _grade(context, hit) if is_curated(hit) and context.is_strong(hit) else None
            if grade is None or grade.flag != parameters["flag"] or context.listed(hit) or _spoken_for(context, hit):
                continue
            if _is_other_bank(context, party, hit):
                continue
            found.append((hit, grade))
        if found:
            found.sort(key=lambda pair: (-pair[1].severity.rank, -pair[0].hit.score, pair[0].hit.entity_id))
            yield _graded(context, party, found)


def _is_other_bank(context: Context, party: ScreenedParty, hit: EntityHit) -> bool:
    """Whether the party has the very name of another bank of the bank table: Bank Rossiya is no Bank of Russia.

    Only an entity of our own set steps back so, for a name alone: the bank itself is flagged as that of the table.
    """
    if _BANKS not in hit.entity.themes or hit.hit.score >= _SAME or number_agrees(hit):
        return False
    named = context.tables.banks_by_name.get(bank_key(party.party.name), ()) if says_bank(party.party.name) else ()
    return bool(named) and all(b.entity != hit.entity.id for b in named)


_SAME: Final = 0.9995
_BANKS: Final = "payment-rails"


def _graded(context: Context, party: ScreenedParty, found: Sequence[tuple[EntityHit, CuratedGrade]]) -> Finding:
    base = _match_finding(context, party, [(hit, context.designations(hit)) for hit, _ in found])
    status = _standing(context, party, [hit for hit, _ in found])
    worst = found[0][1]
    return Finding(
        subject=base.subject,
        evidence=base.evidence,
        words={**base.words, "basis": worst.basis, "authority": worst.authority, "also": "", "status": status},
        severity=worst.severity,
        strength=base.strength,
        regimes=base.regimes,
        sources=tuple(dict.fromkeys(g.source for _, g in found)) + base.sources,
    )


def _spoken_for(context: Context, hit: EntityHit) -> bool:
    """Whether the operator-vessel condition recognises this ship by its number and says more."""
    return hit.entity.id in context.tables.vessels_by_entity and number_agrees(hit)


def _grade(context: Context, hit: EntityHit) -> CuratedGrade | None:
    """The entity's own grade, or the one of its first theme that has one.

    Systems, products and programmes are found by rails and keywords: as a party's name they count only when they are
    graded by name.
    """
    if own := context.tables.grades_by_entity.get(hit.entity.id):
        return own
    if never_a_party(hit):
        return None
    themes = (context.tables.grades_by_theme.get(theme) for theme in hit.entity.themes)
    return next((grade for grade in themes if grade is not None), None)


def curated_kind(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Parties that are curated entities of given ``schemas`` or ``themes``, listed or not; ``all_of`` needs both."""
    schemas, themes = set(parameters.get("schemas", ())), set(parameters.get("themes", ()))
    severity = {True: Severity(parameters["when_listed"]), False: Severity(parameters["when_unlisted"])}
    for party in context.parties_with_hits():
        found = [
            h for h in party.hits if _is_kind(context, h, schemas, themes) and not _is_other_bank(context, party, h)
        ]
        if found:
            found.sort(key=lambda h: (-h.hit.score, h.hit.entity_id))
            listed = any(context.listed(h) for h in found)
            pairs = [(h, context.listed(h) or context.designations(h)) for h in found]
            finding = _match_finding(context, party, pairs, severity[listed])
            status = _standing(context, party, found)
            yield Finding(
                subject=finding.subject,
                evidence=finding.evidence,
                words={**finding.words, "status": status, "also": ""},
                severity=finding.severity,
                strength=finding.strength,
                regimes=finding.regimes,
                sources=finding.sources,
            )


def _is_kind(context: Context, hit: EntityHit, schemas: set[str], themes: set[str]) -> bool:
    if not is_curated(hit) or not context.is_strong(hit):
        return False
    own = context.tables.grades_by_entity.get(hit.entity.id)
    if own is not None and not own.flag:  # a reference, a victim: never a flag
        return False
    return (not schemas or hit.entity.schema in schemas) and (not themes or not themes.isdisjoint(hit.entity.themes))


def theme_party(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Parties that match a curated entity of the given ``themes`` and of none of ``without``, whatever lists say."""
    wanted, without = set(parameters["themes"]), set(parameters.get("without", ()))
    for party, hit in context.strong_hits():
        if is_curated(hit) and not wanted.isdisjoint(hit.entity.themes) and without.isdisjoint(hit.entity.themes):
            yield _match_finding(context, party, [(hit, context.designations(hit))])
