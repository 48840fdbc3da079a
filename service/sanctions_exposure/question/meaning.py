"""What a well-formed request must still say before it can be screened."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from sanctions_exposure.errors import Fault
from sanctions_exposure.model import Owner, Party, Subject

# Of these two parties may have the same, so that they settle nothing: alone they would be answered clear, unlooked at.
_COMPARED_WITH_NOTHING: Final = frozenset({"other", "callsign"})


def subject_faults(subject: Subject) -> Iterator[Fault]:
    """Yield what leaves a part of *subject* without anything to compare."""
    payment = subject.payment
    if not (subject.parties or subject.route or subject.goods or payment):
        yield Fault("", "nothing to screen: give a party, a route, goods or a payment")
    for party in subject.parties:
        yield from _party_faults(party)
    for stop in subject.route:
        if not (stop.place or stop.locode or stop.country):
            yield Fault(stop.pointer, "needs a place, a locode or a country")
        for moved in filter(None, (stop.vessel, stop.carrier)):
            yield from _party_faults(moved)
    for line in subject.goods:
        if not (line.hs_code or line.description):
            yield Fault(line.pointer, "needs an hs_code or a description")
    if payment:
        for bank in payment.banks:
            yield from _party_faults(bank)
        if not any((payment.currency, payment.rail, payment.description, payment.payer_country, payment.banks)):
            yield Fault(payment.pointer, "needs a currency, a rail, a payer_country, a bank or a description")


def _party_faults(party: Party) -> Iterator[Fault]:
    if party.name:
        yield from name_faults(party.name, f"{party.pointer}/name")
    elif not party.identifiers:
        yield Fault(f"{party.pointer}/name", "a party needs a name or an identifier")
    elif all(one.type in _COMPARED_WITH_NOTHING for one in party.identifiers):
        said = ", ".join(sorted({one.type for one in party.identifiers}))
        yield Fault(
            f"{party.pointer}/name", f"a party needs a name, or an identifier that is compared: not only {said}"
        )
    for i, alias in enumerate(party.aliases):
        yield from name_faults(alias, f"{party.pointer}/aliases/{i}")
    yield from _owner_faults(party.owners)


def _owner_faults(owners: tuple[Owner, ...]) -> Iterator[Fault]:
    for owner in owners:
        yield from name_faults(owner.name, f"{owner.pointer}/name")
        yield from _owner_faults(owner.owners)


def name_faults(name: str, pointer: str) -> Iterator[Fault]:
    """Yield a fault when *name* cannot be compared with anything."""
    # Without a letter or digit nothing can match, and a "clear" would say otherwise.
    if not any(c.isalnum() for c in name) and not any(c.isalnum() for c in unicodedata.normalize("NFKC", name)):
        yield Fault(pointer, "holds no letter or digit, so it can be compared with nothing")
