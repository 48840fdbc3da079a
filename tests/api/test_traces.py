"""Spans of a real service, sent to a collector of ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from support.server import running, until

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")
CANARY: Final = "Zanzibarine"
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"


class _Collector(BaseHTTPRequestHandler):
    got: Final[list[bytes]] = []

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def collector() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def spans() -> list[Any]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    requests = [ExportTraceServiceRequest.FromString(one) for one in _Collector.got]
    return [span for one in requests for of in one.resource_spans for scope in of.scope_spans for span in scope.spans]


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_each_answer_is_a_span_under_the_trace_of_whoever_asked_and_holds_no_name(
    collector: str, tmp_path: Path
) -> None:
    settings = {
        "EXPOSURE_TRACES": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    }
    parent = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}

    with running(tmp_path / "data", workers=2, **settings) as served:
        question = {"name": "OJSC BelAZ", "country": "by", "address": CANARY}
        served.ask("/v1/screen", question, headers=parent | {"X-Request-ID": "order-17"})
        served.ask(f"/v1/search?q={CANARY}")
        served.ask(f"/{CANARY}")
        until(lambda: {"POST /v1/screen", "GET /v1/search", "GET unmatched"} <= {span.name for span in spans()})
        code = served.stop()

    screened = next(span for span in spans() if span.name == "POST /v1/screen")
    told = attributes(screened)
    assert code == 0
    assert screened.trace_id.hex() == TRACE
    assert told["exposure.request_id"] == "order-17"
    assert (told["http.response.status_code"], told["exposure.screenings"]) == (200, 1)
    assert told["exposure.outcome"] == "block"
    assert not any(CANARY.encode() in one for one in _Collector.got)
