from __future__ import annotations

import os
from pathlib import Path

import pytest

from sanctions_exposure.sources.workshop import workshop


def test_nothing_is_left_of_a_workshop(tmp_path: Path) -> None:
    with workshop(tmp_path) as shop:
        (shop / "file").write_bytes(b"1")

    assert not list(tmp_path.iterdir())


def test_two_work_side_by_side(tmp_path: Path) -> None:
    with workshop(tmp_path) as one, workshop(tmp_path) as two:
        (one / "file").write_bytes(b"1")

        assert not list(two.iterdir())
        assert (one / "file").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_what_a_dead_process_left_is_swept_up_by_the_next(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with workshop(tmp_path) as shop:
            (shop / "file").write_bytes(b"1")
            os._exit(9)
    os.waitpid(child, 0)
    assert list(tmp_path.rglob("file"))

    with workshop(tmp_path):
        assert not list(tmp_path.rglob("file"))
