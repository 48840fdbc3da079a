"""``exposure serve``: the HTTP service."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import click

from sanctions_exposure.errors import SettingsError, StorageUnavailable
from sanctions_exposure.logs import configure
from sanctions_exposure.model import ListStateName
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.clock import RefreshClock
from sanctions_exposure.wiring.keyring import Keyring
from sanctions_exposure.wiring.readiness import Readiness
from sanctions_exposure.wiring.screener import Screener

_LOG: Final = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="Address to listen on.  [EXPOSURE_HOST, else 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="[EXPOSURE_PORT, else 8080]")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer.  [EXPOSURE_WORKERS, else 2]")
@click.option("--anonymous", is_flag=True, help="Ask nobody for a key, wherever it listens.  [EXPOSURE_ANONYMOUS]")
def serve(host: str | None, port: int | None, workers: int | None, *, anonymous: bool) -> None:
    """Answer over HTTP; no other server is needed."""
    from sanctions_exposure.api import create_app
    from sanctions_exposure.api.metrics import share
    from sanctions_exposure.api.serve import Calls
    from sanctions_exposure.api.serve import serve as run
    from sanctions_exposure.jobs.courier import Courier
    from sanctions_exposure.jobs.desk import JobDesk

    said = Settings.from_env()
    settings = replace(
        said,
        host=said.host if host is None else host,
        port=said.port if port is None else port,
        workers=said.workers if workers is None else workers,
        anonymous=said.anonymous or anonymous,
    )
    _refuse_taken(settings)
    as_json = _log(settings)
    database = Database(settings.database_url, settings.data)
    with ThreadPoolExecutor(1) as aside:  # its libraries are read while the snapshot is
        prepared = aside.submit(_prepare, database)
        screener = Screener(settings)
        screener.prepare(thoroughly=True)
        prepared.result()
    keyring = Keyring.of(settings, database)
    _refuse_open_doors(settings, keyring)
    Readiness(screener, keyring, database.check, settings.required_lists).check()
    runner = JobDesk.of(settings, database).runner(screener)
    background = Courier.of(settings, database).beside(runner.work)
    clock = RefreshClock(settings) if settings.refresh else None
    counts = share(settings.data / "run")
    app = create_app(settings, screener, clock, database, keyring)
    calls = Calls(
        started=lambda at: _greet(at, screener, as_json=as_json),
        look=screener.reload,
        warm=lambda: _warm(settings, screener),
        renew=screener.renew,
        background=background if settings.job_workers else None,
    )
    run(settings, lambda: app, calls, clock, counts)


def _refuse_taken(settings: Settings) -> None:
    """Refuse an address that cannot be listened on, before a snapshot is opened for it.

    Raises:
        SettingsError: another listens there, or this machine has no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[
            0
        ]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}"
        ) from None


def _warm(settings: Settings, screener: Screener) -> None:
    from sanctions_exposure.api.traces import start

    if settings.traces:
        start()
    screener.warm()


def _log(settings: Settings) -> bool:
    """Let this process, and the refreshes it starts, log in one form; return whether that is JSON."""
    form = settings.log
    if form == "auto":
        form = "text" if sys.stderr.isatty() else "json"
    os.environ["EXPOSURE_LOG"] = form
    configure(form, settings.log_level)
    return form == "json"


def _prepare(database: Database) -> None:
    try:
        database.prepare()
    except StorageUnavailable as error:
        _LOG.error("%s; questions are answered, nothing is remembered", error)


def _refuse_open_doors(settings: Settings, keyring: Keyring) -> None:
    """Refuse to let everybody on a network in, unless whoever starts us says that they want it.

    Raises:
        SettingsError: others can reach us, and no key would be asked of them.
    """
    try:
        if keyring.asked():
            return
    except StorageUnavailable as error:
        _LOG.error("%s; nobody is let in until it is known which keys there are", error)
        return
    local = _is_loopback(settings.host)
    if settings.anonymous:
        who = "this machine" if local else "anybody who reaches it"
        _LOG.warning("EXPOSURE_ANONYMOUS: no key is asked for; %s may ask, read and change everything", who)
    elif not local:
        raise SettingsError(
            f"{settings.host} is reached by others, and there is no key they would be asked for: create one with "
            "`exposure keys create NAME`, or give EXPOSURE_API_KEYS; EXPOSURE_ANONYMOUS=true lets everybody in"
        )


def _is_loopback(host: str) -> bool:
    try:
        found = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return all(ipaddress.ip_address(address).is_loopback for address in found)


def _greet(address: str, screener: Screener, *, as_json: bool) -> None:
    lines = [f"Listening on {address}", f"  documentation {address}/docs", f"  data folder   {screener.settings.data}"]
    if reasons := screener.reasons_not_ready():
        lines += ["NOT READY, every question is answered 503:", *(f"  {reason}" for reason in reasons)]
    else:
        states = screener.lists()
        for state in states:
            if state.state is not ListStateName.MISSING:
                lines.append(f"  {state.state.value:5} {state.id}: {state.entities:,} entries, version {state.version}")
        missing = [state.id for state in states if state.state is ListStateName.MISSING]
        if missing:
            lines.append(f"Not loaded, so not screened against: {', '.join(missing)}")
            lines.append(f"  EXPOSURE_DATA={screener.settings.data} exposure lists refresh [ID --from FOLDER]")
        if screener.settings.refresh:
            lines.append("Lists are fetched from their publishers in the background  [EXPOSURE_REFRESH=false: never]")
    for line in lines:
        if as_json:
            _LOG.info("%s", line.strip())
        else:
            click.echo(line)
