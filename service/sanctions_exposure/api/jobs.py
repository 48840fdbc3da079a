"""``/v1/jobs``: large files come in, are screened in the background, and their results go out."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from flask import Response, current_app, request
from flask_smorest import Blueprint
from werkzeug.exceptions import Conflict, NotAcceptable, NotFound, ServiceUnavailable
from werkzeug.exceptions import NotImplemented as Unavailable

from sanctions_exposure.api.describe import refusals, responses
from sanctions_exposure.api.parts import answer, database, screener, settings
from sanctions_exposure.api.repeats import once
from sanctions_exposure.api.security import may_have, owner
from sanctions_exposure.api.table import TableSchema, law_of, reading_of
from sanctions_exposure.api.uploads import form_of, receive
from sanctions_exposure.jobs.desk import JobDesk, Upload
from sanctions_exposure.jobs.results import FORMS, encoding
from sanctions_exposure.model import Json
from sanctions_exposure.storage.answers import Kept
from sanctions_exposure.storage.jobs import Job
from sanctions_exposure.wiring.pinned import new_id

routes = Blueprint("jobs", __name__, description="Large files, screened in the background.")
# Each holds a thread for as long as its client takes; the others answer short questions.
_AT_ONCE: Final = 2
_PLACES: Final = threading.BoundedSemaphore(_AT_ONCE)
_DESK: Final = "sanctions_exposure.jobs"
_MOMENT: Final[dict[str, Any]] = {"type": "string", "format": "date-time"}
_JOB: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "state", "created_at", "form", "bytes", "bytes_done", "rows_done"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"enum": ["queued", "running", "done", "failed"]},
        "created_at": _MOMENT,
        "ended_at": _MOMENT,
        "expires_at": _MOMENT,
        "form": {"enum": ["csv", "ndjson"]},
        "bytes": {"type": "integer"},
        "bytes_done": {"type": "integer"},
        "rows_done": {"type": "integer"},
        "outcomes": {"type": "object", "additionalProperties": {"type": "integer"}},
        "rows_per_second": {"type": "number"},
        "seconds_left": {"type": "number", "description": "by the rate so far"},
        "remarks": {"type": "array", "items": {"type": "string"}, "description": "what was found out of the table"},
        "snapshot": {"type": "string"},
        "error": {"type": "string"},
        "result": {"type": "string", "description": "where the result is, once it is done"},
    },
}
_UPLOAD: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_TAKEN: Final[dict[str, Any]] = {
    "202": {
        "description": "Taken in, and not lost from here on",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": _JOB}},
    }
}


@routes.post("/v1/jobs")
@routes.doc(
    summary="Screen a large file in the background",
    parameters=[
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "maxLength": 255},
            "description": "The same key with the same upload is one job.",
        },
        {"in": "query", "schema": TableSchema},
    ],
    requestBody={
        "required": True,
        "description": "Each may be gzip.",
        "content": {
            "text/csv": _UPLOAD,
            "application/x-ndjson": _UPLOAD,
            "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _UPLOAD["schema"]}}},
        },
    },
    responses=refusals(400, 409, 413, 415, 422, 503) | _TAKEN,
)
@routes.arguments(TableSchema, location="query")
def create(arguments: dict[str, Any]) -> Response:
    """Take a file in; it is screened against the lists and the law of today, whenever its turn comes."""
    _ = screener().snapshot  # without lists, none should wait for an answer
    found, known = desk(), settings()
    if found.jobs.waiting() >= known.max_jobs:
        raise ServiceUnavailable(f"{known.max_jobs} jobs are waiting already (EXPOSURE_MAX_JOBS)", retry_after=60)
    if not _PLACES.acquire(blocking=False):
        raise ServiceUnavailable(f"{_AT_ONCE} uploads are on their way already", retry_after=10)
    try:
        return _taken_in(arguments)
    finally:
        _PLACES.release()


def _taken_in(arguments: dict[str, Any]) -> Response:
    found = desk()
    reading, common = reading_of(arguments), law_of(arguments)
    form = form_of(request.mimetype)
    job_id = new_id(datetime.now(UTC))
    kept = False
    try:
        with found.inlet(job_id) as inlet:
            named = receive(inlet, found.limits.bytes)
            digest = inlet.finish()

            def taken() -> Kept:
                nonlocal kept
                upload = Upload(form=form or named, size=inlet.size, reading=reading, common=common, owner=owner())
                job = found.take_in(job_id, upload)
                kept = True
                return Kept(HTTPStatus.ACCEPTED, msgspec.json.encode(_document(job)), "application/json")

            response = once(hashlib.sha256(f"{request.full_path}\n{digest}".encode()).hexdigest(), taken)
    finally:
        if not kept:
            found.folders.remove(job_id)
    response.headers["Location"] = f"/v1/jobs/{msgspec.json.decode(response.get_data())['id']}"
    return response


@routes.get("/v1/jobs/<uuid:job_id>")
@routes.doc(summary="How far a job is", responses=responses(_JOB, 404, 503))
def progress(job_id: UUID) -> Response:
    """Tell the state of a job, the rows done, their rate and the time left."""
    return answer(_document(_found(job_id)))


@routes.get("/v1/jobs/<uuid:job_id>/result")
@routes.doc(
    summary="The result of a job that is done",
    responses=refusals(404, 406, 409, 501, 503)
    | {"200": {"description": "Every row that came in", "content": dict.fromkeys(FORMS, _UPLOAD)}},
)
def result(job_id: UUID) -> Response:
    """Give the result out in the form that is accepted: as it came, if that is left open."""
    job = _found(job_id)
    if job.state == "failed":
        raise Conflict(f"the job failed, so it has no result: {job.error}")
    if job.state != "done":
        raise Conflict(f"the job is {job.state}: GET /v1/jobs/{job.id} tells how far it is")
    own = next(kind for kind, form in FORMS.items() if form == job.form)
    offered = [own, *(kind for kind in FORMS if kind != own)]
    kind = request.accept_mimetypes.best_match(offered) if request.accept_mimetypes else own
    if kind is None:
        raise NotAcceptable(f"a result can be had as {', '.join(offered)}")
    form = FORMS[kind]
    if form == "parquet" and find_spec("pyarrow") is None:
        raise Unavailable("Parquet needs a library here: pip install 'sanctions-exposure[parquet]'")
    content_type = f"{kind}; charset={encoding(job)}" if form == "csv" else kind
    response = Response(desk().result(job, form), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{job.id}.{form}"'
    return response


@routes.delete("/v1/jobs/<uuid:job_id>")
@routes.doc(summary="Cancel and delete a job", responses={"204": {"description": "Gone"}} | refusals(404, 503))
def delete(job_id: UUID) -> Response:
    """Stop a job, wherever it is, and delete it with its input and result."""
    if not desk().forget(_found(job_id).id):
        raise NotFound("there is no job of that id; it may have expired")
    return Response(status=HTTPStatus.NO_CONTENT)


def desk() -> JobDesk:
    """Return the desk of the running application."""
    found = current_app.extensions.get(_DESK)
    if found is None:
        found = current_app.extensions[_DESK] = JobDesk.of(settings(), database())
    return cast("JobDesk", found)


def _found(job_id: UUID) -> Job:
    job = desk().jobs.find(str(job_id))
    if job is None or not may_have(job.owner):
        raise NotFound("there is no job of that id; it may have expired")
    return job


def _document(job: Job) -> dict[str, Json]:
    document: dict[str, Json] = {
        "id": job.id,
        "state": job.state,
        "created_at": _moment(job.created),
        "form": job.form,
        "bytes": job.size,
        "bytes_done": job.place,
        "rows_done": job.rows,
        "outcomes": dict(sorted(job.tally.items())),
    }
    if job.ended is not None:
        document["ended_at"] = _moment(job.ended)
        document["expires_at"] = _moment(job.ended + settings().job_hours * 3600)
    if job.seconds > 0:
        document["rows_per_second"] = round(job.rows / job.seconds, 1)
    if job.state == "running" and job.seconds > 0 and job.place > 0:
        document["seconds_left"] = round((job.size - job.place) * job.seconds / job.place, 1)
    if job.state == "done":
        document["result"] = f"/v1/jobs/{job.id}/result"
    return document | {name: value for name in ("snapshot", "error") if (value := getattr(job, name))}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
