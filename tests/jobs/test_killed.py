"""The law of jobs: whatever is killed, whenever, the result has every row once, as if nothing had happened."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanctions_exposure.jobs.desk import JobDesk
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.screener import Screener
from support.jobs import expected, found, result, table, taken_in

_LONGEST = 60.0  # seconds until a test gives up


def forked(desk: JobDesk, screener: Screener) -> int:
    """Return the id of a process that works on the jobs of *desk* until it is killed."""
    pid = os.fork()
    if pid == 0:
        try:
            desk.runner(screener).work(lambda: True)
        finally:
            os._exit(1)
    return pid


def waited(over: Callable[[], bool]) -> None:
    until = time.monotonic() + _LONGEST
    while not over() and time.monotonic() < until:
        time.sleep(0.01)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_worker_killed_five_times_at_random_moments_leaves_exactly_the_right_rows(
    desk: JobDesk, screener: Screener, seed: int
) -> None:
    content = table(1500, seed)
    moments = random.Random(seed)  # noqa: S311 - repeatable, not secret
    desk = replace(desk, pace=replace(desk.pace, commit=0.02))
    job = taken_in(desk, content)

    worker = forked(desk, screener)
    waited(lambda: found(desk, job).turn == 1)  # however slow the machine: the first one is killed at its work
    time.sleep(moments.uniform(0, 0.05))
    kill(worker)
    for _ in range(4):
        worker = forked(desk, screener)
        time.sleep(moments.uniform(0.02, 0.3))
        kill(worker)
    worker = forked(desk, screener)
    waited(lambda: found(desk, job).state == "done")
    kill(worker)

    assert result(desk, job) == expected(content, screener.screen_many)
    assert found(desk, job).turn > 1


class _Killed(BaseException):
    """What a process that is killed at a step of ours looks like to those before it."""


class _Dying:
    """Counts the steps of a worker, and dies at one of them."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise _Killed


@given(steps=st.lists(st.integers(1, 12), max_size=5), seed=st.integers(0, 5))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_dying_at_any_step_loses_and_doubles_no_row(
    tmp_path_factory: pytest.TempPathFactory, screener: Screener, steps: list[int], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("jobs")
    desk = JobDesk.of(Settings(data=folder), Database("", folder))
    content = table(600, seed)
    job = taken_in(desk, content)

    for at in steps:
        with pytest.MonkeyPatch.context() as patch, suppress(_Killed):
            dying = _Dying(at)
            for name in ("begin", "advance", "end"):
                _dies_around(patch, desk, name, dying)
            replace(desk, pace=replace(desk.pace, commit=0.0)).runner(screener).once()
    while desk.runner(screener).once():
        pass

    assert result(desk, job) == expected(content, screener.screen_many)


def _dies_around(patch: pytest.MonkeyPatch, desk: JobDesk, name: str, dying: _Dying) -> None:
    kind = type(desk.jobs)
    real = getattr(kind, name)

    def around(self: object, *args: object, **kwargs: object) -> object:
        dying.step()
        outcome = real(self, *args, **kwargs)
        dying.step()
        return outcome

    patch.setattr(kind, name, around)


def test_a_part_that_was_written_and_not_committed_does_not_count(desk: JobDesk, screener: Screener) -> None:
    content = table(300)
    job = taken_in(desk, content)
    earlier = desk.jobs.take("somebody who is gone", 30)
    assert earlier is not None
    desk.folders.part(job.id, earlier.turn).write_bytes(b"half a row that nobody committed")
    desk.jobs.give_back(earlier)

    desk.runner(screener).once()

    assert result(desk, job) == expected(content, screener.screen_many)


def test_a_folder_without_a_job_is_an_upload_that_never_ended(desk: JobDesk, screener: Screener) -> None:
    with desk.inlet("00000000-0000-7000-8000-000000000001") as inlet:
        inlet.write(b"name\n")
    fresh, old = desk.folders.create("fresh"), desk.folders.of("00000000-0000-7000-8000-000000000001")
    os.utime(old, (0, 0))

    desk.runner(screener)._sweep()

    assert (fresh.exists(), old.exists()) == (True, False)


def test_what_ended_long_ago_is_deleted_with_its_files(desk: JobDesk, screener: Screener, tmp_path: Path) -> None:
    job = taken_in(desk, table(3))
    runner = replace(desk, pace=replace(desk.pace, kept=0.0)).runner(screener)
    runner.once()
    time.sleep(0.01)

    runner._sweep()

    assert desk.jobs.find(job.id) is None
    assert not desk.folders.of(job.id).exists()
