from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import Schema
from sanctions_exposure.sources.formats import ca_sema_xml
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.documents import document_of
from support.reading import read_path


@pytest.fixture(scope="module")
def sema(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["ca_sema"]


@pytest.fixture(scope="module")
def parsed(sema: Manifest) -> ParsedList:
    return ca_sema_xml.parse({"primary": document_of("ca_sema_xml")}, sema)


def test_names_in_one_element_are_told_apart(parsed: ParsedList) -> None:
    assert [name.text for name in parsed.entities[0].names] == [
        "Anna Ivanovna PRIMEROV", "Anna Uno", "Ганна Прымерава", "Анна Примерова", "Hanna Uno",
    ]  # fmt: skip


def test_legal_form_stays_with_its_name(parsed: ParsedList) -> None:
    assert "Завод Пример, АО" in {name.text for name in parsed.entities[2].names}


def test_name_broken_over_lines_is_joined_again(parsed: ParsedList) -> None:
    assert [name.text for name in parsed.entities[2].names][:3] == [
        "Sample Plant JSC", "Joint Stock Company Primer-Sample", "Primat",
    ]  # fmt: skip


def test_french_name_behind_a_slash_is_a_name_of_its_own(parsed: ParsedList) -> None:
    assert [name.text for name in parsed.entities[3].names] == ["Example Space Agency", "Agence spatiale d'exemple"]


def test_comma_before_a_small_letter_parts_nothing(parsed: ParsedList) -> None:
    assert parsed.entities[5].names[1].text == "Ministry of Samples, and Tests"


def test_ships_year_is_no_birth_date(parsed: ParsedList) -> None:
    ship = parsed.entities[4]

    assert (ship.schema, ship.identifiers[0].value, ship.birth_dates) == (Schema.VESSEL, "9074729", ())
    assert ("ship build date", "1993") in {(a.name, a.value) for a in ship.attributes}


def test_two_dates_are_two_dates_and_an_unreadable_one_is_text(parsed: ParsedList) -> None:
    first, second = parsed.entities[:2]

    assert [d.start for d in first.birth_dates] == ["1962", "1963-04-05"]
    assert (second.birth_dates, parsed.notes[0]) == ((), "date kept as text: 1")
    assert ("date of birth", "Sep-69") in {(a.name, a.value) for a in second.attributes}


def test_country_is_the_regulations_and_not_the_partys(parsed: ParsedList) -> None:
    first = parsed.entities[0]

    assert (first.countries, first.designations[0].programme) == ((), "Exampleland")
    assert first.id == "Exampleland | 1, Part 1 | 1"


def test_element_of_old_is_read_and_unknown_one_kept_and_noted(parsed: ParsedList) -> None:
    old = parsed.entities[5]

    assert old.caption == "Old Element Ltd."
    assert ("EyeColour", "green") in {(a.name, a.value) for a in old.attributes}
    assert "unknown element EyeColour: 1" in parsed.notes


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"<Item>2</Item>", b"<Item>1</Item>", "'Exampleland | 1, Part 1 | 1' is there twice".replace("|", r"\|")),
        (b"<Item>2</Item>", b"", "record 2, 'Item': is missing"),
        (b"2025-02-21", b"yesterday", "record 5, 'DateOfListing': 'yesterday' is no date"),
        (b"<EntityOrShip>Example Star</EntityOrShip>", b"", "record 5: there is neither"),
        (b"data-set", b"other-set", "outermost element is 'other-set'"),
        (b"<record>", b"<entry/><record>", "unknown element 'entry'"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(sema: Manifest, old: bytes, new: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        ca_sema_xml.parse({"primary": document_of("ca_sema_xml").replace(old, new)}, sema)


@given(st.text(alphabet='АБабAb ,;/:()"«»', max_size=40))
def test_taking_a_text_apart_invents_no_letters(text: str) -> None:
    letters = [c for part in ca_sema_xml.pieces(text) for c in part if c.isalpha()]

    assert not set(letters) - set(text)
    assert len(letters) <= sum(c.isalpha() for c in text)


@pytest.mark.realdata
def test_real_list_is_complete(sema: Manifest, real: Path) -> None:
    found = ca_sema_xml.parse({"primary": read_path(sema, real / "ca_sema")["primary"].content}, sema)

    # As published: every record's name and what stands between semicolons; more once those are taken apart.
    assert (len(found.entities), found.tally["names published"]) == (4_759, 7_890)
    assert found.tally["Vessel records"] == 109
    assert found.names > 8_000
    assert found.version == "2025-03-20"
