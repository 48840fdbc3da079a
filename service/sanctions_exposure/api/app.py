"""Puts the routes, the problem documents and the API description together."""

from __future__ import annotations

from typing import Final

from flask import Flask, redirect
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.wrappers import Response

from sanctions_exposure import __version__
from sanctions_exposure.api import (
    bodies,
    callbacks,
    check,
    jobs,
    journal,
    limits,
    lists,
    metrics,
    operations,
    problems,
    query,
    reading,
    screening,
    security,
    submissions,
    table,
    traces,
)
from sanctions_exposure.api.describe import Described
from sanctions_exposure.api.gauges import Gauges
from sanctions_exposure.api.parts import Parts, hand_over
from sanctions_exposure.errors import StorageUnavailable
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.jobs import Jobs
from sanctions_exposure.wiring.aside import Aside
from sanctions_exposure.wiring.clock import RefreshClock
from sanctions_exposure.wiring.keyring import Keyring
from sanctions_exposure.wiring.readiness import Readiness
from sanctions_exposure.wiring.screener import Screener

_PARAMETERS: Final = {
    "check.check": frozenset(check.CheckSchema().fields),
    "reading.search": frozenset(reading.SearchSchema().fields),
    "tables.screen_table": frozenset(table.TableSchema().fields),
    "jobs.create": frozenset(table.TableSchema().fields),
    "submissions.submit": frozenset({"title", "by"}),
}


def create_app(
    settings: Settings,
    screener: Screener,
    clock: RefreshClock | None = None,
    database: Database | None = None,
    keyring: Keyring | None = None,
) -> Flask:
    """Return the WSGI application; *screener* may not be ready yet, and then every question is answered 503."""
    app = Flask("sanctions_exposure", static_folder=None)
    app.config |= {
        "API_TITLE": "Sanctions exposure",
        "API_VERSION": __version__,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_JSON_PATH": "openapi.json",
        "MAX_CONTENT_LENGTH": settings.max_body,
    }
    database = database or Database(settings.database_url, settings.data)
    keyring = keyring or Keyring.of(settings, database)
    readiness = Readiness(screener, keyring, Aside(database.check), settings.required_lists)
    parts = Parts(settings=settings, screener=screener, clock=clock, database=database, readiness=readiness)
    hand_over(app, parts)
    problems.register(app)
    counted = metrics.Metrics()
    screener.watch(counted.screened)
    metrics.register(app, counted, Gauges(screener, readiness.reasons, Jobs(database).counts))
    journal.register(app, counted)
    if settings.traces:
        traces.register(app, screener)
    security.register(app, keyring, opened={"metrics.metrics"} if settings.metrics == "open" else ())
    limits.register(app, settings, counted)
    query.register(app, _PARAMETERS)
    bodies.register(app)
    described = Described(app, asked=_asked(keyring))
    for blueprint in (
        screening.routes,
        table.routes,
        jobs.routes,
        check.routes,
        callbacks.routes,
        reading.routes,
        lists.routes,
        submissions.routes,
        operations.routes,
    ):
        described.register_blueprint(blueprint)
    if settings.metrics != "off":
        described.register_blueprint(metrics.routes)
    # The validator badge would call a host of somebody else.
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.json", {"validatorUrl": None, "app_name": "Sanctions exposure"})
    )
    app.add_url_rule("/", "home", _home)
    return app


def _asked(keyring: Keyring) -> bool:
    try:
        return keyring.asked()
    except StorageUnavailable:  # whoever may be asked is described as asked
        return True


def _home() -> Response:
    return redirect("/docs/")
