"""Large files over HTTP: in, screened in the background, out; and nothing lost when a process is killed."""

import gzip
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.api import create_app
from sanctions_exposure.jobs.desk import JobDesk
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.screener import Screener
from support.jobs import expected, table
from support.server import Server, running

SMALL = b"PO,Supplier,Land\r\n1,OJSC BelAZ,by\r\n2,Harmless Bakery,de\r\n"
MAPPED = "/v1/jobs?map=Supplier%3Dname&map=Land%3Dcountry"


@pytest.fixture
def place(tmp_path: Path, data: Path) -> Settings:
    """Settings of a service with the lists of all tests and jobs of its own, which nobody works on by himself."""
    return Settings(data=data, job_folder=tmp_path / "jobs", database_url=f"sqlite:///{tmp_path / 'jobs.sqlite3'}")


@pytest.fixture
def service(place: Settings, screener: Screener) -> FlaskClient:
    return create_app(place, screener).test_client()


@pytest.fixture
def desk(place: Settings) -> JobDesk:
    return JobDesk.of(place, Database(place.database_url, place.data))


def sent(
    client: FlaskClient, content: bytes = SMALL, path: str = MAPPED, kind: str = "text/csv", **headers: str
) -> Any:
    return client.post(path, data=content, content_type=kind, headers=headers)


def test_a_file_goes_in_and_its_result_comes_out(service: FlaskClient, desk: JobDesk, screener: Screener) -> None:
    taken = sent(service)
    where = taken.headers["Location"]
    waiting, early = service.get(where), service.get(f"{where}/result")
    desk.runner(screener).once()
    done, result = service.get(where), service.get(f"{where}/result")

    assert (taken.status_code, taken.get_json()["state"]) == (202, "queued")
    assert (waiting.get_json()["rows_done"], early.status_code) == (0, 409)
    known = done.get_json()
    assert (known["state"], known["rows_done"], known["outcomes"]) == ("done", 2, {"block": 1, "clear": 1})
    assert (known["bytes_done"], known["result"]) == (len(SMALL), f"{where}/result")
    assert result.content_type == "text/csv; charset=utf-8"
    assert [line.split(b",")[:4] for line in result.data.splitlines()[1:]] == [
        [b"1", b"OJSC BelAZ", b"by", b"block"],
        [b"2", b"Harmless Bakery", b"de", b"clear"],
    ]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/html, */*;q=0.1", "text/csv; charset=utf-8"),
    ],
)
def test_the_result_comes_as_it_is_accepted(
    service: FlaskClient, desk: JobDesk, screener: Screener, accept: str, kind: str
) -> None:
    where = sent(service).headers["Location"]
    desk.runner(screener).once()

    found = service.get(f"{where}/result", headers={"Accept": accept})

    assert (found.status_code, found.content_type) == (200, kind)
    assert found.data


def test_a_form_that_is_not_there_is_not_acceptable(service: FlaskClient, desk: JobDesk, screener: Screener) -> None:
    where = sent(service).headers["Location"]
    desk.runner(screener).once()

    assert service.get(f"{where}/result", headers={"Accept": "image/png"}).status_code == 406


def test_gzip_and_the_file_of_a_form_are_taken_too(service: FlaskClient, desk: JobDesk) -> None:
    packed = sent(service, gzip.compress(SMALL), **{"Content-Encoding": "gzip"})
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="all.csv.gz"\r\n\r\n'
        + gzip.compress(SMALL)
        + b"\r\n--x--\r\n"
    )
    posted = sent(service, form, kind="multipart/form-data; boundary=x")
    lines = form.replace(b"all.csv.gz", b"all.ndjson").replace(gzip.compress(SMALL), b'{"name": "OJSC BelAZ"}\n')
    requests = sent(service, lines, path="/v1/jobs", kind="multipart/form-data; boundary=x")

    assert [one.get_json()["bytes"] for one in (packed, posted)] == [len(SMALL)] * 2
    assert requests.get_json()["form"] == "ndjson"
    assert len(list(desk.folders.root.iterdir())) == 3


@pytest.mark.parametrize(
    ("content", "path", "kind", "status"),
    [
        (b"Colour\nred\n", "/v1/jobs", "text/csv", 422),
        (b"", "/v1/jobs", "text/csv", 422),
        (b"\n\n", "/v1/jobs", "application/x-ndjson", 422),
        (b"\x1f\x8bnothing", "/v1/jobs", "text/csv", 422),
        (SMALL, "/v1/jobs?map=Supplier", "text/csv", 422),
        (SMALL, "/v1/jobs?delimiter=%0A", "text/csv", 422),
        (SMALL, "/v1/jobs?shape=round", "text/csv", 422),
        (SMALL, "/v1/jobs", "application/pdf", 415),
        (b"--x--\r\n", "/v1/jobs", "multipart/form-data; boundary=x", 422),
        (b"nothing", "/v1/jobs", "multipart/form-data", 400),
    ],
)
def test_what_cannot_be_screened_is_refused_at_once_and_leaves_nothing(  # noqa: PLR0917 - one case
    service: FlaskClient, desk: JobDesk, content: bytes, path: str, kind: str, status: int
) -> None:
    refused = sent(service, content, path, kind)

    assert refused.status_code == status, refused.data
    assert refused.content_type == "application/problem+json"
    assert not desk.folders.root.exists() or not list(desk.folders.root.iterdir())


def test_an_upload_over_the_limit_is_refused(place: Settings, screener: Screener) -> None:
    small = replace(place, table=replace(place.table, bytes=5000))
    service = create_app(small, screener).test_client()

    plain, packed = sent(service, SMALL * 200), sent(service, gzip.compress(SMALL * 2000))

    assert (plain.status_code, packed.status_code) == (413, 413)
    assert "EXPOSURE_MAX_TABLE_BYTES" in packed.get_json()["detail"]


def test_the_same_key_with_the_same_upload_is_one_job(service: FlaskClient, desk: JobDesk) -> None:
    first, again = (sent(service, **{"Idempotency-Key": "k"}) for _ in range(2))
    other = sent(service, SMALL + b"3,Mahan Air,ir\r\n", **{"Idempotency-Key": "k"})

    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422
    assert len(list(desk.folders.root.iterdir())) == 1


def test_a_deleted_job_is_gone_with_its_files(service: FlaskClient, desk: JobDesk) -> None:
    where = sent(service).headers["Location"]

    assert service.delete(where).status_code == 204

    assert [service.get(where).status_code, service.delete(where).status_code] == [404, 404]
    assert not list(desk.folders.root.iterdir())


@pytest.mark.parametrize("path", ["/v1/jobs/..%2f..%2fCURRENT", "/v1/jobs/x", f"/v1/jobs/{'0' * 36}/result"])
def test_ids_lead_nowhere_else(service: FlaskClient, path: str) -> None:
    assert service.get(path).status_code == 404


def test_more_jobs_than_may_wait_are_refused(place: Settings, screener: Screener) -> None:
    service = create_app(replace(place, max_jobs=1), screener).test_client()
    sent(service)

    refused = sent(service)

    assert refused.status_code == 503
    assert refused.headers["Retry-After"]


def test_jobs_are_counted_by_state(service: FlaskClient, desk: JobDesk, screener: Screener) -> None:
    for _ in range(2):
        sent(service)
    desk.runner(screener).once()

    shown = service.get("/metrics").get_data(as_text=True)

    assert 'exposure_jobs{state="queued"} 1.0' in shown
    assert 'exposure_jobs{state="done"} 1.0' in shown


def test_the_description_shows_jobs(service: FlaskClient) -> None:
    paths = service.get("/openapi.json").get_json()["paths"]

    assert {"/v1/jobs", "/v1/jobs/{job_id}", "/v1/jobs/{job_id}/result"} <= paths.keys()


# -- a real service, killed --------------------------------------------------------------------------


def _wait(server: Server, where: str, *, until: str = "done", rows: int = 0) -> Any:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        known = server.ask(where).json
        if known["state"] in {until, "done"} and known["rows_done"] >= rows:
            return known  # a fast machine may be done before it is killed
        assert known["state"] != "failed", known
        time.sleep(0.05)
    raise AssertionError(server.log.read_text())


def _workers(server: Server) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in children.split()]


def _in_the_background(pid: int) -> bool:
    return os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds its processes in /proc")
def test_killing_any_process_of_a_service_loses_no_job_and_no_row(tmp_path: Path, screener: Screener) -> None:
    data, content = tmp_path / "data", table(5000)
    with running(data, workers=1) as served:
        reply = served.ask("/v1/jobs", content, headers={"Content-Type": "text/csv"})
        where = reply.headers["Location"]
        _wait(served, where, until="running", rows=1)
        for pid in filter(_in_the_background, _workers(served)):
            os.kill(pid, signal.SIGKILL)
        _wait(served, where, until="running", rows=min(5000, served.ask(where).json["rows_done"] + 1))
        orphans = _workers(served)
        served.process.kill()
        served.process.wait()
        for pid in orphans:  # a worker whose master is gone ends by itself, but a port must be free at once
            os.kill(pid, signal.SIGKILL)
    with running(data, workers=1) as served:
        known = _wait(served, where)
        result = served.ask(f"{where}/result").body
        log = served.log.read_text()

    assert known["rows_done"] == 5000
    assert result == expected(content, screener.screen_many)
    assert "Traceback" not in log


def test_no_submitted_name_is_logged_by_those_who_work_on_jobs(tmp_path: Path) -> None:
    lines = b'{"name": "Zanzibarine Quillfeather"}\n{"name": "Zanzibarine'
    with running(tmp_path / "data") as served:
        reply = served.ask("/v1/jobs", lines, headers={"Content-Type": "application/x-ndjson"})
        _wait(served, reply.headers["Location"])
        answers = served.ask(f"{reply.headers['Location']}/result").body.splitlines()

    assert [json.loads(line)["outcome"] for line in answers] == ["clear", "error"]
    assert "Zanzibarine" not in served.log.read_text()
