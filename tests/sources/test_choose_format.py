from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.fetch import Limits, choose_format, fits
from sanctions_exposure.sources.manifest import FileRole, Manifest, Variant
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.sources.refresh import load
from support.reading import read_path

XML = b'<?xml version="1.0"?>\n<CONSOLIDATED_LIST dateGenerated="2026-01-01"></CONSOLIDATED_LIST>'


@pytest.fixture
def both(manifests: Mapping[str, Manifest]) -> Manifest:
    """OFAC's CSV, and for the sake of the example the UN's XML as its other form."""
    files = (FileRole(role="primary", patterns=("sdn.xml", "sdn.zip"), required=True),)
    return replace(manifests["us_ofac_sdn"], formats=(Variant(format="un_xml", files=files),))


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "chosen"),
    [
        ("sdn.csv", b'1,"A"', "ofac_csv"),
        ("sdn.xml", XML, "un_xml"),
        ("SDN.XML.gz", gzip.compress(XML, mtime=0), "un_xml"),
        ("sdn.zip", zipped(("inside.xml", XML)), "un_xml"),
        ("download (1)", XML, "un_xml"),
        ("download (2)", b'1,"A"', "ofac_csv"),
        ("sdn.xml", b"<html>log in</html>", "un_xml"),
    ],
)
def test_format_is_known_by_name_and_by_first_bytes(
    tmp_path: Path, both: Manifest, name: str, content: bytes, chosen: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert choose_format(both, path).format == chosen


def test_folder_is_read_in_the_first_format_it_holds_whole(tmp_path: Path, both: Manifest) -> None:
    (tmp_path / "sdn.xml").write_bytes(XML)
    (tmp_path / "alt.csv").write_bytes(b"1")
    without_primary = choose_format(both, tmp_path)

    (tmp_path / "sdn.csv").write_bytes(b"1")

    assert (without_primary.format, choose_format(both, tmp_path).format) == ("un_xml", "ofac_csv")
    assert fits(both, tmp_path)


def test_document_in_a_zip_is_unpacked_and_its_size_is_watched(tmp_path: Path, both: Manifest) -> None:
    path = tmp_path / "sdn.zip"
    path.write_bytes(zipped(("sdn.xml", XML + b" " * 90_000)))
    manifest = choose_format(both, path)

    assert read_path(manifest, path)["primary"].content.startswith(XML)
    with pytest.raises(ListFormatError, match="unpacks to more than 50000 bytes"):
        read_path(manifest, path, limits=Limits(unpacked=50_000))


def test_workbook_is_a_document_and_no_wrapping(tmp_path: Path, both: Manifest) -> None:
    workbook = zipped(("mimetype", b"x"), ("content.xml", XML))
    (tmp_path / "sdn.xml").write_bytes(workbook)

    assert read_path(both.in_format("un_xml"), tmp_path)["primary"].content == workbook


def test_file_of_another_list_with_a_like_name_is_left_alone(tmp_path: Path, manifests: Mapping[str, Manifest]) -> None:
    (tmp_path / "consolidated.xml").write_bytes(XML)
    (tmp_path / "consolidated_us.xml").write_bytes(b"<sdnList/>")

    assert read_path(manifests["un_sc"], tmp_path)["primary"].content == XML


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("list_id", "name", "chosen"),
    [
        ("us_ofac_sdn", "ofac/csv_20231228", "ofac_csv"),
        ("us_ofac_cons", "ofac/cons_csv_202512", "ofac_csv"),
        ("us_ofac_cons", "ofac/xml_classic/consolidated_20250328.xml", "ofac_xml"),
        ("us_ofac_cons", "ofac_advanced/cons_enhanced_20250110.xml.gz", "ofac_enhanced"),
        ("us_ofac_cons", "ofac_advanced/cons_advanced_20200317.xml.gz", "ofac_advanced"),
        ("eu_fsf", "eu_fsf/reconstructed/xml_1_1_RECONSTRUCTED_20260501.xml.gz", "eu_fsf_xml"),
        ("un_sc", "un_sc/consolidated_20260801.xml.gz", "un_xml"),
        ("uk_sl", "uk_sl/reconstructed/UK-Sanctions-List_RECONSTRUCTED_20260822.xml.gz", "uk_sl_xml"),
        ("uk_sl", "uk_sl/fcdo_search_export_20250811.ods", "uk_sl_ods"),
        ("uk_ofsi", "uk_ofsi/ConList_20250410.xlsx", "uk_ofsi_xlsx"),
        ("uk_ofsi", "uk_ofsi/sanctionsconlist_20180413.csv.gz", "uk_ofsi_csv"),
    ],
)
def test_real_file_is_known_and_looks_whole(  # noqa: PLR0917 - a row of the table above
    tmp_path: Path, manifests: Mapping[str, Manifest], real: Path, list_id: str, name: str, chosen: str
) -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)

    new = load(manifests[list_id], real / name, library=Library(tmp_path), shop=tmp_path / "shop", retrieved_at=moment)

    assert new.record.format == chosen
    assert new.record.entities == new.lines.read_bytes().count(b"\n")
