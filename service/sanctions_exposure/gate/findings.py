"""From answers to findings: what a flag is about, which listed entities it rests on, and by what it is known again."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from sanctions_exposure.gate.files import Item
from sanctions_exposure.gate.report import Finding, Match, RowResult
from sanctions_exposure.model import IDENTIFIER_TYPES, Json, Severity

Record = Callable[[str, str], Mapping[str, Json] | None]  # list and entity id -> the entity as listed

_PARTY: Final = re.compile(r"/parties/(\d+)")
_PLAIN_KEYS: Final = tuple(sorted(IDENTIFIER_TYPES - {"other", "passport", "national_id", "crypto_wallet", "duns"}))


def key_of(text: str) -> str:
    """Return *text* so that case, width and spacing no longer tell two writings apart."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def digest(value: Json) -> str:
    """Return the fingerprint of a document."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def row_result(item: Item, answer: Mapping[str, Json]) -> RowResult:
    """Return what became of the row *item* by its answer."""
    error = answer.get("error")
    return RowResult(
        file=item.file,
        row=item.row,
        line=item.line,
        reference=_reference(item.request),
        name=label(item.request),
        outcome=answer["outcome"],
        severity=Severity(answer.get("severity", "none")),
        score=answer.get("score", 0),
        error=_said(error) if error else "",
    )


def _said(error: Mapping[str, Json]) -> str:
    found = [f"{f['pointer']}: {f['detail']}" if f["pointer"] else f["detail"] for f in error.get("errors", ())]
    return "; ".join(found) or str(error["title"])


def findings_of(item: Item, answer: Mapping[str, Json], record: Record) -> Iterator[Finding]:
    """Yield a finding for each flag of an answer."""
    for flag in answer.get("flags", ()):
        subject = str(flag["subject"])
        name, identifiers = _about(item.request, subject)
        matches = tuple(_matches(flag["evidence"], record))
        yield Finding(
            fingerprint=_fingerprint(flag["rule"]["id"], _subject_key(item.request, subject), matches),
            file=item.file,
            row=item.row,
            line=item.line,
            reference=_reference(item.request),
            name=name,
            subject=subject,
            identifiers=identifiers,
            rule=flag["rule"]["id"],
            rule_version=flag["rule"]["version"],
            code=flag["code"],
            title=flag["title"],
            severity=Severity(flag["severity"]),
            score=flag["score"],
            explanation=flag["explanation"],
            action=flag["action"],
            regimes=tuple(flag["regimes"]),
            matches=matches,
            url=next((source["url"] for source in flag["sources"] if source.get("url")), ""),
        )


def _matches(evidence: Sequence[Mapping[str, Json]], record: Record) -> Iterator[Match]:
    seen = set()
    for piece in evidence:
        key = (piece.get("list"), piece.get("entity_id"))
        if piece.get("type") == "match" and all(key) and key not in seen:
            seen.add(key)
            listed = record(str(key[0]), str(key[1]))
            yield Match(
                list=str(key[0]),
                entity_id=str(key[1]),
                caption=str(piece.get("caption", "")),
                matched_name=str(piece.get("matched_name", "")),
                score=float(piece.get("score", 0.0)),
                record=digest(listed) if listed else "",
            )


def _fingerprint(rule: str, subject: Json, matches: Sequence[Match]) -> str:
    # A further listing of the same party is news, so every entity counts; the row's place does not.
    return digest([rule, subject, sorted(match.entity for match in matches)]).removeprefix("sha256:")[:32]


# -- what a request says of itself -------------------------------------------------------------------


def label(request: Json) -> str:
    """Return what a row is about in a few words."""
    if not isinstance(request, Mapping):
        return ""
    names = [name for party in _parties(request) if (name := _name(party))]
    if names:
        return names[0] + (f" (and {len(names) - 1} more)" if len(names) > 1 else "")
    if route := request.get("route"):
        return " > ".join(_stop(stop) for stop in route) if isinstance(route, list) else str(route)
    return _reference(request) or next((key for key in ("goods", "payment") if key in request), "")


def _parties(request: Mapping[str, Json]) -> list[Json]:
    parties = request.get("parties", [request])
    return list(parties) if isinstance(parties, list) else []


def _name(party: Json) -> str:
    if not isinstance(party, Mapping):
        return ""
    return str(party.get("name") or "") or next((str(party[key]) for key in _PLAIN_KEYS if party.get(key)), "")


def _stop(stop: Json) -> str:
    if not isinstance(stop, Mapping):
        return str(stop)
    return str(next((stop[key] for key in ("place", "locode", "country") if stop.get(key)), "?"))


def _reference(request: Json) -> str:
    found = request.get("reference") if isinstance(request, Mapping) else ""
    return found[:500] if isinstance(found, str) else ""


def _about(request: Json, subject: str) -> tuple[str, tuple[str, ...]]:
    """Return the name and identifiers of what a pointer leads to; of a part without a name, those of the row."""
    found = _at(request, subject)
    name = _name(found)
    identifiers = _identifiers(found) if isinstance(found, Mapping) else ()
    if not name and isinstance(found, str) and not subject.startswith("/route"):
        name = found  # a bank or carrier written as plain text
    return name or label(request), identifiers


def _at(request: Json, pointer: str) -> Json:
    if not isinstance(request, Mapping):
        return None
    found: Json = request
    if "parties" not in request and (flat := _PARTY.match(pointer)):
        pointer = pointer[flat.end() :]
    for token in filter(None, pointer.split("/")):
        if isinstance(found, Mapping):
            found = found.get(token.replace("~1", "/").replace("~0", "~"))
        elif isinstance(found, list) and token.isdigit() and int(token) < len(found):
            found = found[int(token)]
        else:
            return None
    return found


def _identifiers(party: Mapping[str, Json]) -> tuple[str, ...]:
    listed = [i.get("value") for i in party.get("identifiers") or () if isinstance(i, Mapping)]
    return tuple(str(value) for value in (*listed, *(party.get(key) for key in _PLAIN_KEYS)) if value)


def _subject_key(request: Json, subject: str) -> Json:
    """Return what makes a subject the same one in another row or another file."""
    found = _at(request, subject)
    name = _name(found) if isinstance(found, Mapping) else found if isinstance(found, str) else ""
    if name and not subject.startswith("/route"):
        return key_of(name)
    part = subject.split("/")[1] if "/" in subject else ""
    section = request.get(part) if isinstance(request, Mapping) else None
    return [part, key_of(label(request)), section]
