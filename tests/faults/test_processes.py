"""Processes that die, and two services on one data folder."""

import os
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from faults.conftest import Publication
from support.server import Server, running, until

LISTED = {"name": "OJSC BelAZ", "country": "by"}


def family(server: Server) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children(recursive=True)


def answers(server: Server, times: int = 10) -> set[str]:
    return {server.ask("/v1/screen", LISTED).json["outcome"] for _ in range(times)}


def test_a_worker_that_is_killed_is_replaced_and_the_others_answer_meanwhile(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2, EXPOSURE_JOB_WORKERS="0") as served:
        until(lambda: len(family(served)) == 2)
        first, other = family(served)

        first.kill()
        meanwhile = answers(served)
        until(lambda: len(family(served)) == 2 and first not in family(served))
        after = answers(served)

        assert other in family(served)
    assert meanwhile == after == {"block"}


def test_a_worker_that_replaces_another_starts_from_the_lists_of_today(publication: Publication) -> None:
    with running(publication.data, workers=1, EXPOSURE_JOB_WORKERS="0") as served:
        published = publication.publish("Vexorin Plumbatic Works")
        (only,) = family(served)

        only.kill()
        until(lambda: family(served) != [] and only not in family(served))
        seen = served.ask("/v1/screen", {"name": "Vexorin Plumbatic Works"}).json

    assert (seen["snapshot"], seen["outcome"] != "clear") == (published, True)


def test_when_the_master_is_killed_no_worker_lingers_and_the_port_is_free(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2, EXPOSURE_REFRESH="true", EXPOSURE_SOURCES=str(_off(tmp_path))) as served:
        until(lambda: len(family(served)) == 3)  # two that answer, one that works on jobs
        workers = family(served)

        os.kill(served.process.pid, signal.SIGKILL)
        served.process.wait(timeout=10)
        gone, alive = psutil.wait_procs(workers, timeout=20)

    assert (len(gone), alive) == (3, [])
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", urlsplit(served.address).port))
        again.listen()


def _off(folder: Path) -> Path:
    """Return a file of choices that switches every publisher off, so that the clock runs and fetches nothing."""
    manifests = Path(__file__).parents[2] / "lists" / "sources"
    path = folder / "sources.toml"
    path.write_text("".join(f"[{one.stem}]\nenabled = false\n" for one in manifests.glob("*.toml")), encoding="utf-8")
    return path


def test_two_services_on_one_data_folder_start_together_and_answer_alike(tmp_path: Path) -> None:
    data = tmp_path / "data"
    logs = [tmp_path / "first" / "data", tmp_path / "second" / "data"]  # each service logs beside its own name

    with ExitStack() as both, ThreadPoolExecutor(2) as pool:
        for link in logs:
            link.parent.mkdir()
            link.symlink_to(data)
        data.mkdir()
        servers = list(pool.map(lambda link: both.enter_context(running(link, workers=2)), logs))
        said = [server.ask("/v1/screen", LISTED).json for server in servers]
        snapshots = [path for path in (data / "snapshots").iterdir() if re.fullmatch(r"\d{8}-[0-9a-f]{12}", path.name)]

    assert {one["outcome"] for one in said} == {"block"}
    assert {one["snapshot"] for one in said} == {path.name for path in snapshots}
    assert all("Traceback" not in server.log.read_text() for server in servers)


def test_two_services_on_one_data_folder_both_follow_what_is_published(publication: Publication) -> None:
    with running(publication.data) as first:
        log = publication.data.with_name("other") / "data"
        log.parent.mkdir()
        log.symlink_to(publication.data)
        with running(log) as second:
            published = publication.publish("Vexorin Plumbatic Works")

            until(lambda: {s.ask("/readyz").json.get("snapshot") for s in (first, second)} == {published})
            first.stop()
            left = second.ask("/v1/screen", {"name": "Vexorin Plumbatic Works"}).json

    assert left["outcome"] != "clear"
