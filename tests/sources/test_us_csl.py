from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import DesignationStatus, Identifier, ListedEntity, NameKind, Schema
from sanctions_exposure.sources.formats import parser, us_csl_csv, us_csl_json
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.documents import document_of
from support.reading import read_path

WALLET = "1ExampleWalletNobodyOwns000000000"
PER_LIST = {
    "SDN": 10_026, "EL": 2_001, "DTC": 727, "DPL": 462, "SSI": 290, "UVL": 201, "ISN": 163, "PLC": 78, "MEU": 71,
    "CMIC": 68, "CAP": 53, "NS-MBS": 17, "FSE": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def csl(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["us_csl"]


@pytest.fixture(scope="module")
def parsed(csl: Manifest) -> ParsedList:
    return us_csl_csv.parse({"primary": document_of("us_csl_csv")}, csl)


@pytest.fixture(scope="module")
def by_id(parsed: ParsedList) -> Mapping[str, ListedEntity]:
    return {entity.id: entity for entity in parsed.entities}


def test_every_entry_stands_under_its_own_list_and_agency(parsed: ParsedList) -> None:
    found = {(d.list_name, d.authority, d.status) for entity in parsed.entities for d in entity.designations}

    assert ("Entity List", "BIS", DesignationStatus.LISTED) in found
    assert ("Unverified List", "BIS", DesignationStatus.RESTRICTED) in found
    assert ("Denied Persons List", "BIS", DesignationStatus.RESTRICTED) in found
    assert ("Non-SDN Menu-Based Sanctions List", "OFAC", DesignationStatus.RESTRICTED) in found
    assert ("Nonproliferation Sanctions", "US Department of State", DesignationStatus.LISTED) in found


def test_party_on_two_lists_is_two_entries_with_one_reference(by_id: Mapping[str, ListedEntity]) -> None:
    sectoral, correspondent = by_id["SSI-900003"], by_id["CAP-900003"]

    assert sectoral.designations[0].reference == correspondent.designations[0].reference == "900003"
    assert sectoral.designations[0].programme != correspondent.designations[0].programme


def test_entry_without_a_number_keeps_its_id_when_its_content_changes(csl: Manifest, parsed: ParsedList) -> None:
    document = document_of("us_csl_csv").replace(b"Policy of denial.", b"Presumption of denial.")

    again = us_csl_csv.parse({"primary": document}, csl)

    assert [entity.id for entity in again.entities] == [entity.id for entity in parsed.entities]


def test_namesakes_without_numbers_are_told_apart_by_address_then_by_order(parsed: ParsedList) -> None:
    airlines = [entity.id for entity in parsed.entities if entity.caption == "EXAMPLE AIR LTD"]
    defence = [entity.id for entity in parsed.entities if entity.caption == "Sample Defense, Inc."]

    assert len(set(airlines)) == len(set(defence)) == 2
    assert defence[1] == f"{defence[0]}-2"


def test_item_of_ids_is_read_from_the_right(by_id: Mapping[str, ListedEntity]) -> None:
    person = by_id["SDN-900001"]

    assert person.identifiers == (
        Identifier(type="passport", value="X0000001", country="ru", label="Passport (2011-02-02, 2001-02-03)"),
        Identifier(type="inn", value="0000123450", country="ru", label="Tax ID No."),
        Identifier(
            type="crypto_wallet", value="1ExampleWalletNobodyOwns000000000", label="Digital Currency Address - XBT"
        ),
    )
    assert ("Gender", "Male") in {(a.name, a.value) for a in person.attributes}


def test_ships_number_is_an_imo_number(by_id: Mapping[str, ListedEntity]) -> None:
    ship = by_id["SDN-900002"]

    assert ship.schema is Schema.VESSEL
    assert [(i.type, i.value) for i in ship.identifiers] == [
        ("callsign", "XX001"), ("imo", "9074729"), ("mmsi", "351000001"),
    ]  # fmt: skip
    assert ship.relations[0].target_name == "EXAMPLE TRADING (HOLDINGS) CO."


def test_link_in_the_remarks_may_hold_brackets_itself(by_id: Mapping[str, ListedEntity]) -> None:
    person = by_id["SDN-900001"]

    assert [r.target_name for r in person.relations] == ["EXAMPLE TRADING (HOLDINGS) CO."]
    assert ("remarks", "Wears invented hats") in {(a.name, a.value) for a in person.attributes}


def test_and_before_the_last_alias_is_no_part_of_it(parsed: ParsedList) -> None:
    plant = next(entity for entity in parsed.entities if entity.caption == "Pilot Plant Example")

    assert [name.text for name in plant.names[1:]] == ["OZ Example", "Experimental Plant Example"]
    assert {name.kind for name in plant.names[1:]} == {NameKind.STRONG}


def test_impossible_year_is_text_and_no_date(parsed: ParsedList) -> None:
    state = next(entity for entity in parsed.entities if entity.id.startswith("ISN"))

    assert {d.listed_on for d in state.designations} == {""}
    assert ("start_date as published", "0097-06-30") in {(a.name, a.value) for a in state.attributes}


def test_denial_order_ends_on_its_end_date(parsed: ParsedList) -> None:
    denied = next(entity for entity in parsed.entities if entity.designations[0].until)

    assert (denied.designations[0].listed_on, denied.designations[0].until) == ("2005-01-02", "2025-01-02")


def test_address_without_a_country_has_none(parsed: ParsedList) -> None:
    denied = next(entity for entity in parsed.entities if entity.addresses and "MN" in entity.addresses[0].text)

    assert (denied.addresses[0].country, denied.countries) == ("", ())


def test_json_and_csv_give_the_same_entries(csl: Manifest, parsed: ParsedList) -> None:
    other = us_csl_json.parse({"primary": document_of("us_csl_json")}, csl.in_format("us_csl_json"))

    assert len(other.entities) == len(parsed.entities) > 0
    for one, two in zip(other.entities, parsed.entities, strict=True):
        assert _whole(one) == _whole(two)


def _whole(entity: ListedEntity) -> tuple[Any, ...]:
    # The CSV does not say which part of an address is the city.
    addresses = tuple((address.text, address.country) for address in entity.addresses)
    return (entity.id, entity.schema, entity.names, set(entity.identifiers), entity.birth_dates, entity.countries,
            addresses, entity.designations, entity.relations, set(entity.attributes))  # fmt: skip


def test_unknown_column_is_kept_and_noted(csl: Manifest) -> None:
    lines = document_of("us_csl_csv").decode().splitlines()
    lines = [lines[0] + ",eye_colour", lines[1] + ",green", *(line + "," for line in lines[2:])]

    found = us_csl_csv.parse({"primary": ("\n".join(lines) + "\n").encode()}, csl)

    assert found.notes == ("unknown column eye_colour: 1",)
    assert ("eye_colour", "green") in {(a.name, a.value) for a in found.entities[0].attributes}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"(SDN)", b"(XYZ)", "line 2, 'source': unknown list"),
        (b",Individual,", b",Robot,", "line 2, 'type': unknown type 'Robot'"),
        (b"circa 1951", b"in spring", "'dates_of_birth': 'in spring' is no date"),
        (b"2005-01-02", b"soon", "'start_date': 'soon' is no date"),
        (b"Selective Samples Ltd.", b"", "'name': is empty"),
        (b"entity_number,type", b"number,type", "column 'entity_number' is missing"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(csl: Manifest, old: bytes, new: bytes, complaint: str) -> None:
    document = document_of("us_csl_csv")
    assert old in document

    with pytest.raises(ListFormatError, match=complaint):
        us_csl_csv.parse({"primary": document.replace(old, new)}, csl)


@pytest.mark.parametrize(
    ("whole", "complaint"),
    [
        ({"total": 900, "results": []}, "holds 0 of 900 results"),
        ({"results": {}}, "no list of results"),
        ({"results": [], "mystery": 1}, "unknown key 'mystery'"),
        ([{"source": "Unverified List (UVL) - BIS", "name": 7}], "result 0, 'name': 7 is no text"),
        ([{"source": "Unverified List (UVL) - BIS", "name": "A", "ids": ["x"]}], "no list of objects"),
        (["x"], "result 0: is 'x', not an object"),
    ],
)
def test_json_that_is_not_the_whole_list_is_refused(csl: Manifest, whole: object, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        us_csl_json.parse({"primary": json.dumps(whole).encode()}, csl)


# -- the real files ------------------------------------------------------------------------------


@pytest.mark.realdata
def test_real_list_is_complete_list_by_list(csl: Manifest, real: Path) -> None:
    found = us_csl_csv.parse({"primary": read_path(csl, real / "us_csl")["primary"].content}, csl)

    assert {code: found.tally[f"{code} entries"] for code in PER_LIST} == PER_LIST
    assert (len(found.entities), found.tally["names published"]) == (14_160, 34_169)
    assert found.names + found.tally["names repeated"] == 34_169
    assert len({entity.id for entity in found.entities}) == 14_160
    assert found.version == "2022-04-21"


@pytest.mark.realdata
def test_real_records_of_the_search_api_can_be_read(csl: Manifest, real: Path) -> None:
    files = sorted((real / "us_csl" / "api_json_excerpts").glob("*.json"))

    counts = [len(parser("us_csl_json")({"primary": path.read_bytes()}, csl).entities) for path in files]

    assert len(counts) == 11
    assert sum(counts) == 61
