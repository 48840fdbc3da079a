"""Knows the banks of the bank table: by BIC, by name in either script, as a rail, or as a matched curated entity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from sanctions_exposure.countries import country_code
from sanctions_exposure.model import Party, Severity
from sanctions_exposure.policy.context import Context, Finding
from sanctions_exposure.policy.rows import Bank
from sanctions_exposure.policy.ruleset import Parameters
from sanctions_exposure.text import contains, parted, words

_NAME: Final = "name"
_BIC: Final = "BIC"
_RECALLED: Final = "a name that is recalled for it"
_ENTITY: Final = "curated entity"
_DOUBT: Final = {
    _BIC: " The BIC is recalled, not verified.",
    _RECALLED: " That the bank is called so is recalled, not verified: compare the annex.",
}


def listed_bank(context: Context, parameters: Parameters) -> Iterable[Finding]:
    """Banks of the bank table under the given ``flag``: by BIC or name, as the rail, or as a matched curated entity."""
    for party, known in context.once("banks", lambda: [(p, list(_known_banks(context, p))) for p in _banks(context)]):
        for bank, how in known:
            if bank.flag != parameters["flag"] or not context.applies(
                regime=bank.regime, since=bank.from_, until=bank.until
            ):
                continue
            guessed = how == _RECALLED or (how == _BIC and bank.bic_confidence != "verified")
            since = f", since {bank.from_}" if bank.from_ else ""
            yield Finding(
                subject="/payment" if party.pointer == _RAIL else party.pointer,
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
                    "sure": _DOUBT[how] if guessed else "",
                },
                severity=min(bank.severity, Severity.MEDIUM, key=lambda s: s.rank) if guessed else bank.severity,
                strength=0.9 if how == _NAME else 0.7,
                regimes=(bank.regime,),
                sources=(bank.source,),
            )
            break


def _is_named(context: Context, party: Party) -> bool:
    """Whether a party of another role bears the very name of a bank of the table, the word bank in it."""
    if not says_bank(party.name):
        return False
    key = bank_key(party.name)
    return key.endswith(_BANK) and key in context.tables.banks_by_name


def says_bank(name: str) -> bool:
    """Whether a name has the word bank, in one of the scripts of the table."""
    folded = name.casefold()
    return any(word in folded for word in ("bank", "банк", "بانک"))


_RAIL: Final = "/payment/rail"


def _banks(context: Context) -> Iterable[Party]:
    """Banks of the payment, parties that act as one, have a BIC or such a name, and what the payment calls its rail."""
    for screened in context.facts.parties:
        party = screened.party
        if party.pointer.startswith("/payment/") or party.role == "bank" or _bic(party) or _is_named(context, party):
            yield party
    yield from _rail_banks(context)


# An exchange written as the rail: "via EXMO, then Tradex".  What stands between these is one name.
_PARTS: Final = re.compile(r"[,;/+|>]|\b(?:via|through|over|and|then|by|через)\b", re.IGNORECASE)
_KIND_OF_RAIL: Final = frozenset({"crypto", "exchange", "wallet", "platform", "account", "биржа", "кошелек", "صرافی"})


# Ways of paying that are also all a bank's name has beside the word bank; no bank is meant by them.
_NO_BANK: Final = frozenset({"post", "day", "data"})


def _rail_banks(context: Context) -> Iterable[Party]:
    """Read the rail as names of banks, but for those that the table of rails knows by a name of its own."""
    payment = context.subject.payment
    for part in _PARTS.split(payment.rail) if payment else ():
        name = " ".join(w for w in words(part) if w not in _KIND_OF_RAIL)
        if name and name not in _NO_BANK and not _is_rail(context, name):
            yield Party(pointer=_RAIL, name=name, role="bank")


def _is_rail(context: Context, name: str) -> bool:
    split = words(name)
    return any(contains(split, term) for word in split for term, _ in context.tables.rail_terms.get(word, ()))


def _bic(party: Party) -> str:
    return next((i.value.upper().replace(" ", "")[:8] for i in party.identifiers if i.type == "bic"), "")


def _known_banks(context: Context, party: Party) -> Iterable[tuple[Bank, str]]:
    tables = context.tables
    names = (party.name, *party.aliases)
    for name in names:
        for bank in _named(tables.banks_by_name, name, party):
            yield bank, _NAME
    for bank in tables.banks_by_bic.get(_bic(party), ()):
        yield bank, _BIC
    for screened, hit in context.strong_hits():
        if screened.party.pointer == party.pointer and hit.entity.themes:
            for bank in tables.banks_by_entity.get(hit.entity.id, ()):
                yield bank, _ENTITY
    for name in names:
        for bank in _named(tables.banks_by_alias, name, party):
            yield bank, _RECALLED


def _named(table: Mapping[str, tuple[Bank, ...]], name: str, party: Party) -> Iterator[Bank]:
    """Yield the banks of that name; who is a bank already may leave the word out, if it lies in no other country."""
    key = bank_key(name)
    yield from _of_this_country(table.get(key, ()), party)
    if key and key != _BANK and party.role != "owner":
        countries = {country_code(c) for c in party.countries}
        found = table.get(key.removesuffix(_BANK) if key.endswith(_BANK) else key + _BANK, ())
        yield from _of_this_country([b for b in found if not countries or b.country in {"", *countries}], party)


def _of_this_country(banks: Sequence[Bank], party: Party) -> Iterable[Bank]:
    """Tell a group's banks apart: "VTB Bank" is not "VTB Bank (Belarus)", unless the party is in Belarus."""
    if len({b.country for b in banks}) < 2:
        return banks
    there = [b for b in banks if b.country in {country_code(c) for c in party.countries}]
    return there or [b for b in banks if "(" not in b.name]


# What one letter of the other script is in the first; й and ё reach us without their marks.
_LATIN: Final = str.maketrans("абвгґдезіийклмнопрстуўфхыэє", "abvggdeziiiklmnoprstuufhiee") | {
    ord(letter): latin
    for letter, latin in (
        *(("ж", "zh"), ("ц", "ts"), ("ч", "ch"), ("ш", "sh"), ("щ", "shch")),
        *(("ю", "iu"), ("я", "ia"), ("ъ", ""), ("ь", "")),
    )
}
# One sound that English, German and the two ways of writing Russian in Latin letters spell differently.
_SPELLINGS: Final = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        ("x", "ks"),
        ("ck", "k"),
        ("kh", "h"),
        ("c(?=[eiy])", "ts"),
        ("c(?!h)", "k"),
        ("[yj]", "i"),
        ("w", "v"),
        ("iu", "u"),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=4096)
def _fold(word: str) -> str:
    """Return *word* in Latin letters, one spelling for a sound.

    >>> _fold("левобережныи") == _fold("levoberezhny")
    True
    """
    latin = word.translate(_LATIN)
    for pattern, written in _SPELLINGS:
        latin = pattern.sub(written, latin)
    return latin


_FORMS: Final = frozenset(
    _fold(form)
    for forms in (
        "joint stock company commercial public limited liability the of",
        "jsc pjsc ojsc cjsc cjsb jscb scb llc ltd inc pao oao zao ao ooo aat npo kb akb",
        "публичное открытое закрытое акционерное общество акционерныи коммерческии ограниченнои ответственностью",
        "адкрытае закрытае акцыянернае таварыства",
    )
    for form in forms.split()
)
_BANK: Final = " bank"
_BANKS: Final = frozenset({"bank", "بانک"})


def bank_key(name: str) -> str:
    """Return the key of a bank's name: script, legal forms, word order and the word bank do not count.

    The word does count where it is all that tells a bank from another thing: "Bank Rossiya" is not "Rossiya".  Joined
    to another word it is the same word.

    >>> bank_key("PJSC ‘MTS Bank’") == bank_key("Банк МТС")
    True
    >>> bank_key("АО КБ «Модульбанк»") == bank_key("Modul Bank")
    True
    """
    outside = re.sub(r"\(.*?\)", " ", name)
    kept = [w for w in map(_fold, parted(words(outside))) if w and w not in _FORMS]
    core = [c for w in kept if (c := _without_bank(w))]
    return " ".join(sorted(core)) + (_BANK if any(_without_bank(w) != w for w in kept) else "")


def _without_bank(word: str) -> str:
    return "" if word in _BANKS else word.removesuffix("bank")


_BRACKETS: Final = re.compile(r"\(([^)]*)\)")


def printed_keys(bank: Bank) -> Iterator[str]:
    """Yield the keys of every name the annex prints for a bank: the whole, and what commas and brackets part."""
    outside = _BRACKETS.sub(" ", bank.name)
    parts = [bank.name, *re.split(r", | - ", outside)]
    parts += [p for p in _BRACKETS.findall(bank.name) if not country_code(p)]
    yield from dict.fromkeys(key for part in parts if (key := bank_key(part)) and key != _BANK)
