from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListBusy
from sanctions_exposure.sources.turn import Turn, turn

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from sanctions_exposure.sources.turn import Turn
print(Turn(Path(sys.argv[1])).take() and "taken", flush=True)
held = Turn(Path(sys.argv[1] + ".kept"))
print(held.take() and "kept", flush=True)
sys.stdin.read()
"""


def test_a_turn_is_had_by_one_and_then_by_the_next(tmp_path: Path) -> None:
    first, second = Turn(tmp_path / "lock"), Turn(tmp_path / "lock")

    assert first.take()
    assert first.take()
    assert not second.take()
    first.give_back()
    assert second.take()


def test_whoever_is_killed_loses_its_turn(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT / "service")},
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert other.stdout.readline() == b"kept\n"
        with pytest.raises(ListBusy, match="a test is running already"), turn(tmp_path / "lock.kept", "a test"):
            pass
        other.kill()
        other.wait()

    with turn(tmp_path / "lock.kept", "a test"):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_a_turn_that_was_made_before_a_fork_can_be_taken_after_it(tmp_path: Path) -> None:
    made = Turn(tmp_path / "lock")

    child = os.fork()
    if child == 0:
        os._exit(0 if made.take() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
