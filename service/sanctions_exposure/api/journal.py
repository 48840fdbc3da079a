"""One log line and one count for every answer, and the id by which a caller and we speak of the same request.

What is told of a request is its route, not its address: searches carry names, and so does a mistyped address.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Final

from flask import Flask, Response, g, request

from sanctions_exposure.api.metrics import Metrics
from sanctions_exposure.api.security import caller
from sanctions_exposure.logs import REQUEST_ID

_LOG: Final = logging.getLogger("sanctions_exposure.access")
_SANE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register(app: Flask, metrics: Metrics) -> None:
    """Keep the journal of *app*; to be called before anything else asks to see requests."""

    def begin() -> None:
        g.began = time.perf_counter()
        said = request.headers.get("X-Request-ID", "")
        g.request_id = said if _SANE.fullmatch(said) else secrets.token_hex(16)
        REQUEST_ID.set(g.request_id)
        metrics.began()

    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        rule = request.url_rule
        line = _Line(
            metrics=metrics,
            route=rule.rule if rule else "unmatched",
            request_id=g.request_id,
            began=g.began,
            response=response,
        )
        if response.is_streamed:
            response.call_on_close(line.write)  # it is done when the last of it has left
        else:
            line.write()
        return response

    app.before_request(begin)
    app.after_request(end)


class _Line:
    """What is known of a request while it is answered; a stream outlives the request's own context."""

    def __init__(self, *, metrics: Metrics, route: str, request_id: str, began: float, response: Response) -> None:
        self._metrics, self._response, self._began = metrics, response, began
        self._method = request.method if request.method in _METHODS else "OTHER"
        self._route, self._request_id = route, request_id
        key = caller()
        self._key, self._client = key.name if key else "", request.remote_addr or ""

    def write(self) -> None:
        took = time.perf_counter() - self._began
        status = self._response.status_code
        self._metrics.answered(self._method, self._route, status, took)
        REQUEST_ID.set(self._request_id)
        fields = {
            "method": self._method,
            "route": self._route,
            "status": status,
            "ms": round(took * 1000, 2),
            "bytes": self._response.content_length,
            "client": self._client,
        }
        if self._key:
            fields["key"] = self._key
        _LOG.info("answered", extra={"fields": fields})
        REQUEST_ID.set("")
