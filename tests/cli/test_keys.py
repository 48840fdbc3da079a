"""Keys from the command line, and a running service that takes them up."""

import subprocess
import time
from pathlib import Path

import pytest

from support.server import COMMAND, environment, running

LISTED = {"name": "OJSC BelAZ", "country": "by"}


def keys(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, "keys", *arguments],
        env=environment(EXPOSURE_DATA=str(data)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_running_service_asks_for_the_first_key_and_forgets_a_revoked_one(tmp_path: Path) -> None:
    data = tmp_path / "data"

    with running(data, workers=2) as served:
        open_to_all = served.ask("/v1/screen", LISTED).status
        made = keys(data, "create", "desk")
        bearer = {"Authorization": f"Bearer {made.stdout.strip()}"}
        time.sleep(1.5)
        without = [served.ask("/v1/screen", LISTED).status for _ in range(4)]
        with_it = [served.ask("/v1/screen", LISTED, headers=bearer).status for _ in range(4)]
        refresh = served.ask("/v1/lists/refresh", {}, headers=bearer)
        keys(data, "revoke", "desk")
        time.sleep(1.5)
        revoked = [served.ask("/v1/screen", LISTED, headers=bearer).status for _ in range(4)]

    assert open_to_all == 200
    assert (set(without), set(with_it), set(revoked)) == ({401}, {200}, {401})
    assert (refresh.status, "role admin" in refresh.json["detail"]) == (403, True)
    assert made.stdout.strip() not in served.log.read_text()


def test_a_key_is_shown_once(tmp_path: Path) -> None:
    made = keys(
        tmp_path, "create", "desk", "--role", "review", "--role", "admin", "--expires", "90d", "--rate", "5/second"
    )

    listed = keys(tmp_path, "list").stdout

    token = made.stdout.strip()
    assert token.startswith("exposure_")
    assert "cannot be shown again" in made.stderr
    assert token not in listed
    assert all(part in listed for part in ("desk", "admin+review", "active", "5/second", "until 20"))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert token.encode() not in stored


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "a b"),
        ("create", "desk", "--role", "boss"),
        ("create", "desk", "--expires", "soon"),
        ("create", "desk", "--rate", "often"),
        ("revoke", "nobody"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = keys(tmp_path, *arguments)

    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
