"""Queues that wake workers: a ring that is heard saves a second, one that is lost loses nothing."""

import os
import time
from dataclasses import replace

import pytest

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.jobs import bells
from sanctions_exposure.jobs.bells import NoBell, QueueBell, bell
from sanctions_exposure.jobs.desk import JobDesk
from sanctions_exposure.wiring.screener import Screener
from support.databases import POSTGRES
from support.jobs import found, table, taken_in

REDIS = os.environ.get("EXPOSURE_TEST_REDIS", "")
QUEUES = [
    pytest.param(REDIS, marks=pytest.mark.skipif(not REDIS, reason="EXPOSURE_TEST_REDIS names no server"), id="redis"),
    pytest.param(
        POSTGRES,
        marks=pytest.mark.skipif(not POSTGRES, reason="EXPOSURE_TEST_POSTGRES names no server"),
        id="postgresql",
    ),
]


@pytest.mark.parametrize("url", QUEUES)
def test_a_ring_is_heard_once_on_another_machine(url: str) -> None:
    here, there = QueueBell(url), QueueBell(url)
    while there.wait(1.0):
        pass  # rings of other tests

    here.ring()

    assert [there.wait(1.0), there.wait(1.0)] == [True, False]


@pytest.mark.parametrize("url", QUEUES)
def test_what_stands_in_the_queue_is_never_read(url: str, desk: JobDesk, screener: Screener) -> None:
    ringing = replace(desk, bell=QueueBell(url))
    ringing.bell._queue().enqueue(b"cos\nsystem\n(S'exit 1'\ntR.")  # type: ignore[attr-defined]
    job, until = taken_in(ringing, table(20)), time.monotonic() + 30

    ringing.runner(screener).work(lambda: found(desk, job).state != "done" and time.monotonic() < until)

    assert found(desk, job).state == "done"


def test_a_queue_that_is_gone_loses_no_job(desk: JobDesk, screener: Screener) -> None:
    pytest.importorskip("redis")
    deaf = replace(desk, bell=QueueBell("redis://127.0.0.1:1/0"))
    job, until = taken_in(deaf, table(20)), time.monotonic() + 30

    deaf.runner(screener).work(lambda: found(desk, job).state != "done" and time.monotonic() < until)

    assert found(desk, job).state == "done"


def test_without_a_queue_nothing_rings() -> None:
    assert isinstance(bell(""), NoBell)


def test_a_queue_whose_library_is_missing_stops_start_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "find_spec", lambda _: None)

    with pytest.raises(SettingsError, match=r"EXPOSURE_QUEUE_URL: huey is not installed.*\[queue\]"):
        bell("redis://127.0.0.1/0")
