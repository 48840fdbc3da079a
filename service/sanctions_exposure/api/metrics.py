"""``GET /metrics``: what happened, counted over all processes of one service, and how things stand now.

Counts live in files that every process maps, so whichever of them is asked knows what the others counted, and what a
process counted before it died.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import wraps
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, cast

from flask import Flask, Response, current_app, request
from flask_smorest import Blueprint

from sanctions_exposure.api.gauges import Gauges
from sanctions_exposure.model import Screening

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

routes = Blueprint("metrics", __name__, description="For those who run the service.")
P = ParamSpec("P")
_KEY: Final = "sanctions_exposure.metrics"
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client when it is imported, which we therefore put off
_LOCK: Final = "lock"
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
_LOG: Final = logging.getLogger(__name__)


def _harmless(count: Callable[P, None]) -> Callable[P, None]:
    """Let a count that cannot be kept, as on a full disk, be lost rather than the answer it counts."""
    told = False

    @wraps(count)
    def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        nonlocal told
        try:
            count(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the library fails in ways of its own once a file could not grow
            if not told:
                told = True
                _LOG.error("metrics are incomplete from now on: %s", error)

    return counted


class Metrics:
    """What one process counts."""

    def __init__(self) -> None:
        """Begin at nought, or where the other processes of the service are."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        self._requests = Counter(
            "exposure_http_requests", "Answers.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "exposure_http_request_seconds",
            "Seconds until an answer was complete.",
            ("route",),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self.running = Gauge(
            "exposure_http_requests_running",
            "Requests that are being answered.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._screenings = Counter("exposure_screenings", "Screenings.", ("outcome",), registry=self.registry)
        self._hits = Counter("exposure_hits", "Listed entities found by screenings.", registry=self.registry)
        self._flags = Counter("exposure_flags", "Flags raised.", ("code", "severity"), registry=self.registry)
        self.refused = Counter(
            "exposure_http_refused", "Requests refused at the door.", ("reason",), registry=self.registry
        )
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    @_harmless
    def began(self) -> None:
        """Count a request that will be answered."""
        self.running.inc()

    @_harmless
    def turned_away(self, reason: str) -> None:
        """Count a request that was refused at the door."""
        self.refused.labels(reason).inc()

    @_harmless
    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        kept = self._counters.get((method, route, status))
        if kept is None:
            kept = self._requests.labels(method, route, str(status)), self._seconds.labels(route)
            self._counters[method, route, status] = kept
        kept[0].inc()
        kept[1].observe(seconds)
        self.running.dec()

    @_harmless
    def screened(self, found: Sequence[Screening]) -> None:
        """Count what screenings came to."""
        for one in found:
            self._screenings.labels(one.outcome.value).inc()
            for flag in one.flags:
                self._flags.labels(flag.code, flag.severity.value).inc()
        if hits := sum(party.hits for one in found for party in one.parties):
            self._hits.inc(hits)


def register(app: Flask, metrics: Metrics, gauges: Gauges) -> None:
    """Let *app* tell its metrics."""
    app.extensions[_KEY] = (metrics, gauges)


@routes.get("/metrics")
@routes.doc(
    summary="Counts and states, for Prometheus",
    responses={"200": {"description": "Answered", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics() -> Response:
    """Return every metric in the form that the scraper asks for."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.multiprocess import MultiProcessCollector

    counted, gauges = cast("tuple[Metrics, Gauges]", current_app.extensions[_KEY])
    registry = CollectorRegistry()
    if os.environ.get(_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(counted.registry)
    registry.register(gauges)
    encode, media_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=media_type)


# -- the files that processes share --------------------------------------------------------------------


def share(run: Path) -> Path:
    """Make the folder that the processes of this service count in, remove those of services that ended, and return it.

    Counts are no state worth keeping: where *run* cannot be written, a temporary folder serves as well.
    """
    run = place_for(run)
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if run.is_symlink() or run.stat().st_uid != os.geteuid():
            raise PermissionError(f"{run} belongs to somebody else")
        _clean(run)
        folder = Path(tempfile.mkdtemp(prefix="metrics-", dir=run))
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="exposure-metrics-"))
    _hold(folder / _LOCK)
    os.environ[_FOLDER] = str(folder)
    return folder


def place_for(run: Path) -> Path:
    """Return the folder in memory that stands for *run*, else *run* itself.

    Files are mapped and have holes: on a disk without room, the system would kill the process that fills one.
    """
    memory = Path("/dev/shm")  # noqa: S108 # nosec B108 - a folder of ours in it, which others cannot enter
    if not os.access(memory, os.W_OK | os.X_OK):
        return run
    name = blake2b(str(run.resolve()).encode(), digest_size=8).hexdigest()
    return memory / f"sanctions-exposure-{os.geteuid()}-{name}"


def forget(folder: Path) -> None:
    """Remove the folder of a service that ends."""
    shutil.rmtree(folder, ignore_errors=True)


def bury(pid: int) -> None:
    """Forget what a process that died was doing; what it had counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _clean(run: Path) -> None:
    for folder in run.glob("metrics-*"):
        # Whoever counts there holds the lock; the system takes it from those who died.
        lock = _hold(folder / _LOCK)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _hold(path: Path) -> int | None:
    """Lock the file at *path* for as long as this process and its children live; None when others hold it."""
    found: int | None = None
    try:
        found = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if found is not None:
            os.close(found)
        return None
    return found
