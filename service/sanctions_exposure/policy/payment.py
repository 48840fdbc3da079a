"""Conditions about payment: the rail, the currencies, and who pays; its banks stand in `banks`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sanctions_exposure.countries import country_code, country_name
from sanctions_exposure.model import Party, Severity, Subject
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.dates import in_force
from sanctions_exposure.policy.goods import keywords_in
from sanctions_exposure.policy.rows import RailEvent, RailTerm
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.policy.way import RECEIVERS, SENDERS
from sanctions_exposure.policy.wording import listing
from sanctions_exposure.text import contains, words


def payment_rail(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The payment goes over a rail of the given ``flag``, graded by what authorities had done by the day.

    A rail is read from the payment alone: a company that is called Mir is a company.
    """
    found: dict[str, list[tuple[RailTerm, str]]] = {}
    for term, where in _rail_terms(context):
        if term.flag == parameters["flag"]:
            found.setdefault(term.rail, []).append((term, where))
    for rail, named in found.items():
        events = _events(context, rail)
        worst = max(events, key=lambda e: (e.severity.rank, e.from_), default=None)
        told = [_event(e) for e in events]
        yield Finding(
            subject="/payment",
            evidence=tuple(
                {"type": "payment", "input": where, "rail": rail, "name": t.name, "term": t.term, "events": told}
                for t, where in named
            ),
            words={
                "rail": named[0][0].name,
                "term": named[0][0].term,
                "events": _told(context, rail, events),
            },
            severity=worst.severity if worst else Severity.INFO,
            strength=min(1.0, 0.3 + 0.2 * len(events)),
            regimes=tuple(sorted({e.regime for e in events if e.regime})),
            sources=tuple(dict.fromkeys(e.source for e in events)) or (named[0][0].source,),
        )


def _rail_terms(context: Context) -> Iterable[tuple[RailTerm, str]]:
    """Yield the rails the payment names, and where: in its rail field, its other fields, or a bank's name."""
    payment = context.subject.payment
    if payment is None:
        return
    yield from _terms_in(context, payment.rail, "/payment/rail", rail_field=True)
    yield from _terms_in(context, payment.description, "/payment/description")
    yield from _terms_in(context, payment.currency, "/payment/currency")
    for bank in payment.banks:
        yield from _terms_in(context, bank.name, bank.pointer)
    yield from _keyword_rails(context, words(payment.description))


def _terms_in(context: Context, text: str, pointer: str, *, rail_field: bool = False) -> Iterable[tuple[RailTerm, str]]:
    split = words(text)
    seen: set[str] = set()
    for word in dict.fromkeys(split):
        for needle, term in context.tables.rail_terms.get(word, ()):
            if (rail_field or term.anywhere) and term.rail not in seen and contains(split, needle):
                seen.add(term.rail)
                yield term, pointer


def _keyword_rails(context: Context, text: tuple[str, ...]) -> Iterable[tuple[RailTerm, str]]:
    for row in keywords_in(context, text):
        if row.flag == "PAYMENT_RAIL_MIR":
            yield (
                RailTerm(
                    rail="mir",
                    flag=row.flag,
                    name="Mir",
                    term=row.term,
                    anywhere=True,
                    authority=row.authority,
                    publisher=row.publisher,
                    date=row.date,
                    confidence=row.confidence,
                ),
                "/payment/description",
            )


def _events(context: Context, rail: str) -> list[RailEvent]:
    rows = context.tables.rail_events.get(rail, ())
    return [e for e in rows if context.applies(regime=e.regime, since=e.from_, until=e.until)]


def _told(context: Context, rail: str, events: Sequence[RailEvent]) -> str:
    """Say what was in force; never that nothing was, where only the caller's choice of regimes leaves it out."""
    if named := [e for e in events if e.regime]:
        return "; ".join(_event_words(e) for e in named)
    rows = [e for e in context.tables.rail_events.get(rail, ()) if e.regime]
    unasked = [e for e in rows if in_force(context.as_of, since=e.from_, until=e.until)]
    if unasked:
        return f"{context.not_asked(e.regime for e in unasked)} ({'; '.join(_event_words(e) for e in unasked)})"
    if rows:
        return "our table has no authority's measure in force on that day"
    return "our table has no authority's measure; look the name up in the lists"


def _event(event: RailEvent) -> Mapping[str, str]:
    return {
        "regime": event.regime,
        "since": event.from_,
        "since_confidence": str(event.from_confidence),
        "act": event.act,
        "effect": event.effect,
        "authority": event.authority,
        "confidence": str(event.confidence),
    }


def _event_words(event: RailEvent) -> str:
    sure = "" if event.confidence == "verified" else " (recalled, not verified)"
    dated = " (date recalled)" if sure == "" and event.from_confidence != "verified" else ""
    return f"{event.act}, since {event.from_}{dated}: {event.effect}{sure}"


# The rouble's code until 1998, which invoices still bear; a toman is ten rials.
_SAME_CURRENCY: Final = {"RUR": "RUB", "IRT": "IRR"}


def currencies(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The payment is in all of the ``codes``; with ``nexus``, in one of them between those countries."""
    payment = context.subject.payment
    if payment is None:
        return
    said = {w.upper() for w in words(payment.currency)} | {w.upper() for w in words(payment.description)}
    wanted = list(parameters["codes"])
    said |= {_SAME_CURRENCY[w] for w in said & _SAME_CURRENCY.keys()}
    met = [c for c in wanted if c in said]
    countries: list[str] = list(parameters.get("nexus", ()))
    between = bool(countries) and bool(met) and context.countries.issuperset(countries)
    if len(met) < len(wanted) and not between:
        return
    yield Finding(
        subject="/payment",
        evidence=({"type": "payment", "input": "/payment/currency", "currency": payment.currency, "codes": met},),
        words={"currencies": listing(met), "countries": listing(country_name(c) for c in countries)},
    )


_MAY_PAY = frozenset({"buyer", "consignee", "end_user", "other"})  # "other": whoever gives no roles has a buyer too


def third_party_payer(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The payer's country is a transhipment hub and a buyer or consignee elsewhere, or any country but the ``buyer``'s.

    One buyer in a hub does not explain the payment: else anybody could be added to make it look sound.  Where nobody is
    named who may pay, the seller is paid by a stranger.  Outside the hubs only a party in the role of buyer counts, as
    a consignee or end user is often not the one who pays.
    """
    del parameters
    where, payers = payer_countries(context.subject)
    payer = _payer(context.subject)
    parties = [(p, _codes(p)) for p in context.subject.parties if p is not payer or p.role in RECEIVERS]
    if any(context.is_hub(c) for c in payers):
        may_pay = [there for p, there in parties if p.role in _MAY_PAY]
        paid = may_pay or [there for p, there in parties if p.role in SENDERS]
    else:
        paid = [there for p, there in parties if p.role == "buyer" and there]
    if not payers or not any(payers.isdisjoint(there) for there in paid):
        return
    named = sorted(payers)
    yield Finding(
        subject="/payment",
        evidence=({"type": "payment", "input": where, "payer_country": named[0]},),
        words={"payer": listing(country_name(c) for c in named)},
        sources=context.hub_sources(named),
    )


def payer_countries(subject: Subject) -> tuple[str, frozenset[str]]:
    """Return where the payer's country is said, and the country: of the payment, else of the party that pays."""
    payment = subject.payment
    if payment and (said := country_code(payment.payer_country)):
        return "/payment/payer_country", frozenset({said})
    party = _payer(subject)
    return (party.pointer, _codes(party)) if party else ("", frozenset())


def _codes(party: Party) -> frozenset[str]:
    return frozenset(code for c in party.countries if (code := country_code(c)))


def _payer(subject: Subject) -> Party | None:
    """Return the party that pays: the one of that id, else the one of that name."""
    said = subject.payment.payer if subject.payment else ""
    if not said:
        return None
    by_id = next((p for p in subject.parties if p.id == said), None)
    return by_id or next((p for p in subject.parties if p.name and words(p.name) == words(said)), None)


def payer_warnings(subject: Subject) -> Iterable[str]:
    """Say of a payer who is no party that nobody compared the name with any list."""
    if subject.payment and subject.payment.payer and _payer(subject) is None:
        yield (
            f"{subject.payment.pointer}/payer: “{subject.payment.payer}” is the id of no party, so the payer was not "
            "screened. Whoever pays must stand in `parties`, under this id."
        )


def payment_words(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The payment's description, its rail or the name of one of its banks has one of the ``terms``."""
    payment = context.subject.payment
    if payment is None:
        return
    said = {
        "/payment/description": payment.description,
        "/payment/rail": payment.rail,
        **{bank.pointer: " ; ".join((bank.name, *bank.aliases)) for bank in payment.banks},
    }
    met = {where: [t for t in parameters["terms"] if contains(words(text), words(t))] for where, text in said.items()}
    met = {where: terms for where, terms in met.items() if terms}
    if met:
        yield Finding(
            subject="/payment",
            evidence=tuple({"type": "payment", "input": where, "terms": terms} for where, terms in met.items()),
            words={"terms": listing(f"“{t}”" for terms in met.values() for t in terms)},
        )
