"""The desk of jobs: takes them in, tells of them, gives their results out and forgets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sanctions_exposure.bulk.table import Reading
from sanctions_exposure.jobs.bells import Bell, bell
from sanctions_exposure.jobs.folders import Folders, Inlet, sync_folder
from sanctions_exposure.jobs.pieces import understood
from sanctions_exposure.jobs.results import result
from sanctions_exposure.jobs.runner import Pace, Runner
from sanctions_exposure.model import Json
from sanctions_exposure.question import TableLimits
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.jobs import Form, Job, Jobs
from sanctions_exposure.wiring.screener import Screener

_FOLDER: Final = "jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came in."""

    form: Form
    size: int  # bytes, unpacked
    reading: Reading = field(default_factory=Reading)  # what was said of a table
    common: Mapping[str, Json] = field(default_factory=dict)  # what holds for every row: ``as_of``, ``regimes``
    owner: str = ""  # name of the key that handed it in; empty where nobody is asked for one


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDesk:
    """All that jobs need, but somebody who works on them."""

    jobs: Jobs
    folders: Folders
    bell: Bell
    limits: TableLimits = field(default_factory=TableLimits)
    pace: Pace = field(default_factory=Pace)

    @classmethod
    def of(cls, settings: Settings, database: Database) -> JobDesk:
        """Return the desk that *settings* describe.

        Raises:
            SettingsError: a library that the queue needs is not installed.
        """
        return cls(
            jobs=Jobs(database),
            folders=Folders(settings.job_folder or settings.data / _FOLDER),
            bell=bell(settings.queue_url),
            limits=settings.table,
            pace=Pace(lease=settings.job_lease, kept=settings.job_hours * 3600.0),
        )

    def runner(self, screener: Screener) -> Runner:
        """Return a worker on the jobs of this desk."""
        return Runner(
            jobs=self.jobs, folders=self.folders, screener=screener, bell=self.bell, limits=self.limits, pace=self.pace
        )

    def inlet(self, job_id: str) -> Inlet:
        """Return what takes the upload of a job in."""
        self.folders.create(job_id)
        return Inlet(self.folders.input(job_id), self.limits.bytes)

    def take_in(self, job_id: str, upload: Upload) -> Job:
        """Take a job in whose upload is finished; from here on it is not lost.

        Args:
            job_id: of the inlet it came through.
            upload: what came.

        Raises:
            InvalidInput: nothing in it can be screened.
            StorageUnavailable: it cannot be remembered.
        """
        path = self.folders.input(job_id)
        options = {**understood(upload.form, path, upload.reading, self.limits), "common": dict(upload.common)}
        sync_folder(path.parent)
        sync_folder(self.folders.root)
        job = self.jobs.add(job_id, upload.form, options, upload.size, upload.owner)
        self.bell.ring()
        return job

    def result(self, job: Job, form: str) -> Iterator[bytes]:
        """Yield the result of a job that is done."""
        return result(job, self.jobs.parts(job.id), self.folders, form)

    def forget(self, job_id: str) -> bool:
        """Stop and delete a job with its files; return whether there was one."""
        found = self.jobs.remove(job_id)
        if found:
            self.folders.remove(job_id)
        return found
