"""Word tables of names, as data: legal forms, titles, particles, synonyms, given names, numbers.

Each is a TSV beside this module, with a comment that says what it holds and where it comes from.  They are read once,
lazily, and normalised by the same folding that names go through, so an entry may be written with its marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

Folding = Callable[[str], str]


def table_rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of a table beside this module, its comments left out."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


@dataclass(frozen=True, slots=True)
class WordTables:
    """All tables, keyed by folded words."""

    legal_forms: Mapping[tuple[str, ...], str]  # words of a legal form -> class
    person_titles: frozenset[str]
    person_suffixes: frozenset[str]
    person_particles: frozenset[str]
    org_particles: frozenset[str]
    vessel_prefixes: frozenset[tuple[str, ...]]
    numbers: Mapping[str, str]  # "second" -> "2"
    given_names: Mapping[str, frozenset[int]]  # word -> groups of interchangeable given names
    org_words: Mapping[str, frozenset[int]]  # word -> groups of synonyms
    common_words: frozenset[str]  # words of organisations that tell little
    fingerprint: str  # changes when any table does


def load_tables(fold: Folding) -> WordTables:
    """Read every table; *fold* is the folding that names go through."""
    legal = {
        tuple(fold(form).split()): kind for kind, forms in table_rows("legal_forms.tsv") for form in forms.split("|")
    }
    person: dict[str, set[str]] = {}
    for kind, words in table_rows("person_words.tsv"):
        person.setdefault(kind, set()).update(fold(w) for w in words.split("|"))
    fillers = {kind: [fold(w) for w in words.split("|")] for kind, words in table_rows("org_fillers.tsv")}
    numbers = {fold(w): digits for digits, words in table_rows("numbers.tsv") for w in words.split("|")}
    given = _groups((names for (names,) in table_rows("given_names.tsv")), fold)
    common: set[str] = set()
    synonyms: list[str] = []
    for label, words in table_rows("org_words.tsv"):
        synonyms.append(words)
        if label.endswith("*"):
            common.update(fold(w) for w in words.split("|"))
    return WordTables(
        legal_forms=legal,
        person_titles=frozenset(person["title"]),
        person_suffixes=frozenset(person["suffix"]),
        person_particles=frozenset(person["particle"]),
        org_particles=frozenset(fillers["particle"]),
        vessel_prefixes=frozenset(tuple(w.split()) for w in fillers["vessel"]),
        numbers=numbers,
        given_names=given,
        org_words=_groups(synonyms, fold),
        common_words=frozenset(common),
        fingerprint=_fingerprint(),
    )


def _groups(lines: Iterator[str] | list[str], fold: Folding) -> dict[str, frozenset[int]]:
    table: dict[str, set[int]] = {}
    for number, line in enumerate(lines):
        for word in line.split("|"):
            folded = fold(word)
            if " " not in folded:  # a form of two words cannot stand for one
                table.setdefault(folded, set()).add(number)
    return {word: frozenset(groups) for word, groups in table.items()}


def _fingerprint() -> str:
    import hashlib

    digest = hashlib.sha256()
    for entry in sorted(files(__package__).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".tsv"):
            digest.update(entry.read_bytes())
    return digest.hexdigest()[:16]
