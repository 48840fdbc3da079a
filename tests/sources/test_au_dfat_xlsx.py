from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import ListedEntity, NameKind, Schema
from sanctions_exposure.sources.formats import au_dfat_xlsx
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.documents import FIXTURES, document_of
from support.reading import read_path
from support.workbook import from_folder, workbook

Rows = list[list[str]]


@pytest.fixture(scope="module")
def dfat(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["au_dfat"]


@pytest.fixture(scope="module")
def parsed(dfat: Manifest) -> ParsedList:
    return au_dfat_xlsx.parse({"primary": document_of("au_dfat_xlsx")}, dfat)


@pytest.fixture(scope="module")
def by_id(parsed: ParsedList) -> Mapping[str, ListedEntity]:
    return {entity.id: entity for entity in parsed.entities}


def changed(change: Callable[[Rows], object]) -> bytes:
    sheets = from_folder(FIXTURES / "au_dfat_xlsx")
    change(sheets["Consolidated List"])
    return workbook(sheets)


def test_rows_of_one_number_are_one_entry_with_graded_names(by_id: Mapping[str, ListedEntity]) -> None:
    assert [(name.text, name.kind) for name in by_id["2"].names] == [
        ("Primer TESTOV", NameKind.PRIMARY),
        ("Пример Тестов", NameKind.STRONG),
        ("The Sample", NameKind.WEAK),
        ("P. Testov", NameKind.STRONG),
    ]


def test_each_kind_of_date_keeps_its_precision(by_id: Mapping[str, ListedEntity]) -> None:
    dates = by_id["2"].birth_dates

    assert [(d.start, d.end, d.approximate) for d in dates] == [
        ("1961", None, True), ("1971-03-30", None, False), ("1965-03", None, False), ("1957", "1966", False),
    ]  # fmt: skip
    assert ("Date of Birth", "spring") in {(a.name, a.value) for a in by_id["2"].attributes}
    assert by_id["4"].birth_dates[0].start == "1962-02-03"
    assert by_id["5"].birth_dates[0].start == "1958"


def test_what_another_row_of_an_entry_says_is_kept(parsed: ParsedList, by_id: Mapping[str, ListedEntity]) -> None:
    assert [(a.text, a.country) for a in by_id["2"].addresses] == [
        ("1 Sample Street, Kabul, Afghanistan", "af"),
        ("Moscow, Russia (previous address)", "ru"),
        ("Minsk, Belarus", "by"),
    ]
    assert "rows that differ from their entry: 1" in parsed.notes


def test_date_of_listing_is_read_from_the_listing_information_only(by_id: Mapping[str, ListedEntity]) -> None:
    assert by_id["2"].designations[0].listed_on == "2002-09-07"  # not the amendment's
    assert by_id["3"].designations[0].listed_on == "2013-04-03"  # not the relisting's
    assert by_id["4"].designations[0].listed_on == "2008-08-17"
    assert by_id["8227"].designations[0].listed_on == ""


def test_columns_of_measures_are_measures(by_id: Mapping[str, ListedEntity]) -> None:
    assert by_id["2"].designations[0].measures == ("Targeted Financial Sanction", "Travel Ban", "Arms Embargo")
    assert by_id["8227"].designations[0].measures == ("Maritime Restriction",)


def test_vessel_has_its_number_whole(by_id: Mapping[str, ListedEntity]) -> None:
    vessel = by_id["8227"]

    assert (vessel.schema, vessel.identifiers[0].value) == (Schema.VESSEL, "9074729")


def test_unknown_column_is_kept_and_noted(dfat: Manifest) -> None:
    def widen(rows: Rows) -> None:
        rows[0].append("Eye Colour")
        rows[1].append("green")

    found = au_dfat_xlsx.parse({"primary": changed(widen)}, dfat)

    assert "unknown column Eye Colour: 1" in found.notes
    assert ("Eye Colour", "green") in {(a.name, a.value) for a in found.entities[0].attributes}


@pytest.mark.parametrize(
    ("row", "column", "value", "complaint"),
    [
        (3, 4, "Medium", "row 4, column 'Alias Strength': unknown grade 'Alias / Medium'"),
        (1, 2, "Robot", "column 'Type': unknown type 'Robot'"),
        (2, 3, "Primary Name", "reference 2 has 2 primary names"),
        (5, 0, "none", "'none' is no reference"),
        (1, 15, "perhaps", "row 2, column 'Targeted Financial Sanction': 'perhaps'"),
        (8, 11, "IMO?", "'IMO\\?' is no number"),
        (0, 6, "Birthplace", "column 'Place of Birth' is there 0 times"),
        (6, 1, "", "column 'Name of Individual or Entity': is empty"),
    ],
)
def test_what_the_department_never_emits_is_refused(
    dfat: Manifest, row: int, column: int, value: str, complaint: str
) -> None:
    document = changed(lambda rows: rows[row].__setitem__(column, value))

    with pytest.raises(ListFormatError, match=complaint):
        au_dfat_xlsx.parse({"primary": document}, dfat)


@pytest.mark.realdata
def test_real_list_is_complete(dfat: Manifest, real: Path) -> None:
    found = au_dfat_xlsx.parse({"primary": read_path(dfat, real / "au_dfat")["primary"].content}, dfat)

    assert (len(found.entities), found.tally["names published"]) == (3_846, 11_068)
    assert sum(entity.schema is Schema.VESSEL for entity in found.entities) == 262
    assert found.names + found.tally["names repeated"] == 11_068
    assert found.version == "2026-07-21"
