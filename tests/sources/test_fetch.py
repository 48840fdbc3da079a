from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.fetch import Limits
from sanctions_exposure.sources.manifest import Manifest
from support.reading import read_path


@pytest.fixture
def sdn(manifests: dict[str, Manifest]) -> Manifest:
    return manifests["us_ofac_sdn"]


def test_files_are_known_by_name_whatever_their_case_and_packing(tmp_path: Path, sdn: Manifest) -> None:
    (tmp_path / "SDN.CSV").write_bytes(b"names")
    (tmp_path / "Alt.csv.GZ").write_bytes(gzip.compress(b"aliases"))
    (tmp_path / "readme.txt").write_bytes(b"left alone")

    found = read_path(sdn, tmp_path)

    assert {role: document.content for role, document in found.items()} == {"primary": b"names", "alt": b"aliases"}


def test_packing_by_whoever_saved_the_file_is_not_kept(tmp_path: Path, sdn: Manifest) -> None:
    (tmp_path / "sdn.csv.gz").write_bytes(gzip.compress(b"names"))

    assert read_path(sdn, tmp_path)["primary"].name == "sdn.csv"


def test_file_that_is_named_is_the_one_that_is_required(tmp_path: Path, sdn: Manifest) -> None:
    path = tmp_path / "download (1)"
    path.write_bytes(b"names")

    assert read_path(sdn, path)["primary"].content == b"names"


def test_missing_required_file_is_named(tmp_path: Path, sdn: Manifest) -> None:
    (tmp_path / "add.csv").write_bytes(b"addresses")

    with pytest.raises(ListFormatError, match=r"primary file missing .* looked for sdn.csv, found only add.csv"):
        read_path(sdn, tmp_path)


def test_nothing_there_is_an_error(tmp_path: Path, sdn: Manifest) -> None:
    with pytest.raises(ListFormatError, match="no file or folder"):
        read_path(sdn, tmp_path / "nowhere")


def test_two_files_for_one_role_are_refused(tmp_path: Path, sdn: Manifest) -> None:
    (tmp_path / "sdn.csv").write_bytes(b"names")
    (tmp_path / "sdn.csv.gz").write_bytes(gzip.compress(b"other names"))

    with pytest.raises(ListFormatError, match="several files claim to be the primary file"):
        read_path(sdn, tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (gzip.compress(b"0" * 100_000, mtime=0), "unpacks to more than 50000 bytes"),
        (gzip.compress(b"0" * 30_000, mtime=0) * 2, "unpacks to more than 50000 bytes"),
        (b"0" * 60_000, "larger than 50000 bytes"),
        (gzip.compress(b"names" * 99, mtime=0)[:-9], "ends too early"),
        (b"\x1f\x8b" + b"nonsense" * 9, "broken gzip file"),
    ],
)
def test_hostile_file_is_refused(tmp_path: Path, sdn: Manifest, content: bytes, complaint: str) -> None:
    (tmp_path / "sdn.csv").write_bytes(content)

    with pytest.raises(ListFormatError, match=complaint):
        read_path(sdn, tmp_path, limits=Limits(stored=70_000, unpacked=50_000))


def test_file_too_large_to_store_is_not_even_read(tmp_path: Path, sdn: Manifest) -> None:
    (tmp_path / "sdn.csv").write_bytes(b"0" * 11)

    with pytest.raises(ListFormatError, match="larger than 10 bytes"):
        read_path(sdn, tmp_path, limits=Limits(stored=10))
