"""The EU's list in its three forms: XML 1.1, CSV 1.1 and CSV 1.0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Attribute,
    DesignationStatus,
    Identifier,
    ListedDate,
    ListedEntity,
    ListedName,
    NameKind,
    Schema,
)
from sanctions_exposure.sources.fetch import choose_format
from sanctions_exposure.sources.formats import parser
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.reading import read_path

FIXTURE = Path(__file__).parents[1] / "fixtures" / "eu_fsf"
FORMS = {
    "eu_fsf_xml": "eu_fsf.xml",
    "eu_fsf_csv_1_1": "eu_fsf_1_1.csv",
    "eu_fsf_csv_1_0": "eu_fsf_1_0.csv",
}


@pytest.fixture(scope="module")
def eu(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["eu_fsf"]


@pytest.fixture(scope="module")
def forms(eu: Manifest) -> Mapping[str, ParsedList]:
    return {form: parser(form)({"primary": (FIXTURE / name).read_bytes()}, eu) for form, name in FORMS.items()}


def entity(parsed: ParsedList, number: str) -> ListedEntity:
    return next(one for one in parsed.entities if one.id == number)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_form_is_known_by_its_first_bytes_whatever_the_file_is_called(eu: Manifest, tmp_path: Path, form: str) -> None:
    path = tmp_path / "content"
    path.write_bytes((FIXTURE / FORMS[form]).read_bytes())

    assert choose_format(eu, path).format == form


def test_first_strong_name_in_english_is_shown_and_repeats_in_other_languages_count_once(
    forms: Mapping[str, ParsedList],
) -> None:
    for form in ("eu_fsf_xml", "eu_fsf_csv_1_1"):
        assert entity(forms[form], "9001").names == (
            ListedName(text="Primer Testov", kind=NameKind.PRIMARY, type="name", language="en"),
            ListedName(text="Пример Тестов", kind=NameKind.STRONG, type="alias", language="ru"),
            ListedName(text="The Sample", kind=NameKind.WEAK, type="alias"),
            ListedName(text="Anna B. Alt", kind=NameKind.STRONG, type="formerly known as", language="fr"),
        )
        assert forms[form].tally["names repeated"] == 1


def test_name_is_weak_by_its_flag_or_by_its_remark(forms: Mapping[str, ParsedList]) -> None:
    by_flag = {n.text: n.kind for n in entity(forms["eu_fsf_xml"], "9002").names}
    by_remark = {n.text: n.kind for n in entity(forms["eu_fsf_csv_1_1"], "9002").names}

    assert by_flag == by_remark
    assert by_flag["ESW"] is NameKind.WEAK


SAME: Mapping[str, Callable[[ListedEntity], Any]] = {
    "schema": lambda one: one.schema,
    "names": lambda one: one.names,
    "identifiers": lambda one: one.identifiers,
    "birth dates": lambda one: one.birth_dates,
    "countries": lambda one: one.countries,
    "addresses": lambda one: one.addresses,
    "programme": lambda one: [(d.programme, d.reference, d.listed_on, d.source, d.reason) for d in one.designations],
}


@pytest.mark.parametrize("what", sorted(SAME))
@pytest.mark.parametrize("number", ["9001", "9002"])
def test_csv_and_xml_say_the_same(forms: Mapping[str, ParsedList], what: str, number: str) -> None:
    view = SAME[what]

    assert view(entity(forms["eu_fsf_csv_1_1"], number)) == view(entity(forms["eu_fsf_xml"], number))


def test_oldest_form_has_no_grades_and_no_partial_dates_of_birth(forms: Mapping[str, ParsedList]) -> None:
    old, new = (entity(forms[form], "9001") for form in ("eu_fsf_csv_1_0", "eu_fsf_xml"))

    assert {n.text for n in old.names} == {n.text for n in new.names}
    assert NameKind.WEAK not in {n.kind for n in old.names}
    assert [d.start for d in old.birth_dates] == ["1958-03-26", "1959", "1960"]
    assert old.identifiers == new.identifiers
    assert old.countries == new.countries
    assert [d.programme for d in old.designations] == ["EXA"]


def test_dates_are_as_exact_as_they_are(forms: Mapping[str, ParsedList]) -> None:
    assert entity(forms["eu_fsf_xml"], "9001").birth_dates == (
        ListedDate(start="1958-03-26"),
        ListedDate(start="1959", approximate=True),
        ListedDate(start="1960-05"),
        ListedDate(start="1955", end="1957"),
    )


def test_numbers_are_known_by_their_check_digits_and_prose_is_no_number(forms: Mapping[str, ParsedList]) -> None:
    works = entity(forms["eu_fsf_csv_1_1"], "9002")

    assert works.identifiers == (
        Identifier(type="imo", value="9074729", label="IMO (vessel identification)"),
        Identifier(type="inn", value="7707083893", country="ru", label="National Fiscal Code"),
        Identifier(type="ogrn", value="1027700132195", label="Registration Number"),
    )
    assert Attribute(name="document", value="Other identification number: see the remarks") in works.attributes


def test_document_known_to_be_false_is_marked(forms: Mapping[str, ParsedList]) -> None:
    said = {a.value for a in entity(forms["eu_fsf_xml"], "9001").attributes if a.name == "document"}

    assert said == {"National passport: EX 123456, diplomatic, knownFalse"}


def test_date_of_listing_is_the_entitys_own_or_told_in_words_never_the_latest_acts(
    forms: Mapping[str, ParsedList],
) -> None:
    parsed = forms["eu_fsf_xml"]

    assert {one.id: one.designations[0].listed_on for one in parsed.entities} == {
        "9001": "2017-04-05",
        "9002": "2018-07-01",
        "9003": "",
    }


def test_delisted_party_stays_as_history(forms: Mapping[str, ParsedList]) -> None:
    former = entity(forms["eu_fsf_xml"], "9003").designations[0]

    assert (former.status, former.until) == (DesignationStatus.DELISTED, "2029-01-31")


def test_reference_is_the_number_where_there_is_no_other(forms: Mapping[str, ParsedList]) -> None:
    references = {one.id: one.designations[0].reference for one in forms["eu_fsf_xml"].entities}

    assert references == {"9001": "EU.9001.1", "9002": "9002", "9003": "EU.9003.3"}


def test_letter_tells_the_subject_although_its_column_is_called_otherwise(forms: Mapping[str, ParsedList]) -> None:
    assert {one.id: one.schema for one in forms["eu_fsf_csv_1_1"].entities} == {
        "9001": Schema.PERSON,
        "9002": Schema.ORGANIZATION,
    }


def test_element_nobody_knows_is_noted_and_kept(forms: Mapping[str, ParsedList]) -> None:
    parsed = forms["eu_fsf_xml"]

    assert "unknown element mood: 1" in parsed.notes
    assert Attribute(name="mood", value="cheerful") in entity(parsed, "9003").attributes


def test_act_of_a_detail_that_stands_elsewhere_is_noted_and_kept(eu: Manifest) -> None:
    document = (FIXTURE / FORMS["eu_fsf_xml"]).read_bytes()
    stray = b'<regulationSummary numberTitle="1/2030 (OJ L1)"/></sanctionEntity>'

    parsed = parser("eu_fsf_xml")({"primary": document.replace(b"</sanctionEntity>", stray, 1)}, eu)

    assert "unknown element regulationSummary: 1" in parsed.notes
    assert Attribute(name="regulationSummary", value="1/2030 (OJ L1)") in parsed.entities[0].attributes


@pytest.mark.parametrize(
    ("form", "published_on"),
    [
        ("eu_fsf_xml", "2030-02-03T14:39:54.511+01:00"),
        ("eu_fsf_csv_1_1", "2030-02-03"),
        ("eu_fsf_csv_1_0", "2030-02-03"),
    ],
)
def test_date_comes_from_inside_the_document(forms: Mapping[str, ParsedList], form: str, published_on: str) -> None:
    assert (forms[form].published_on, forms[form].version) == (published_on, "2030-02-03")


@pytest.mark.parametrize(
    ("form", "old", "new", "complaint"),
    [
        ("eu_fsf_xml", b'classificationCode="P"', b'classificationCode="S"', "entity 9001: unknown subject type 'S'"),
        ("eu_fsf_xml", b'logicalId="9002"', b'logicalId="9001"', "entity 9001 is there twice"),
        ("eu_fsf_xml", b'logicalId="9002"', b'logicalId=""', "logicalId is missing or no number"),
        ("eu_fsf_xml", b'wholeName="Example Former Party"', b'wholeName=""', "entity 9003: there is no name"),
        ("eu_fsf_xml", b"sanctionEntity", b"sanctionParty", "unknown element 'sanctionParty'"),
        ("eu_fsf_xml", b"export", b"report", "outermost element is 'report'"),
        ("eu_fsf_csv_1_1", b";P;person;", b";S;ship;", "unknown subject type 'S'"),
        ("eu_fsf_csv_1_1", b"Entity_LogicalId;", b"Entity_Id;", "column 'Entity_LogicalId' is missing"),
        ("eu_fsf_csv_1_1", b"\n03/02/2030;9002;", b"\n03/02/2030;9002;;", "line 6: has 119 cells, not 118"),
        ("eu_fsf_csv_1_1", b";9002;", b";x;", "line 6: 'x' is no number of an entity"),
        ("eu_fsf_csv_1_1", "П".encode(), b"\xff", "not UTF-8"),
        ("eu_fsf_csv_1_0", b"Naal_lastname", b"Naal_surname", "line 1: not the 59 columns"),
        ("eu_fsf_csv_1_0", b"Date_filexxxx", b'"Date_filexxxx', "as a spreadsheet leaves it"),
    ],
)
def test_what_the_eu_never_emits_is_refused(eu: Manifest, form: str, old: bytes, new: bytes, complaint: str) -> None:
    document = (FIXTURE / FORMS[form]).read_bytes()

    with pytest.raises(ListFormatError, match=complaint):
        parser(form)({"primary": document.replace(old, new)}, eu)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize(("hostile", "complaint"), [(b"", "empty"), (b"<html>ECAS log-in</html>", "web page")])
def test_document_that_is_no_list_is_refused(eu: Manifest, form: str, hostile: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parser(form)({"primary": hostile}, eu)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_truncated_document_is_refused(eu: Manifest, form: str, share: float) -> None:
    document = (FIXTURE / FORMS[form]).read_bytes()

    with pytest.raises(ListFormatError):
        parser(form)({"primary": document[: int(len(document) * share)]}, eu)


def test_entities_in_the_document_are_refused(eu: Manifest) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE export [<!ENTITY a "x">]><export>&a;</export>'

    with pytest.raises(ListFormatError, match="DOCTYPE"):
        parser("eu_fsf_xml")({"primary": bomb}, eu)


# -- the real files ------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "entities", "names"),
    [
        ("reconstructed/xml_1_1_RECONSTRUCTED_20260501.xml.gz", 5_860, 29_826),
        ("xml_1_1_excerpt_20181221.xml", 2, 20),
        ("csv_1_1_excerpt_20241002.csv", 4, 10),
    ],
)
def test_real_file_is_read_whole(eu: Manifest, real: Path, name: str, entities: int, names: int) -> None:
    chosen = choose_format(eu, real / "eu_fsf" / name)
    files = {role: one.content for role, one in read_path(chosen, real / "eu_fsf" / name).items()}

    parsed = parser(chosen.format)(files, chosen)

    assert (len(parsed.entities), parsed.tally["names"]) == (entities, names)
    assert parsed.names + parsed.tally["names repeated"] == names
    assert not [note for note in parsed.notes if "nobody knows" in note or note.startswith("unknown")]


@pytest.mark.realdata
def test_real_file_that_a_spreadsheet_damaged_is_refused_with_the_reason(eu: Manifest, real: Path) -> None:
    path = real / "eu_fsf" / "csv_1_0_excerpt_20180704_excel_damaged.csv"
    chosen = choose_format(eu, path)

    assert chosen.format == "eu_fsf_csv_1_0"
    with pytest.raises(ListFormatError, match="spreadsheet"):
        parser(chosen.format)({"primary": path.read_bytes()}, chosen)
