"""What a worker does with a job, and what it does when it cannot."""

import json
from dataclasses import replace

import pytest

from sanctions_exposure.errors import NotReady
from sanctions_exposure.jobs.desk import JobDesk
from sanctions_exposure.storage.jobs import Progress
from sanctions_exposure.wiring.pinned import Pinned
from sanctions_exposure.wiring.screener import Screener
from support.jobs import expected, found, result, table, taken_in


def test_a_job_gives_the_rows_that_screening_at_once_gives(desk: JobDesk, screener: Screener) -> None:
    content = table(400)
    job = taken_in(desk, content)

    assert desk.runner(screener).once()

    assert result(desk, job) == expected(content, screener.screen_many)
    known = found(desk, job)
    assert (known.rows, known.place, sum(known.tally.values())) == (400, len(content), 400)
    assert known.snapshot == screener.snapshot.id


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_job_comes_back_in_its_own_encoding(desk: JobDesk, screener: Screener, encoding: str) -> None:
    content = "name;Ort\r\nMüller Bäckerei;Köln\r\nOJSC BelAZ;Žodino\r\n".encode(encoding)
    job = taken_in(desk, content)

    desk.runner(screener).once()

    assert result(desk, job) == expected(content, screener.screen_many)


def test_rows_are_objects_too(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, b"name,name ,Note\nOJSC BelAZ,,caf\xe9\n\nHarmless Bakery,x,\n".replace(b"name ", b"Nr"))

    desk.runner(screener).once()

    first, second = map(json.loads, result(desk, job, "ndjson").splitlines())
    assert (first["name"], first["screening_outcome"]) == ("OJSC BelAZ", "block")
    assert (second["Nr"], second["screening_outcome"]) == ("x", "clear")


def test_requests_on_lines_come_back_as_answers_and_as_a_table(desk: JobDesk, screener: Screener) -> None:
    lines = [
        b'{"reference": "=1", "name": "OJSC BelAZ", "country": "by"}',
        b"",
        b"{broken",
        b'{"name": "Harmless Bakery"}',
    ]
    job = taken_in(desk, b"\n".join(lines), "ndjson")

    desk.runner(screener).once()

    answers = [json.loads(line) for line in result(desk, job, "ndjson").splitlines()]
    assert [one["outcome"] for one in answers] == ["block", "error", "clear"]
    assert answers[0]["flags"][0]["code"] == "SANCTIONED_PARTY"
    head, first, *_ = result(desk, job, "csv").decode().splitlines()
    assert head.startswith("reference,screening_outcome,")
    assert first.startswith("'=1,block,")


def test_a_result_is_parquet_too(desk: JobDesk, screener: Screener) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    job = taken_in(desk, table(50))

    desk.runner(screener).once()

    read = parquet.read_table(pyarrow.BufferReader(result(desk, job, "parquet")))
    assert read.num_rows == 50
    assert read.column_names[:5] == ["No", "name", "country", "Note", "screening_outcome"]
    assert read.column("No").to_pylist() == [str(number) for number in range(50)]


def test_every_row_is_judged_by_the_day_the_job_came_in(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, b'{"name": "OJSC BelAZ"}\n{"name": "OJSC BelAZ", "as_of": "2020-01-01"}\n', "ndjson")
    job = replace(job, created=1_700_000_000.0)
    taken = desk.jobs.take("us", 30)
    assert taken is not None

    desk.runner(screener)._turn(replace(taken, created=1_700_000_000.0), lambda: True)

    days = [json.loads(line)["as_of"] for line in result(desk, job, "ndjson").splitlines()]
    assert days == ["2023-11-14", "2020-01-01"]


def test_what_is_said_for_all_rows_holds_for_each(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, b'{"name": "OJSC BelAZ"}\n{"name": "OJSC BelAZ", "as_of": "2020-01-01"}\n', "ndjson")
    taken = desk.jobs.take("us", 30)
    assert taken is not None

    desk.runner(screener)._turn(replace(taken, options={"common": {"as_of": "2022-02-02"}}), lambda: True)

    days = [json.loads(line)["as_of"] for line in result(desk, job, "ndjson").splitlines()]
    assert days == ["2022-02-02"] * 2


def test_a_deleted_job_is_left_alone(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, table(800))
    runner = replace(desk, pace=replace(desk.pace, commit=0.0)).runner(screener)

    def going() -> bool:
        desk.forget(job.id)
        return True

    assert runner.once(going)

    assert desk.jobs.find(job.id) is None
    assert not desk.runner(screener).once()


def test_a_worker_that_is_to_end_gives_the_job_back_where_it_is(desk: JobDesk, screener: Screener) -> None:
    content = table(800)
    job = taken_in(desk, content)

    desk.runner(screener).once(lambda: False)

    half = found(desk, job)
    assert half.state == "queued"
    assert 0 < half.rows < 800
    desk.runner(screener).once()
    assert result(desk, job) == expected(content, screener.screen_many)


def test_a_holder_that_was_only_slow_can_spoil_nothing(desk: JobDesk, screener: Screener) -> None:
    content = table(300)
    job = taken_in(desk, content)
    slow = desk.jobs.take("elsewhere", 30)
    assert slow is not None
    late = desk.jobs.take("us", lease=-1)
    assert late is not None
    assert late.turn == slow.turn + 1

    kept = desk.jobs.advance(slow, Progress(place=5, rows=1, tally={"clear": 1}, seconds=1, length=5))

    assert kept is False
    assert desk.jobs.end(slow) is False
    desk.jobs.give_back(late)
    desk.runner(screener).once()
    assert result(desk, job) == expected(content, screener.screen_many)


def test_other_rules_begin_a_job_anew(desk: JobDesk, screener: Screener) -> None:
    content = table(800)
    job = taken_in(desk, content)
    desk.runner(screener).once(lambda: False)
    taken = desk.jobs.take("us", 30)
    assert taken is not None
    desk.jobs.begin(replace(taken, basis="rules of long ago"), anew=False)
    desk.jobs.give_back(taken)

    desk.runner(screener).once()

    assert result(desk, job) == expected(content, screener.screen_many)


def test_a_snapshot_that_is_gone_begins_a_job_anew(desk: JobDesk, screener: Screener) -> None:
    content = table(800)
    job = taken_in(desk, content)
    desk.runner(screener).once(lambda: False)
    half = desk.jobs.take("us", 30)
    assert half is not None
    desk.jobs.begin(replace(half, snapshot="20200101-000000000000"), anew=False)
    desk.jobs.give_back(half)

    desk.runner(screener).once()

    assert result(desk, job) == expected(content, screener.screen_many)
    assert found(desk, job).snapshot == screener.snapshot.id


def test_without_lists_a_job_waits_and_says_why(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, table(3))
    bare = Screener(screener.settings)
    bare._fault = NotReady("no lists at all")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bare, "reload", lambda: False)
        desk.runner(bare).once()

    known = found(desk, job)
    assert (known.state, known.error) == ("queued", "no lists at all")
    assert not desk.runner(screener).once()  # not before half a minute is over


def test_a_table_that_is_too_long_fails_with_the_limit(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, table(800))

    replace(desk, limits=replace(desk.limits, rows=500)).runner(screener).once()

    known = found(desk, job)
    assert known.state == "failed"
    assert "EXPOSURE_MAX_TABLE_ROWS" in known.error


def test_an_input_that_is_not_there_fails_and_says_what_is_shared(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, table(3))
    desk.folders.input(job.id).unlink()

    desk.runner(screener).once()

    assert "share" in found(desk, job).error


def test_a_job_that_kills_whoever_takes_it_is_given_up(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, table(3))
    for _ in range(20):
        desk.jobs.take("somebody who dies", -1)

    replace(desk, pace=replace(desk.pace, lease=-1.0)).runner(screener).once()

    known = found(desk, job)
    assert known.state == "failed"
    assert "given up" in known.error


def test_a_fault_of_ours_ends_one_job_and_not_the_worker(desk: JobDesk, screener: Screener) -> None:
    job = taken_in(desk, table(3))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pinned, "screen_many", lambda *_: 1 / 0)
        assert desk.runner(screener).once()

    assert "incident" in found(desk, job).error
