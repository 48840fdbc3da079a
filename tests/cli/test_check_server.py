"""``exposure check`` and a server that asks for keys and has limits."""

import json
import subprocess
from pathlib import Path

from support.server import COMMAND, environment, running

KEY, ADMIN = "k" * 40, "a" * 40


def check(folder: Path, server: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    table = folder / "suppliers.csv"
    table.write_text("name,country\n" + "".join(f"Quorvane Stroy {n},de\n" for n in range(250)), encoding="utf-8")
    return subprocess.run(
        [*COMMAND, "check", table.name, "--server", server, "--format", "json", "--require-list", "curated"],
        cwd=folder,
        env=environment(EXPOSURE_DATA=str(folder / "none"), **settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_key_is_sent_and_a_missing_or_wrong_one_never_passes_for_a_clear(tmp_path: Path) -> None:
    with running(tmp_path / "data", EXPOSURE_API_KEYS=KEY) as served:
        without = check(tmp_path, served.address)
        wrong = check(tmp_path, served.address, EXPOSURE_CHECK_API_KEY="w" * 40)
        right = check(tmp_path, served.address, EXPOSURE_CHECK_API_KEY=KEY)

    assert (without.returncode, wrong.returncode) == (3, 3)
    assert "give an API key" in without.stdout + without.stderr
    assert right.returncode == 0, right.stderr
    assert json.loads(right.stdout)
    assert KEY not in right.stdout + right.stderr + served.log.read_text()


def test_a_server_that_asks_for_patience_is_given_it(tmp_path: Path) -> None:
    settings = {"EXPOSURE_API_KEYS": KEY, "EXPOSURE_RATE": "3/second"}

    with running(tmp_path / "data", **settings) as served:
        done = check(tmp_path, served.address, EXPOSURE_CHECK_API_KEY=KEY)
        log = served.log.read_text()

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":429' in log
