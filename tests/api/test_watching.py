"""Logs and metrics of a real service: every answer counted once, whoever gave it, and no name told."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from sanctions_exposure.api.metrics import place_for
from support.server import COMMAND, Reply, Server, environment, running, until

CANARY: Final = "Zanzibarine"
NAMED: Final = re.compile("zanzibarine", re.IGNORECASE)
KEY: Final = "k" * 40


def value(server: Server, metric: str, **headers: str) -> float:
    """Return the sum of a metric over all label sets that *metric* names."""
    text = server.ask("/metrics", headers=headers).body.decode()
    name, _, labels = metric.partition("{")
    wanted = [label for label in labels.rstrip("}").split(",") if label]
    lines = [line for line in text.splitlines() if re.split(r"[{ ]", line)[0] == name]
    return sum(float(line.rpartition(" ")[2]) for line in lines if all(label in line for label in wanted))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("watched") / "data", workers=2) as started:
        yield started


def test_answers_are_counted_over_all_workers(watched: Server) -> None:
    answered = 'exposure_http_requests_total{method="POST",route="/v1/screen",status="200"}'
    before = value(watched, answered), value(watched, 'exposure_screenings_total{outcome="block"}')

    for _ in range(20):
        watched.ask("/v1/screen", {"name": "OJSC BelAZ", "country": "by"})

    assert value(watched, answered) == before[0] + 20
    assert value(watched, 'exposure_screenings_total{outcome="block"}') == before[1] + 20
    assert value(watched, 'exposure_flags_total{code="SANCTIONED_PARTY"}') >= 20
    assert value(watched, "exposure_hits_total") >= 20
    assert value(watched, 'exposure_http_request_seconds_count{route="/v1/screen"}') >= 20
    assert value(watched, "exposure_http_requests_running") == 1  # the one that asks


def test_metrics_tell_how_lists_and_snapshot_stand(watched: Server) -> None:
    ready = watched.ask("/readyz").json

    assert value(watched, "exposure_ready") == 1
    assert value(watched, f'exposure_snapshot_info{{snapshot="{ready["snapshot"]}"}}') == 1
    assert value(watched, 'exposure_list_state{list="curated",state="fresh"}') == 1
    assert value(watched, 'exposure_list_state{list="un_sc",state="missing"}') == 1
    assert value(watched, 'exposure_list_entities{list="curated"}') == value(watched, "exposure_index_entities") > 100
    assert value(watched, "exposure_index_bytes") > 10_000


def test_what_a_worker_counted_outlives_it_and_what_it_was_doing_does_not(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=1, EXPOSURE_JOB_WORKERS="0") as served:
        for _ in range(5):
            served.ask("/v1/rules")
        (worker,) = children(served.process.pid)
        os.kill(worker, signal.SIGKILL)
        until(lambda: bool(set(children(served.process.pid)) - {worker}))
        until(lambda: alive(served))
        counted = value(served, 'exposure_http_requests_total{route="/v1/rules"}')
        running_now = value(served, "exposure_http_requests_running")
        served.stop()

    assert (counted, running_now) == (5, 1)
    assert not list(place_for(tmp_path / "data" / "run").iterdir())


def alive(server: Server) -> bool:
    try:
        return server.ask("/healthz").status == 200
    except OSError:
        return False


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_counts_of_a_service_that_was_killed_are_removed_and_those_of_one_that_runs_are_not(tmp_path: Path) -> None:
    data = tmp_path / "data"
    run = place_for(data / "run")
    (run / "metrics-left").mkdir(parents=True)

    with running(data) as first:
        first.ask("/v1/rules")
        with running(data) as second:
            folders = list(run.iterdir())
            counted = value(first, 'exposure_http_requests_total{route="/v1/rules"}')
            other = value(second, 'exposure_http_requests_total{route="/v1/rules"}')

    assert (len(folders), counted, other) == (2, 1, 0)


def test_metrics_ask_for_a_key_unless_the_settings_open_or_close_them(tmp_path: Path) -> None:
    with running(tmp_path / "data", EXPOSURE_API_KEYS=KEY) as served:
        asked = served.ask("/metrics").status, served.ask("/metrics", headers={"X-API-Key": KEY}).status
    with running(tmp_path / "data", EXPOSURE_API_KEYS=KEY, EXPOSURE_METRICS="open") as served:
        opened = served.ask("/metrics").status
    with running(tmp_path / "data", EXPOSURE_METRICS="off") as served:
        closed = served.ask("/metrics").status

    assert (asked, opened, closed) == ((401, 200), 200, 404)


# -- ids ------------------------------------------------------------------------------------------------


def test_the_id_of_a_request_stands_in_its_answer_and_in_the_log(watched: Server) -> None:
    reply = watched.ask("/v1/rules", headers={"X-Request-ID": "order-17/3"})

    until(lambda: "order-17/3" in watched.log.read_text())
    line = next(one for one in lines(watched.log) if one.get("request_id") == "order-17/3")
    assert reply.headers["X-Request-ID"] == "order-17/3"
    assert (line["route"], line["status"], line["level"]) == ("/v1/rules", 200, "info")


@pytest.mark.parametrize("said", ["", "x" * 129, "a b", "a\tb", "<script>", "\xe9", "../../etc"])
def test_an_id_that_could_forge_a_line_is_replaced(watched: Server, said: str) -> None:
    reply = watched.ask("/healthz", headers={"X-Request-ID": said})

    assert re.fullmatch("[0-9a-f]{32}", reply.headers["X-Request-ID"])


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


# -- names ----------------------------------------------------------------------------------------------

BODIES: Final = (
    ("application/json", json.dumps({"name": CANARY, "country": "by"})),
    ("application/json", json.dumps({"requests": [{"name": CANARY}, {CANARY: 1}, {"name": CANARY, "imo": CANARY}]})),
    ("application/json", f'{{"name": "{CANARY}'),
    ("application/json", json.dumps({CANARY: CANARY})),
    ("application/json", json.dumps({"lists": [CANARY]})),
    ("text/csv", f"name,country,{CANARY}\n{CANARY},by,1\n"),
    ("application/x-ndjson", f'{{"name": "{CANARY}"}}\n{{{CANARY}\n'),
    ("application/xml", f"<Order><Name>{CANARY}</Name></Order>"),
    (
        "multipart/form-data; boundary=b",
        f'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n{CANARY}\r\n--b--\r\n',
    ),
    ("application/x-www-form-urlencoded", f"queries={CANARY}"),
    (CANARY, CANARY),
)


def test_no_name_is_logged_whatever_call_it_comes_in(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2, EXPOSURE_LOG_LEVEL="info") as served:
        replies = list(_every_call(served))
        refused = _malformed(served)
        code = served.stop()

    log = served.log.read_text()
    assert len({reply.status for reply in replies}) > 4
    assert all(answer.startswith(b"HTTP/1.1 ") for answer in refused)
    assert code == 0
    assert log.count("answered") >= len(replies) > 40
    assert not NAMED.search(log)


def test_no_name_is_logged_as_plain_text_either(tmp_path: Path) -> None:
    with running(tmp_path / "data", EXPOSURE_LOG="text") as served:
        served.ask("/v1/screen", {"name": CANARY})
        served.ask(f"/v1/search?q={CANARY}")
        until(lambda: "/v1/search" in served.log.read_text())

    log = served.log.read_text()
    assert "INFO answered" in log
    assert not NAMED.search(log)


def _every_call(served: Server) -> Iterator[Reply]:
    paths = served.ask("/openapi.json").json["paths"]
    for path, operations in paths.items():
        called = re.sub(r"\{[^}]+\}", CANARY, path)
        for address in (
            called,
            f"{called}?q={CANARY}&name={CANARY}&map={CANARY}=name&{CANARY}=1",
            f"{called}?q={CANARY}",
        ):
            for method in operations:
                if method == "get":
                    yield served.ask(address)
                for kind, body in BODIES if method in {"post", "put", "patch"} else ():
                    headers = {"Content-Type": kind, "Idempotency-Key": CANARY + str(len(body)), "Referer": CANARY}
                    yield served.ask(address, body.encode(), method=method.upper(), headers=headers)
                if method == "delete":
                    yield served.ask(address, method="DELETE")
    yield served.ask(f"/{CANARY}")
    yield served.ask(f"/v1/screen/{CANARY}", b"{}", method="PUT")


def _malformed(served: Server) -> list[bytes]:
    """Send what never reaches the application: its log line is gunicorn's."""
    host, port = served.address.removeprefix("http://").split(":")
    sent = (
        f"GET /{CANARY} {CANARY}\r\n\r\n",
        f"{CANARY}\x01 / HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: a\r\n{CANARY} x: {CANARY}\r\n\r\n",
        f"GET /{CANARY * 1000} HTTP/1.1\r\nHost: a\r\n\r\n",
        f"POST /v1/screen HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {CANARY}\r\n\r\n",
        f"POST /v1/screen HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n",
        f"POST /v1/screen?{CANARY} HTTP/1.1\r\nHost: a\r\nContent-Length: {CANARY}\r\n\r\n",
    )
    answers = []
    for one in sent:
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(one.encode())
            connection.shutdown(socket.SHUT_WR)
            answers.append(connection.recv(1000))
    return answers


# -- readiness ------------------------------------------------------------------------------------------


def test_it_is_not_ready_without_a_list_that_it_must_have(tmp_path: Path) -> None:
    with running(tmp_path / "data", EXPOSURE_REQUIRED_LISTS="curated, un_sc") as served:
        ready, live = served.ask("/readyz"), served.ask("/healthz")
        told = value(served, "exposure_ready")

    assert (ready.status, live.status, told) == (503, 200, 0)
    assert ready.json["reasons"] == ["the required list un_sc is missing"]


def test_a_list_that_nobody_knows_cannot_be_required(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "serve", "--port", "0"],
        env=environment(EXPOSURE_DATA=str(tmp_path), EXPOSURE_REQUIRED_LISTS="nonesuch"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "EXPOSURE_REQUIRED_LISTS: no list has the id nonesuch" in done.stderr


def test_log_lines_are_objects_from_the_first_to_the_last(watched: Server) -> None:
    watched.ask("/healthz")
    time.sleep(0.2)

    found = lines(watched.log)

    assert found[0]["message"].startswith("Listening on")
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in found)
