"""Uploads: of any size, gzip or not, in pieces of any size."""

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import InvalidInput, TooLarge
from sanctions_exposure.jobs.folders import Inlet


def taken(folder: Path, content: bytes, *, piece: int = 7, most: int = 10_000) -> bytes:
    path = folder / "input"
    path.unlink(missing_ok=True)
    with Inlet(path, most) as inlet:
        for start in range(0, len(content), piece):
            inlet.write(content[start:][:piece])
        digest = inlet.finish()
    written = path.read_bytes()
    assert digest == hashlib.sha256(written).hexdigest()
    assert inlet.size == len(written)
    return written


@given(content=st.binary(max_size=300), piece=st.integers(1, 50), members=st.integers(1, 3))
def test_what_goes_in_packed_or_not_is_what_lies_there(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, piece: int, members: int
) -> None:
    folder = tmp_path_factory.mktemp("inlet")
    plain = b"name\n" + content

    assert taken(folder, plain, piece=piece) == plain
    assert taken(folder, gzip.compress(plain) * members + b"\0" * 3, piece=piece) == plain * members


@pytest.mark.parametrize("content", [b"", b"x"])
def test_very_little_is_taken_in_too(tmp_path: Path, content: bytes) -> None:
    assert taken(tmp_path, content) == content


def test_gzip_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cut off"):
        taken(tmp_path, gzip.compress(b"name\nOJSC BelAZ\n")[:-5])


def test_what_only_begins_as_gzip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="gzip"):
        taken(tmp_path, b"\x1f\x8bname\n" * 10)


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)

    with pytest.raises(TooLarge, match="EXPOSURE_MAX_TABLE_BYTES"):
        taken(tmp_path, bomb, piece=len(bomb), most=1_000_000)

    assert (tmp_path / "input").stat().st_size <= 1_000_000
