from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import DesignationStatus, NameKind, Schema
from sanctions_exposure.sources.formats import ch_seco_xml
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.documents import document_of


@pytest.fixture(scope="module")
def seco(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["ch_seco"]


def parse(document: bytes, manifest: Manifest) -> ParsedList:
    return ch_seco_xml.parse({"primary": document}, manifest)


@pytest.fixture(scope="module")
def parsed(seco: Manifest) -> ParsedList:
    return parse(document_of("ch_seco_xml"), seco)


def test_parts_of_a_name_are_put_in_their_order_script_by_script(parsed: ParsedList) -> None:
    names = {name.text: name for name in parsed.entities[0].names}

    assert parsed.entities[0].caption == "Testov Primer"
    assert names["Тестов Пример"].script == names["Тестів Пример"].script == "Cyrl"
    assert names["Testow Primer"].script == "Latn"
    assert not any("Тестов Primer" in name for name in names)


def test_main_identity_names_the_party_and_the_other_is_an_alias(parsed: ParsedList) -> None:
    kinds = {name.text: name.kind for name in parsed.entities[0].names}

    assert (kinds["Testov Primer"], kinds["Second Identity"]) == (NameKind.PRIMARY, NameKind.STRONG)
    assert kinds["The Sample"] is NameKind.WEAK


def test_copies_inside_a_modification_are_not_the_partys(parsed: ParsedList) -> None:
    assert "Never A Name" not in {name.text for entity in parsed.entities for name in entity.names}


def test_newest_modification_decides_whatever_its_place(parsed: ParsedList) -> None:
    delisted = parsed.entities[1].designations[0]

    assert (delisted.status, delisted.listed_on, delisted.until) == (
        DesignationStatus.DELISTED, "2012-01-02", "2017-04-05",
    )  # fmt: skip
    assert parsed.tally["targets de-listed"] == 1


def test_sanctions_set_leads_to_programme_and_measure_in_english_where_there_is_one(parsed: ParsedList) -> None:
    first, second = parsed.entities[0].designations

    assert first.programme == second.programme == "Ordinance on measures against Exampleland"
    assert (first.measures, second.measures) == (("article 12, annex 3",), ("Artikel 13",))


def test_relation_names_the_target_it_points_at(parsed: ParsedList) -> None:
    relation = parsed.entities[0].relations[0]

    assert (relation.type, relation.target_id, relation.target_name) == ("related-to", "9010", "Sample Trading AG")


def test_partial_date_stays_partial_and_a_doubtful_one_doubtful(parsed: ParsedList) -> None:
    assert [(d.start, d.approximate) for d in parsed.entities[0].birth_dates] == [("1980", False), ("1981-04-03", True)]


def test_object_is_what_its_type_says(parsed: ParsedList) -> None:
    assert parsed.entities[2].schema is Schema.VESSEL


def test_unknown_element_is_kept_and_noted(parsed: ParsedList) -> None:
    assert ("colour", "green") in {(a.name, a.value) for a in parsed.entities[2].attributes}
    assert "unknown element colour: 1" in parsed.notes


def test_spellings_of_one_name_are_capped_and_noted(seco: Manifest) -> None:
    spelt = b"".join(b'<spelling-variant script="LATN">Testow%d</spelling-variant>' % n for n in range(50))
    document = document_of("ch_seco_xml").replace(b"<value>Testov</value>", b"<value>Testov</value>" + spelt)

    found = parse(document, seco)

    assert len(found.entities[0].names) < 60
    assert any(note.startswith("spellings left out: ") for note in found.notes)


def test_amendment_is_noted_as_not_the_whole_list(seco: Manifest) -> None:
    found = parse(document_of("ch_seco_xml").replace(b"whole-list", b"amendment"), seco)

    assert "list-type is 'amendment': not the whole list" in found.notes


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b'quality="low"><name-part', b'quality="fair"><name-part', "target 9001: unknown quality 'fair'"),
        (b'name-type="alias"', b'name-type="nickname"', "unknown name-type 'nickname'"),
        (b'name-part-type="given-name"', b'name-part-type="nick"', "unknown name-part-type 'nick'"),
        (b"<sanctions-set-id>22<", b"<sanctions-set-id>23<", "unknown sanctions-set-id '23'"),
        (b'modification-type="de-listed"', b'modification-type="paused"', "unknown modification-type 'paused'"),
        (b'object-type="vessel"', b'object-type="boat"', "unknown object-type 'boat'"),
        (b'<target ssid="9010">', b'<target ssid="9001">', "target 9001 is there twice"),
        (b'<target ssid="9010">', b"<target>", "has no ssid"),
        (b"<place ssid", b"<planet/><place ssid", "unknown element 'planet'"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(seco: Manifest, old: bytes, new: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parse(document_of("ch_seco_xml").replace(old, new), seco)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "targets", "date"),
    [
        ("seco_format_sample_20240117.xml", 3, "2024-01-17"),
        ("xml_abridged_excerpt_20260827_UNVERIFIED.xml", 1, "2026-08-27"),
    ],
)
def test_the_samples_at_hand_can_be_read(seco: Manifest, real: Path, name: str, targets: int, date: str) -> None:
    document = (real / "ch_seco" / name).read_bytes()

    found = parse(document, seco)

    assert (len(found.entities), found.published_on, ch_seco_xml.published_on(document)) == (targets, date, date)
