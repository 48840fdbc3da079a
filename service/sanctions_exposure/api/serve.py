"""Runs the application under gunicorn: workers fork from a process that has the index open, and so share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication

from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring import RefreshClock

# The path without its query: searches carry names, and names do not belong into logs.
_ACCESS: Final = "%(t)s %(m)s %(U)s %(s)s %(B)sB %(M)sms"


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, options: dict[str, Any], load: Callable[[], Flask]) -> None:
        self._options, self._load = options, load
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._load()


def serve(
    settings: Settings,
    load: Callable[[], Flask],
    *,
    started: Callable[[str], None],
    warm: Callable[[], None],
    clock: RefreshClock | None = None,
) -> None:
    """Answer until SIGTERM or SIGINT.

    Args:
        settings: where to listen, and with how many workers.
        load: gives the application.
        started: told the address once we listen.
        warm: called in each worker when it begins.
        clock: runs in a worker, where there is one.
    """

    def begin() -> None:
        warm()
        if clock is not None:
            clock.start()

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "bind": f"{host}:{settings.port}",
        "workers": settings.workers,
        "worker_class": "gthread",  # a slow client holds a thread, not a process
        "threads": 4,
        "preload_app": True,
        "keepalive": 30,
        "timeout": 60,
        "graceful_timeout": 20,
        "accesslog": "-",
        "access_log_format": _ACCESS,
        "errorlog": "-",
        "loglevel": "warning",
        "limit_request_line": 8190,
        "when_ready": lambda arbiter: started(
            f"http://{arbiter.LISTENERS[0].getsockname()[0]}:{arbiter.LISTENERS[0].getsockname()[1]}"
        ),
        # In workers, never in the process that forks them: threads do not survive a fork, and locks they hold do.
        "post_worker_init": lambda _: begin(),
    }
    if clock is not None:
        options["worker_exit"] = lambda _server, _worker: clock.stop()
    _Server(options, load).run()
