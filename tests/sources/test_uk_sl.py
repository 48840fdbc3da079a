"""The UK Sanctions List in its three forms: XML, CSV and the search service's spreadsheet."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Attribute,
    Identifier,
    ListedEntity,
    ListedName,
    NameKind,
    Relation,
    Schema,
)
from sanctions_exposure.sources.fetch import choose_format
from sanctions_exposure.sources.formats import parser, uk_sl_ods, uk_sl_xml
from sanctions_exposure.sources.formats._uk_entry import birth_date
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.archives import ods, zipped
from support.reading import read_path

FIXTURE = Path(__file__).parents[1] / "fixtures" / "uk_sl"


def document(form: str) -> bytes:
    if form == "uk_sl_ods":
        return ods((FIXTURE / "content.xml").read_bytes())
    return (FIXTURE / f"UK-Sanctions-List.{form.rpartition('_')[2]}").read_bytes()


FORMS = ("uk_sl_xml", "uk_sl_csv", "uk_sl_ods")


@pytest.fixture(scope="module")
def uk(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["uk_sl"]


@pytest.fixture(scope="module")
def forms(uk: Manifest) -> Mapping[str, ParsedList]:
    return {form: parser(form)({"primary": document(form)}, uk) for form in FORMS}


def entity(parsed: ParsedList, number: str) -> ListedEntity:
    return next(one for one in parsed.entities if one.id == number)


@pytest.mark.parametrize("form", FORMS)
def test_form_is_known_by_its_first_bytes_whatever_the_file_is_called(uk: Manifest, tmp_path: Path, form: str) -> None:
    path = tmp_path / "download"
    path.write_bytes(document(form))

    assert choose_format(uk, path).format == form


def test_names_keep_their_strength_whatever_case_their_type_is_in(forms: Mapping[str, ParsedList]) -> None:
    assert entity(forms["uk_sl_xml"], "EXA0001").names == (
        ListedName(text="Primer TESTOV", kind=NameKind.PRIMARY, type="primary name"),
        ListedName(text="Primer T TESTOV", kind=NameKind.STRONG, type="primary name variation"),
        ListedName(text="The Sample", kind=NameKind.WEAK, type="alias"),
        ListedName(text="The Example", kind=NameKind.STRONG, type="alias"),
        ListedName(text="The Specimen", kind=NameKind.STRONG, type="alias"),
        ListedName(text="Пример Тестов", kind=NameKind.STRONG, type="non-latin script", script="Cyrl", language="ru"),
    )


def test_second_primary_name_is_a_strong_one(forms: Mapping[str, ParsedList]) -> None:
    assert [(n.text, n.kind) for n in entity(forms["uk_sl_xml"], "EXB0002").names] == [
        ("EXAMPLE SHIPPING WORKS", NameKind.PRIMARY),
        ("EXAMPLE SHIPPING WORKS JSC", NameKind.STRONG),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("26/03/1958", "1958-03-26"),
        ("dd/05/1960", "1960-05"),
        ("dd/mm/1957", "1957"),
        ("DD/MM/1957", "1957"),
        ("00/00/1957", "1957"),
        ("00/05/1960", "1960-05"),
        ("05/1960", "1960-05"),
        ("mm/1960", "1960"),
        ("1959", "1959"),
        ("30/02/1960", "1960-02"),
        ("about 1961", ""),
        ("", ""),
    ],
)
def test_date_of_birth_is_as_exact_as_it_is(written: str, read: str) -> None:
    assert birth_date(written) == read


def test_date_that_cannot_be_read_stays_as_text(forms: Mapping[str, ParsedList]) -> None:
    person = entity(forms["uk_sl_xml"], "EXA0001")

    assert [d.start for d in person.birth_dates] == ["1958-03-26", "1960-05", "1957", "1959"]
    assert Attribute(name="DOB", value="about 1961") in person.attributes


def test_measure_is_known_by_a_word_of_it_and_a_new_one_is_kept_and_noted(forms: Mapping[str, ParsedList]) -> None:
    parsed = forms["uk_sl_xml"]

    assert entity(parsed, "EXA0001").designations[0].measures == (
        "Asset freeze",
        "Travel ban",
        "Prohibition on correspondent banking",
        "Ban on examples",
    )
    assert "measure nobody knows, kept in its own words: Ban on examples: 1" in parsed.notes


def test_several_numbers_of_one_field_are_several(forms: Mapping[str, ParsedList]) -> None:
    assert entity(forms["uk_sl_xml"], "EXA0001").identifiers == (
        Identifier(type="passport", value="EX123456", country="ru", label="PassportNumber"),
        Identifier(type="national_id", value="12345678", label="NationalIdentifierNumber"),
        Identifier(type="national_id", value="87654321", label="NationalIdentifierNumber"),
    )


def test_company_numbers_are_found_among_words(forms: Mapping[str, ParsedList]) -> None:
    label = "BusinessRegistrationNumber"

    assert entity(forms["uk_sl_xml"], "EXB0002").identifiers == (
        Identifier(type="ogrn", value="1027700132195", country="ru", label=label),
        Identifier(type="inn", value="7707083893", label=label),
        Identifier(type="registration", value="HRB 12345", label=label),
    )


def test_ship_has_its_number_and_its_owners(forms: Mapping[str, ParsedList]) -> None:
    ship = entity(forms["uk_sl_xml"], "EXB0003")

    assert ship.schema is Schema.VESSEL
    assert ship.identifiers == (Identifier(type="imo", value="9074729", label="IMONumber"),)
    assert ship.relations == (
        Relation(type="owned-or-operated-by", target_name="EXAMPLE SHIPPING WORKS", target_id="EXB0002"),
        Relation(type="owned-or-operated-by", target_name="Nobody On This List"),
    )
    assert ship.countries == ("mt",)


def test_parent_company_is_a_relation(forms: Mapping[str, ParsedList]) -> None:
    assert entity(forms["uk_sl_xml"], "EXB0002").relations == (
        Relation(type="subsidiary-of", target_name="Example Holding"),
    )


def test_reason_and_date_of_designation_are_the_authoritys(forms: Mapping[str, ParsedList]) -> None:
    said = {one.id: (d.listed_on, d.reason) for one in forms["uk_sl_xml"].entities for d in one.designations}

    assert said == {
        "EXA0001": ("2017-04-05", "Involved in imaginary matters."),
        "EXB0002": ("2018-07-01", ""),
        "EXB0003": ("2018-07-02", ""),
    }


@pytest.mark.parametrize("number", ["EXA0001", "EXB0002", "EXB0003"])
def test_csv_says_what_the_xml_says(forms: Mapping[str, ParsedList], number: str) -> None:
    ours, theirs = (entity(forms[form], number) for form in ("uk_sl_csv", "uk_sl_xml"))
    unknown = {Attribute(name="Mood", value="cheerful")}

    assert set(ours.names) == set(theirs.names)
    assert ours.caption == theirs.caption
    assert set(ours.identifiers) == set(theirs.identifiers)
    assert set(ours.birth_dates) == set(theirs.birth_dates)
    assert (ours.schema, ours.countries, ours.addresses) == (theirs.schema, theirs.countries, theirs.addresses)
    assert (ours.designations, ours.relations) == (theirs.designations, theirs.relations)
    assert set(ours.attributes) == set(theirs.attributes) - unknown


def test_spreadsheet_has_primary_names_only_and_loses_no_entry(forms: Mapping[str, ParsedList]) -> None:
    parsed = forms["uk_sl_ods"]

    assert [(one.id, one.caption) for one in parsed.entities] == [
        ("EXA0001", "TESTOV Primer"),
        ("EXB0002", "EXAMPLE SHIPPING WORKS"),
        ("EXB0004", "EXB0004"),
    ]
    assert "unknown name, shown by its number: 1" in parsed.notes
    assert entity(parsed, "EXA0001").designations[0].listed_on == "2017-04-05"
    assert entity(parsed, "EXB0004").designations[0].measures == ()


def test_date_comes_from_inside_the_document(forms: Mapping[str, ParsedList]) -> None:
    assert [forms[form].published_on for form in FORMS] == ["2030-02-03", "2030-02-03", ""]


def test_element_nobody_knows_is_noted_and_kept(forms: Mapping[str, ParsedList]) -> None:
    assert "unknown element Mood: 1" in forms["uk_sl_xml"].notes
    assert Attribute(name="Mood", value="cheerful") in entity(forms["uk_sl_xml"], "EXB0002").attributes


@pytest.mark.parametrize(
    ("form", "old", "new", "complaint"),
    [
        ("uk_sl_xml", b">ALias<", b">Nickname<", "EXA0001: unknown type 'Nickname' of name 'The Sample'"),
        ("uk_sl_xml", b">Low quality a.k.a<", b">Poor<", "EXA0001: unknown strength 'Poor' of alias 'The Sample'"),
        ("uk_sl_xml", b">Ship<", b">Balloon<", "EXB0003: unknown type 'Balloon'"),
        ("uk_sl_xml", b">EXB0003<", b">EXB0002<", "EXB0002 is there twice"),
        ("uk_sl_xml", b"<UniqueID>EXB0003</UniqueID>", b"", "UniqueID is missing"),
        ("uk_sl_xml", b">EXAMPLE STAR<", b"><", "EXB0003: has no name"),
        ("uk_sl_xml", b"02/07/2018", b"some day", "EXB0003: date of designation 'some day' is no date"),
        ("uk_sl_xml", b"Designation>", b"Entry>", "unknown element 'Entry'"),
        ("uk_sl_csv", b"Unique ID", b"Id", "no header with a column 'Unique ID'"),
        ("uk_sl_csv", b"Regime Name", b"Regime", "column 'Regime Name' is missing"),
        ("uk_sl_csv", b",ALias,", b",Nickname,", "unknown type 'Nickname'"),
        ("uk_sl_csv", b",EXB0003,", b",,", "line 15, column 'Unique ID': is empty"),
        ("uk_sl_csv", "П".encode(), b"\xff", "not UTF-8"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(
    uk: Manifest, form: str, old: bytes, new: bytes, complaint: str
) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parser(form)({"primary": document(form).replace(old, new)}, uk)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("hostile", "complaint"), [(b"", "empty"), (b"<html>Page not found</html>", "web page")])
def test_document_that_is_no_list_is_refused(uk: Manifest, form: str, hostile: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parser(form)({"primary": hostile}, uk)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.998])
def test_truncated_document_is_refused(uk: Manifest, form: str, share: float) -> None:
    whole = document(form)

    with pytest.raises(ListFormatError):
        parser(form)({"primary": whole[: int(len(whole) * share)]}, uk)


def test_spreadsheet_that_unpacks_to_too_much_is_refused(uk: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uk_sl_ods, "MOST_BYTES", 1000)

    with pytest.raises(ListFormatError, match="unpacks to more than 1000 bytes"):
        parser("uk_sl_ods")({"primary": document("uk_sl_ods")}, uk)


def test_cell_that_says_it_is_there_a_million_times_is_refused(uk: Manifest) -> None:
    content = (FIXTURE / "content.xml").read_bytes()
    content = content.replace(
        b'<table:table-cell office:value-type="string"',
        b'<table:table-cell table:number-columns-repeated="1000000" office:value-type="string"',
        1,
    )

    with pytest.raises(ListFormatError, match="says that it is there 1000000 times"):
        parser("uk_sl_ods")({"primary": ods(content)}, uk)


def test_spreadsheet_without_its_content_or_with_entities_is_refused(uk: Manifest) -> None:
    with pytest.raises(ListFormatError, match="not a whole spreadsheet"):
        parser("uk_sl_ods")({"primary": zipped([("mimetype", b"x"), ("other.xml", b"<a/>")])}, uk)
    with pytest.raises(ListFormatError, match="DOCTYPE"):
        parser("uk_sl_ods")({"primary": ods(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')}, uk)


# -- the real files ------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "entities", "latin", "others"),
    [
        ("reconstructed/UK-Sanctions-List_RECONSTRUCTED_20260822.xml.gz", 6_349, 15_758, 3_868),
        ("xml_abridged_excerpt_20260902.xml", 2, 4, 0),
    ],
)
def test_real_xml_is_read_whole(  # noqa: PLR0917 - a row of the table above
    uk: Manifest, real: Path, name: str, entities: int, latin: int, others: int
) -> None:
    files = {role: one.content for role, one in read_path(uk, real / "uk_sl" / name).items()}

    parsed = parser("uk_sl_xml")(files, uk)

    assert len(parsed.entities) == entities
    assert (parsed.tally["Name elements"], parsed.tally.get("NonLatinName elements", 0)) == (latin, others)
    assert parsed.notes == ()
    assert all(one.designations[0].listed_on for one in parsed.entities)


@pytest.mark.realdata
def test_real_spreadsheet_is_read_whole(uk: Manifest, real: Path) -> None:
    path = real / "uk_sl" / "fcdo_search_export_20250811.ods"
    chosen = choose_format(uk, path)

    parsed = parser(chosen.format)({"primary": path.read_bytes()}, chosen)

    assert (chosen.format, len(parsed.entities), parsed.names) == ("uk_sl_ods", 5_302, 5_302)
    assert parsed.notes == ("unknown name, shown by its number: 2",)


def test_second_group_of_names_adds_to_the_first(uk: Manifest) -> None:
    document = (FIXTURE / "UK-Sanctions-List.xml").read_bytes()
    more = (
        b"<Names><Name><Name6>The Second Group</Name6><NameType>Alias</NameType></Name></Names>"
        b"<NonLatinNames><NonLatinName><NameNonLatinScript>\xd0\x92\xd1\x82\xd0\xbe\xd1\x80\xd0\xbe\xd0\xb9"
        b"</NameNonLatinScript></NonLatinName></NonLatinNames>"
    )
    at = document.index(b"</NonLatinNames>") + len(b"</NonLatinNames>")

    before = uk_sl_xml.parse({"primary": document}, uk).entities[0]
    after = uk_sl_xml.parse({"primary": document[:at] + more + document[at:]}, uk).entities[0]

    assert {name.text for name in after.names} - {name.text for name in before.names} == {"The Second Group", "Второй"}
    assert {name.text for name in before.names} <= {name.text for name in after.names}


def test_outermost_element_of_endless_attributes_is_refused_at_once(uk: Manifest) -> None:
    many = b" ".join(b'a%d="1"' % at for at in range(100_000))
    began = time.monotonic()

    with pytest.raises(ListFormatError, match="the outermost element has 100000 attributes"):
        uk_sl_xml.parse({"primary": b"<Designations " + many + b"></Designations>"}, uk)

    assert time.monotonic() - began < 5  # to look each up in all the others took a minute
