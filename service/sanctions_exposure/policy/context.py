"""What conditions look at: the facts, read once against the tables, and the law of the day."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

import msgspec

from sanctions_exposure.countries import country_code, country_name
from sanctions_exposure.model import (
    IDENTIFIER_TYPES,
    Confidence,
    Designation,
    DesignationStatus,
    EntityHit,
    Facts,
    Json,
    NameKind,
    Party,
    Schema,
    ScreenedParty,
    Severity,
    Source,
    Subject,
)
from sanctions_exposure.policy.chains import Link, ties_among
from sanctions_exposure.policy.dates import in_force
from sanctions_exposure.policy.places import Place, resolve
from sanctions_exposure.policy.rows import Licence
from sanctions_exposure.policy.ruleset import Ruleset, Tables
from sanctions_exposure.policy.way import implied_way
from sanctions_exposure.policy.wording import listing
from sanctions_exposure.text import words

T = TypeVar("T")
Evidence = Mapping[str, Json]

_NEVER_A_PARTY: Final = frozenset({Schema.PAYMENT_SYSTEM, Schema.PRODUCT, Schema.PROGRAMME})


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a condition found about one part of the request."""

    subject: str  # JSON pointer
    evidence: tuple[Evidence, ...]
    words: Mapping[str, str] = msgspec.field(default_factory=dict)  # fills the rule's explanation
    severity: Severity | None = None  # where the evidence itself is graded
    strength: float = 0.5  # 0.0–1.0, ranks inside the severity's band
    unique: bool = False  # exact name and a unique identifier: the only way to 100
    regimes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


class Nexus(msgspec.Struct, frozen=True, kw_only=True):
    """One place in the request that ties it to a country."""

    country: str
    pointer: str
    how: str  # party, address, route, origin, payer, bank


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Facts as conditions read them.  Built once per screening; nothing in it changes but what is remembered."""

    facts: Facts
    ruleset: Ruleset
    places: tuple[Place, ...]
    way: tuple[Place, ...]  # the places, and those that parties and carriers stand for
    nexus: tuple[Nexus, ...]
    countries: frozenset[str]
    memo: dict[Hashable, Any]  # what conditions found already in this screening, by what they were asked
    ties: Mapping[tuple[str, str], tuple[Link, ...]]  # steps up from an entry, as lists state them

    @classmethod
    def of(cls, facts: Facts, ruleset: Ruleset) -> Context:
        """Resolve the route and collect the countries of *facts*."""
        places = tuple(resolve(stop, ruleset.tables.gazetteer) for stop in facts.subject.route)
        nexus = tuple(_nexus(facts, places))
        way = implied_way(facts, places, ruleset.tables)
        return cls(
            facts=facts,
            ruleset=ruleset,
            places=places,
            way=way,
            memo={},
            nexus=nexus,
            countries=frozenset(n.country for n in nexus),
            ties=ties_among(facts.related),
        )

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what *make* gives, made at most once in a screening."""
        found: T | None = self.memo.get(key)
        if found is None:
            found = self.memo[key] = make()
        return found

    @property
    def as_of(self) -> date:
        """The day whose law applies."""
        return self.facts.as_of

    @property
    def subject(self) -> Subject:
        """The question."""
        return self.facts.subject

    @property
    def tables(self) -> Tables:
        """The ruleset's tables."""
        return self.ruleset.tables

    def threshold(self, name: str) -> float:
        """The value of a named threshold."""
        return self.ruleset.thresholds[name].value

    def selected(self, regime: str) -> bool:
        """Whether the caller asked about *regime*; no choice means all, a list of one's own always counts."""
        chosen = self.facts.subject.regimes
        return not chosen or regime in chosen or regime in {"", "own"}

    def not_asked(self, regimes: Iterable[str]) -> str:
        """Say which regimes were asked about, and that these, which have more to say, were not."""
        asked = listing(r.upper() for r in self.subject.regimes)
        others = listing(sorted({r.upper() for r in regimes}))
        return f"nothing by {asked}, which alone were asked about; others do have something: {others}"

    def applies(self, *, regime: str, since: str, until: str) -> bool:
        """Whether a dated act of *regime* counts on this day for this caller."""
        return self.selected(regime) and in_force(self.as_of, since=since, until=until)

    def designations(self, hit: EntityHit) -> tuple[Designation, ...]:
        """Every statement about the entity that counts on this day for this caller, oldest first."""
        found = [d for d in hit.entity.designations if self.applies(regime=d.regime, since=d.listed_on, until=d.until)]
        return tuple(sorted(found, key=lambda d: (d.listed_on, d.regime, d.reference, d.list_name)))

    def listed(self, hit: EntityHit, confidence: Confidence = Confidence.VERIFIED) -> tuple[Designation, ...]:
        """Designations in force that name the entity as listed and are as sure as *confidence*."""
        key = (id(hit), confidence)  # many rules ask of the same hit, which lives as long as the facts do
        found: tuple[Designation, ...] | None = self.memo.get(key)
        if found is None:
            named = () if never_a_party(hit) else self.designations(hit)
            found = tuple(d for d in named if _names_as_listed(d) and d.confidence is confidence)
            self.memo[key] = found
        return found

    def regimes_listing(self, hit: EntityHit) -> tuple[str, ...]:
        """Return the regimes that list the entity on this day, asked about or not."""
        if never_a_party(hit):
            return ()
        return tuple(
            d.regime
            for d in hit.entity.designations
            if _names_as_listed(d)
            and d.confidence is Confidence.VERIFIED
            and in_force(self.as_of, since=d.listed_on, until=d.until)
        )

    def restricted(self, hit: EntityHit) -> tuple[Designation, ...]:
        """Verified designations in force under a narrower measure: sectoral, export control, investment, debarment."""
        if never_a_party(hit):
            return ()
        return tuple(
            d
            for d in self.designations(hit)
            if d.status is DesignationStatus.RESTRICTED and d.confidence is Confidence.VERIFIED
        )

    def is_hub(self, country: str) -> bool:
        """Whether an authority had named the country as a transhipment point by this day."""
        return country in self.once("hubs", self._hubs)

    def _hubs(self) -> frozenset[str]:
        named = self.tables.hubs.items()
        return frozenset(c for c, rows in named if any(in_force(self.as_of, since=h.date, until="") for h in rows))

    def hub_sources(self, countries: Iterable[str]) -> tuple[Source, ...]:
        """Who names these countries as transhipment points."""
        return tuple(
            dict.fromkeys(
                h.source
                for c in countries
                for h in self.tables.hubs.get(c, ())
                if in_force(self.as_of, since=h.date, until="")
            )
        )

    def licences(self, hit: EntityHit, designation: Designation) -> tuple[Licence, ...]:
        """General licences of the designation's regime that cover the entity on this day."""
        rows = [*self.tables.licences_by_entity.get(hit.entity.id, ())] if is_curated(hit) else []
        if self.tables.licences_by_name:
            for name in hit.entity.names:
                rows += self.tables.licences_by_name.get(" ".join(words(name.text)), ())
        return tuple(
            dict.fromkeys(
                r for r in rows if r.regime == designation.regime and in_force(self.as_of, since=r.from_, until=r.until)
            )
        )

    def acts_of(self, regimes: Iterable[str]) -> tuple[Source, ...]:
        """The laws by which these regimes list parties."""
        return tuple(row.source for r in sorted(regimes) for row in self.tables.regime_acts.get(r, ()))

    def is_strong(self, hit: EntityHit) -> bool:
        """Whether the hit alone is enough to say that the party is this entity.

        A number that agrees settles it.  A weak alias never does (OFAC FAQ 124), unless a birth date agrees as well.
        """
        found: bool | None = self.memo.get(id(hit))
        if found is None:
            found = self.memo[id(hit)] = self._is_strong(hit)
        return found

    def _is_strong(self, hit: EntityHit) -> bool:
        if number_agrees(hit):
            return hit.hit.score >= self.threshold("name-review")
        if hit.hit.alias_strength is NameKind.WEAK and hit.hit.features.get("birth_date") != "agree":
            return False
        return hit.hit.score >= self.threshold("name-strong")

    def is_possible(self, hit: EntityHit) -> bool:
        """Whether a person must look at the hit, though it is not strong."""
        if self.is_strong(hit) or hit.hit.alias_strength is NameKind.WEAK:
            return False
        return hit.hit.score >= self.threshold("name-review") and not self._is_bare_rail(hit)

    def _is_bare_rail(self, hit: EntityHit) -> bool:
        """Whether the name is the bare word for a rail ("Mir"), and met a longer name only as its initials."""
        if not any(a.how == "acronym" for a in hit.hit.alignment):
            return False
        asked = words(hit.hit.query_name)
        return any(not term.anywhere and asked == said for said, term in self.tables.rail_terms.get(asked[0], ()))

    def parties_with_hits(self) -> Sequence[ScreenedParty]:
        """Parties that resemble anything listed, in order of appearance."""
        return self.once("resembling", lambda: [party for party in self.facts.parties if party.hits])

    def strong_hits(self) -> Iterable[tuple[ScreenedParty, EntityHit]]:
        """Every strong hit with its party, in order of appearance."""
        return self.once("strong", lambda: [(p, h) for p in self.facts.parties for h in p.hits if self.is_strong(h)])


def number_agrees(hit: EntityHit) -> bool:
    """Whether an identifier that belongs to one entity agrees."""
    return any(key in IDENTIFIER_TYPES and value == "agree" for key, value in hit.hit.features.items())


def is_curated(hit: EntityHit) -> bool:
    """Only entities of our own curated set carry themes."""
    return bool(hit.entity.themes)


def never_a_party(hit: EntityHit) -> bool:
    """A payment system, product or programme is never a party, whatever an authority says of its use."""
    return hit.entity.schema in _NEVER_A_PARTY


def _nexus(facts: Facts, places: tuple[Place, ...]) -> Iterable[Nexus]:
    for screened in facts.parties:
        party = screened.party
        how = "bank" if party.pointer.startswith("/payment") else "party"
        for country in _codes(party):
            yield Nexus(country=country, pointer=party.pointer, how=how)
        if not party.countries and (country := address_country(party)):
            yield Nexus(country=country, pointer=party.pointer, how="address")
    for place in places:
        if place.country:
            yield Nexus(country=place.country, pointer=place.pointer, how="route")
    for line in facts.subject.goods:
        if origin := country_code(line.origin):
            yield Nexus(country=origin, pointer=line.pointer, how="origin")
    payment = facts.subject.payment
    if payment and (payer := country_code(payment.payer_country)):
        yield Nexus(country=payer, pointer=payment.pointer, how="payer")


def address_country(party: Party) -> str:
    """Return the country that ends an address of a party, written out: "IN" may be Indiana, "Tehran, Iran" is Iran."""
    ends = (re.split(r"[,;\n]", address.strip(" .,;"))[-1].strip() for address in party.addresses)
    return next((code for end in ends if len(end) > 2 and (code := country_code(end))), "")


def address_warnings(facts: Facts) -> Iterable[str]:
    """Say of a party without a country which one was read from its address."""
    for party in (s.party for s in facts.parties if s.party.addresses and not s.party.countries):
        if country := address_country(party):
            yield (
                f"{party.pointer}: no country is given; {country_name(country)} was read from the end of its address. "
                "Write the country: rules about the seat of a buyer do not look into addresses."
            )


def _codes(party: Party) -> tuple[str, ...]:
    return tuple(code for c in party.countries if (code := country_code(c)))


def description_words(context: Context) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Every free description of goods as (pointer, words)."""
    for line in context.subject.goods:
        if line.description:
            yield line.pointer, words(line.description)


def _names_as_listed(designation: Designation) -> bool:
    """Whether a designation that counts on the day lists the entity; one lifted later still did on that day."""
    lifted_later = designation.status is DesignationStatus.DELISTED and bool(designation.until)
    return designation.status is DesignationStatus.LISTED or lifted_later
