from __future__ import annotations

import gzip
import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import DesignationStatus, Identifier, ListedEntity, NameKind, Schema
from sanctions_exposure.sources.fetch import choose_format
from sanctions_exposure.sources.formats import _ftm_links, opensanctions_csv, opensanctions_ftm, reader
from sanctions_exposure.sources.formats._ftm_delta import apply_delta, operations
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList, collected_list
from support.documents import FIXTURES, document_of
from support.reading import read_path

DELTA = (FIXTURES / "opensanctions_ftm" / "changes.delta.json").read_bytes()


@pytest.fixture(scope="module")
def manifest(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["opensanctions"]


def parse(manifest: Manifest, document: bytes = b"", delta: bytes = b"") -> ParsedList:
    files = {"primary": document or document_of("opensanctions_ftm")}
    return opensanctions_ftm.parse(files | ({"delta": delta} if delta else {}), manifest)


@pytest.fixture(scope="module")
def by_id(manifest: Manifest) -> Mapping[str, ListedEntity]:
    return {entity.id: entity for entity in parse(manifest).entities}


# -- entities.ftm.json ---------------------------------------------------------------------------


def test_names_keep_the_grade_the_property_gives(by_id: Mapping[str, ListedEntity]) -> None:
    person = by_id["NK-person"]

    assert [(n.text, n.kind, n.type) for n in person.names] == [
        ("Primer Testov", NameKind.PRIMARY, "name"),
        ("Пример Тестов", NameKind.STRONG, "name"),
        ("P. Testov", NameKind.STRONG, "alias"),
        ("Primer Uno", NameKind.STRONG, "previousName"),
        ("The Sample", NameKind.WEAK, "weakAlias"),
    ]


def test_statements_reach_their_party_from_before_and_behind(by_id: Mapping[str, ListedEntity]) -> None:
    person = by_id["NK-person"]

    assert person.designations[0].programme == "EXA"
    assert (person.designations[0].regime, person.designations[0].listed_on) == ("eu", "2020-05-29")
    assert ("passport", "X0000001") in {(i.type, i.value) for i in person.identifiers}
    assert "1 Example Street, Testville" in {address.text for address in person.addresses}


def test_links_go_both_ways_and_keep_the_share(by_id: Mapping[str, ListedEntity]) -> None:
    owner, company = by_id["NK-person"], by_id["NK-company"]

    assert ("owner-of", "NK-company") in {(r.type, r.target_id) for r in owner.relations}
    assert ("owned-by", "Primer Testov", "NK-person") in {
        (r.type, r.target_name, r.target_id) for r in company.relations
    }
    assert ("Ownership.percentage", "51 (Primer Testov)") in {(a.name, a.value) for a in company.attributes}


def test_neighbour_of_a_target_is_named_but_not_listed(manifest: Manifest, by_id: Mapping[str, ListedEntity]) -> None:
    assert "NK-cousin" not in by_id
    assert ("family", "Cousin Testov") in {(r.type, r.target_name) for r in by_id["NK-person"].relations}
    assert "not a target: 1" in parse(manifest).notes


def test_topics_are_kept_and_decide_where_no_sanction_does(by_id: Mapping[str, ListedEntity]) -> None:
    statuses = {key: [d.status for d in entity.designations] for key, entity in by_id.items()}

    assert statuses["NK-vessel"] == [DesignationStatus.LISTED]
    assert statuses["NK-company"] == [DesignationStatus.ADVISORY]
    assert statuses["NK-pep"] == []
    assert ("topics", "role.pep") in {(a.name, a.value) for a in by_id["NK-pep"].attributes}


def test_designation_without_an_authority_counts_for_every_regime(by_id: Mapping[str, ListedEntity]) -> None:
    assert by_id["NK-vessel"].designations[0].regime == ""


def test_companys_imo_number_never_meets_a_ships(by_id: Mapping[str, ListedEntity]) -> None:
    assert Identifier(type="imo", value="9074729", label="imoNumber") in by_id["NK-vessel"].identifiers
    assert [i.type for i in by_id["NK-company"].identifiers] == ["registration"]
    assert [i.type for i in by_id["NK-plane"].identifiers] == ["tail"]


def test_part_of_a_country_counts_for_it_and_a_vanished_one_stays_text(by_id: Mapping[str, ListedEntity]) -> None:
    person = by_id["NK-person"]

    assert person.countries == ("ua", "ru")
    assert ("country", "suhh") in {(a.name, a.value) for a in person.attributes}


def test_newest_sighting_is_the_date_of_publication(manifest: Manifest) -> None:
    assert parse(manifest).published_on == "2026-03-04T00:00:00"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b'"schema":"Vessel"', b'"schema":"Submarine"', "FtM line 10: unknown schema 'Submarine'"),
        (b'"id":"NK-pep"', b'"id":"NK-vessel"', "'NK-vessel' is there twice"),
        (b'"flag":["pa"]', b'"flag":[{"id":"pa"}]', "FtM line 10: properties"),
        (b'"target":true', b'"target":true,"mystery":1', "unknown field `mystery`"),
        (b'{"id":"NK-vessel",', b"{", "missing required field `id`"),
    ],
)
def test_what_the_model_does_not_know_is_refused(manifest: Manifest, old: bytes, new: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parse(manifest, document_of("opensanctions_ftm").replace(old, new))


def repeated(times: int) -> Iterator[bytes]:
    lines = document_of("opensanctions_ftm").splitlines(keepends=True)
    for nth in range(times):
        yield from (line.replace(b'"NK-', b'"NK-%d-' % nth).replace(b'-1"', b'-%d"' % (nth + 2)) for line in lines)


def test_memory_does_not_grow_with_the_file(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ftm_links, "_BATCH", 50)
    peaks = []
    for times in (100, 3_000):
        tracemalloc.start()
        count = sum(1 for _ in opensanctions_ftm.stream(lambda n=times: repeated(n), manifest, Counter()))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

        assert count == 5 * times

    # Held at once, 15,000 entities would take more than 10 MB; what else runs in this process may take a little.
    assert peaks[1] < 1.5 * peaks[0] + 500_000


def test_file_on_the_disk_is_read_like_its_bytes(manifest: Manifest) -> None:
    path = FIXTURES / "opensanctions_ftm" / "entities.ftm.json"

    found = collected_list(reader("opensanctions_ftm")({"primary": path}, manifest))

    assert found == parse(manifest)


def test_line_without_an_end_is_refused_before_it_fills_the_memory(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opensanctions_ftm, "_LONGEST", 10_000)

    with pytest.raises(ListFormatError, match="longer than 10000 bytes"):
        parse(manifest, b'{"id":"' + b"a" * 20_000)


# -- deltas --------------------------------------------------------------------------------------


def test_delta_changes_what_lines_say_of_a_party(manifest: Manifest) -> None:
    found = parse(manifest, delta=DELTA)

    by_id = {entity.id: entity for entity in found.entities}
    assert ("NK-new" in by_id, "NK-pep" in by_id) == (True, False)
    assert ("passport", "X0000002") in {(i.type, i.value) for i in by_id["NK-person"].identifiers}
    assert (found.tally["delta ADD"], found.tally["delta MOD"], found.tally["delta DEL"]) == (1, 1, 1)
    assert found.published_on == "2026-03-05T00:00:00"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b'{"op":"DEL","entity":{"id":"NK-nobody"}}', "DEL of 'NK-nobody', which is not there"),
        (b'{"op":"ADD","entity":{"id":"NK-pep"}}', "adds 'NK-pep', which is there"),
        (b'{"op":"DEL","entity":{"id":"NK-pep"}}\n{"op":"DEL","entity":{"id":"NK-pep"}}', "is changed twice"),
        (b'{"op":"SWAP","entity":{"id":"NK-pep"}}', "delta line 1"),
        (b'{"op":"DEL","entity":{}}', "delta line 1"),
        (b'{"op":"DEL","ent', "delta line 1"),
    ],
)
def test_delta_of_another_version_is_refused(manifest: Manifest, line: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        parse(manifest, delta=line + b"\n")


states = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3))


def lines_of(state: Mapping[str, int]) -> list[bytes]:
    return [json.dumps({"id": key, "v": value}).encode() + b"\n" for key, value in state.items()]


@given(states, states)
def test_delta_between_two_versions_leads_from_one_to_the_other(old: dict[str, int], new: dict[str, int]) -> None:
    changes = [("DEL", key, b"") for key in old.keys() - new.keys()]
    changes += [("ADD", key, line) for key, line in zip(new, lines_of(new), strict=True) if key not in old]
    changes += [
        ("MOD", key, line) for key, line in zip(new, lines_of(new), strict=True) if key in old and old[key] != new[key]
    ]

    found = apply_delta(lines_of(old), changes)

    assert {key["id"]: key["v"] for key in map(json.loads, found)} == new


# -- targets.simple.csv --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simple(manifest: Manifest) -> ParsedList:
    return opensanctions_csv.parse({"primary": document_of("opensanctions_csv")}, manifest)


def test_value_with_a_semicolon_is_one_value(simple: ParsedList) -> None:
    assert [name.text for name in simple.entities[0].names] == [
        "Primer Testov", "P. Testov", "Sample; the First", "The Sample",
    ]  # fmt: skip


def test_numbers_without_a_type_get_one_only_where_it_is_certain(simple: ParsedList) -> None:
    person, vessel, company, _ = simple.entities

    assert [i.type for i in person.identifiers] == ["other"]
    assert [(i.type, i.value) for i in vessel.identifiers] == [
        ("mmsi", "351000001"), ("imo", "9074729"), ("other", "XX001"),
    ]  # fmt: skip
    assert company.identifiers[0].type == "registration"


def test_programme_tells_the_regime(simple: ParsedList) -> None:
    assert [[d.regime for d in entity.designations] for entity in simple.entities] == [
        ["eu", "us"], ["ua"], [""], ["uk"],
    ]  # fmt: skip


def test_doubtful_birth_date_stays_text(simple: ParsedList) -> None:
    holder = simple.entities[3]

    assert holder.birth_dates == ()
    assert ("birth_date", "around 1990") in {(a.name, a.value) for a in holder.attributes}


def test_older_header_without_the_newest_columns_is_read(manifest: Manifest) -> None:
    lines = document_of("opensanctions_csv").decode().replace('"program_ids",', "").splitlines()
    rows = [lines[0], '"NK-one","Person","Primer","","","","","","","","","Example","2024","2024-03-10","2024"']

    found = opensanctions_csv.parse({"primary": ("\n".join(rows) + "\n").encode()}, manifest)

    assert found.entities[0].designations[0].programme == ""
    assert found.published_on == "2024-03-10"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b'"NK-two"', b'"NK-one"', "line 3, column 'id': 'NK-one' is there twice"),
        (b'"Vessel"', b'"Submarine"', "line 3, column 'schema': unknown schema 'Submarine'"),
        (b'"Sample Shipping"', b'""', "line 4, column 'name': is empty"),
        (b'"identifiers"', b'"numbers"', "column 'identifiers' is missing"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(manifest: Manifest, old: bytes, new: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        opensanctions_csv.parse({"primary": document_of("opensanctions_csv").replace(old, new)}, manifest)


# -- the real files ------------------------------------------------------------------------------


@pytest.mark.realdata
def test_real_dataset_in_full_form_is_complete(manifest: Manifest, real: Path) -> None:
    folder = real / "opensanctions" / "eu_fsf_202201"
    assert choose_format(manifest, folder).format == "opensanctions_ftm"

    found = parse(manifest, read_path(manifest, folder)["primary"].content)

    lines = sum(count for what, count in found.tally.items() if what.endswith(" lines"))
    assert (lines, len(found.entities), found.tally["names published"]) == (6_280, 2_379, 11_163)
    assert found.tally["targets"] == 2_379
    assert all(entity.designations for entity in found.entities)


@pytest.mark.realdata
def test_real_dataset_in_simple_form_is_complete(manifest: Manifest, real: Path) -> None:
    folder = real / "opensanctions" / "ua_war_sanctions"
    chosen = choose_format(manifest, folder)
    assert chosen.format == "opensanctions_csv"

    found = opensanctions_csv.parse({"primary": read_path(chosen, folder)["primary"].content}, chosen)

    # One alias holds a semicolon; counted at every semicolon there are 13,331.
    assert (len(found.entities), found.tally["names published"]) == (5_600, 13_331 - 1)
    kinds = Counter(entity.schema for entity in found.entities)
    assert (kinds[Schema.PERSON], kinds[Schema.COMPANY], kinds[Schema.VESSEL], kinds[Schema.LEGAL_ENTITY]) == (
        1_543, 1_524, 1_340, 1_193,
    )  # fmt: skip


@pytest.mark.realdata
def test_real_dataset_of_the_year_before_has_no_programmes_and_is_read(manifest: Manifest, real: Path) -> None:
    folder = real / "opensanctions" / "wd_persons_20240310"
    chosen = choose_format(manifest, folder)

    found = opensanctions_csv.parse({"primary": read_path(chosen, folder)["primary"].content}, chosen)

    assert [entity.id for entity in found.entities][:2] == ["Q296771", "Q307152"]
    assert len(found.entities) == 5
    assert found.published_on.startswith("2024-03-10")


@pytest.mark.realdata
def test_real_delta_is_read_and_what_it_adds_is_a_list(manifest: Manifest, real: Path) -> None:
    document = gzip.decompress((real / "opensanctions/sanctions_delta_202407/entities.delta.json.gz").read_bytes())
    changes = list(operations(BytesIO(document)))
    assert Counter(operation for operation, _, _ in changes) == {"MOD": 1_039, "DEL": 571, "ADD": 90}

    added = [entity + b"\n" for operation, _, entity in changes if operation != "DEL"]
    found = parse(manifest, b"".join(added))

    assert found.tally["Person lines"] + found.tally["Sanction lines"] == 451 + 547
    assert len(found.entities) > 500
