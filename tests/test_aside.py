"""What may not answer for a long time is asked once, and nobody stands in line for it."""

import threading
import time

import pytest

from sanctions_exposure.errors import StorageUnavailable
from sanctions_exposure.wiring.aside import Aside


def test_what_answers_is_asked_anew_each_time() -> None:
    asked: list[int] = []
    aside = Aside(lambda: asked.append(1) or len(asked))

    assert [aside(), aside()] == [1, 2]


def test_what_fails_fails_for_whoever_asked() -> None:
    def fail() -> None:
        raise StorageUnavailable("gone")

    with pytest.raises(StorageUnavailable, match="gone"):
        Aside(fail)()


def test_what_hangs_is_asked_once_and_waited_for_by_nobody() -> None:
    asked: list[int] = []
    go_on = threading.Event()

    def hang() -> str:
        asked.append(1)
        go_on.wait(60)
        return "there"

    aside = Aside(hang, patience=0.05)
    for _ in range(3):
        with pytest.raises(StorageUnavailable, match=r"not answered for 0\.05 s"):
            aside()
    go_on.set()

    while True:  # the one that hung ends first
        try:
            assert aside() == "there"
            break
        except StorageUnavailable:
            time.sleep(0.01)
    assert len(asked) in {1, 2}  # whoever comes after its end asks anew
