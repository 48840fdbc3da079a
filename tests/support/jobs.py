"""Jobs for tests: tables of invented parties among listed ones, taken in and compared with what they must become."""

import csv
import io
import random
from datetime import UTC, datetime

from sanctions_exposure.bulk.answers import screened
from sanctions_exposure.bulk.cells import ScreenMany, Tally
from sanctions_exposure.bulk.table import Reading, Table
from sanctions_exposure.jobs.desk import JobDesk, Upload
from sanctions_exposure.storage.jobs import Form, Job
from sanctions_exposure.wiring.pinned import new_id

_NAMES = ("OJSC BelAZ", "Harmless Bakery", "Zanzibarine Quillfeather", "?", "Vexorin Plumbatic", "БелАЗ", "Mahan Air")


def table(rows: int, seed: int = 1) -> bytes:
    """Return a table of so many rows, no two alike, with line breaks, blank lines and rows too long."""
    choose = random.Random(seed)  # noqa: S311 - repeatable, not secret
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(["No", "name", "country", "Note"])
    for number in range(rows):
        note = choose.choice(["", "two\r\nlines", 'a "quote"', "x" * choose.randrange(60)])
        extra = [""] * (choose.random() < 0.02)
        write.writerow(
            [number, f"{choose.choice(_NAMES)} {number}", choose.choice(["by", "de", "Utopia", ""]), note, *extra]
        )
        if choose.random() < 0.02:
            out.write("\r\n")
    return out.getvalue().encode()


def expected(content: bytes, screen_many: ScreenMany) -> bytes:
    """Return what a table must become."""
    return b"".join(screened(Table(io.BufferedReader(io.BytesIO(content)), Reading()), screen_many, Tally()))


def taken_in(desk: JobDesk, content: bytes, form: Form = "csv") -> Job:
    """Return a job of *content* that waits."""
    job_id = new_id(datetime.now(UTC))
    with desk.inlet(job_id) as inlet:
        inlet.write(content)
        inlet.finish()
    return desk.take_in(job_id, Upload(form=form, size=inlet.size))


def found(desk: JobDesk, job: Job) -> Job:
    """Return what is known of *job* now."""
    known = desk.jobs.find(job.id)
    assert known is not None
    return known


def result(desk: JobDesk, job: Job, form: str = "csv") -> bytes:
    """Return the result of *job*, which must be done."""
    known = found(desk, job)
    assert known.state == "done", known
    return b"".join(desk.result(known, form))
