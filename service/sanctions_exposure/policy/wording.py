"""Sentences of explanations: who matched whom, and why, in the same words for the same facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sanctions_exposure.model import IDENTIFIER_TYPES, Designation, EntityHit, Hit, Json, Party, Source
from sanctions_exposure.policy.chains import SECTORAL
from sanctions_exposure.policy.rows import Licence

_NUMBERS: Final = {
    "imo": "IMO number",
    "mmsi": "MMSI",
    "callsign": "call sign",
    "lei": "LEI",
    "bic": "BIC",
    "inn": "INN",
    "ogrn": "OGRN",
    "registration": "registration number",
    "tax": "tax number",
    "passport": "passport number",
    "national_id": "national identity number",
    "tail": "tail number",
    "icao24": "ICAO 24-bit address",
    "crypto_wallet": "wallet address",
    "duns": "DUNS number",
    "other": "identifier",
}
_FACTS: Final = {
    "country": "country",
    "birth_date": "date of birth",
    "dob": "date of birth",
    "schema": "kind",
} | _NUMBERS
# How a matcher says two words met, as a reader understands it; a word that is not here is shown as it is.
_HOW: Final = {"typo": "a spelling slip", "joined": "written as one word", "fuzzy": "similar spelling"}
_UNMET: Final = frozenset({"dropped", "left_over", "contradicted", "set_aside"})


def why(hit: Hit) -> str:
    """Say why the names met: which words, which facts agree, which do not."""
    parts = [_names(hit), *_facts(hit, "agree", "same"), *_facts(hit, "disagree", "different")]
    return "; ".join(p for p in parts if p)


def _names(hit: Hit) -> str:
    quiet = {"exact", "legal_form", "title"} | _UNMET
    changed = [a for a in hit.alignment if a.how not in quiet and a.query and a.listed]
    exact = any(a.how == "exact" for a in hit.alignment)
    forms = any(a.how == "legal_form" for a in hit.alignment)
    dropped = [a.query or a.listed for a in hit.alignment if a.how in _UNMET]
    parts = []
    if changed:
        pairs = ", ".join(
            f"“{a.query}” for “{a.listed}” ({_HOW.get(a.how, a.how.replace('_', ' '))})" for a in changed[:4]
        )
        parts.append(("the same words but for " if exact else "") + pairs)
    elif exact:
        parts.append("the same words" + (" apart from legal form" if forms else ""))
    elif unique_number(hit):
        return "names that differ" if hit.query_name else ""
    else:
        parts.append(f"name score {hit.score:.2f}")
    if dropped:
        parts.append("leaving out " + ", ".join(f"“{w}”" for w in dropped[:4]))
    return ", ".join(parts)


def _facts(hit: Hit, value: str, adjective: str) -> list[str]:
    return [
        f"{adjective} {_FACTS[key]}" for key in sorted(hit.features) if hit.features[key] == value and key in _FACTS
    ]


def unique_number(hit: Hit) -> bool:
    """Whether an identifier that belongs to one entity only agrees."""
    return any(k in IDENTIFIER_TYPES - {"other"} and v == "agree" for k, v in hit.features.items())


def called(party: Party) -> str:
    """Return what a reader knows a party by: its name, else its first number."""
    if party.name or not party.identifiers:
        return party.name
    first = party.identifiers[0]
    bare = (
        first.value.upper().removeprefix(first.type.upper()).strip(" .:#")
    )  # a paper may have written the kind as well
    return f"{_NUMBERS.get(first.type, first.type)} {bare}"


def act(designation: Designation) -> str:
    """Name a designation: authority, list, programme, reference, since when."""
    head = ", ".join(p for p in (designation.authority or designation.regime.upper(), designation.list_name) if p)
    tail = [p for p in (designation.programme, f"entry {designation.reference}" if designation.reference else "") if p]
    if narrow := [m.lower() for m in designation.measures if m in SECTORAL]:
        tail.append(f"{listing(narrow)}, not an asset freeze")
    if designation.listed_on:
        recalled = " (date recalled)" if designation.listed_on_confidence == "recalled" else ""
        tail.append(f"since {designation.listed_on}{recalled}")
    return f"{head}: {', '.join(tail)}" if tail else head


def acts(designations: Sequence[Designation]) -> str:
    """Name up to three designations."""
    named = list(dict.fromkeys(act(d) for d in designations))
    more = f"; and {len(named) - 3} more" if len(named) > 3 else ""
    return "; ".join(named[:3]) + more


def match_evidence(
    pointer: str, hit: EntityHit, designations: Sequence[Designation], licences: Sequence[Licence] = ()
) -> Mapping[str, Json]:
    """Return the contract's ``match`` evidence."""
    found = hit.hit
    return {
        "type": "match",
        "input": pointer,
        "list": found.list,
        "entity_id": found.entity_id,
        "caption": found.caption,
        "matched_name": found.matched_name,
        "alias_strength": str(found.alias_strength),
        "query_name": found.query_name,
        "score": found.score,
        "features": dict(sorted(found.features.items())),
        "alignment": [
            {"query": a.query, "listed": a.listed, "how": a.how, "similarity": a.similarity} for a in found.alignment
        ],
        "programmes": list(dict.fromkeys(d.programme for d in designations if d.programme)),
        "listed_on": min((d.listed_on for d in designations if d.listed_on), default=""),
        "designations": [designation_evidence(d) for d in designations],
        "licences": [
            {
                "licence": x.licence,
                "regime": x.regime,
                "since": x.from_,
                "until": x.until or None,
                "limits": x.limits,
                "authority": x.authority,
            }
            for x in licences
        ],
    }


def designation_evidence(designation: Designation) -> Mapping[str, Json]:
    """Return one designation as JSON, with the source it was read in."""
    return {
        "regime": designation.regime,
        "status": str(designation.status),
        "authority": designation.authority,
        "list_name": designation.list_name,
        "programme": designation.programme,
        "reference": designation.reference,
        "listed_on": designation.listed_on,
        "listed_on_confidence": str(designation.listed_on_confidence) if designation.listed_on else None,
        "measures": list(designation.measures),
        "confidence": str(designation.confidence),
        "source": source_evidence(designation.source) if designation.source else None,
    }


def source_evidence(source: Source) -> Mapping[str, Json]:
    """Return a source as JSON."""
    return {
        "title": source.title,
        "publisher": source.publisher,
        "date": source.date,
        "section": source.section,
        "url": source.url,
        "confidence": str(source.confidence),
    }


def listing(items: Iterable[str]) -> str:
    """Join words as a sentence does: a, b and c.

    >>> listing(["a", "b", "c"])
    'a, b and c'
    """
    words = list(dict.fromkeys(items))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
