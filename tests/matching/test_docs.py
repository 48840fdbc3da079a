"""The page on matching: its examples run, its constants are those of the code, its words those of the answers."""

import doctest
import re
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from sanctions_exposure.matching import score, words
from sanctions_exposure.matching.explain import compare
from sanctions_exposure.model import Schema

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "matching.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
CONSTANT: Final = re.compile(r"^\| `([A-Z_]+)` \| ([\d., ]+) \|", re.MULTILINE)


def section(title: str) -> str:
    """Return the part of the page from a table's head to the blank line after it."""
    return TEXT[TEXT.index(title) :].split("\n\n", 1)[0]


def test_the_examples_of_the_page_run() -> None:
    results = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")

    assert results.attempted > 10
    assert results.failed == 0


@pytest.mark.parametrize("module", [words, score], ids=lambda module: module.__name__.rpartition(".")[2])
def test_the_constants_of_the_page_are_those_of_the_code(module: ModuleType) -> None:
    shown = dict(CONSTANT.findall(section(f"| Constant of `{module.__name__.rpartition('.')[2]}.py`")))

    held = {name: getattr(module, name) for name in shown}
    assert shown == {name: _written(value) for name, value in held.items()}


def _written(value: float | tuple[float, ...]) -> str:
    return ", ".join(f"{part:g}" for part in value) if isinstance(value, tuple) else str(value)


# One pair for each way in which words meet, or do not.
MEETINGS: Final = {
    "exact": ("Dorn Wickham", "Wickham Dorn", Schema.PERSON),
    "transliteration": ("Qasim Tashov", "Kassem Tashov", Schema.PERSON),
    "typo": ("Quorvane Blixtrop", "Quorvane Blidtrop", Schema.PERSON),
    "gender": ("Quorvane Tosk", "Quorvane Toska", Schema.PERSON),
    "variant": ("Bob Fennimore", "Robert Fennimore", Schema.PERSON),
    "other_name": ("Karim Fennimore", "Karin Fennimore", Schema.PERSON),
    "initial": ("Q. Blixtrop", "Quorvane Blixtrop", Schema.PERSON),
    "particle": ("Dar Alquorvan", "Dar Quorvan", Schema.PERSON),
    "skeleton": ("زلمير Tashov", "Zelmir Tashov", Schema.PERSON),
    "joined": ("Fenni More", "Fennimore", Schema.VESSEL),
    "truncated": ("Quorvane Blixtrop Dornwick Trad", "Quorvane Blixtrop Dornwick Trading", Schema.COMPANY),
    "acronym": ("ZHMW", "Zelmir Heavy Machine Works", Schema.COMPANY),
    "legal_form": ("OOO Zelmira", "Zelmira LLC", Schema.COMPANY),
    "title": ("Mr. Dorn Wickham", "Dorn Wickham", Schema.PERSON),
    "left_over": ("Dorn Wickham", "Dorn Quorvane Wickham", Schema.PERSON),
    "contradicted": ("Dornwick Trading", "Dornwick Shipping", Schema.COMPANY),
}


@pytest.mark.parametrize("how", MEETINGS)
def test_words_meet_as_the_page_says(how: str) -> None:
    assert how in {pair.how for pair in compare(*MEETINGS[how]).alignment}


def test_the_page_explains_every_way_in_which_words_meet() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", section("| `how` |"))) - {"how"}

    assert explained == {*MEETINGS, "set_aside"}  # the last one is said by a search alone


def test_the_page_explains_every_doubt() -> None:
    noted = set(re.findall(r'notes\.append\("([a-z_]+)"\)', Path(score.__file__).read_text(encoding="utf-8")))

    assert noted <= set(re.findall(r"`([a-z_]+)`", TEXT))
