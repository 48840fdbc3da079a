"""Runs the application under gunicorn: workers fork from a process that has the index open, and so share it."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from sanctions_exposure.api.metrics import bury, forget
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.clock import RefreshClock

_NICENESS: Final = 5  # of work in the background: whoever waits for an answer comes first


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's own log, in our form and without what it quotes: addresses and headers carry names and keys."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers[:]:
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True

    def exception(self, msg: str, *_args: object, **said: Any) -> None:
        super().exception(msg.partition(" %s")[0], **said)

    def warning(self, msg: str, *args: object, **said: Any) -> None:
        if msg.startswith("Invalid request from"):
            msg, args = msg.partition(": ")[0].replace("%", "%%"), ()
        super().warning(msg, *args, **said)


# Works until what it is given says that the process is to end, and asks it often.
Background = Callable[[Callable[[], bool]], None]


class _Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master; on SIGHUP it keeps its workers and tells them to renew: no client loses its connection."""

    def handle_hup(self) -> None:
        self.app.renew()  # here too: a worker that is replaced later starts from what this process holds
        self.kill_workers(signal.SIGUSR2)

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 - gunicorn's own signature
        """Refuse whoever comes from now on: workers that finish their answers hold the socket open."""
        if self.reexec_pid == self.master_pid == 0:
            self.kill_workers(signal.SIGTERM if graceful else signal.SIGQUIT)
            for listener in self.LISTENERS:
                with suppress(OSError):  # not every system knows this of a socket that listens
                    listener.sock.shutdown(socket.SHUT_RDWR)
        super().stop(graceful)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """A process that answers, or one that works in the background: both are watched and replaced by the same master.

    A slow client holds a thread of it, not the process.
    """

    in_the_background = False

    def run(self) -> None:
        """Do its kind of work until the end."""
        if not self.in_the_background:
            super().run()
            return
        os.nice(_NICENESS)
        self.app.background(self._going)

    def _going(self) -> bool:
        self.notify()  # a worker that is silent for longer than the timeout is replaced
        return bool(self.alive and self.is_parent_alive())

    def accept(self, listener: socket.socket) -> None:
        """Take the next client, or begin to stop where the master has already shut the door."""
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self.alive = False


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, options: dict[str, Any], load: Callable[[], Flask], calls: Calls) -> None:
        self._options, self._load = options, load
        self.renew, self.background = calls.renew, calls.background
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)
        if "control_socket_disable" in self.cfg.settings:  # since gunicorn 25.1 it opens a socket for commands
            self.cfg.set("control_socket_disable", True)  # noqa: FBT003 - gunicorn's own signature

    def load(self) -> Flask:
        return self._load()

    def run(self) -> None:
        _Master(self).run()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What is called beside the answers."""

    started: Callable[[str], None]  # told the address once we listen
    look: Callable[[], object]  # before each worker is forked: one that replaces a dead one starts from today's lists
    warm: Callable[[], None]  # in each worker when it begins
    renew: Callable[[], None]  # on SIGHUP, in every process: reads what can be read again
    background: Background | None = None  # what processes of their own do beside those that answer


def serve(
    settings: Settings, load: Callable[[], Flask], calls: Calls, clock: RefreshClock | None, counts: Path
) -> None:
    """Answer until SIGTERM or SIGINT.

    Args:
        settings: where to listen, and with how many workers.
        load: gives the application.
        calls: what is called at which moment.
        clock: runs in a worker, where there is one.
        counts: the folder that workers count in.
    """

    def assign(master: _Master, worker: _Worker) -> None:
        calls.look()
        answering = sum(not one.in_the_background for one in master.WORKERS.values())
        worker.in_the_background = answering >= settings.workers

    def told(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=calls.renew, name="renew", daemon=True).start()

    def begin(worker: _Worker) -> None:
        signal.signal(signal.SIGUSR2, told)
        signal.siginterrupt(signal.SIGUSR2, False)  # noqa: FBT003 - a request that is being read goes on being read
        if not worker.in_the_background:
            calls.warm()
        if clock is not None:
            clock.start()

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "bind": f"{host}:{settings.port}",
        "workers": settings.workers + (settings.job_workers if calls.background else 0),
        "worker_class": _Worker,
        "threads": 8,  # a table that streams holds one for as long as it takes; see api.table
        "preload_app": True,
        "keepalive": 30,
        "timeout": 60,
        "graceful_timeout": 20,
        "accesslog": None,  # ours says more, and nothing that could be a name
        "errorlog": "-",
        "logger_class": _Log,
        "loglevel": "warning",
        "limit_request_line": 8190,
        "when_ready": lambda arbiter: calls.started(
            f"http://{arbiter.LISTENERS[0].getsockname()[0]}:{arbiter.LISTENERS[0].getsockname()[1]}"
        ),
        "pre_fork": assign,
        # In workers, never in the process that forks them: threads do not survive a fork, and locks they hold do.
        "post_worker_init": begin,
        "child_exit": lambda _master, worker: bury(worker.pid),
        "on_exit": lambda _master: forget(counts),
    }
    if clock is not None:
        options["worker_exit"] = lambda _server, _worker: clock.stop()
    _Server(options, load, calls).run()
