from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import ListFormatError, ListRejected
from sanctions_exposure.model import Attribute, Identifier, ListedDate, ListedName, NameKind, Relation, Schema
from sanctions_exposure.sources.build import Census, judge
from sanctions_exposure.sources.formats import ofac_csv
from sanctions_exposure.sources.formats._ofac_remarks import CUT, facts
from sanctions_exposure.sources.manifest import Bounds, Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.reading import read_path

Documents = Callable[[str], dict[str, bytes]]
ROW = b'1,"EXAMPLE, Sample","individual","EX",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
END = b"\x1a"


def remarks(text: str, schema: Schema = Schema.PERSON) -> list[object]:
    return list(facts(text, schema, cut=False))


@pytest.fixture(scope="module")
def sdn(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["us_ofac_sdn"]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("DOB 1959.", ListedDate(start="1959", text="1959")),
        ("DOB Dec 1970.", ListedDate(start="1970-12", text="Dec 1970")),
        ("alt. DOB circa 1963.", ListedDate(start="1963", approximate=True, text="circa 1963")),
        ("DOB circa 1979-1982.", ListedDate(start="1979", end="1982", approximate=True, text="circa 1979-1982")),
        ("DOB 26 Sep 1946 to 07 Dec 1946.",
         ListedDate(start="1946-09-26", end="1946-12-07", text="26 Sep 1946 to 07 Dec 1946")),
        ("MMSI 422000000.", Identifier(type="mmsi", value="422000000", label="MMSI")),
        ("Registration Number HRA 7 (Exampleton) (Germany).",
         Identifier(type="registration", value="HRA 7 (Exampleton)", country="de", label="Registration Number")),
        ("Aircraft Tail Number EP-EXB.", Identifier(type="tail", value="EP-EXB", label="Aircraft Tail Number")),
        ("Linked To: EXAMPLE.", Relation(type="linked-to", target_name="EXAMPLE")),
        ("Email Address a@example.test.", Attribute(name="Email Address", value="a@example.test")),
        ("Passport and identity card were issued in Exampleton.",
         Attribute(name="Passport", value="and identity card were issued in Exampleton")),
        ("Secondary sanctions risk: section 1(b) of nothing.",
         Attribute(name="Secondary sanctions risk", value="section 1(b) of nothing")),
    ],
)  # fmt: skip
def test_remark_item_is_read_as_what_it_is(text: str, fact: object) -> None:
    assert fact in remarks(text)


def test_name_in_quotes_is_a_weak_alias_and_keeps_its_apostrophes() -> None:
    found = remarks("a.k.a. ''ABD AL-'EXAMPLE'; a.k.a. ''THE SAMPLE''; f.k.a. 'OLD'.")

    assert found == [
        ListedName(text="'ABD AL-'EXAMPLE", kind=NameKind.WEAK, type="aka"),
        ListedName(text="THE SAMPLE", kind=NameKind.WEAK, type="aka"),
        ListedName(text="OLD", kind=NameKind.WEAK, type="fka"),
    ]


def test_imo_number_of_a_company_never_becomes_that_of_a_ship() -> None:
    text = "Identification Number IMO 9074729."

    assert remarks(text, Schema.ORGANIZATION)[0] == Identifier(
        type="registration", value="IMO 9074729", label="Identification Number"
    )
    assert remarks(text, Schema.VESSEL)[0] == Identifier(type="imo", value="9074729", label="Identification Number")


def test_item_that_was_cut_off_is_never_read_as_an_identifier() -> None:
    found = list(facts("Gender Male; Passport 123", Schema.PERSON, cut=True))

    assert found == [Attribute(name="Gender", value="Male"), Attribute(name=CUT, value="Passport 123")]


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1), max_size=6))
def test_no_remark_item_is_dropped(items: list[str]) -> None:
    items = [" ".join(item.split()) for item in items if item.strip(" .;")]

    found = remarks("; ".join(items))

    assert len(found) >= len([item for item in "; ".join(items).removesuffix(".").split("; ") if item.strip()])


def test_programmes_are_split_without_outer_brackets(sdn: Manifest, documents: Documents) -> None:
    parsed = ofac_csv.parse(documents("us_ofac_sdn"), sdn)

    assert [d.programme for d in parsed.entities[0].designations] == ["EXAMPLE-EO1", "EXAMPLE-NPW"]


def test_overflow_is_appended_without_a_blank(sdn: Manifest, documents: Documents) -> None:
    parsed = ofac_csv.parse(documents("us_ofac_sdn"), sdn)

    passport = next(e for e in parsed.entities if e.id == "105").identifiers[0]
    assert (passport.value, passport.country) == ("EX0000777", "ir")


def test_relation_to_a_name_that_two_entries_share_stays_a_name(sdn: Manifest, documents: Documents) -> None:
    parsed = ofac_csv.parse(documents("us_ofac_sdn"), sdn)

    assert [(r.target_name, r.target_id) for r in parsed.entities[6].relations] == [("EXAMPLE TWIN HOLDING", "")]


def test_primary_file_alone_loads_and_says_what_is_missing(sdn: Manifest, documents: Documents) -> None:
    parsed = ofac_csv.parse({"primary": documents("us_ofac_sdn")["primary"]}, sdn)

    assert len(parsed.entities) == 8
    assert {"aliases not given", "addresses not given"} <= set(parsed.notes)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><title>Log in</title>", "web page"),
        (ROW + b'2,"EXAM', "middle of a line"),
        (ROW, r"primary \(sdn.csv\): ends after line 1 without the Ctrl-Z"),
        (ROW + b'2,"EXAM\r\n', "line 2"),
        (ROW + b'2,"EXAMPLE"\r\n', "2 columns, not 12"),
        (ROW + ROW + END, "line 2, column 1: entry number 1 is there twice"),
        (ROW.replace(b"individual", b"spaceship") + END, "line 1, column 3: unknown type 'spaceship'"),
        (ROW.replace(b'"EXAMPLE, Sample"', b"-0- ") + END, "line 1, column 2: the name is empty"),
        (b"x" + ROW, "line 1, column 1"),
        (ROW.replace(b"Sample", b"Sampl\xe9"), "not UTF-8"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(sdn: Manifest, document: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        ofac_csv.parse({"primary": document}, sdn)


def test_unknown_alias_type_is_refused(sdn: Manifest) -> None:
    with pytest.raises(ListFormatError, match="alt line 1, column 3: unknown alias type 'aak'"):
        ofac_csv.parse({"primary": ROW + END, "alt": b'1,1,"aak","EX",-0- \r\n' + END}, sdn)


def test_aliases_of_another_day_are_refused(sdn: Manifest) -> None:
    with pytest.raises(ListFormatError, match="not of the same day"):
        ofac_csv.parse({"primary": ROW + END, "alt": b'1,1,"aka","EX",-0- \r\n2,2,"aka","NO",-0- \r\n' + END}, sdn)


@pytest.mark.parametrize(("role", "name"), [("alt", "alt.csv"), ("add", "add.csv"), ("comments", "sdn_comments.csv")])
def test_file_that_was_cut_between_two_lines_is_refused_by_name(
    sdn: Manifest, documents: Documents, role: str, name: str
) -> None:
    files = documents("us_ofac_sdn")
    files[role] = b"".join(files[role].splitlines(keepends=True)[:-2])

    with pytest.raises(ListFormatError, match=rf"{role} \({name}\): ends after line \d+ without the Ctrl-Z"):
        ofac_csv.parse(files, sdn)


def test_some_rows_of_no_entry_are_a_doubt_that_a_person_may_overrule(sdn: Manifest) -> None:
    rows = [b'1,%d,"aka","EXAMPLE %d",-0- \r\n' % (at, at) for at in range(500)]
    files = {"primary": ROW + END, "alt": b"".join([*rows, b'2,1,"aka","NO",-0- \r\n', END])}

    parsed = ofac_csv.parse(files, sdn)

    assert parsed.doubts == (
        "alt: 1 of 501 rows belong to no entry of the primary file (2 …): the primary file may have been cut",
    )
    census = Census(asked=frozenset(), entities=1, names=501, doubts=parsed.doubts)
    generous = replace(sdn, bounds=Bounds(entities=(0, 9), names=(0, 999), max_shrink=1.0), files=())
    with pytest.raises(ListRejected, match="may have been cut"):
        judge(census, generous, None, roles=files.keys())


# -- the real files ------------------------------------------------------------------------------


def load(manifest: Manifest, folder: Path) -> ParsedList:
    return ofac_csv.parse({role: file.content for role, file in read_path(manifest, folder).items()}, manifest)


def count(parsed: ParsedList, kind: NameKind, kinds: str = "") -> int:
    return sum(name.kind is kind and kinds in name.type for entity in parsed.entities for name in entity.names)


@pytest.mark.realdata
def test_full_set_of_2023_gives_every_row_an_account(sdn: Manifest, real: Path) -> None:
    parsed = load(sdn, real / "ofac" / "csv_20231228")

    assert len(parsed.entities) == 13_821
    assert parsed.tally["alt rows"] == 17_091
    assert count(parsed, NameKind.STRONG) + parsed.tally["names empty or repeated"] == 17_091
    assert parsed.tally["add rows"] == 18_990
    kept = sum(len(entity.addresses) for entity in parsed.entities)
    assert 0 <= 18_990 - parsed.tally["add rows empty"] - kept < 20  # the rest repeat an address of the same entry
    assert (parsed.tally["remarks with overflow"], parsed.tally["remarks cut off"]) == (10, 7)
    assert parsed.tally["comments rows of unknown entries"] == 3


@pytest.mark.realdata
def test_primary_file_of_2024_alone_gives_weak_aliases_and_links(sdn: Manifest, real: Path) -> None:
    parsed = load(sdn, real / "ofac" / "csv_20240503")

    assert len(parsed.entities) == 14_965
    cut = [a for e in parsed.entities for a in e.attributes if a.name == CUT and a.value.startswith("a.k.a. '")]
    assert (count(parsed, NameKind.WEAK, "aka"), len(cut)) == (3_575, 3)  # together the 3,578 of the file
    assert parsed.tally["remark items read as Relation"] == 6_375


@pytest.mark.realdata
def test_one_day_of_delistings_is_eight_entries(sdn: Manifest, real: Path) -> None:
    before, after = (load(sdn, real / "ofac" / day).entities for day in ("csv_20240502", "csv_20240503"))

    assert len({e.id for e in before} - {e.id for e in after}) == 8
    assert set(after) < set(before)


@pytest.mark.realdata
def test_non_sdn_set_is_complete(manifests: Mapping[str, Manifest], real: Path) -> None:
    parsed = load(manifests["us_ofac_cons"], real / "ofac" / "cons_csv_202512")

    assert len(parsed.entities) == 442
    assert count(parsed, NameKind.STRONG) + parsed.tally["names empty or repeated"] == 1_073
    assert parsed.tally["add rows"] == 574


@pytest.mark.realdata
def test_set_without_primary_file_is_refused(sdn: Manifest, real: Path) -> None:
    with pytest.raises(ListFormatError, match="primary file missing"):
        load(sdn, real / "ofac" / "csv_20260802")


@pytest.mark.parametrize("blanks", [0, 1, 2, 5, 40])
def test_null_says_nothing_however_many_blanks_follow(sdn: Manifest, blanks: int) -> None:
    parsed = ofac_csv.parse({"primary": ROW.replace(b"-0- ", b"-0-" + b" " * blanks) + END}, sdn)

    assert parsed == ofac_csv.parse({"primary": ROW + END}, sdn)
    assert parsed.entities[0].attributes == ()


def test_overflow_of_remarks_that_were_not_cut_is_kept_apart(sdn: Manifest) -> None:
    remarked = ROW.replace(b"-0- \r\n", b'"Passport EX0000777 (Iran)."\r\n')
    files = {"primary": remarked + END, "comments": b'1,"88; Passport EX0000999 (Iran)."\r\n' + END}

    parsed = ofac_csv.parse(files, sdn)

    assert [one.value for one in parsed.entities[0].identifiers] == ["EX0000777"]
    assert Attribute(name="remark (overflow)", value="88; Passport EX0000999 (Iran).") in parsed.entities[0].attributes
    assert "overflow of remarks that were never cut: 1" in parsed.notes


def test_programmes_in_the_column_of_names_are_refused(sdn: Manifest) -> None:
    row = b'%d,"EXAMPLE-EO1","individual","EXAMPLE, Sample %d",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
    document = b"".join(row % (at, at) for at in range(60)) + END

    with pytest.raises(ListFormatError, match=r"column 2: 60 entries share 1 names \('EXAMPLE-EO1' …\)"):
        ofac_csv.parse({"primary": document}, sdn)
