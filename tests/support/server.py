"""A real server in a process of its own, talked to over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from sanctions_exposure.settings import NAMES

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "sanctions_exposure"]


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment with these settings and no others; no publisher is asked unless they say so."""
    bare = {name: value for name, value in os.environ.items() if name not in NAMES}
    return bare | {"PYTHONPATH": str(ROOT / "service"), "EXPOSURE_REFRESH": "false"} | settings


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A server that listens."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(
        self,
        path: str,
        body: bytes | Mapping[str, Any] | None = None,
        *,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=content, method=method)  # noqa: S310
        for name, value in ({"Content-Type": "application/json"} | dict(headers or {})).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
                return Reply(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read())

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(data: Path, *, workers: int = 1, command: list[str] | None = None, **settings: str) -> Iterator[Server]:
    """Start a server on *data* and stop it in the end."""
    port, log = free_port(), data.with_name(f"{data.name}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*(command or [*COMMAND, "serve"]), "--port", str(port), "--workers", str(workers)],
            env=environment(EXPOSURE_DATA=str(data), **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)


def _wait(server: Server) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.process.poll() is None:
        try:
            server.ask("/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server does not answer:\n{server.log.read_text()}")


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until *holds*; a test on processes waits for what it says, never for a time."""
    over = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < over, "it did not come true"
        time.sleep(0.05)
