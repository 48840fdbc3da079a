"""From a request document to a ``Subject``: bounds, then shape, then meaning, each fault with its pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from marshmallow import Schema, ValidationError
from msgspec.structs import replace

from sanctions_exposure import model
from sanctions_exposure.damage import repaired
from sanctions_exposure.errors import Fault, InvalidInput
from sanctions_exposure.model import (
    GoodsLine,
    Identifier,
    Json,
    NameQuery,
    Owner,
    Party,
    Payment,
    Stop,
    Subject,
    VesselEvent,
)
from sanctions_exposure.question import limits as bounds
from sanctions_exposure.question.identifiers import SHORTHANDS, warning
from sanctions_exposure.question.in_name import identifiers_in, note, with_leading_zero
from sanctions_exposure.question.meaning import name_faults, subject_faults
from sanctions_exposure.question.schemas import FLAT_FIELDS, FlatRequestSchema, NameQuerySchema, RequestSchema

# Marks that turn text round or hide it from a reader; they carry no letter, so a name loses nothing with them.
_HIDDEN: Final = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL: Final = re.compile(r"[\x01-\x1f\x7f-\x9f]+")
_WRONGLY_READ: Final = re.compile(r"[\x80-\x9f]")
_LINE_END: Final = re.compile(r"[^\S\r\n]*[\r\n]\s*")
_MESSAGE: Final = "The request cannot be screened"


def read_subject(document: Json, limits: bounds.Limits | None = None) -> Subject:
    """Check *document* against the contract and return what it asks.

    Raises:
        InvalidInput: with one fault for each place that is wrong.
    """
    limits = limits or bounds.Limits()
    _refuse(bounds.faults(document, limits))
    flat = isinstance(document, Mapping) and "parties" not in document and not FLAT_FIELDS.isdisjoint(document)
    checked = _nested(_load(FlatRequestSchema, document)) if flat else _load(RequestSchema, document)
    notes: list[str] = []
    subject = _subject(checked, notes)
    _refuse(subject_faults(subject), flat=flat)
    return subject


def read_name_query(query: Json, limits: bounds.Limits | None = None) -> NameQuery:
    """Return what a search asks: a name, or an object of ``name``, ``schema``, ``country`` and ``birth_date``.

    Raises:
        InvalidInput: with one fault for each place that is wrong.
    """
    document = {"name": query} if isinstance(query, str) else query
    _refuse(bounds.faults(document, limits or bounds.Limits()))
    checked = _load(NameQuerySchema, document)
    name = _name(checked["name"], "/name", [])
    _refuse(name_faults(name, "/name"))
    return NameQuery(
        names=(name,),
        schema=_schema(checked),
        countries=(checked["country"],) if checked.get("country") else (),
        birth_date=checked.get("birth_date") or "",
        identifiers=identifiers_in(name),
    )


# -- shape ---------------------------------------------------------------------------------------


def _nested(document: Mapping[str, Json]) -> dict[str, Json]:
    """Return a flat request in the form every other part reads."""
    party = {key: value for key, value in document.items() if key in FLAT_FIELDS}
    return {"parties": [party]} | {key: value for key, value in document.items() if key not in FLAT_FIELDS}


@cache
def _instance(schema: type[Schema]) -> Schema:
    return schema()


def _load(schema: type[Schema], document: Json) -> dict[str, Json]:
    if not isinstance(document, Mapping):
        raise InvalidInput(_MESSAGE, [Fault("", f"must be an object, not {_kind(document)}")])
    try:
        return dict(_instance(schema).load(document))
    except ValidationError as error:
        _refuse(_shape_faults(error.messages, ""))
        raise  # never reached: a ValidationError carries at least one message


def _kind(value: Json) -> str:
    names = {type(None): "null", str: "text", list: "a list", tuple: "a list", bool: "true or false"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)


def _shape_faults(messages: Json, pointer: str) -> Iterator[Fault]:
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            yield from _shape_faults(below, pointer if key == "_schema" else f"{pointer}/{bounds.escape(str(key))}")
    elif isinstance(messages, list):
        for message in messages:
            yield from _shape_faults(message, pointer)
    else:
        yield Fault(pointer, str(messages))


def _refuse(faults: Iterator[Fault], *, flat: bool = False) -> None:
    found = [Fault(f.pointer.removeprefix("/parties/0"), f.detail) if flat else f for f in faults]
    if found:
        raise InvalidInput(_MESSAGE, sorted(found, key=lambda f: f.pointer))


# -- values --------------------------------------------------------------------------------------


def _clean(text: str | None, pointer: str, notes: list[str]) -> str:
    """Return *text* on one line, without marks that hide or turn it, which are worth a warning."""
    text = text or ""
    if text.isascii() and text.isprintable():
        return text
    if _HIDDEN.search(text):
        notes.append(f"{pointer}: invisible or direction-changing characters were removed before comparing.")
    return _CONTROL.sub(" ", _HIDDEN.sub("", text)).strip()


def _name(text: str | None, pointer: str, notes: list[str]) -> str:
    """Return a name on one line; where its lines ended stays visible, for another party or an address begins there."""
    if text and not text.isprintable():
        # No name has these: they are letters of UTF-8 that were read as another code, and would be lost as controls.
        if _WRONGLY_READ.search(text) and (whole := repaired(text)):
            notes.append(f"{pointer}: letters that were read in a wrong code were put right before comparing.")
            text = whole
        text = _LINE_END.sub(" | ", text.strip())
    return _clean(text, pointer, notes)


def _names(values: list[str] | None, pointer: str, notes: list[str]) -> tuple[str, ...]:
    return tuple(text for i, value in enumerate(values or ()) if (text := _name(value, f"{pointer}/{i}", notes)))


def _texts(values: list[str] | None, pointer: str, notes: list[str]) -> tuple[str, ...]:
    return tuple(text for i, value in enumerate(values or ()) if (text := _clean(value, f"{pointer}/{i}", notes)))


def _schema(checked: Mapping[str, Json]) -> model.Schema | None:
    return model.Schema(checked["schema"]) if checked.get("schema") else None


def _subject(checked: Mapping[str, Json], notes: list[str]) -> Subject:
    parties = tuple(_party(p, f"/parties/{i}", notes) for i, p in enumerate(checked.get("parties") or ()))
    route = tuple(_stop(s or {}, f"/route/{i}", notes) for i, s in enumerate(checked.get("route") or ()))
    goods = tuple(_goods(g, f"/goods/{i}", notes) for i, g in enumerate(checked.get("goods") or ()))
    payment = _payment(checked["payment"], notes) if checked.get("payment") else None
    return Subject(
        parties=parties,
        route=route,
        goods=goods,
        payment=payment,
        reference=checked.get("reference") or "",
        as_of=checked.get("as_of"),
        regimes=tuple(dict.fromkeys(checked.get("regimes") or ())),
        warnings=tuple(notes),
    )


def _party(p: Mapping[str, Json], pointer: str, notes: list[str], *, role: str = "other") -> Party:
    countries = [p.get("country"), *(p.get("countries") or ())]
    name = _name(p.get("name"), f"{pointer}/name", notes)
    given = tuple(_identifiers(p, pointer, notes))
    in_name = [i for i in identifiers_in(name) if all(i.value != other.value for other in given)]
    notes += [note(i, f"{pointer}/name") for i in in_name]
    addresses = [a for a in (p.get("address"),) if a] + (p.get("addresses") or [])
    return Party(
        pointer=pointer,
        name=name,
        id=p.get("id") or "",
        role=p.get("role") or role,
        schema=_schema(p),
        aliases=_names(p.get("aliases"), f"{pointer}/aliases", notes),
        countries=tuple(dict.fromkeys(c for c in countries if c)),
        addresses=_texts(addresses, f"{pointer}/addresses", notes),
        birth_date=p.get("birth_date") or "",
        incorporation_date=p.get("incorporation_date") or "",
        customer_since=p.get("customer_since") or "",
        identifiers=(*given, *in_name),
        owners=_owners(p, pointer, notes),
        events=tuple(
            VesselEvent(type=e["type"], date=e.get("date") or "", hours=e.get("hours")) for e in p.get("events") or ()
        ),
    )


def _identifiers(p: Mapping[str, Json], pointer: str, notes: list[str]) -> Iterator[Identifier]:
    for i, given in enumerate(p.get("identifiers") or ()):
        value = _clean(given["value"].strip(), f"{pointer}/identifiers/{i}/value", notes)
        identifier = Identifier(type=given["type"], value=value, country=given.get("country") or "")
        yield from _checked(identifier, f"{pointer}/identifiers/{i}/value", notes)
    for key in SHORTHANDS:
        if value := _clean(p.get(key), f"{pointer}/{key}", notes):
            yield from _checked(Identifier(type=key, value=value), f"{pointer}/{key}", notes)


def _checked(identifier: Identifier, pointer: str, notes: list[str]) -> Iterator[Identifier]:
    """Yield an identifier, and what it was before a table took the zero from its front."""
    yield identifier
    whole = with_leading_zero(identifier.value) if identifier.type == "inn" else ""
    if whole and whole != identifier.value:
        notes.append(
            f"{pointer}: {identifier.value!r} is an INN number that lost its leading zero: {whole!r} was used."
        )
        yield replace(identifier, value=whole)
    else:
        notes += filter(None, [warning(identifier, pointer)])


def _owners(holder: Mapping[str, Json], pointer: str, notes: list[str]) -> tuple[Owner, ...]:
    given = holder.get("owners") or ()
    shares = [share for one in given if (share := one.get("share"))]
    if shares and max(shares) <= 1:
        notes.append(
            f"{pointer}/owners: no share is above 1; shares are in percent, so {shares[0]:g} was taken as "
            f"{shares[0]:g} %, not as a fraction."
        )
    return tuple(_owner(one, f"{pointer}/owners/{i}", notes) for i, one in enumerate(given))


def _owner(o: Mapping[str, Json], pointer: str, notes: list[str]) -> Owner:
    return Owner(
        pointer=pointer,
        name=_name(o["name"], f"{pointer}/name", notes),
        share=o.get("share"),
        control=o.get("control", False),
        owners=_owners(o, pointer, notes),
    )


def _stop(s: Mapping[str, Json], pointer: str, notes: list[str]) -> Stop:
    vessel, carrier = s.get("vessel"), s.get("carrier")
    return Stop(
        pointer=pointer,
        place=_clean(s.get("place"), f"{pointer}/place", notes),
        country=s.get("country") or "",
        locode=(s.get("locode") or "").replace(" ", "").upper(),
        mode=s.get("mode") or "unknown",
        freight=s.get("freight"),
        vessel=_party({"schema": "Vessel"} | vessel, f"{pointer}/vessel", notes, role="vessel") if vessel else None,
        carrier=_party(carrier, f"{pointer}/carrier", notes, role="carrier") if carrier else None,
    )


def _goods(g: Mapping[str, Json], pointer: str, notes: list[str]) -> GoodsLine:
    return GoodsLine(
        pointer=pointer,
        hs_code=g.get("hs_code") or "",
        description=_clean(g.get("description"), f"{pointer}/description", notes),
        origin=g.get("origin") or "",
        value=g.get("value"),
    )


def _payment(p: Mapping[str, Json], notes: list[str]) -> Payment:
    banks = enumerate(p.get("banks") or ())
    return Payment(
        currency=(p.get("currency") or "").upper(),
        rail=_clean(p.get("rail"), "/payment/rail", notes),
        description=_clean(p.get("description"), "/payment/description", notes),
        payer=p.get("payer") or "",
        payer_country=p.get("payer_country") or "",
        banks=tuple(_party(b or {}, f"/payment/banks/{i}", notes, role="bank") for i, b in banks),
    )
