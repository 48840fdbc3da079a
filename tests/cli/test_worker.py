"""``exposure worker``: jobs that a service takes in and another process does."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sanctions_exposure.wiring.screener import Screener
from support.databases import KINDS, fresh_url
from support.jobs import expected, table
from support.server import COMMAND, environment, running

REDIS = os.environ.get("EXPOSURE_TEST_REDIS", "")


@contextmanager
def working(data: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Start a worker and end it."""
    known = environment(EXPOSURE_DATA=str(data), **settings)
    process = subprocess.Popen([*COMMAND, "worker"], env=known, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


@pytest.mark.parametrize("kind", KINDS)
def test_workers_elsewhere_do_what_a_service_took_in(kind: str, tmp_path: Path, screener: Screener) -> None:
    content = table(600)
    with fresh_url(kind) as url:
        said = {"EXPOSURE_DATABASE_URL": url, "EXPOSURE_JOB_FOLDER": str(tmp_path / "shared")}
        if not url:  # a file is shared by one machine only
            said["EXPOSURE_DATABASE_URL"] = f"sqlite:///{tmp_path / 'shared.sqlite3'}"
        if REDIS:
            said["EXPOSURE_QUEUE_URL"] = REDIS
        with running(tmp_path / "here", EXPOSURE_JOB_WORKERS="0", **said) as served:
            sent = served.ask("/v1/jobs", content, headers={"Content-Type": "text/csv"})
            where = sent.headers["Location"]
            with working(tmp_path / "there", **said) as worker:
                until = time.monotonic() + 90
                while served.ask(where).json["state"] in {"queued", "running"} and time.monotonic() < until:
                    time.sleep(0.1)
                worker.send_signal(signal.SIGTERM)
                told = worker.communicate(timeout=30)[1]
            result = served.ask(f"{where}/result").body

    assert result == expected(content, screener.screen_many)
    assert worker.returncode == 0
    assert "Working on the jobs" in told
    assert "Traceback" not in told


def test_a_worker_without_its_database_says_so_and_ends(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    known = environment(EXPOSURE_DATA=str(tmp_path), EXPOSURE_DATABASE_URL="postgresql://x:hush@127.0.0.1:1/none")

    done = subprocess.run([*COMMAND, "worker"], env=known, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 3
    assert "the database cannot be used" in done.stderr
    assert "hush" not in done.stderr
