"""Conditions about payment: the rail, the currencies, the banks, and who pays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sanctions_exposure.countries import country_code, country_name
from sanctions_exposure.model import Party, Severity
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.goods import keywords_in
from sanctions_exposure.policy.rows import Bank, RailEvent, RailTerm
from sanctions_exposure.policy.ruleset import Parameters
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
                "events": "; ".join(_event_words(e) for e in events if e.regime)
                or "no authority's measure was in force on that day",
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


def _event(event: RailEvent) -> Mapping[str, str]:
    return {
        "regime": event.regime,
        "since": event.from_,
        "act": event.act,
        "effect": event.effect,
        "authority": event.authority,
        "confidence": str(event.confidence),
    }


def _event_words(event: RailEvent) -> str:
    sure = "" if event.confidence == "verified" else " (recalled, not verified)"
    return f"{event.act}, since {event.from_}: {event.effect}{sure}"


def listed_bank(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Banks of the bank table under the given ``flag``: by BIC, by exact name, or as a curated entity that matched."""
    for party, known in context.once("banks", lambda: [(p, list(_known_banks(context, p))) for p in _banks(context)]):
        for bank, how in known:
            if bank.flag != parameters["flag"] or not context.applies(
                regime=bank.regime, since=bank.from_, until=bank.until
            ):
                continue
            guessed = how == "BIC" and bank.bic_confidence != "verified"
            since = f", since {bank.from_}" if bank.from_ else ""
            yield Finding(
                subject=party.pointer,
                evidence=(
                    {
                        "type": "bank",
                        "input": party.pointer,
                        "name": bank.name,
                        "measure": bank.measure,
                        "regime": bank.regime,
                        "listed_on": bank.from_,
                        "bic": bank.bic,
                        "matched_by": how,
                        "authority": bank.authority,
                        "confidence": str(bank.confidence),
                    },
                ),
                words={
                    "name": party.name or bank.bic,
                    "bank": bank.name,
                    "measure": bank.measure,
                    "act": f"{bank.authority}{since}",
                    "how": how,
                    "sure": " The BIC is recalled, not verified." if guessed else "",
                },
                severity=min(bank.severity, Severity.MEDIUM, key=lambda s: s.rank) if guessed else bank.severity,
                strength=0.9 if how == "name" else 0.7,
                regimes=(bank.regime,),
                sources=(bank.source,),
            )
            break


def _banks(context: Context) -> Iterable[Party]:
    """Banks of the payment, and parties that act as one or have a BIC."""
    for screened in context.facts.parties:
        party = screened.party
        if party.pointer.startswith("/payment/") or party.role == "bank" or _bic(party):
            yield party


def _bic(party: Party) -> str:
    return next((i.value.upper().replace(" ", "")[:8] for i in party.identifiers if i.type == "bic"), "")


def _known_banks(context: Context, party: Party) -> Iterable[tuple[Bank, str]]:
    tables = context.tables
    for name in (party.name, *party.aliases):
        for bank in _of_this_country(tables.banks_by_name.get(bank_key(name), ()), party):
            yield bank, "name"
    for bank in tables.banks_by_bic.get(_bic(party), ()):
        yield bank, "BIC"
    for screened, hit in context.strong_hits():
        if screened.party.pointer == party.pointer and hit.entity.themes:
            for bank in tables.banks_by_entity.get(hit.entity.id, ()):
                yield bank, "curated entity"


def _of_this_country(banks: Sequence[Bank], party: Party) -> Iterable[Bank]:
    """Tell a group's banks apart: "VTB Bank" is not "VTB Bank (Belarus)", unless the party is in Belarus."""
    if len({b.country for b in banks}) < 2:
        return banks
    there = [b for b in banks if b.country in {country_code(c) for c in party.countries}]
    return there or [b for b in banks if "(" not in b.name]


_FORMS = frozenset(
    [
        "joint",
        "stock",
        "company",
        "commercial",
        "public",
        "jsc",
        "pjsc",
        "ojsc",
        "cjsc",
        "cjsb",
        "jscb",
        "pao",
        "oao",
        "ao",
        "ooo",
        "llc",
        "limited",
        "liability",
        "scb",
        "npo",
        "the",
        "of",
        "пао",
        "оао",
        "ао",
        "ооо",
    ]
)


def bank_key(name: str) -> str:
    """Return the key of a bank's name: legal forms, word order and the word bank do not count, unless nothing is left.

    >>> bank_key("PJSC ‘MTS Bank’") == bank_key("Bank MTS")
    True
    """
    outside = re.sub(r"\(.*?\)", " ", name)
    kept = [w for w in words(outside) if w not in _FORMS]
    core = [w for w in kept if w not in {"bank", "банк"}]
    # "Sberbank" and "Post Bank" keep what tells them apart; "Bank Rossiya" is not "Rossiya", which is not a bank.
    return " ".join(sorted(core)) + (" bank" if len(core) < len(kept) else "")


def currencies(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The payment is in all of the ``codes``; with ``nexus``, in one of them between those countries."""
    payment = context.subject.payment
    if payment is None:
        return
    said = {w.upper() for w in words(payment.currency)} | {w.upper() for w in words(payment.description)}
    wanted = list(parameters["codes"])
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
    """The payer's country is a transhipment hub, and a buyer or consignee is elsewhere.

    One buyer in the payer's country does not explain the payment: else anybody could be added to make it look sound.
    """
    del parameters
    payment = context.subject.payment
    payer = country_code(payment.payer_country) if payment else None
    if not payment or not payer or not context.is_hub(payer):
        return
    buyers = [p for p in context.subject.parties if p.role in _MAY_PAY]
    if all(payer in {country_code(c) for c in p.countries} for p in buyers):
        return
    yield Finding(
        subject="/payment",
        evidence=({"type": "payment", "input": "/payment/payer_country", "payer_country": payer},),
        words={"payer": country_name(payer)},
        sources=context.hub_sources([payer]),
    )


def payment_words(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """The payment's description has one of the ``terms``."""
    payment = context.subject.payment
    text = words(payment.description) if payment else ()
    met = [t for t in parameters["terms"] if contains(text, words(t))]
    if met:
        yield Finding(
            subject="/payment",
            evidence=({"type": "payment", "input": "/payment/description", "terms": met},),
            words={"terms": listing(f"“{t}”" for t in met)},
        )
