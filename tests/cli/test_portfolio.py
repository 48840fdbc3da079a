import subprocess
from pathlib import Path

import pandas as pd
import pytest

from sanctions_exposure.bulk.basis import record_of
from sanctions_exposure.wiring.screener import Screener
from support.server import COMMAND, environment

OWN = "id,name,kind,schema,countries,dob\n{}"
ROW = "{},{},primary,Organization,,\n"
CUSTOMERS = "Customer;name\r\n1;OJSC BelAZ\r\n2;Quorvane Blixtrop\r\n3;?!\r\n4;Wexley Throgmoor\r\n"


def command(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment(EXPOSURE_DATA=str(data)),
        timeout=180,
        check=False,
    )


def load(data: Path, tmp_path: Path, *names: str) -> str:
    """Load a list of one's own of these names and return the snapshot's id."""
    own = tmp_path / "own.csv"
    own.write_text(OWN.format("".join(ROW.format(n, name) for n, name in enumerate(names))), encoding="utf-8")
    added = command(data, "lists", "add", "ours", "--format", "generic", "--from", str(own))
    assert added.returncode == 0, added.stderr
    command(data, "screen", "--name", "Anybody")  # the first question brings the curated set
    return (data / "CURRENT").read_text().strip()


LISTED = [f"Vexorin {word} Works" for word in ("Ambrel", "Calder", "Dovrin", "Estler", "Fenwick", "Gorsund", "Holm")]


def test_a_second_night_screens_what_changed_and_says_what_everything_says(tmp_path: Path) -> None:
    data, customers = tmp_path / "data", tmp_path / "customers.csv"
    customers.write_text(CUSTOMERS, encoding="utf-8")
    first = load(data, tmp_path, *LISTED)
    night_one = command(data, "screen", str(customers), "--since", first, "--output", str(tmp_path / "one.csv"))
    second = load(data, tmp_path, *LISTED, "Wexley Throgmoor")
    customers.write_text(CUSTOMERS + "5;Vexorin Calder Works\r\n", encoding="utf-8")

    night_two = command(
        data, "screen", str(customers), "--since", first, "--previous", str(tmp_path / "one.csv"),
        "--output", str(tmp_path / "two.csv"),
    )  # fmt: skip
    everything = command(data, "screen", str(customers), "--output", str(tmp_path / "all.csv"))

    assert "Everything is screened: nothing says" in night_one.stderr
    assert second != first
    assert "3 questions were screened, 2 kept their answer." in night_two.stderr  # what is an error is asked again
    assert [night_one.returncode, night_two.returncode, everything.returncode] == [4, 4, 4]
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "all.csv").read_bytes()
    assert record_of(tmp_path / "two.csv").is_file()


def test_a_result_that_was_edited_is_not_built_on(tmp_path: Path) -> None:
    data, customers, result = tmp_path / "data", tmp_path / "customers.csv", tmp_path / "one.csv"
    customers.write_text(CUSTOMERS, encoding="utf-8")
    first = load(data, tmp_path, *LISTED)
    command(data, "screen", str(customers), "--since", first, "--output", str(result))
    result.write_text(result.read_text(encoding="utf-8").replace("block", "clear"), encoding="utf-8")

    again = command(
        data, "screen", str(customers), "--since", first, "--previous", str(result), "--output", str(tmp_path / "2.csv")
    )

    assert "not believed: one.csv is not as it was written" in again.stderr
    assert "Everything is screened" in again.stderr
    assert ";block;" in (tmp_path / "2.csv").read_text(encoding="utf-8")


def test_a_parquet_portfolio_keeps_its_columns_and_types(tmp_path: Path) -> None:
    data, customers = tmp_path / "data", tmp_path / "customers.parquet"
    frame = pd.DataFrame({"n": [1, 2], "name": ["OJSC BelAZ", "Quorvane Blixtrop"]})
    frame.to_parquet(customers, index=False)
    first = load(data, tmp_path, *LISTED)
    command(data, "screen", str(customers), "--since", first, "--output", str(tmp_path / "one.parquet"))

    again = command(
        data, "screen", str(tmp_path / "one.parquet"), "--since", first, "--output", str(tmp_path / "two.parquet")
    )

    assert "0 questions were screened, 2 kept their answer." in again.stderr
    one, two = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("one", "two"))
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(one[["n", "name"]], frame, check_dtype=False)


def test_a_cluster_is_asked_from_the_command_line(screener: Screener, data: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("name\nOJSC BelAZ\n", encoding="ascii")
    (tmp_path / "in" / "b.csv").write_text("Supplier\n?!\n", encoding="ascii")
    assert screener.snapshot.id  # the folder is published before workers open it

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPOSURE_DATA", str(data))
        with distributed.LocalCluster(n_workers=1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster:
            arguments = ("--cluster", cluster.scheduler_address, "--output", str(tmp_path / "out"))
            done = command(data, "screen", str(tmp_path / "in" / "a.csv"), *arguments, "--fail-on", "critical")
            other = command(
                data, "screen", str(tmp_path / "in" / "b*.csv"), *arguments[:3], str(tmp_path / "b"),
                "--map", "Supplier=name",
            )  # fmt: skip

    assert done.returncode == 1
    assert "1 parts on tcp://" in done.stderr
    assert "dashboard: http://" in done.stderr
    assert "block" in (tmp_path / "out" / "part-000000.csv").read_text()
    assert other.returncode == 4
    assert "1 screened: 1 error" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["s3://bank/customers/"], "reached with --cluster only"),
        (["{folder}"], "is a directory"),
        (["{folder}/none.csv"], "does not exist"),
        (["{folder}", "--cluster", "tcp://127.0.0.1:1"], "--output"),
        (["{folder}", "--cluster", "tcp://127.0.0.1:1", "--since", "x", "--output", "o"], "one of them"),
        (["{file}", "--since", "x", "--output", "o.parquet"], "the same form"),
    ],
)
def test_what_cannot_be_is_a_usage_error(data: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text("name\n", encoding="ascii")

    done = command(data, "screen", *(one.format(folder=tmp_path, file=file) for one in arguments))

    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
