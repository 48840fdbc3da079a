"""``exposure worker``: a process that works on jobs, on this machine or a further one."""

from __future__ import annotations

import logging
import signal
import threading

import click

from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.screener import Screener


@click.command()
def worker() -> None:
    """Work on jobs, and deliver callbacks, until SIGTERM; what is not done then, others go on with.

    The service works on jobs by itself.  Further machines need the same database (EXPOSURE_DATABASE_URL), the same
    folder of jobs (EXPOSURE_JOB_FOLDER) and the same lists as the service.
    """
    from sanctions_exposure.jobs.courier import Courier
    from sanctions_exposure.jobs.desk import JobDesk

    logging.getLogger("sanctions_exposure").setLevel(logging.INFO)
    settings, ended = Settings.from_env(), threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: ended.set())
    database = Database(settings.database_url, settings.data)
    database.prepare()
    runner = JobDesk.of(settings, database).runner(Screener.open(settings))
    click.echo(
        f"Working on the jobs in {runner.folders.root}, against snapshot {runner.screener.snapshot.id}", err=True
    )
    Courier.of(settings, database).beside(runner.work)(lambda: not ended.is_set())
