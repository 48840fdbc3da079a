"""OpenTelemetry spans, one an answer, under the trace of whoever asked; where they go, the OTEL_* variables say.

As in logs, the route is told and never the address or the body: both carry names.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from sanctions_exposure import __version__
from sanctions_exposure.errors import SettingsError
from sanctions_exposure.model import Screening
from sanctions_exposure.wiring.screener import Screener

if TYPE_CHECKING:
    from opentelemetry.trace import Span


def start() -> None:
    """Begin to send spans, in a thread of this process; to be called in a worker, since threads do not survive a fork.

    Raises:
        SettingsError: the library is not installed.
    """
    check()
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over this.
    about = Resource({"service.name": "sanctions-exposure", "service.version": __version__}).merge(Resource.create())
    provider = TracerProvider(resource=about)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def check() -> None:
    """Refuse to start without what spans are made and sent with.

    Raises:
        SettingsError: it is not installed.
    """
    for library in ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter"):
        if find_spec(library) is None:
            raise SettingsError("EXPOSURE_TRACES needs a library: pip install 'sanctions-exposure[otel]'")


def register(app: Flask, screener: Screener) -> None:
    """Make a span of every answer of *app*."""
    check()
    from opentelemetry import context, propagate, trace

    tracer = trace.get_tracer("sanctions_exposure", __version__)

    def begin() -> None:
        rule = request.url_rule
        route = rule.rule if rule else "unmatched"
        span = tracer.start_span(
            f"{request.method} {route}",
            context=propagate.extract({name.lower(): value for name, value in request.headers.items()}),
            kind=trace.SpanKind.SERVER,
            attributes={
                "http.request.method": request.method,
                "http.route": route,
                "exposure.request_id": g.request_id,
            },
        )
        g.span, g.span_token = span, context.attach(trace.set_span_in_context(span))

    def end(response: Response) -> Response:
        span: Span | None = g.pop("span", None)
        if span is None:
            return response
        context.detach(g.pop("span_token"))
        span.set_attribute("http.response.status_code", response.status_code)
        if response.status_code >= 500:
            span.set_status(trace.StatusCode.ERROR)
        if response.is_streamed:
            response.call_on_close(span.end)
        else:
            span.end()
        return response

    def screened(found: Sequence[Screening]) -> None:
        span = trace.get_current_span()
        span.set_attribute("exposure.screenings", len(found))
        if len(found) == 1:
            span.set_attribute("exposure.outcome", found[0].outcome.value)
            span.set_attribute("exposure.snapshot", found[0].snapshot)

    app.before_request(begin)
    app.after_request(end)
    screener.watch(screened)
