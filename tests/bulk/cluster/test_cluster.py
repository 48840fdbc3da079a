import csv
import io
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanctions_exposure.bulk.answers import screened as screened_table
from sanctions_exposure.bulk.cells import OUTPUT, Tally
from sanctions_exposure.bulk.table import Table
from sanctions_exposure.errors import InvalidInput, NotReady
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.spread import basis_of, screen_on
from support.server import until
from support.spread import said_back, slowly

dd = pytest.importorskip("dask.dataframe", reason="needs the extra cluster")
distributed = pytest.importorskip("distributed", reason="needs the extra cluster")

from sanctions_exposure.bulk.cluster.parts import find_parts, prepare_folder  # noqa: E402
from sanctions_exposure.bulk.cluster.run import RECORD, Run, connected, screen_parts  # noqa: E402

NAMES = ["OJSC BelAZ", "БелАЗ", "Quorvane Blixtrop", "", "=1+1", "Bandar Abbas Shipping", "Naftiran Intertrade", "?!"]
rows = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["by", "ir", "", "Atlantis"])), min_size=1)


def portfolio(size: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": range(size),
            "name": [f"{NAMES[i % len(NAMES)]} {i // 40}" for i in range(size)],
            "country": [("by", "ir", "")[i % 3] for i in range(size)],
        }
    )


def run_of(screener: Screener, source: str, folder: str) -> Run:
    prepare_folder(folder)
    return Run(parts=find_parts([source]), folder=folder, basis=basis_of(screener), mapping={})


def screened(client: "distributed.Client", run: Run) -> int:
    return sum(done.rows for done in screen_parts(client, run, partial(screen_on, run.basis)))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.integers(1, 4))
def test_dask_says_what_pandas_says(
    screener: Screener, client: "distributed.Client", table: list[tuple[str, str]], partitions: int
) -> None:
    frame = pd.DataFrame(table, columns=["name", "country"], dtype="object")

    spread = screener.screen_dask(dd.from_pandas(frame, npartitions=partitions)).compute()

    alone = screener.screen_frame(frame)
    assert list(spread.columns) == list(alone.columns)
    assert spread.astype(str).to_numpy().tolist() == alone.astype(str).to_numpy().tolist()


def test_a_frame_that_was_screened_before_is_answered_anew(screener: Screener, client: "distributed.Client") -> None:
    frame = screener.screen_frame(portfolio(8)).assign(screening_outcome="of last year")

    spread = screener.screen_dask(dd.from_pandas(frame, npartitions=2)).compute()

    assert list(spread.columns) == ["id", "name", "country", *OUTPUT]
    assert "of last year" not in set(spread["screening_outcome"])


def test_partitioned_parquet_is_read_and_written_row_for_row(
    screener: Screener, client: "distributed.Client", tmp_path: Path
) -> None:
    frame = portfolio(90)
    dd.from_pandas(frame, npartitions=3).to_parquet(tmp_path / "in")

    told = screened(client, run_of(screener, str(tmp_path / "in"), str(tmp_path / "out")))

    out = pd.read_parquet(sorted((tmp_path / "out").glob("part-*.parquet")))
    assert told == 90
    assert out["id"].tolist() == frame["id"].tolist()
    assert out[list(OUTPUT)].to_numpy().tolist() == screener.screen_frame(frame)[list(OUTPUT)].to_numpy().tolist()


def test_csv_files_come_back_byte_for_byte_as_from_one_process(
    screener: Screener, client: "distributed.Client", tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    ugly = b'name;note\r\n"OJSC BelAZ";"two\r\nlines"\r\nQuorvane;\xff\r\n?!;x;y\r\n'
    (tmp_path / "in" / "b.csv").write_bytes(ugly)
    (tmp_path / "in" / "a.csv").write_bytes(b"name\nOJSC BelAZ\n")
    (tmp_path / "in" / "_SUCCESS").write_bytes(b"")

    screened(client, run_of(screener, str(tmp_path / "in"), str(tmp_path / "out")))

    alone = b"".join(screened_table(Table(io.BytesIO(ugly)), screener.screen_many, Tally()))
    assert (tmp_path / "out" / "part-000001.csv").read_bytes() == alone
    assert len(list(csv.reader((tmp_path / "out" / "part-000000.csv").open()))) == 2


def test_a_record_of_the_whole_result_is_written_last(
    screener: Screener, client: "distributed.Client", tmp_path: Path
) -> None:
    portfolio(6).to_parquet(tmp_path / "in.parquet")
    run = run_of(screener, str(tmp_path / "in.parquet"), str(tmp_path / "out"))

    work = screen_parts(client, run, partial(screen_on, run.basis))
    next(work)

    assert not (tmp_path / "out" / RECORD).exists()
    assert not list(work)
    assert screener.snapshot.id in (tmp_path / "out" / RECORD).read_text()


def test_a_worker_killed_in_the_middle_changes_nothing(
    screener: Screener, client: "distributed.Client", tmp_path: Path
) -> None:
    frame = portfolio(120)
    (tmp_path / "in").mkdir()
    for number in range(6):
        frame[number * 20 : number * 20 + 20].to_csv(tmp_path / "in" / f"{number}.csv", index=False)
    run = run_of(screener, str(tmp_path / "in"), str(tmp_path / "out"))
    trace = tmp_path / "trace"
    client.wait_for_workers(2)

    work = screen_parts(client, run, partial(slowly, screen_many=partial(screen_on, run.basis), seen=str(trace)))
    first = next(work)
    begun = len(trace.read_text().split())
    until(lambda: len(trace.read_text().split()) > begun)
    os.kill(int(trace.read_text().split()[-1]), signal.SIGKILL)  # which has only just begun a part
    done = [first, *work]

    assert sum(one.rows for one in done) == 120
    out = pd.concat(
        [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted((tmp_path / "out").glob("part-*"))]
    )
    alone = screener.screen_frame(frame)
    assert out["id"].tolist() == [str(number) for number in range(120)]
    assert out[list(OUTPUT)].to_numpy().tolist() == alone[list(OUTPUT)].to_numpy().tolist()
    assert len(trace.read_text().split()) > 6  # a part was begun again
    client.wait_for_workers(2)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"snapshot": "20200101-0123456789ab"}, "holds no snapshot 20200101-0123456789ab"),
        ({"ruleset": "sha256:0"}, "this run was begun with sha256:0"),
        ({"engine": "0.0.1"}, "this run was begun with 0.0.1"),
    ],
)
def test_a_worker_refuses_another_basis(
    screener: Screener, client: "distributed.Client", tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    portfolio(3).to_parquet(tmp_path / "in.parquet")
    run = run_of(screener, str(tmp_path / "in.parquet"), str(tmp_path / "out"))
    run = replace(run, basis=replace(run.basis, **changed))

    with pytest.raises(NotReady, match=said):
        screened(client, run)

    assert not (tmp_path / "out" / RECORD).exists()


def test_a_worker_refuses_other_lists_under_the_same_name(
    screener: Screener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    theirs = tmp_path / "data"
    shutil.copytree(screener.settings.data, theirs)
    lines = theirs / "snapshots" / screener.snapshot.id / "entities.jsonl"
    lines.write_bytes(lines.read_bytes().replace(b"BelAZ", b"BelAX"))
    monkeypatch.setenv("EXPOSURE_DATA", str(theirs))
    basis = replace(basis_of(screener), common={"regimes": ["eu"]})
    monkeypatch.setattr("sanctions_exposure.wiring.spread._open", {})

    with pytest.raises(NotReady, match=r"entities\.jsonl is not as it was published"):
        screen_on(basis, [{"name": "OJSC BelAZ"}])


def test_a_file_without_a_column_to_screen_is_named(
    screener: Screener, client: "distributed.Client", tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("x\n1\n", encoding="ascii")

    with pytest.raises(InvalidInput, match=r"in\.csv: no column can be screened"):
        screened(client, run_of(screener, str(tmp_path / "in.csv"), str(tmp_path / "out")))


def test_results_are_not_mixed_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "part-000007.parquet").write_bytes(b"of another night")

    with pytest.raises(InvalidInput, match="not empty"):
        prepare_folder(str(tmp_path))


def test_a_scheduler_that_is_not_there_is_named() -> None:
    with pytest.raises(NotReady, match="no Dask scheduler answers"), connected("nonsense://127.0.0.1:1"):
        pass


def test_folders_of_two_kinds_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\n", encoding="ascii")
    portfolio(1).to_parquet(tmp_path / "b.parquet")

    with pytest.raises(InvalidInput, match="csv and parquet"):
        find_parts([str(tmp_path)])


def test_a_large_parquet_file_falls_into_parts_of_whole_row_groups(
    screener: Screener, client: "distributed.Client", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sanctions_exposure.bulk.cluster.parts._LARGE", 1500)
    frame = portfolio(100)
    frame.to_parquet(tmp_path / "in.parquet", row_group_size=10)

    run = run_of(screener, str(tmp_path / "in.parquet"), str(tmp_path / "out"))
    screened(client, run)

    assert 2 < len(run.parts) <= 10
    assert sorted(group for part in run.parts for group in part.row_groups) == list(range(10))
    out = pd.read_parquet(sorted((tmp_path / "out").glob("part-*.parquet")))
    assert out["id"].tolist() == list(range(100))


def test_long_numbers_with_gaps_between_them_lose_no_digit(
    screener: Screener, client: "distributed.Client", tmp_path: Path
) -> None:
    frame = pd.DataFrame({"name": ["A", "B"], "registration": pd.array([9007199254740993, None], dtype="Int64")})
    frame.to_parquet(tmp_path / "in.parquet", index=False)
    run = replace(run_of(screener, str(tmp_path / "in.parquet"), str(tmp_path / "out")))

    list(screen_parts(client, run, said_back))

    out = pd.read_parquet(tmp_path / "out" / "part-000000.parquet")
    assert out["screening_error"].tolist() == ["9007199254740993", "None"]
    assert out["registration"].dtype == "Int64" or out["registration"].tolist()[0] == 9007199254740993
