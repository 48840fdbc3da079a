from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sanctions_exposure.model import ListedEntity, ListRecord
from sanctions_exposure.sources.days import is_older
from sanctions_exposure.sources.fetch import read_path
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.sources.refresh import refresh_from
from sanctions_exposure.sources.stored import read_entities

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "fixtures"
UN = (FIXTURES / "un_xml" / "consolidated.xml").read_bytes()
OWN = "id,name,kind,schema,countries,dob,listed_on\n1,Exampla Uno,weak,Person,,,{}\n2,Exampla Due,weak,Person,,,2019\n"
Small = Callable[[str], Manifest]


def build_index(_: Collection[ListedEntity], folder: Path) -> None:
    folder.mkdir()


def loaded(manifest: Manifest, document: bytes, tmp_path: Path) -> tuple[ListRecord, list[ListedEntity]]:
    path = tmp_path / "list"
    path.write_bytes(document)
    record = refresh_from(manifest, path, tmp_path / "data", build_index=build_index, retrieved_at=NOW)
    folder = Library(tmp_path / "data").current_folder()
    assert folder is not None
    return record, list(read_entities(folder))


def test_fixture_is_of_the_first_of_august(small: Small, tmp_path: Path) -> None:
    record, _ = loaded(small("un_sc"), UN, tmp_path)

    assert record.published_on.startswith("2026-08-01")
    assert not any("dates" in note for note in record.notes)


@pytest.mark.parametrize("typo", ["2062-08-05", "2026-08-15"])
def test_listing_after_the_list_itself_hides_nobody(small: Small, tmp_path: Path, typo: str) -> None:
    document = UN.replace(b">2017-08-05", f">{typo}".encode())

    record, entities = loaded(small("un_sc"), document, tmp_path)

    assert entities[0].designations[0].listed_on == ""
    assert (
        f"dates of listing later than 2026-08-08, after the list itself, left out: 1 (such as {typo})" in record.notes
    )
    assert all(one.designations[0].listed_on for one in entities[1:])


def test_act_that_comes_into_force_in_some_days_keeps_its_day(small: Small, tmp_path: Path) -> None:
    _, entities = loaded(small("un_sc"), UN.replace(b">2017-08-05", b">2026-08-04"), tmp_path)

    assert entities[0].designations[0].listed_on == "2026-08-04"


@pytest.mark.parametrize(("said", "kept"), [("2062-01-01", ""), ("2026-09", ""), ("2026-08-25", "2026-08-25")])
def test_list_without_a_date_is_held_against_its_retrieval(small: Small, tmp_path: Path, said: str, kept: str) -> None:
    record, entities = loaded(small("own"), OWN.format(said).encode(), tmp_path)

    assert [one.designations[0].listed_on for one in entities] == [kept, "2019"]
    assert any("left out: 1" in note for note in record.notes) == (not kept)


def test_birth_day_that_cannot_be_is_told_with_an_example(small: Small, tmp_path: Path) -> None:
    record, _ = loaded(small("un_sc"), UN.replace(b">1959-04-05<", b">1959-02-31<"), tmp_path)

    note = "birth dates with a day that their month does not have, read as the month: 1 (such as 1959-02-31)"
    assert note in record.notes


@pytest.mark.parametrize(
    ("generated", "note"),
    [
        ("2099-01-01T00:00:00Z", "the list says it was published on 2099-01-01T00:00:00Z, which is yet to come"),
        ("soon", "the list says it was published on 'soon', which is no date"),
        ("", "the list does not say when it was published"),
    ],
)
def test_date_of_its_own_that_cannot_be_is_not_believed(
    small: Small, tmp_path: Path, generated: str, note: str
) -> None:
    document = UN.replace(b"2026-08-01T23:00:03.110Z", generated.encode())
    assert document != UN

    record, _ = loaded(small("un_sc"), document, tmp_path)

    assert (record.published_on, record.version) == ("", "2026-08-20")
    assert any(one.startswith(note) for one in record.notes)
    # The genuine file that follows is not older than that.
    assert loaded(small("un_sc"), UN, tmp_path)[0].version == "2026-08-01"


@pytest.mark.parametrize(
    ("ours", "theirs", "older"),
    [
        ("2026-08-01T23:00:03.110Z", "2026-08-01T23:00:03Z", False),
        ("2026-08-01T01:00:00+02:00", "2026-08-01T00:00:00Z", True),
        ("2026-08-01", "2026-08-01T23:00:03Z", False),
        ("2026-07-31", "2026-08-01T23:00:03Z", True),
        ("2026-07-31", "2099-01-01", False),
        ("2026-07-31", "soon", False),
    ],
)
def test_dates_are_compared_as_dates(ours: str, theirs: str, older: bool) -> None:
    assert is_older(ours, theirs, NOW) is older


def test_of_two_files_the_one_dated_in_the_future_is_not_the_newest(small: Small, tmp_path: Path) -> None:
    (tmp_path / "consolidated_1.xml").write_bytes(UN.replace(b"2026-08-01T23", b"2099-08-01T23"))
    (tmp_path / "consolidated_2.xml").write_bytes(UN)

    assert read_path(small("un_sc"), tmp_path, tmp_path / "aside")["primary"].name == "consolidated_2.xml"


def test_list_is_as_old_as_its_oldest_file_whatever_lies_beside_it(small: Small, tmp_path: Path) -> None:
    for name, days in {"sdn.csv": 90, "alt.csv": 100, "add.csv": 1, "notes.txt": 0}.items():
        source = FIXTURES / "ofac_csv" / name
        path = tmp_path / "from" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(source.read_bytes() if source.exists() else b"bought milk")
        os.utime(path, (NOW.timestamp() - days * 86400,) * 2)

    record = refresh_from(
        small("us_ofac_sdn"),
        tmp_path / "from",
        tmp_path / "data",
        build_index=build_index,
        retrieved_at=NOW,
        as_saved=True,
    )

    assert record.retrieved_at == "2026-05-12T09:30:00+00:00"
