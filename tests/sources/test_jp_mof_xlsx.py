from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import DesignationStatus, ListedEntity, NameKind, Schema
from sanctions_exposure.sources.formats import _jp_text, jp_mof_xlsx
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.documents import FIXTURES, document_of
from support.reading import read_path
from support.workbook import from_folder, workbook

Sheets = dict[str, list[list[str]]]
PEOPLE = "1.例示国（個人）"


@pytest.fixture(scope="module")
def mof(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["jp_mof"]


@pytest.fixture(scope="module")
def parsed(mof: Manifest) -> ParsedList:
    return jp_mof_xlsx.parse({"primary": document_of("jp_mof_xlsx")}, mof)


@pytest.fixture(scope="module")
def by_id(parsed: ParsedList) -> Mapping[str, ListedEntity]:
    return {entity.id: entity for entity in parsed.entities}


def changed(change: Callable[[Sheets], object]) -> bytes:
    sheets = from_folder(FIXTURES / "jp_mof_xlsx")
    change(sheets)
    return workbook(sheets)


def names(entity: ListedEntity) -> list[str]:
    return [name.text for name in entity.names]


def test_header_is_found_wherever_it_stands_and_however_it_is_spaced(by_id: Mapping[str, ListedEntity]) -> None:
    assert list(by_id) == ["1-1", "1-3(*900)", "2-*1", "2-2", "3-1", "3-2"]


def test_names_in_all_scripts_are_kept_and_the_english_one_leads(by_id: Mapping[str, ListedEntity]) -> None:
    first = by_id["1-1"]

    assert names(first)[:3] == ["PRIMER TESTOV", "Пример Тестов", "プリメル・テストフ"]
    assert (first.names[2].script, first.names[2].language) == ("Jpan", "ja")


def test_enumerated_aliases_in_two_scripts_are_told_apart_and_prose_is_dropped(
    by_id: Mapping[str, ListedEntity],
) -> None:
    assert names(by_id["1-1"])[3:7] == ["アンナ", "Anna Uno", "アーニャ・ウーノ", "Anya Uno"]
    assert names(by_id["2-*1"])[2:] == ["サンプル・ワン", "サンプル・ツー", "Sample One", "Sample Two"]
    assert names(by_id["3-2"])[2:] == ["アルファ", "ベータ", "Alpha", "Beta", "デルタ", "Delta"]


def test_alias_too_weak_to_identify_is_weak(by_id: Mapping[str, ListedEntity]) -> None:
    weak = [name.text for name in by_id["1-1"].names if name.kind is NameKind.WEAK]

    assert weak == ["ザ・サンプル", "The Sample"]


def test_readings_in_brackets_are_names_of_a_person(by_id: Mapping[str, ListedEntity]) -> None:
    assert names(by_id["1-3(*900)"])[:2] == ["Artem Primerov", "Artyom Primerow"]


def test_dates_in_words_cells_and_serial_numbers_are_dates(by_id: Mapping[str, ListedEntity]) -> None:
    assert [(d.start, d.end, d.approximate) for d in by_id["1-1"].birth_dates] == [
        ("1941", "1944", True), ("1961", None, True), ("1952-04", None, False),
    ]  # fmt: skip
    assert by_id["1-3(*900)"].birth_dates[0].start == "1962-02-03"
    assert by_id["3-1"].birth_dates[0].start == "1965-09-15"


def test_countries_are_read_in_japanese(by_id: Mapping[str, ListedEntity]) -> None:
    assert by_id["1-1"].countries == ("af", "ru", "cn")
    assert by_id["2-*1"].countries == ("kp",)


def test_sheet_says_what_a_party_is_and_where_it_does_not_the_columns_do(by_id: Mapping[str, ListedEntity]) -> None:
    assert by_id["2-*1"].schema is Schema.ORGANIZATION
    assert (by_id["3-1"].schema, by_id["3-2"].schema) == (Schema.PERSON, Schema.ORGANIZATION)


def test_entry_struck_off_is_history_or_counted(parsed: ParsedList, by_id: Mapping[str, ListedEntity]) -> None:
    struck = by_id["2-2"].designations[0]

    assert (struck.status, struck.until) == (DesignationStatus.DELISTED, "2024-08-23")
    assert "numbers struck off: 1" in parsed.notes


def test_first_of_the_dates_is_that_of_listing(by_id: Mapping[str, ListedEntity]) -> None:
    assert by_id["1-1"].designations[0].listed_on == "2014-02-03"


def test_passport_is_found_in_its_prose(by_id: Mapping[str, ListedEntity]) -> None:
    assert [(i.type, i.value) for i in by_id["1-1"].identifiers] == [("passport", "X 000001")]


def test_row_without_a_number_continues_the_entry_above(by_id: Mapping[str, ListedEntity]) -> None:
    assert ("続き", "前の行の続き") in {(a.name, a.value) for a in by_id["1-3(*900)"].attributes}


def test_new_column_is_kept_and_noted(parsed: ParsedList, by_id: Mapping[str, ListedEntity]) -> None:
    assert "unknown column 備考: 1" in parsed.notes
    assert ("備考", "新しい列") in {(a.name, a.value) for a in by_id["2-*1"].attributes}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: s[PEOPLE][4].__setitem__(slice(2, 4), ["", ""]), "row 5, column '英語表記': entry 3.* has no name"),
        (lambda s: s[PEOPLE][4].__setitem__(1, "#1"), "entry 1-1 is there twice"),
        (lambda s: s[PEOPLE][2].__setitem__(1, ""), "row 3, column '告示番号': is empty"),
        (lambda s: s[PEOPLE][1].__setitem__(2, "名前"), "column '日本語表記' is missing"),
        (lambda s: s[PEOPLE].pop(1), "no column '英語表記'"),
        (lambda s: s.__setitem__("番号なし", s.pop(PEOPLE)), "does not open with a number"),
    ],
)
def test_what_the_ministry_never_emits_is_refused(
    mof: Manifest, change: Callable[[Sheets], object], complaint: str
) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        jp_mof_xlsx.parse({"primary": changed(change)}, mof)


@given(st.text(alphabet="アンナAnb(),、;:年19 \n", max_size=40))
def test_taking_a_cell_apart_never_fails_and_yields_no_empty_name(text: str) -> None:
    assert all(name.strip() == name and len(name) > 1 for name in _jp_text.aliases(text))


@pytest.mark.realdata
def test_real_list_is_complete(mof: Manifest, real: Path) -> None:
    found = jp_mof_xlsx.parse({"primary": read_path(mof, real / "jp_mof")["primary"].content}, mof)

    # Names as published are the two name columns; aliases come on top.
    assert (len(found.entities), found.tally["names published"]) == (2_862, 5_723)
    assert (found.tally["sheets"], found.tally["numbers struck off"]) == (41, 598)
    assert sum(bool(entity.designations[0].listed_on) for entity in found.entities) == 2_862
