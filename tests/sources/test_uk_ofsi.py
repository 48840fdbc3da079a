"""The closed list of HM Treasury: CSV of 2022, CSV before, and the workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import Attribute, Identifier, ListedEntity, ListedName, NameKind, Relation, Schema
from sanctions_exposure.sources.fetch import choose_format
from sanctions_exposure.sources.formats import parser
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.archives import xlsx
from support.reading import read_path

FIXTURE = Path(__file__).parents[1] / "fixtures" / "uk_ofsi"
NEW = (FIXTURE / "ConList.csv").read_bytes()
OLD = (FIXTURE / "conlist_old.csv").read_bytes()
WORKBOOK = xlsx(list(csv.reader(io.StringIO(NEW.decode("utf-8")))))


@pytest.fixture(scope="module")
def ofsi(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["uk_ofsi"]


@pytest.fixture(scope="module")
def new(ofsi: Manifest) -> ParsedList:
    return parser("uk_ofsi_csv")({"primary": NEW}, ofsi)


@pytest.fixture(scope="module")
def old(ofsi: Manifest) -> ParsedList:
    return parser("uk_ofsi_csv")({"primary": OLD}, ofsi)


def entity(parsed: ParsedList, number: str) -> ListedEntity:
    return next(one for one in parsed.entities if one.id == number)


@pytest.mark.parametrize(("content", "form"), [(NEW, "uk_ofsi_csv"), (OLD, "uk_ofsi_csv"), (WORKBOOK, "uk_ofsi_xlsx")])
def test_form_is_known_by_its_first_bytes_whatever_the_file_is_called(
    ofsi: Manifest, tmp_path: Path, content: bytes, form: str
) -> None:
    path = tmp_path / "UK_Sanctions_List"
    path.write_bytes(content)

    assert choose_format(ofsi, path).format == form


def test_rows_of_a_group_are_one_entry(new: ParsedList) -> None:
    person = entity(new, "90001")

    assert person.names == (
        ListedName(text="Primer TESTOV", kind=NameKind.PRIMARY, type="primary name"),
        ListedName(text="The Sample", kind=NameKind.WEAK, type="aka"),
        ListedName(text="The Example", kind=NameKind.STRONG, type="fka"),
        ListedName(text="Пример Тестов", kind=NameKind.STRONG, type="non-latin script", script="Cyrl", language="ru"),
    )
    assert [d.start for d in person.birth_dates] == ["1958-03-26", "1957", "1960-05", "1959"]
    assert new.tally["rows"] == 6


def test_list_speaks_for_the_days_before_it_was_closed_only(new: ParsedList) -> None:
    assert {(d.listed_on, d.until) for one in new.entities for d in one.designations} == {
        ("2017-04-09", "2026-01-28"),
        ("2018-07-01", "2026-01-28"),
        ("2018-07-02", "2026-01-28"),
    }


def test_labelled_pieces_of_the_remarks_are_taken_apart(new: ParsedList) -> None:
    person = entity(new, "90001")

    assert person.designations[0].reference == "EXA0001"
    assert person.designations[0].reason == "Involved in imaginary matters (2022)."
    assert {(a.name, a.value) for a in person.attributes} >= {
        ("UniqueID", "EXA0001"),
        ("UNReferenceNumber", "QDi.900"),
        ("Gender", "Male"),
        ("PhoneNumber", "(1) 70000000000 (2) 70000000001"),
        ("OtherInformation", "Has a second house."),
    }


def test_numbered_values_are_several_each_with_its_country(new: ParsedList) -> None:
    person = entity(new, "90001")

    assert person.countries == ("ru", "cy")
    assert person.identifiers == (
        Identifier(type="passport", value="EX123456", country="ru", label="PassportNumber"),
        Identifier(type="passport", value="EX654321", country="cy", label="PassportNumber"),
    )


def test_ship_and_company_are_read_from_their_remarks(new: ParsedList) -> None:
    company, ship = entity(new, "90002"), entity(new, "90003")

    assert company.identifiers == (
        Identifier(type="ogrn", value="1027700132195", country="ru", label="BusinessRegistrationNumber"),
    )
    assert company.relations == (Relation(type="subsidiary-of", target_name="Example Holding"),)
    assert (ship.schema, ship.countries) == (Schema.VESSEL, ("mt",))
    assert ship.identifiers == (Identifier(type="imo", value="9074729", label="IMONumber"),)
    assert ship.relations == (
        Relation(type="owned-or-operated-by", target_name="EXAMPLE SHIPPING WORKS", target_id="90002"),
    )


def test_group_without_a_primary_name_is_shown_by_its_first_and_noted(new: ParsedList) -> None:
    company = entity(new, "90002")

    assert (company.caption, company.names[0].kind) == ("EXAMPLE SHIPPING WORKS", NameKind.PRIMARY)
    assert "unknown primary name, first alias shown: 1" in new.notes


def test_workbook_says_what_the_csv_says(ofsi: Manifest, new: ParsedList) -> None:
    assert parser("uk_ofsi_xlsx")({"primary": WORKBOOK}, ofsi) == new


def test_old_layout_is_in_windows_letters(old: ParsedList) -> None:
    assert entity(old, "90002").caption == "EXAMPLE SOCIÉTÉ"
    assert [n.text for n in entity(old, "90001").names] == ["Primer TÉSTOV", "Primer TESTOV"]


def test_old_layout_has_its_numbers_in_sentences(old: ParsedList) -> None:
    person = entity(old, "90001")

    assert [one.value for one in person.identifiers] == ["EX592667"]
    assert Attribute(name="UNReferenceNumber", value="QDi.900") in person.attributes
    assert person.countries == ("ru", "cy", "af")


def test_date_comes_from_the_first_line(old: ParsedList, new: ParsedList) -> None:
    assert (old.published_on, new.published_on) == ("2018-02-13", "2025-02-02")


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        (b"Last Updated,02/02/2025", b"Updated,02/02/2025", "line 1: begins"),
        (b"Group ID", b"Number", "column 'Group ID' is missing"),
        (b",AKA,", b",Nickname,", "90001: unknown type 'Nickname'"),
        (b",Low quality,", b",Poor quality,", "90001: unknown strength 'Poor quality'"),
        (b",Ship,", b",Balloon,", "90003: unknown type 'Balloon'"),
        (b",90003", b",90002", "90002 is both 'Entity' and 'Ship'"),
        (b",90003", b",", "line 8, column 'Group ID': is empty"),
        (b"09/04/2017", b"spring", "date of designation 'spring' is no date"),
        (b"EXAMPLE STAR,", b"EXAMPLE STAR,,", "line 8: has 37 cells, not 36"),
        ("П".encode(), b"\x81", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(ofsi: Manifest, before: bytes, after: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parser("uk_ofsi_csv")({"primary": NEW.replace(before, after)}, ofsi)


@pytest.mark.parametrize("form", ["uk_ofsi_csv", "uk_ofsi_xlsx"])
@pytest.mark.parametrize(("hostile", "complaint"), [(b"", "empty"), (b"<html>Moved</html>", "web page")])
def test_document_that_is_no_list_is_refused(ofsi: Manifest, form: str, hostile: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parser(form)({"primary": hostile}, ofsi)


@pytest.mark.parametrize(("form", "content"), [("uk_ofsi_csv", NEW), ("uk_ofsi_csv", OLD), ("uk_ofsi_xlsx", WORKBOOK)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_document_is_refused(ofsi: Manifest, form: str, content: bytes, share: float) -> None:
    with pytest.raises(ListFormatError):
        parser(form)({"primary": content[: int(len(content) * share)]}, ofsi)


# -- the real files ------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "form", "groups", "rows"),
    [
        ("ConList_20250410.xlsx", "uk_ofsi_xlsx", 4_686, 18_796),
        ("sanctionsconlist_20180413.csv.gz", "uk_ofsi_csv", 2_106, 9_487),
    ],
)
def test_real_file_is_read_whole(  # noqa: PLR0917 - a row of the table above
    ofsi: Manifest, real: Path, name: str, form: str, groups: int, rows: int
) -> None:
    path = real / "uk_ofsi" / name
    chosen = choose_format(ofsi, path)

    parsed = parser(chosen.format)({role: one.content for role, one in read_path(chosen, path).items()}, chosen)

    assert (chosen.format, len(parsed.entities), parsed.tally["rows"]) == (form, groups, rows)
    assert (
        parsed.names == parsed.tally["names"] + parsed.tally["names in other scripts"] - parsed.tally["names repeated"]
    )
    assert all(one.designations[0].listed_on for one in parsed.entities)


def test_entry_under_two_regimes_has_a_designation_for_each(ofsi: Manifest) -> None:
    shared = b"(UK Sanctions List Ref):EXA0001 and OTH0002. Listed under the Example and Other sanctions regimes."
    rows = NEW.replace(b"(UK Sanctions List Ref):EXA0001.", shared).splitlines(keepends=True)
    for at in (3, 5):  # they alternate, as the publisher's do
        rows[at] = rows[at].replace(b",Example,09/04/2017,", b",Other,29/09/2020,")
        rows[at] = rows[at].replace(b"imaginary matters (2022)", b"other matters")

    person = entity(parser("uk_ofsi_csv")({"primary": b"".join(rows)}, ofsi), "90001")

    assert [(d.programme, d.listed_on, d.reference, d.reason) for d in person.designations] == [
        ("Example", "2017-04-09", "EXA0001", "Involved in imaginary matters (2022)."),
        ("Other", "2020-09-29", "OTH0002", "Involved in other matters."),
    ]
    assert {a.value for a in person.attributes if a.name == "UniqueID"} == {"EXA0001", "OTH0002"}


def test_of_two_days_under_one_regime_the_earlier_counts(ofsi: Manifest) -> None:
    rows = NEW.splitlines(keepends=True)
    rows[2] = rows[2].replace(b",09/04/2017,", b",10/05/2018,")

    person = entity(parser("uk_ofsi_csv")({"primary": b"".join(rows)}, ofsi), "90001")

    assert [d.listed_on for d in person.designations] == ["2017-04-09"]


@pytest.mark.realdata
def test_real_entry_under_two_regimes_is_listed_from_the_earlier_day(real: Path, ofsi: Manifest) -> None:
    document = (real / "uk_ofsi" / "ConList_20250410.xlsx").read_bytes()

    both = entity(parser("uk_ofsi_xlsx")({"primary": document}, ofsi), "13918").designations

    assert {(d.programme, d.listed_on, d.reference) for d in both} == {
        ("Belarus", "2020-11-06", "BEL0045"),
        ("Global Human Rights", "2020-09-29", "GHR0050"),
    }
