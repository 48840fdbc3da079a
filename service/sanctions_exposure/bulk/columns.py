"""Which column of a table means what: by its name, by the caller's word, by guess where only one guess is possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.question import COLUMNS

# One of these says that there is something to screen.
_SUBJECTS: Final = frozenset({"name", "route", "goods", "hs_codes", "currency", "payment_rail", "bank", "imo", "lei"})
# What others call our columns, in letters and digits only. Not here: words that may mean another's column as well,
# such as "country of delivery", and words of other languages that mean two things.
_SYNONYMS: Final[Mapping[str, str]] = {
    synonym: meaning
    for meaning, synonyms in {
        "name": (
            "fullname companyname suppliername vendorname customername clientname partyname entityname"
            " organisationname organizationname legalname counterparty counterpartyname beneficiaryname"
        ),
        "aliases": "alias alsoknownas aka othernames",
        "country": "countrycode countryiso nationality",
        "birth_date": "birthdate dateofbirth dob",
        "imo": "imonumber imono",
        "lei": "leicode",
        "bic": "biccode swift swiftcode swiftbic",
        "hs_codes": "hscode hscodes hsnumber",
        "registration": "registrationnumber companynumber companyregistrationnumber",
        "tax": "taxid taxnumber vatnumber",
    }.items()
    for synonym in synonyms.split()
}
_SHOWN: Final = 20  # names of columns in a message


def columns(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> dict[int, str]:
    """Return which position of a table holds which column of the contract, nothing guessed.

    Args:
        header: the names of the columns.
        mapping: from their name, or ``#3`` for the third, to ours.

    Raises:
        InvalidInput: a mapping names a column that is not there, two columns mean the same, or none can be screened.
    """
    return understood(header, mapping, guess=False)[0]


def understood(
    header: Sequence[str], mapping: Mapping[str, str] | None = None, *, guess: bool = True
) -> tuple[dict[int, str], tuple[int, ...]]:
    """Return what `columns` does, and which positions were guessed."""
    given = [name.removeprefix("\ufeff").strip() for name in header]
    found = _mapped(given, mapping or {})
    said = set(found.values())
    named: dict[str, list[int]] = {}
    for at, name in enumerate(given):
        if at not in found and name.lower() in COLUMNS and name.lower() not in said:
            named.setdefault(name.lower(), []).append(at)
    for meaning, places in named.items():
        if len(places) > 1:
            where = " and ".join(f"#{at + 1}" for at in places)
            raise InvalidInput(
                f"{len(places)} columns are called {meaning!r}, {where}: one of them would not be screened. Say which"
                f" it is: --map '#{places[0] + 1}={meaning}'"
            )
        found[places[0]] = meaning
    guessed = _guessed(given, found) if guess else {}
    found |= guessed
    if not _SUBJECTS & set(found.values()):
        raise InvalidInput(
            f"no column can be screened: found {_listed(given)}; one of {', '.join(sorted(_SUBJECTS))} is needed. "
            "Say which of yours it is: --map 'Supplier name=name'"
        )
    return dict(sorted(found.items())), tuple(sorted(guessed))


def _mapped(given: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for theirs, ours in mapping.items():
        if ours not in COLUMNS:
            raise InvalidInput(f"mapping {theirs!r}: there is no column {ours!r}; known: {', '.join(COLUMNS)}")
        at = _place(given, theirs)
        if ours in found.values():
            raise InvalidInput(f"two columns are to be read as {ours!r}")
        found[at] = ours
    return found


def _place(given: Sequence[str], theirs: str) -> int:
    places = [at for at, name in enumerate(given) if name == theirs]
    if len(places) == 1:
        return places[0]
    if places:
        raise InvalidInput(f"mapping {theirs!r}: {len(places)} columns are called so; say the place, as '#3'")
    number = theirs.removeprefix("#")
    if theirs.startswith("#") and number.isascii() and number.isdigit() and 0 < int(number) <= len(given):
        return int(number) - 1
    raise InvalidInput(f"mapping {theirs!r}: the table has no such column, only {_listed(given)}")


def _guessed(given: Sequence[str], found: Mapping[int, str]) -> dict[int, str]:
    """Return the columns that can mean one thing only, and where no other column could mean it too."""
    meant: dict[str, list[int]] = {}
    for at, name in enumerate(given):
        bare = "".join(c for c in name.casefold() if c.isalnum())
        if at not in found and (meaning := _SYNONYMS.get(bare)) and meaning not in found.values():
            meant.setdefault(meaning, []).append(at)
    return {places[0]: meaning for meaning, places in meant.items() if len(places) == 1}


def _listed(names: Iterable[str]) -> str:
    shown = [name[:100] for name in names]
    return ", ".join(repr(name) for name in shown[:_SHOWN]) + (" …" if len(shown) > _SHOWN else "")
