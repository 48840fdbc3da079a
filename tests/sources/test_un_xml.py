from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import NameKind, Schema
from sanctions_exposure.sources.formats import un_xml
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.reading import read_path

Documents = Callable[[str], dict[str, bytes]]


@pytest.fixture(scope="module")
def un(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["un_sc"]


@pytest.fixture
def document(documents: Documents) -> bytes:
    return documents("un_sc")["primary"]


def parse(document: bytes, manifest: Manifest) -> ParsedList:
    return un_xml.parse({"primary": document}, manifest)


def test_low_grade_is_weak_and_every_other_grade_strong(un: Manifest, document: bytes) -> None:
    names = {name.text: name for entity in parse(document, un).entities for name in entity.names}

    assert names["The Sample"].kind is NameKind.WEAK
    assert names["Primer Uno"].kind is names["OLD EXLINES"].kind is NameKind.STRONG


def test_blanks_of_all_kinds_are_collapsed_and_trailing_ones_dropped(un: Manifest, document: bytes) -> None:
    first = parse(document, un).entities[0]

    assert first.caption == "PRIMER AL-EXAMPLE TESTOV"
    assert first.designations[0].reference == "QDi.900"


def test_listing_date_loses_its_zone_but_not_its_day(un: Manifest, document: bytes) -> None:
    assert parse(document, un).entities[0].designations[0].listed_on == "2017-08-05"


def test_comment_inside_an_element_takes_no_text_away(un: Manifest, document: bytes) -> None:
    remarked = document.replace(b"PRIMER", b"PRI<!-- spelled so --><?seen by us?>MER", 1)

    assert parse(remarked, un) == parse(document, un)


def test_year_stays_a_year(un: Manifest, document: bytes) -> None:
    assert [d.start for d in parse(document, un).entities[0].birth_dates] == [
        "1958", "1959-04-05", "1955", "1973-11", "1955",
    ]  # fmt: skip


def test_number_in_the_comments_is_a_ships_only_with_a_ships_check_digit(un: Manifest, document: bytes) -> None:
    _, owner, ship = parse(document, un).entities

    assert (owner.schema, owner.identifiers[0].type) == (Schema.ORGANIZATION, "registration")
    assert (ship.schema, ship.identifiers[0].type) == (Schema.VESSEL, "imo")


def test_element_nobody_knows_is_reported_and_kept(un: Manifest, document: bytes) -> None:
    parsed = parse(document, un)

    assert "unknown element EYE_COLOUR: 1" in parsed.notes
    assert ("EYE_COLOUR", "green") in {(a.name, a.value) for a in parsed.entities[0].attributes}


BOMB = b"""<?xml version="1.0"?><!DOCTYPE CONSOLIDATED_LIST [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]>
<CONSOLIDATED_LIST><INDIVIDUALS>&b;</INDIVIDUALS></CONSOLIDATED_LIST>"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"<QUALITY>Low</QUALITY>", b"<QUALITY>Medium</QUALITY>", "'QDi.900': unknown alias grade 'Medium'"),
        (b"9000002", b"9000001", "9000001 is there twice"),
        (b">BETWEEN<", b">PERHAPS<", "unknown TYPE_OF_DATE 'PERHAPS'"),
        (b"2018-03-30</LISTED_ON>", b"spring</LISTED_ON>", "'GBe.001': LISTED_ON 'spring' is no date"),
        (b"<DATAID>9000003</DATAID>", b"", "DATAID is missing"),
        (b"ENTITIES>", b"VESSELS>", "unknown group 'VESSELS'"),
        (b"<FIRST_NAME>EXAMPLE STAR</FIRST_NAME>", b"", "'LYe.900': there is no name"),
        (b"CONSOLIDATED_LIST", b"OTHER_LIST", "outermost element is 'OTHER_LIST'"),
    ],
)
def test_what_the_committee_never_emits_is_refused(
    un: Manifest, document: bytes, old: bytes, new: bytes, complaint: str
) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parse(document.replace(old, new), un)


@pytest.mark.parametrize(
    ("hostile", "complaint"),
    [
        (b"", "empty"),
        (b"\n<html><body>Sign in</body></html>", "web page"),
        (BOMB, "DOCTYPE"),
        (BOMB.decode().encode("utf-16"), "DOCTYPE|not XML"),
    ],
)
def test_document_that_is_no_list_is_refused(un: Manifest, hostile: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parse(hostile, un)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_truncated_document_is_refused(un: Manifest, document: bytes, share: float) -> None:
    with pytest.raises(ListFormatError, match="not whole"):
        parse(document[: int(len(document) * share)], un)


# -- the real files ------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "entries", "names"),
    [("consolidated_20260801.xml.gz", (736, 275), 4_144), ("consolidated_20250903.xml.gz", (684, 195), 3_971)],
)
def test_real_list_is_complete(un: Manifest, real: Path, name: str, entries: tuple[int, int], names: int) -> None:
    parsed = parse(read_path(un, real / "un_sc" / name)["primary"].content, un)

    tally = parsed.tally
    assert (tally["INDIVIDUAL entries"], tally["ENTITY entries"]) == entries
    published = len(parsed.entities) + tally["names in original script"]
    published += sum(count for what, count in tally.items() if what.startswith("aliases "))
    assert published == names  # as published: one element may hold several, so there are more names than that
    assert parsed.names + tally["names repeated"] >= names


@pytest.mark.realdata
def test_newest_of_several_files_is_read_by_the_date_inside(un: Manifest, real: Path) -> None:
    assert read_path(un, real / "un_sc")["primary"].name == "consolidated_20260801.xml"
