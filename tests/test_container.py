"""What the container does, done outside it: the wheel in an environment of its own, then the image's own commands."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Final

import pytest

from support.server import ROOT, environment, free_port

DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instruction(pattern: str) -> list[str]:
    found = re.search(pattern + r"\s+(\[.*\])", DOCKERFILE)
    assert found
    command: list[str] = json.loads(found[1])
    return command


SERVE: Final = instruction(r"\nCMD")
HEALTH: Final = instruction(r"HEALTHCHECK[^\[]*CMD")


def test_the_image_serves_to_others_and_not_as_root() -> None:
    assert SERVE[:2] == ["exposure", "serve"]
    assert "0.0.0.0" in SERVE  # noqa: S104 - inside a container there is nobody else
    user, serve = DOCKERFILE.rindex("\nUSER "), DOCKERFILE.rindex("\nCMD ")
    assert user < serve


def test_what_the_image_copies_is_there() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    assert not {"rules", "lists", "service", "pyproject.toml", "README.md", "LICENSE"} & set(ignored)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the locked packages and the built wheel, as in the image."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], check=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, timeout=120)
    pip = [str(folder / "venv" / "bin" / "pip"), "--disable-pip-version-check", "-q", "install"]
    lock = str(ROOT / "deploy" / "requirements.txt")
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock], check=True, timeout=600)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, timeout=120)
    return folder / "venv" / "bin"


@pytest.mark.slow
def test_the_installed_wheel_serves_and_its_health_check_holds(installed: Path, tmp_path: Path) -> None:
    port = str(free_port())
    key = "k" * 40  # inside the container it listens to everybody, so it does not start without one
    env = environment(EXPOSURE_DATA=str(tmp_path / "data"), EXPOSURE_PORT=port, EXPOSURE_API_KEYS=key)
    env |= {"PATH": f"{installed}{os.pathsep}{env['PATH']}"}
    del env["PYTHONPATH"]
    health = [part.replace("8080", port) for part in HEALTH]

    process = subprocess.Popen([str(installed / SERVE[0]), *SERVE[1:]], cwd=tmp_path, env=env)
    try:
        for _ in range(100):
            done = subprocess.run(
                [str(installed / health[0]), *health[1:]], cwd=tmp_path, env=env, capture_output=True, check=False
            )
            if done.returncode == 0:
                break
            time.sleep(0.2)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/screen",
            data=b'{"name": "OJSC BelAZ"}',
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            answer = json.load(reply)
    finally:
        process.terminate()
        code = process.wait(timeout=30)

    assert done.returncode == 0
    assert answer["outcome"] == "block"
    assert code == 0


@pytest.mark.slow
def test_the_installed_wheel_carries_rules_and_lists(installed: Path, tmp_path: Path) -> None:
    env = environment(EXPOSURE_DATA=str(tmp_path / "data"))
    del env["PYTHONPATH"]

    done = subprocess.run(
        [str(installed / "exposure"), "rules", "check"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "_data" in done.stdout
