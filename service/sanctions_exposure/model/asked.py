"""What a caller asks: parties, vessels, a route, goods, a payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sanctions_exposure.model.common import Schema
from sanctions_exposure.model.listed import Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who owns or controls a party, as the caller says; ``share`` in percent."""

    pointer: str
    name: str
    share: float | None = None
    control: bool = False
    owners: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VesselEvent:
    """Something a vessel did: ``ais_gap``, ``ship_to_ship``, ``flag_change``, ``rename``, ``owner_change``."""

    type: str
    date: str = ""
    hours: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A counterparty, carrier, bank or vessel the caller asks about."""

    pointer: str  # where it stands in the request: "/parties/0"
    name: str  # may be empty when an identifier is given
    id: str = ""
    role: str = "other"
    schema: Schema | None = None
    aliases: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    birth_date: str = ""
    incorporation_date: str = ""
    customer_since: str = ""
    identifiers: tuple[Identifier, ...] = ()
    owners: tuple[Owner, ...] = ()
    events: tuple[VesselEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One place of a route and how the goods reach it."""

    pointer: str  # "/route/0"
    place: str = ""
    country: str = ""
    locode: str = ""
    mode: str = "unknown"
    freight: float | None = None  # what carriage to it costs, in the currency of the goods' values
    vessel: Party | None = None
    carrier: Party | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsLine:
    """One line of goods."""

    pointer: str  # "/goods/0"
    hs_code: str = ""  # digits only
    description: str = ""
    origin: str = ""
    value: float | None = None  # of the whole line; one currency for all lines of a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How the goods are paid for."""

    pointer: str = "/payment"
    currency: str = ""  # "RUB", or a pair: "RUB/IRR"
    rail: str = ""
    description: str = ""
    payer: str = ""  # the id of a party
    payer_country: str = ""
    banks: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One whole question: everything that is screened together."""

    parties: tuple[Party, ...] = ()
    route: tuple[Stop, ...] = ()
    goods: tuple[GoodsLine, ...] = ()
    payment: Payment | None = None
    reference: str = ""
    as_of: date | None = None
    regimes: tuple[str, ...] = ()  # empty: all
    warnings: tuple[str, ...] = ()  # what validation noticed but did not refuse: a wrong check digit …
