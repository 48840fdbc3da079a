"""Counters shared by processes: no more pass than may, whoever counts, and a dead process holds nobody up."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.strategies import SlidingWindowCounterRateLimiter

from sanctions_exposure.api.counters import SharedCounters


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 4)), max_size=60), st.integers(1, 20))
def test_in_two_windows_never_more_pass_than_two_limits_and_a_full_window_is_full(
    steps: list[tuple[float, int]], limit: int
) -> None:
    clock = Clock()
    counters, passed = SharedCounters(clock=clock), list[tuple[int, int]]()

    for wait, amount in steps:
        clock.now += wait
        if counters.acquire_sliding_window_entry("a", limit, 10, amount):
            passed.append((int(clock.now // 10), amount))

    for window in {number for number, _ in passed}:
        assert sum(amount for number, amount in passed if number == window) <= limit


def test_a_limit_slides_instead_of_starting_anew_with_the_minute() -> None:
    clock = Clock()
    clock.now = 59.0
    counters = SharedCounters(clock=clock)
    limiter = SlidingWindowCounterRateLimiter(counters)
    item = parse("10/minute")

    first = [limiter.hit(item, "a") for _ in range(11)]
    clock.now = 61.0
    second = [limiter.hit(item, "a") for _ in range(3)]
    clock.now = 180.0
    third = [limiter.hit(item, "a") for _ in range(10)]

    assert first == [True] * 10 + [False]
    assert second == [False] * 3
    assert all(third)


def test_keys_do_not_count_for_one_another() -> None:
    counters = SharedCounters()

    passed = [counters.acquire_sliding_window_entry(f"key:{n}", 1, 60) for n in range(500)]

    assert all(passed)
    assert not any(counters.acquire_sliding_window_entry(f"key:{n}", 1, 60) for n in range(500))


@pytest.fixture
def children() -> Iterator[list[int]]:
    found: list[int] = []
    yield found
    for pid in found:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_processes_count_together(children: list[int]) -> None:
    counters = SharedCounters()
    told, tell = os.pipe()

    for _ in range(4):
        if (pid := os.fork()) == 0:
            passed = sum(counters.acquire_sliding_window_entry("a", 100, 3600) for _ in range(60))
            os.write(tell, bytes([passed]))
            time.sleep(60)
            os._exit(0)
        children.append(pid)
    passed = sum(os.read(told, 1)[0] for _ in range(4))

    assert passed == 100


def test_a_process_that_dies_while_it_counts_holds_nobody_up(children: list[int]) -> None:
    counters = SharedCounters()
    told, tell = os.pipe()

    if (pid := os.fork()) == 0:
        with counters._alone():
            os.write(tell, b"x")
            time.sleep(60)
        os._exit(0)
    children.append(pid)
    os.read(told, 1)
    os.kill(pid, signal.SIGKILL)

    assert counters.acquire_sliding_window_entry("a", 1, 60)
