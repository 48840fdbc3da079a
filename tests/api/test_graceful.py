"""What a service does when it is told to stop or to read again, with clients in the middle of a question."""

import json
import shutil
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sanctions_exposure.locate import data_folder
from support.server import Server, running, until

BODY = json.dumps({"name": "OJSC BelAZ", "country": "by"}).encode()


class SlowClient:
    """Sends half a question, and the rest when it is told to."""

    def __init__(self, server: Server) -> None:
        address = urlsplit(server.address)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        head = [
            "POST /v1/screen HTTP/1.1",
            f"Host: {address.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(BODY)}",
            "Connection: close",
        ]
        self._send("\r\n".join([*head, "", ""]).encode())
        self._send(BODY[:10])

    def _send(self, content: bytes) -> None:
        self._socket.sendall(content)

    def finish(self) -> bytes:
        self._send(BODY[10:])
        with self._socket, self._socket.makefile("rb") as answer:
            return answer.read()


def refused(server: Server) -> bool:
    address = urlsplit(server.address)
    try:
        socket.create_connection((address.hostname, address.port), timeout=5).close()
    except ConnectionError:  # refused, or reset when it came at that very moment
        return True
    return False


def test_a_question_that_is_half_sent_is_answered_after_sigterm(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2) as served:
        slow = SlowClient(served)
        time.sleep(0.3)

        served.process.send_signal(signal.SIGTERM)
        until(lambda: refused(served))
        answer = slow.finish()
        code = served.process.wait(timeout=30)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"outcome":"block"' in answer
    assert code == 0
    assert "Traceback" not in served.log.read_text()


class Asking:
    """Asks without a pause over one connection, which a server that drops it would break."""

    def __init__(self, server: Server) -> None:
        self.address, self.over, self.ids = urlsplit(server.address), threading.Event(), list[tuple[str, str]]()

    def run(self) -> None:
        connection = HTTPConnection(self.address.netloc, timeout=30)
        while not self.over.is_set():
            connection.request("POST", "/v1/screen", BODY, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            document: dict[str, Any] = json.loads(reply.read())
            assert reply.status == 200, document
            assert reply.getheader("Connection") != "close"
            self.ids.append((document["ruleset"], document["flags"][0]["action"]))
        connection.close()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return Path(shutil.copytree(data_folder("rules"), tmp_path / "rules"))


def change(rules: Path, old: str, new: str) -> None:
    flags = rules / "flags.toml"
    text = flags.read_text(encoding="utf-8")
    assert old in text
    flags.write_text(text.replace(old, new), encoding="utf-8")


def test_sighup_reads_the_rules_again_and_no_connection_is_lost(rules: Path, tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2, EXPOSURE_RULES=str(rules)) as served, ThreadPoolExecutor(4) as pool:
        clients = [Asking(served) for _ in range(4)]
        running_clients = [pool.submit(client.run) for client in clients]
        before = served.ask("/readyz").json["ruleset"]
        try:
            change(rules, "Do not proceed.", "Stop here.")
            served.process.send_signal(signal.SIGHUP)
            until(lambda: all(client.ids and client.ids[-1][0] != before for client in clients))
        finally:
            for client in clients:
                client.over.set()
        for one in running_clients:
            one.result()
        alive = served.process.poll() is None

    assert alive
    for client in clients:
        assert all(action.startswith("Stop here.") for ruleset, action in client.ids if ruleset != before)
        assert len({ruleset for ruleset, _ in client.ids}) == 2


def test_rules_that_cannot_be_read_change_nothing_and_are_logged(rules: Path, tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2, EXPOSURE_RULES=str(rules), EXPOSURE_JOB_WORKERS="0") as served:
        before = served.ask("/readyz").json["ruleset"]

        (rules / "flags.toml").write_text("severity = ", encoding="utf-8")
        served.process.send_signal(signal.SIGHUP)
        until(lambda: served.log.read_text().count("the rules stay as they were") == 3)  # the master and two workers
        after = {served.ask("/readyz").json["ruleset"] for _ in range(6)}

    assert after == {before}
    assert "flags.toml" in served.log.read_text()
