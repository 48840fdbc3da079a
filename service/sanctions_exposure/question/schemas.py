"""The shape of a request as marshmallow schemas; the OpenAPI document is generated from these same classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from sanctions_exposure import model
from sanctions_exposure.countries import country_code
from sanctions_exposure.model import IDENTIFIER_TYPES, Json
from sanctions_exposure.question.identifiers import SHORTHANDS
from sanctions_exposure.question.places import read_stop

ROLES: Final = (
    "buyer",
    "seller",
    "consignor",
    "consignee",
    "notify_party",
    "carrier",
    "forwarder",
    "bank",
    "insurer",
    "vessel",
    "owner",
    "end_user",
    "other",
)
MODES: Final = ("sea", "rail", "road", "air", "inland_waterway", "pipeline", "unknown")
EVENTS: Final = ("ais_gap", "ship_to_ship", "flag_change", "rename", "owner_change")
REGIMES: Final = ("us", "eu", "uk", "un", "jp", "ch", "ca", "au", "ua", "own")
PARTY_SCHEMAS: Final = tuple(
    s.value
    for s in model.Schema
    if s not in {model.Schema.PAYMENT_SYSTEM, model.Schema.PRODUCT, model.Schema.PROGRAMME}
)


class _Text(fields.String):
    """Text without blanks around it; null means it is not known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value: Json, attr: str | None, data: Mapping[str, Json] | None, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).strip()


class _PartialDate(_Text):
    """A date as exact as it is known: ``1948``, ``1948-05`` or ``1948-05-09``."""

    def _deserialize(self, value: Json, attr: str | None, data: Mapping[str, Json] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not is_partial_date(text):
            raise ValidationError(f"{text!r} is not a date: write 1948, 1948-05 or 1948-05-09")
        return text


def is_partial_date(text: str) -> bool:
    """Whether *text* is a year, a month of it or a day of that."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


class _Country(_Text):
    """A country as ISO 3166 alpha-2, alpha-3 or name; loaded as alpha-2 in lower case."""

    def _deserialize(self, value: Json, attr: str | None, data: Mapping[str, Json] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and (code := country_code(text)) is None:
            raise ValidationError(f"{text!r} is not a country: write an ISO 3166 code or an English name")
        return code if text and code else ""


class _HsCode(_Text):
    """A Harmonised System code, digits with or without dots; loaded as digits."""

    def _deserialize(self, value: Json, attr: str | None, data: Mapping[str, Json] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        digits = re.sub(r"[ .\-/]", "", text)
        if digits and not re.fullmatch(r"[0-9]{2,14}", digits):
            raise ValidationError(f"{text!r} is not an HS code: 2 to 14 digits, with or without dots")
        return digits


class _Amount(fields.Float):
    """An amount of money, never negative; null means it is not known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, allow_nan=False, validate=validate.Range(min=0, max=1e15), **kwargs)


class _Written(fields.Nested):
    """An object that may be written as plain text; *key* says which field the text then is."""

    def __init__(self, schema: type[Schema], *, key: str, **kwargs: Any) -> None:
        super().__init__(schema, allow_none=True, **kwargs)
        self.key = key

    def _deserialize(self, value: Json, *args: Any, **kwargs: Any) -> Json:
        if isinstance(value, str):
            value = read_stop(value) if self.key == "place" else {self.key: value}
        return super()._deserialize(value, *args, **kwargs)


class _Strict(Schema):
    class Meta:
        """What is not known is refused: a misspelt field would otherwise screen nothing and answer "clear"."""

        unknown = RAISE


class IdentifierSchema(_Strict):
    """A number meant to belong to one party only."""

    type = fields.String(required=True, validate=validate.OneOf(sorted(IDENTIFIER_TYPES)))
    value = fields.String(required=True, validate=validate.Length(min=1))
    country = _Country()


class OwnerSchema(_Strict):
    """Who owns or controls a party, as the caller knows it; share in percent."""

    name = fields.String(required=True)
    share = fields.Float(allow_none=True, validate=validate.Range(0, 100))
    control = fields.Boolean(truthy={True}, falsy={False})
    owners = fields.List(
        fields.Nested(lambda: OwnerSchema())  # noqa: PLW0108 - the name is not bound yet
    )


class EventSchema(_Strict):
    """Something a vessel did."""

    type = fields.String(required=True, validate=validate.OneOf(EVENTS))
    date = _PartialDate()
    hours = fields.Float(allow_none=True, validate=validate.Range(min=0))


class PartySchema(_Strict):
    """A counterparty, carrier, bank or vessel. Identifiers may also stand as fields of their own: ``"imo": "…"``."""

    id = _Text()
    role = fields.String(validate=validate.OneOf(ROLES))
    schema = fields.String(validate=validate.OneOf(PARTY_SCHEMAS), allow_none=True)
    name = _Text()
    aliases = fields.List(fields.String())
    country = _Country()
    countries = fields.List(_Country())
    address = _Text()
    addresses = fields.List(fields.String())
    birth_date = _PartialDate()
    incorporation_date = _PartialDate()
    customer_since = _PartialDate()
    identifiers = fields.List(fields.Nested(IdentifierSchema))
    owners = fields.List(fields.Nested(OwnerSchema))
    events = fields.List(fields.Nested(EventSchema))
    imo = _Text()
    mmsi = _Text()
    callsign = _Text()
    lei = _Text()
    bic = _Text()
    inn = _Text()
    ogrn = _Text()
    registration = _Text()
    tax = _Text()
    tail = _Text()
    icao24 = _Text()


class StopSchema(_Strict):
    """One place of a route and how the goods reach it."""

    place = _Text()
    country = _Country()
    locode = _Text()
    mode = fields.String(validate=validate.OneOf(MODES))
    freight = _Amount(metadata={"description": "cost of carriage to this stop, in the currency of the goods' values"})
    vessel = _Written(PartySchema, key="name")
    carrier = _Written(PartySchema, key="name")


class GoodsSchema(_Strict):
    """One line of goods."""

    hs_code = _HsCode()
    description = _Text()
    origin = _Country()
    value = _Amount(metadata={"description": "price of the whole line, in one currency for all lines"})


class PaymentSchema(_Strict):
    """How the goods are paid for."""

    currency = _Text()
    rail = _Text()
    description = _Text()
    payer = _Text()
    payer_country = _Country()
    banks = fields.List(_Written(PartySchema, key="name"))


class _Question(_Strict):
    reference = _Text()
    as_of = fields.Date(allow_none=True, format="iso")
    regimes = fields.List(fields.String(validate=validate.OneOf(REGIMES)))
    route = fields.List(_Written(StopSchema, key="place"))
    goods = fields.List(fields.Nested(GoodsSchema))
    payment = fields.Nested(PaymentSchema, allow_none=True)


class RequestSchema(_Question):
    """One question. Every part is optional, but there must be something to screen."""

    parties = fields.List(fields.Nested(PartySchema))


class FlatRequestSchema(PartySchema, _Question):
    """A question about one party, whose fields stand at the top."""


class NameQuerySchema(_Strict):
    """One name to search for and what else is known of its bearer."""

    name = fields.String(required=True)
    schema = fields.String(validate=validate.OneOf(PARTY_SCHEMAS), allow_none=True)
    country = _Country()
    birth_date = _PartialDate()


TEXT_FORMS: Final = (_Written,)  # for the API description
# Fields that, standing at the top of a request, say that it is one party written flat.
FLAT_FIELDS: Final = frozenset(PartySchema().fields)
assert frozenset(SHORTHANDS) <= FLAT_FIELDS  # noqa: S101 - a shorthand nobody can write would never be read
