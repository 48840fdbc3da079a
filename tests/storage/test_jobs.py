"""Jobs in the database: each is taken by one, and what was committed stands."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import update

from sanctions_exposure.storage import Database
from sanctions_exposure.storage.jobs import Jobs, Progress
from sanctions_exposure.storage.tables import JOB


def test_the_oldest_job_is_taken_first(database: Database) -> None:
    jobs = Jobs(database)
    for number in range(3):
        jobs.add(f"job-{number}", "csv", {}, 10)

    taken = [jobs.take(f"worker-{number}", 30) for number in range(4)]

    assert [job.id if job else None for job in taken] == ["job-0", "job-1", "job-2", None]


def test_many_workers_at_once_take_each_job_once(database: Database) -> None:
    jobs = Jobs(database)
    for number in range(12):
        jobs.add(f"job-{number}", "csv", {}, 10)

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda number: jobs.take(f"worker-{number}", 30), range(12)))

    assert sorted(job.id for job in taken if job) == sorted(f"job-{number}" for number in range(12))


def test_a_job_is_free_again_when_its_holder_is_silent_or_known_to_be_gone(database: Database) -> None:
    jobs = Jobs(database)
    jobs.add("job", "csv", {}, 10)
    first = jobs.take("first", 30)
    assert first is not None

    assert jobs.take("second", 30) is None
    second = jobs.take("second", 30, dead=["first"])
    with database.writing() as connection:
        connection.execute(update(JOB).values(beat=JOB.c.beat - 31))
    third = jobs.take("third", 30)

    assert second is not None
    assert third is not None
    assert [first.turn, second.turn, third.turn] == [1, 2, 3]
    assert jobs.beat(second) is False
    assert jobs.beat(third) is True


def test_what_is_committed_is_what_the_next_holder_finds(database: Database) -> None:
    jobs = Jobs(database)
    jobs.add("job", "ndjson", {"a": 1}, 10)
    first = jobs.take("first", 30)
    assert first is not None
    jobs.advance(first, Progress(place=7, rows=2, tally={"clear": 2}, seconds=1.5, length=99))

    second = jobs.take("second", 30, dead=["first"])

    assert second is not None
    assert (second.place, second.rows, second.tally, second.idle_turns) == (7, 2, {"clear": 2}, 0)
    assert jobs.parts("job") == [(1, 99)]


def test_a_job_that_is_removed_takes_its_parts_along(database: Database) -> None:
    jobs = Jobs(database)
    jobs.add("job", "csv", {}, 10)
    taken = jobs.take("us", 30)
    assert taken is not None
    jobs.advance(taken, Progress(place=1, rows=1, tally={}, seconds=0, length=5))

    assert jobs.remove("job")

    assert jobs.parts("job") == []
    assert not jobs.end(taken)
    assert not jobs.remove("job")
