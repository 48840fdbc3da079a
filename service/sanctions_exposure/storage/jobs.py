"""Jobs as the database knows them. It is the truth: whatever files say beyond it was not yet done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import msgspec

from sanctions_exposure.storage.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Row

State = Literal["queued", "running", "done", "failed"]
Form = Literal["csv", "ndjson"]

_ENDED: Final = ("done", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is known of one job; moments are seconds since 1970."""

    id: str
    owner: str = ""  # name of the key that handed it in; empty: nobody was asked for one
    state: State
    created: float
    ended: float | None = None
    form: Form
    options: Mapping[str, Any] = field(default_factory=dict)
    size: int  # bytes of the input
    place: int = 0  # bytes of it that are done
    rows: int = 0
    tally: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    snapshot: str = ""  # every row is screened against this one; empty: not begun
    basis: str = ""  # rules and program they are screened by
    turn: int = 0
    idle_turns: int = 0  # before this one, in a row, without a row done
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job has come, to be committed as one: all of it stands, or none."""

    place: int
    rows: int
    tally: Mapping[str, int]
    seconds: float
    length: int  # bytes of this turn's part, safely on disk


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one database; safe for several processes and machines."""

    database: Database

    def add(self, job_id: str, form: Form, options: Mapping[str, Any], size: int, owner: str = "") -> Job:
        """Take in a job whose input is safely on disk."""
        from sanctions_exposure.storage.tables import JOB

        with self.database.writing() as connection:
            now = self.database.now(connection)
            connection.execute(
                JOB.insert().values(
                    id=job_id, owner=owner, form=form, options=_json(options), size=size, state="queued", created=now,
                    due=now, place=0, rows=0, tally="{}", seconds=0.0, snapshot="", basis="", turn=0, idle_turns=0,
                    holder="", beat=0.0, error="",
                )
            )  # fmt: skip
        return Job(id=job_id, owner=owner, state="queued", created=now, form=form, options=options, size=size)

    def find(self, job_id: str) -> Job | None:
        """Return one job."""
        from sanctions_exposure.storage.tables import JOB

        with self.database.reading() as connection:
            row = connection.execute(JOB.select().where(JOB.c.id == job_id)).one_or_none()
        return _job(row) if row else None

    def parts(self, job_id: str) -> list[tuple[int, int]]:
        """Return the turns that wrote a part of the result, in order, and how many bytes of each count."""
        from sanctions_exposure.storage.tables import PART

        with self.database.reading() as connection:
            found = connection.execute(
                PART.select().where(PART.c.job == job_id, PART.c.length > 0).order_by(PART.c.turn)
            )
            return [(row.turn, row.length) for row in found]

    def remove(self, job_id: str) -> bool:
        """Forget a job; whoever works on it notices. Return whether there was one."""
        from sanctions_exposure.storage.tables import JOB

        with self.database.writing() as connection:
            return connection.execute(JOB.delete().where(JOB.c.id == job_id)).rowcount > 0

    def expired(self, kept: float) -> list[str]:
        """Return the jobs that ended more than *kept* seconds ago."""
        from sqlalchemy import select

        from sanctions_exposure.storage.tables import JOB

        with self.database.reading() as connection:
            before = self.database.now(connection) - kept
            return list(connection.scalars(select(JOB.c.id).where(JOB.c.state.in_(_ENDED), JOB.c.ended < before)))

    def waiting(self) -> int:
        """Return how many jobs nobody works on yet."""
        from sqlalchemy import func, select

        from sanctions_exposure.storage.tables import JOB

        with self.database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(JOB).where(JOB.c.state == "queued")) or 0

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are, by state.

        Raises:
            StorageUnavailable: they cannot be counted.
        """
        from sqlalchemy import func, select

        from sanctions_exposure.storage.tables import JOB

        with self.database.reading() as connection:
            found = connection.execute(select(JOB.c.state, func.count()).group_by(JOB.c.state)).all()
        return dict.fromkeys(get_args(State), 0) | {str(state): int(count) for state, count in found}

    # -- working -----------------------------------------------------------------------------------

    def take(self, holder: str, lease: float, dead: Sequence[str] = ()) -> Job | None:
        """Begin a turn of the oldest job that waits, or whose holder is gone; None when there is none.

        Args:
            holder: who takes it.
            lease: seconds without a beat after which a holder counts as gone.
            dead: holders known to be gone at once.
        """
        from sqlalchemy import and_, or_, select

        from sanctions_exposure.storage.tables import JOB, PART

        with self.database.writing() as connection:
            now = self.database.now(connection)
            gone = or_(JOB.c.beat < now - lease, JOB.c.holder.in_([holder, *dead]))
            free = or_(
                and_(JOB.c.state == "queued", JOB.c.due <= now),
                and_(JOB.c.state == "running", gone),
            )
            found = connection.execute(
                select(JOB).where(free).order_by(JOB.c.created).limit(1).with_for_update(skip_locked=True)
            ).one_or_none()
            if found is None:
                return None
            turn = found.turn + 1
            connection.execute(
                JOB.update()
                .where(JOB.c.id == found.id)
                .values(state="running", turn=turn, idle_turns=found.idle_turns + 1, holder=holder, beat=now)
            )
            connection.execute(PART.insert().values(job=found.id, turn=turn, length=0))
        return replace(_job(found), state="running", turn=turn, idle_turns=found.idle_turns)

    def holders(self) -> list[str]:
        """Return who works on a job."""
        from sqlalchemy import select

        from sanctions_exposure.storage.tables import JOB

        with self.database.reading() as connection:
            return list(connection.scalars(select(JOB.c.holder).where(JOB.c.state == "running")))

    def begin(self, job: Job, *, anew: bool) -> bool:
        """Note what a job is screened against; *anew*: whatever was done before does not count.

        Returns:
            Whether the turn is still ours.
        """
        from sanctions_exposure.storage.tables import PART

        changes: dict[str, Any] = {"snapshot": job.snapshot, "basis": job.basis}
        if anew:
            changes |= {"place": 0, "rows": 0, "tally": "{}", "seconds": 0.0}
        with self.database.writing() as connection:
            if not self._change(connection, job, changes):
                return False
            if anew:
                connection.execute(PART.update().where(PART.c.job == job.id).values(length=0))
        return True

    def advance(self, job: Job, progress: Progress) -> bool:
        """Commit what was done in this turn.

        Returns:
            Whether the turn is still ours; if not, nothing was committed and nothing more may be done.
        """
        from sanctions_exposure.storage.tables import PART

        changes = {
            "place": progress.place,
            "rows": progress.rows,
            "tally": _json(progress.tally),
            "seconds": progress.seconds,
        }
        if progress.rows > job.rows:
            changes["idle_turns"] = 0
        with self.database.writing() as connection:
            changes["beat"] = self.database.now(connection)
            if not self._change(connection, job, changes):
                return False
            connection.execute(
                PART.update().where(PART.c.job == job.id, PART.c.turn == job.turn).values(length=progress.length)
            )
        return True

    def beat(self, job: Job) -> bool:
        """Say that the holder lives; return whether the turn is still ours."""
        with self.database.writing() as connection:
            return self._change(connection, job, {"beat": self.database.now(connection)})

    def end(self, job: Job, error: str = "") -> bool:
        """Finish a job, well or with an error; return whether the turn was still ours."""
        with self.database.writing() as connection:
            now = self.database.now(connection)
            state = "failed" if error else "done"
            return self._change(connection, job, {"state": state, "ended": now, "holder": "", "error": error})

    def give_back(self, job: Job, seconds: float = 0.0, reason: str = "") -> bool:
        """Let another take the job up, in *seconds* at the earliest; return whether the turn was still ours."""
        with self.database.writing() as connection:
            now = self.database.now(connection)
            changes = {"state": "queued", "due": now + seconds, "holder": "", "error": reason, "idle_turns": 0}
            return self._change(connection, job, changes)

    def _change(self, connection: Any, job: Job, changes: Mapping[str, Any]) -> bool:
        from sanctions_exposure.storage.tables import JOB

        ours = (JOB.c.id == job.id) & (JOB.c.turn == job.turn) & (JOB.c.state == "running")
        found: int = connection.execute(JOB.update().where(ours).values(**changes)).rowcount
        return found == 1


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        owner=row.owner,
        state=row.state,
        created=row.created,
        ended=row.ended,
        form=row.form,
        options=msgspec.json.decode(row.options),
        size=row.size,
        place=row.place,
        rows=row.rows,
        tally=msgspec.json.decode(row.tally),
        seconds=row.seconds,
        snapshot=row.snapshot,
        basis=row.basis,
        turn=row.turn,
        idle_turns=row.idle_turns,
        error=row.error,
    )


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
