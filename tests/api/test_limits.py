"""Limits of a real service: how often, how much at once, and how large once it is unpacked."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from support.server import COMMAND, Server, environment, free_port, running, until

LISTED: Final = {"name": "OJSC BelAZ", "country": "by"}
KEY, OTHER = "k" * 40, "o" * 40
BEARER: Final = {"Authorization": f"Bearer {KEY}"}


def test_workers_count_together_how_often_a_key_comes(tmp_path: Path) -> None:
    settings = {"EXPOSURE_API_KEYS": f"{KEY} b:screen:{OTHER}", "EXPOSURE_RATE": "10/hour"}
    with running(tmp_path / "data", workers=3, **settings) as served:
        replies = [served.ask("/v1/rules", headers=BEARER) for _ in range(14)]
        other = served.ask("/v1/rules", headers={"X-API-Key": OTHER})
        open_to_all = [served.ask("/healthz").status for _ in range(12)]
        refused = served.ask("/metrics", headers={"X-API-Key": OTHER}).body.decode()

    assert [reply.status for reply in replies] == [200] * 10 + [429] * 4
    assert [int(reply.headers["RateLimit-Remaining"]) for reply in replies[:3]] == [9, 8, 7]
    assert replies[0].headers["RateLimit-Policy"] == "10;w=3600"
    assert replies[0].headers["RateLimit-Limit"] == "10"
    assert 1 <= int(replies[-1].headers["Retry-After"]) <= 3600
    assert replies[-1].headers["Content-Type"] == "application/problem+json"
    assert "10/hour" in replies[-1].json["detail"]
    assert (other.status, set(open_to_all)) == (200, {200})
    assert 'exposure_http_refused_total{reason="rate"} 4.0' in refused


def test_a_key_has_its_own_rate(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = subprocess.run(
        [*COMMAND, "keys", "create", "slow", "--rate", "2/hour"],
        env=environment(EXPOSURE_DATA=str(data)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    with running(data) as served:
        headers = {"X-API-Key": made.stdout.strip()}
        statuses = [served.ask("/v1/rules", headers=headers).status for _ in range(4)]

    assert statuses == [200, 200, 429, 429]


@pytest.fixture
def redis() -> Iterator[int]:
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server on this machine")
    port = free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
    )
    until(lambda: _listens(port))
    yield port
    process.terminate()
    process.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_services_of_several_machines_count_together_on_a_server_and_alone_without_it(
    tmp_path: Path, redis: int
) -> None:
    settings = {
        "EXPOSURE_API_KEYS": KEY,
        "EXPOSURE_RATE": "6/hour",
        "EXPOSURE_RATE_STORE": f"redis://127.0.0.1:{redis}/0",
    }
    with running(tmp_path / "one", **settings) as first, running(tmp_path / "two", **settings) as second:
        together = [one.ask("/v1/rules", headers=BEARER).status for _ in range(4) for one in (first, second)]
    with running(tmp_path / "one", **settings | {"EXPOSURE_RATE_STORE": "redis://:secret@127.0.0.1:1/0"}) as alone:
        without = [alone.ask("/v1/rules", headers=BEARER).status for _ in range(8)]
    log = alone.log.read_text()

    assert together == [200] * 6 + [429] * 2
    assert without == [200] * 6 + [429] * 2
    assert "EXPOSURE_RATE_STORE does not answer" in log
    assert "secret" not in log


def test_heavy_work_is_refused_while_a_worker_has_its_hands_full_and_questions_are_not(tmp_path: Path) -> None:
    batch = json.dumps({"requests": [{"name": f"Quorvane {n} Stroy"} for n in range(1000)]}).encode()
    assert len(batch) < 32 * 1024

    heavy = json.dumps({"requests": [{"name": f"Quorvane {n} Stroy", "country": "by"} for n in range(1000)]}).encode()
    with running(tmp_path / "data", workers=1, EXPOSURE_MAX_HEAVY="1") as served, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: served.ask("/v1/screen", heavy), range(6)))
        question = served.ask("/v1/screen", LISTED)
        again = served.ask("/v1/screen", heavy)

    busy = [reply for reply in replies if reply.status == 503]
    assert {reply.status for reply in replies} == {200, 503}
    assert busy[0].headers["Retry-After"] == "2"
    assert "already" in busy[0].json["detail"]
    assert (question.status, again.status) == (200, 200)


# -- packed bodies --------------------------------------------------------------------------------------

PACKED: Final = {"Content-Encoding": "gzip"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("small") / "data", EXPOSURE_MAX_BODY="65536") as started:
        yield started


def test_a_packed_body_is_read_as_if_it_came_unpacked(small: Server) -> None:
    whole = gzip.compress(json.dumps(LISTED).encode())
    parts = gzip.compress(b'{"name": "OJSC ') + gzip.compress(b'BelAZ", "country": "by"}')

    replies = [small.ask("/v1/screen", body, headers=PACKED) for body in (whole, parts)]

    assert [reply.json["outcome"] for reply in replies] == ["block", "block"]


BOMB: Final = gzip.compress(b'{"name": "' + b" " * (64 << 20) + b'"}')


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BOMB, 413),
        (gzip.compress(BOMB), 400),  # packed twice: unpacked once it is no JSON
        (gzip.compress(b"") * 20_000, 413),  # streams that hold nothing, one after the other
        (gzip.compress(json.dumps(LISTED).encode())[:-9], 400),
        (gzip.compress(json.dumps(LISTED).encode()) + b"rest", 400),
        (b"\x1f\x8b\x08\x00", 400),
        (b"", 400),
        (zlib.compress(b"{}"), 400),
        (json.dumps(LISTED).encode(), 400),
    ],
    ids=["bomb", "bomb in a bomb", "nothing for ever", "cut", "with a rest", "a header", "empty", "zlib", "plain"],
)
@pytest.mark.parametrize("path", ["/v1/screen", "/v1/check"])
def test_a_packed_body_that_is_none_or_too_much_is_refused(small: Server, path: str, body: bytes, status: int) -> None:
    reply = small.ask(path, body, headers=PACKED)

    assert (reply.status, reply.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(("rows", "status"), [(3_000, 413), (20, 200)])
@pytest.mark.parametrize("packed", [True, False])
def test_of_a_body_that_does_not_say_its_length_nothing_is_cut_off(
    small: Server, rows: int, status: int, packed: bool
) -> None:
    table = b"order_no,supplier_name\n" + b"".join(b"%06d,Quorvane Stroy %04d\n" % (n, n) for n in range(rows))
    content = gzip.compress(table) if packed else table
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:100], content[100:])) + b"0\r\n\r\n"
    head = b"POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
    head += b"Connection: close\r\nTransfer-Encoding: chunked\r\n" + b"Content-Encoding: gzip\r\n" * packed
    host, port = small.address.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head + b"\r\n" + pieces)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert (b'"decision"' in answer) == (status == 200)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537])
def test_a_packed_body_may_be_as_large_as_one_that_is_not(small: Server, size: int) -> None:
    body = b'{"name": "OJSC BelAZ"}'.ljust(size)

    statuses = [
        small.ask("/v1/screen", body).status,
        small.ask("/v1/screen", gzip.compress(body), headers=PACKED).status,
    ]

    assert statuses == [200 if size <= 65_536 else 413] * 2


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "x" * 1000])
def test_another_packing_is_refused(small: Server, encoding: str) -> None:
    assert small.ask("/v1/screen", b"x", headers={"Content-Encoding": encoding}).status == 415
