"""Takes jobs up and works on them until they are done, deleted, or somebody else has them.

What was screened is written to a part of this turn's own and synced; then the place in the input, the rows done and
the length of the part are committed as one. Whoever takes the job up later goes on from there and writes another part,
so an earlier holder that was only slow can spoil nothing: its turn is over, and no byte beyond its committed length
counts.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from sanctions_exposure import __version__
from sanctions_exposure.bulk.cells import Result, Tally
from sanctions_exposure.errors import InvalidInput, NotReady, StorageUnavailable, UnknownSnapshot
from sanctions_exposure.jobs.bells import Bell
from sanctions_exposure.jobs.folders import Folders, sync_folder
from sanctions_exposure.jobs.holder import dead, ourselves
from sanctions_exposure.jobs.pieces import pieces
from sanctions_exposure.model import Json
from sanctions_exposure.question import TableLimits
from sanctions_exposure.storage.jobs import Job, Jobs, Progress
from sanctions_exposure.wiring.pinned import Pinned
from sanctions_exposure.wiring.screener import Screener

_LOG: Final = logging.getLogger(__name__)
_MOST_IDLE_TURNS: Final = 20  # in a row without a row done: whoever takes the job up dies of it
_TOGETHER: Final = 256  # questions screened between two breaths
_SWEEP_EVERY: Final = 60.0  # seconds
_AGAIN: Final = 30.0  # seconds until a job is tried again that could not be worked on


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often work is committed and when a worker counts as gone, in seconds."""

    commit: float = 1.0
    lease: float = 30.0
    kept: float = 7 * 86_400.0  # a job that ended


class _TurnLost(Exception):  # noqa: N818 - reads as what it says
    """The job was deleted, or somebody else has it."""


@dataclass(slots=True, kw_only=True)
class Runner:
    """One worker; it does one job at a time."""

    jobs: Jobs
    folders: Folders
    screener: Screener
    bell: Bell
    limits: TableLimits = field(default_factory=TableLimits)
    pace: Pace = field(default_factory=Pace)
    _swept: float = 0.0

    def work(self, going: Callable[[], bool]) -> None:
        """Work until *going* says no; it is asked often, between any two chunks of rows."""
        while going():
            try:
                self._sweep()
                if not self.once(going):
                    self.bell.wait(1.0)
            except StorageUnavailable as error:
                _LOG.error("no jobs are done: %s", error)
                _pause(5.0, going)

    def once(self, going: Callable[[], bool] = lambda: True) -> bool:
        """Take up one job, if there is one; return whether there was.

        Raises:
            StorageUnavailable: the database is gone; what was not committed will be done again.
        """
        job = self.jobs.take(ourselves(), self.pace.lease, dead(self.jobs.holders()))
        if job is None:
            return False
        if job.idle_turns >= _MOST_IDLE_TURNS:
            said = f"given up: {job.idle_turns} workers in a row ended without finishing a row after row {job.rows}"
            self.jobs.end(job, said)
            return True
        try:
            self._turn(job, going)
        except _TurnLost:
            _LOG.info("job %s: deleted, or taken over", job.id)
        except NotReady as error:
            self.jobs.give_back(job, _AGAIN, str(error))
        except InvalidInput as error:
            self.jobs.end(job, str(error))
        except OSError as error:
            if not self.folders.input(job.id).exists():
                self.jobs.end(job, "its input is not in the folder of jobs: do all workers share it?")
            else:
                _LOG.error("job %s waits: %s", job.id, error)
                self.jobs.give_back(job, _AGAIN, f"{error.strerror}: it is tried again")
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must end one job, not the worker
            incident = uuid.uuid4().hex
            _LOG.error("incident %s in job %s", incident, job.id, exc_info=error)
            self.jobs.end(job, f"a fault of ours; it was logged as incident {incident}")
        return True

    # -- one turn --------------------------------------------------------------------------------

    def _turn(self, job: Job, going: Callable[[], bool]) -> None:
        pinned, anew = self._pinned_for(job)
        job = replace(job, snapshot=pinned.snapshot.id, basis=_basis(pinned))
        if anew:
            job = replace(job, place=0, rows=0, tally={}, seconds=0.0)
        if not self.jobs.begin(job, anew=anew):
            raise _TurnLost
        path = self.folders.part(job.id, job.turn)
        with path.open("xb") as part:
            sync_folder(path.parent)
            turn = _Turn(job=job, jobs=self.jobs, pace=self.pace, going=going, pinned=pinned)
            for piece in pieces(job, self.folders.input(job.id), turn.screen_many, turn.tally, self.limits):
                part.write(piece.content)
                turn.place, turn.rows = piece.place, piece.rows
                ending = not going()
                if ending or turn.due():
                    part.flush()
                    os.fsync(part.fileno())
                    turn.commit(part.tell())
                if ending:
                    self.jobs.give_back(job)
                    return
            part.flush()
            os.fsync(part.fileno())
            turn.commit(part.tell())
        self.jobs.end(job)

    def _pinned_for(self, job: Job) -> tuple[Pinned, bool]:
        """Return what screens *job*, and whether from its start: one result rests on one set of lists and rules."""
        self.screener.follow()
        pinned = self.screener.pinned()
        if not job.snapshot:
            return pinned, False
        if job.basis != _basis(pinned):
            _LOG.warning("job %s begins anew: rules or program are others now", job.id)
            return pinned, True
        if job.snapshot == pinned.snapshot.id:
            return pinned, False
        try:
            return self.screener.of_snapshot(job.snapshot).pinned(), False
        except (UnknownSnapshot, NotReady):
            _LOG.warning("job %s begins anew: snapshot %s is gone", job.id, job.snapshot)
            return pinned, True

    # -- keeping order ---------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Delete what expired, now and then."""
        now = time.monotonic()
        if now - self._swept < _SWEEP_EVERY and self._swept:
            return
        self._swept = now
        for job_id in self.jobs.expired(self.pace.kept):
            self.jobs.remove(job_id)
            self.folders.remove(job_id)
        for job_id in self.folders.orphans():
            if self.jobs.find(job_id) is None:
                self.folders.remove(job_id)


@dataclass(slots=True, kw_only=True)
class _Turn:
    """What was done since a job was taken up."""

    job: Job
    jobs: Jobs
    pace: Pace
    going: Callable[[], bool]
    pinned: Pinned
    tally: Tally = field(init=False)
    place: int = field(init=False)
    rows: int = field(init=False)
    _began: float = field(default_factory=time.monotonic)
    _committed: float = field(default_factory=time.monotonic)
    _beat: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.tally = Tally(outcomes=dict(self.job.tally))
        self.place, self.rows = self.job.place, self.job.rows

    def screen_many(self, requests: Sequence[Json]) -> list[Result]:
        """Answer questions by the law of the day the job came in, and say now and then that we live."""
        day = datetime.fromtimestamp(self.job.created, UTC).date().isoformat()
        common = self.job.options.get("common", {})
        found: list[Result] = []
        for start in range(0, len(requests), _TOGETHER):
            asked = [
                {"as_of": day, **one, **common} if isinstance(one, dict) else one
                for one in requests[start:][:_TOGETHER]
            ]
            found += self.pinned.screen_many(asked)
            self.going()
            if time.monotonic() - self._beat > self.pace.lease / 3:
                self._beat = time.monotonic()
                if not self.jobs.beat(self.job):
                    raise _TurnLost
        return found

    def due(self) -> bool:
        """Say whether enough was done to be committed."""
        return time.monotonic() - self._committed >= self.pace.commit

    def commit(self, length: int) -> None:
        """Let what was done stand."""
        seconds = self.job.seconds + time.monotonic() - self._began
        progress = Progress(place=self.place, rows=self.rows, tally=self.tally.outcomes, seconds=seconds, length=length)
        if not self.jobs.advance(self.job, progress):
            raise _TurnLost
        self._committed = self._beat = time.monotonic()


def _basis(pinned: Pinned) -> str:
    return f"{__version__} {pinned.ruleset.id}"


def _pause(seconds: float, going: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while going() and time.monotonic() < until:
        time.sleep(0.2)
