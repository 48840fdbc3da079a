from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError, ListRejected
from sanctions_exposure.model import ListedEntity, ListRecord
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.publish import Library, verify
from sanctions_exposure.sources.refresh import refresh_from

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "fixtures"
Small = Callable[[str], Manifest]


def build_index(entities: Collection[ListedEntity], folder: Path) -> None:
    folder.mkdir()
    (folder / "count").write_text(str(len(entities)))


def refresh(manifest: Manifest, path: Path, data: Path) -> ListRecord:
    return refresh_from(manifest, path, data, build_index=build_index, retrieved_at=NOW)


def test_lists_of_three_formats_stand_in_one_snapshot(tmp_path: Path, small: Small) -> None:
    for list_id, fixture in {"us_ofac_sdn": "ofac_csv", "un_sc": "un_xml", "own": "generic"}.items():
        refresh(small(list_id), FIXTURES / fixture, tmp_path)

    folder = Library(tmp_path).current_folder()
    assert folder is not None
    assert [(one.id, one.entities, one.version) for one in verify(folder).lists] == [
        ("own", 4, "2026-11-22"),
        ("un_sc", 3, "2026-08-01"),
        ("us_ofac_sdn", 8, "2026-11-22"),
    ]
    assert (folder / "index" / "count").read_text() == "15"


def test_list_that_shrank_leaves_the_old_one_and_says_so(tmp_path: Path, small: Small) -> None:
    whole = FIXTURES / "ofac_csv" / "sdn.csv"
    refresh(small("us_ofac_sdn"), whole, tmp_path)
    before = Library(tmp_path).current_id()
    shorter = tmp_path / "sdn.csv"
    shorter.write_bytes(b"".join(whole.read_bytes().splitlines(keepends=True)[:3]) + b"\x1a")

    with pytest.raises(ListRejected, match=rf"entities shrank from 8 to 3.*snapshot {before} stays in use"):
        refresh(small("us_ofac_sdn"), shorter, tmp_path)

    assert Library(tmp_path).current_id() == before


def test_web_page_instead_of_a_list_leaves_nothing_behind(tmp_path: Path, small: Small) -> None:
    page = tmp_path / "consolidated.xml"
    page.write_bytes(b"<!DOCTYPE html><html>")

    with pytest.raises(ListFormatError, match=r"web page.*no snapshot is in use"):
        refresh(small("un_sc"), page, tmp_path / "data")

    assert not list((tmp_path / "data").iterdir())


def test_loading_the_same_files_again_changes_nothing(tmp_path: Path, small: Small) -> None:
    first = refresh(small("un_sc"), FIXTURES / "un_xml", tmp_path)
    before = Library(tmp_path).current_id()

    assert refresh(small("un_sc"), FIXTURES / "un_xml", tmp_path) == first
    assert Library(tmp_path).current_id() == before


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("list_id", "folders"),
    [
        ("us_ofac_sdn", ["csv_20231228"]),
        ("us_ofac_sdn", ["csv_20240502", "csv_20240503"]),
        ("us_ofac_cons", ["cons_csv_202512"]),
    ],
)
def test_shipped_bounds_fit_the_real_ofac_files(
    tmp_path: Path, real: Path, manifests: dict[str, Manifest], list_id: str, folders: list[str]
) -> None:
    for folder in folders:
        assert refresh(manifests[list_id], real / "ofac" / folder, tmp_path).entities


@pytest.mark.realdata
def test_older_un_list_is_refused_after_a_newer_one(tmp_path: Path, real: Path, manifests: dict[str, Manifest]) -> None:
    refresh(manifests["un_sc"], real / "un_sc" / "consolidated_20250903.xml.gz", tmp_path)
    refresh(manifests["un_sc"], real / "un_sc" / "consolidated_20260801.xml.gz", tmp_path)

    with pytest.raises(ListRejected, match="older than 2026-08-01"):
        refresh(manifests["un_sc"], real / "un_sc" / "consolidated_20250903.xml.gz", tmp_path)
