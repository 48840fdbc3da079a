"""The whole of the gate's tests again, on the wheel in an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.server import ROOT


@pytest.mark.slow
def test_the_installed_command_passes_every_test_of_the_gate(tmp_path: Path) -> None:
    quiet = ("-q", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *quiet, "--no-deps", "-w", str(tmp_path), str(ROOT)],
        check=True,
        timeout=300,
    )
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True, timeout=120)
    binaries = tmp_path / "venv" / "bin"
    subprocess.run([binaries / "pip", "install", *quiet, str(wheel)], check=True, timeout=900)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/cli/test_check.py"],
        cwd=ROOT,
        env=os.environ | {"GATE_TEST_COMMAND": str(binaries / "exposure")},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-5000:]
