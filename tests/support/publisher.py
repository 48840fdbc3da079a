"""A publisher's web server that can be told to misbehave in every way the real ones do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Exchange(BaseHTTPRequestHandler):
    """One request; behaviours write the answer through it."""

    server: _Listening
    timeout = 30

    def do_GET(self) -> None:
        publisher = self.server.publisher
        publisher.asked.append((self.path, dict(self.headers)))
        publisher.behaviours.get(self.path.partition("?")[0], missing)(self)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def answer(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


Behaviour = Callable[[Exchange], None]


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    publisher: Publisher


@dataclass
class Publisher:
    """What stands under which path, and who asked for it."""

    address: str = ""
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return self.address + path

    def serve(self, path: str, *behaviours: Behaviour) -> str:
        """Let *path* behave so, the last way for ever; return its address."""
        left = list(behaviours)

        def one_by_one(exchange: Exchange) -> None:
            behaviour = left.pop(0) if len(left) > 1 else left[0]
            behaviour(exchange)

        self.behaviours[path] = one_by_one
        return self.url(path)


@contextmanager
def publishing() -> Iterator[Publisher]:
    """Run a publisher until the end of the block."""
    server = _Listening(("127.0.0.1", 0), Exchange)
    server.publisher = Publisher(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.publisher
    finally:
        server.shutdown()
        server.server_close()


def nobody() -> str:
    """Return an address at which connections are refused."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}/list"


# -- behaviours ----------------------------------------------------------------------------------


def document(body: bytes, **headers: str) -> Behaviour:
    return lambda exchange: exchange.answer(body, **headers)


def status(code: int, body: bytes = b"no") -> Behaviour:
    return lambda exchange: exchange.answer(body, code)


def redirect(location: str) -> Behaviour:
    return lambda exchange: exchange.answer(status=302, Location=location)


def missing(exchange: Exchange) -> None:
    exchange.answer(b"nothing here", 404)


def hang(seconds: float) -> Behaviour:
    return lambda _: time.sleep(seconds)


def truncated(body: bytes) -> Behaviour:
    """Promise all and send half."""
    return lambda exchange: exchange.answer(body[: len(body) // 2], Content_Length=str(len(body)))


def in_pieces(body: bytes, *, whole: bool = True) -> Behaviour:
    """Send in chunks of HTTP 1.1, and leave out the end if need be."""

    def send(exchange: Exchange) -> None:
        exchange.protocol_version = "HTTP/1.1"
        exchange.close_connection = True
        exchange.send_response(200)
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        for at in range(0, len(body) if whole else len(body) // 2, 1000):
            piece = body[at : at + 1000]
            exchange.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if whole:
            exchange.wfile.write(b"0\r\n\r\n")

    return send


def dripping(body: bytes, pause: float) -> Behaviour:
    """Send one byte at a time, which no limit of silence notices."""

    def drip(exchange: Exchange) -> None:
        exchange.answer(Content_Length=str(len(body)))
        try:
            for at in range(len(body)):
                exchange.wfile.write(body[at : at + 1])
                time.sleep(pause)
        except OSError:
            pass

    return drip


def dripping_headers(pause: float) -> Behaviour:
    """Send headers for ever, which neither a limit of silence nor one of size notices."""

    def drip(exchange: Exchange) -> None:
        try:
            exchange.wfile.write(b"HTTP/1.0 200 OK\r\nX-Padding: ")
            while True:
                exchange.wfile.write(b"x")
                time.sleep(pause)
        except OSError:
            pass

    return drip


def versioned(body: bytes, etag: str) -> Behaviour:
    """Answer 304 to whoever has this version."""

    def answer(exchange: Exchange) -> None:
        if exchange.headers.get("If-None-Match") == etag:
            exchange.answer(status=304, ETag=etag)
        else:
            exchange.answer(body, ETag=etag)

    return answer
