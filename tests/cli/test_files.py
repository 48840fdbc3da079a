"""Files of every kind through the command: in, out, in several processes, and on after a kill."""

import csv
import gzip
import io
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sanctions_exposure.bulk.cells import OUTPUT
from sanctions_exposure.wiring.screener import Screener
from support.lasting import lasting
from support.server import COMMAND, environment
from support.workbook import workbook

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
ROWS = [("1", "OJSC BelAZ", "by"), ("2", "Quorvane Blixtrop", ""), ("3", "?!", "")]
OUTCOMES = ["block", "clear", "error"]


@pytest.fixture
def run(data: Path, screener: Screener) -> Run:
    assert screener.snapshot.id

    def command(*arguments: str | Path, stdin: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [*COMMAND, "screen", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            env=environment(EXPOSURE_DATA=str(data)),
            timeout=120,
            check=False,
        )

    return command


def table(delimiter: str = ",", rows: list[tuple[str, str, str]] = ROWS) -> str:
    return "\r\n".join(delimiter.join(row) for row in [("no", "name", "country"), *rows]) + "\r\n"


def outcomes(document: bytes, delimiter: str = ",") -> list[str]:
    rows = csv.DictReader(io.StringIO(document.decode(), newline=""), delimiter=delimiter, strict=True)
    return [row["screening_outcome"] for row in rows]


def write(folder: Path, name: str) -> Path:
    """Write the same three rows as a file of the kind its name says."""
    path = folder / name
    objects = [{"name": name, **({"country": land} if land else {})} for _, name, land in ROWS]
    frame = pd.DataFrame(ROWS, columns=["no", "name", "country"])
    kinds: dict[str, Callable[[], object]] = {
        "a.csv": lambda: path.write_text(table(), encoding="utf-8", newline=""),
        "a.tsv": lambda: path.write_text(table("\t"), encoding="utf-8", newline=""),
        "a.csv.gz": lambda: path.write_bytes(gzip.compress(table().encode())),
        "a.ndjson": lambda: path.write_text("\n".join(map(json.dumps, objects)), encoding="utf-8"),
        "a.json": lambda: path.write_text(json.dumps(objects), encoding="utf-8"),
        "a.parquet": lambda: frame.to_parquet(path),
        "a.xlsx": lambda: path.write_bytes(workbook({"Sheet": [["no", "name", "country"], *map(list, ROWS)]})),
        "unnamed": lambda: path.write_text(table(), encoding="utf-8", newline=""),
    }
    kinds[name]()
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.ndjson", "a.json", "a.parquet", "a.xlsx", "unnamed"])
def test_every_kind_of_file_is_answered_alike(run: Run, tmp_path: Path, name: str) -> None:
    done = run(write(tmp_path, name), "--format", "ndjson")

    assert done.returncode == 4, done.stderr
    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == OUTCOMES


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet", "a.xlsx"])
def test_tables_come_back_as_csv(run: Run, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out.csv"

    done = run(write(tmp_path, name), "--output", out)

    assert done.returncode == 4, done.stderr
    assert outcomes(out.read_bytes()) == OUTCOMES
    assert out.read_bytes().startswith(b"no,name,country,screening_outcome,")


def test_parquet_comes_back_as_parquet(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"

    done = run(write(tmp_path, "a.parquet"), "--output", out)

    assert done.returncode == 4, done.stderr
    assert list(pd.read_parquet(out)["screening_outcome"]) == OUTCOMES
    assert list(pd.read_parquet(out).columns) == ["no", "name", "country", *OUTPUT]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.ndjson", "a.parquet"])
def test_standard_input_is_read_whatever_it_is(run: Run, tmp_path: Path, name: str) -> None:
    done = run("-", "--format", "ndjson", stdin=write(tmp_path, name).read_bytes())

    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == OUTCOMES


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson", "a.parquet"])
def test_two_processes_say_what_one_says(run: Run, tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    form = "csv" if name != "a.ndjson" else "ndjson"

    alone, together = run(path, "--format", form), run(path, "--format", form, "--workers", "2")

    def steady(document: bytes) -> list[object]:
        if form == "csv":
            return list(csv.reader(io.StringIO(document.decode(), newline="")))
        return [lasting(json.loads(line)) for line in document.splitlines()]

    assert together.returncode == alone.returncode == 4, together.stderr
    assert steady(together.stdout) == steady(alone.stdout)


def test_what_was_understood_by_guess_is_told_on_standard_error(run: Run) -> None:
    done = run("-", "--format", "csv", stdin="Supplier name\nBäckerei Groß\n".encode("cp1252"))

    assert done.returncode == 0
    assert b"'Supplier name' is read as 'name'" in done.stderr
    assert b"read as cp1252" in done.stderr
    assert run("-", "--no-guess", stdin=b"Supplier name\nA\n").returncode == 2


def test_a_workbook_of_several_sheets_needs_to_be_told_which(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook({"One": [["name"], ["Example"]], "Two": [["name"], ["OJSC BelAZ"]], "Empty": []}))

    unsaid, said = run(path, "--format", "csv"), run(path, "--format", "csv", "--sheet", "Two")

    assert unsaid.returncode == 2
    assert b"'One', 'Two'" in unsaid.stderr
    assert outcomes(said.stdout) == ["block"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("a.csv", "--resume"), b"--output"),
        (("a.parquet", "--resume", "--output", "o.csv"), b"--resume goes on with"),
        (("a.json", "--format", "csv"), b"--format csv answers one"),
        (("a.csv", "--format", "parquet", "--output", "o.parquet"), b"one Parquet file"),
        (("a.csv", "--delimiter", "ab"), b"one character"),
        (("a.csv", "--encoding", "klingon"), b"no encoding"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, tmp_path: Path, arguments: tuple[str, ...], says: bytes) -> None:
    for name in ("a.csv", "a.json", "a.parquet"):
        write(tmp_path, name)

    done = run(*(tmp_path / a if a.startswith(("a.", "o.")) else a for a in arguments))

    assert done.returncode == 2
    assert says in done.stderr
    assert b"Traceback" not in done.stderr


class Killed:
    """A long file, and its screening killed at a chosen moment."""

    def __init__(self, folder: Path, data: Path, name: str, rows: int) -> None:
        self.path, self.out = folder / name, folder / f"out-{name}"
        self.env = environment(EXPOSURE_DATA=str(data))
        words = random.Random(5)  # noqa: S311 - the same for everybody, not secret
        names = [f"Quorvane {''.join(words.choices('abcdefghij', k=7))}" for _ in range(rows)]
        if name.endswith(".csv"):
            self.path.write_text("no,name\n" + "".join(f"{i},{n}\n" for i, n in enumerate(names)), encoding="utf-8")
        else:
            self.path.write_text("".join(f'{{"reference": "{i}", "name": "{n}"}}\n' for i, n in enumerate(names)))

    def run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [*COMMAND, "screen", str(self.path), "--output", str(self.out), *arguments]
        return subprocess.Popen(command, env=self.env, stderr=subprocess.PIPE, start_new_session=True)

    def kill_when_marked(self, *arguments: str) -> bool:
        """Kill with -9 once a mark stands; say whether there was anything left to kill."""
        mark = self.out.with_name(f".{self.out.name}.mark")
        before = mark.read_bytes() if mark.exists() else b""
        process = self.run(*arguments)
        while process.poll() is None and (not mark.exists() or mark.read_bytes() == before):
            time.sleep(0.01)
        killed = process.poll() is None
        if killed:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        return killed


@pytest.mark.parametrize("name", ["long.csv", "long.ndjson"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_that_is_killed_goes_on_to_exactly_the_right_rows(
    data: Path, screener: Screener, tmp_path: Path, name: str, workers: str
) -> None:
    long = Killed(tmp_path, data, name, rows=8_000)

    kills = sum(long.kill_when_marked("--resume", "--workers", workers) for _ in range(2))
    done = long.run("--resume", "--workers", workers)
    _, said = done.communicate(timeout=300)

    assert kills == 2
    assert done.returncode == 0, said
    assert b"8,000 screened: 8,000 clear" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, f"out-{name}"])
    if name == "long.csv":
        with long.out.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
        assert [row["no"] for row in rows] == [str(i) for i in range(8_000)]
        assert {row["screening_outcome"] for row in rows} == {"clear"}
    else:
        lines = [json.loads(line) for line in long.out.read_bytes().splitlines()]
        assert [line["reference"] for line in lines] == [str(i) for i in range(8_000)]


def test_a_run_does_not_go_on_with_another_file_or_other_options(
    data: Path, screener: Screener, tmp_path: Path
) -> None:
    long = Killed(tmp_path, data, "long.csv", rows=8_000)
    assert long.kill_when_marked()

    other = long.run("--resume", "--as-of", "2020-01-01")
    said_options = other.communicate(timeout=120)[1]
    long.path.write_bytes(long.path.read_bytes() + b"x,Another\n")
    changed = long.run("--resume")
    said_source = changed.communicate(timeout=120)[1]

    assert (other.returncode, changed.returncode) == (2, 2)
    assert b"options are others" in said_options
    assert b"input is another" in said_source


def test_a_run_that_fails_by_itself_leaves_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name\nExample\n".decode().encode("utf-16") + b"x")

    done = run(path, "--output", tmp_path / "out.csv")

    assert done.returncode == 2
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_a_row_of_a_workbook_whose_cells_have_no_value_is_an_error_and_no_row_is_lost(run: Run, tmp_path: Path) -> None:
    cells = [["name", "note"], ["%#N/A", ""], ["=B7", ""], ["Quorvane", "%#REF!"], ["", "%#N/A"]]
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook({"S": cells}))

    done = run(str(path), "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert done.returncode == 4
    assert [row["screening_outcome"] for row in rows] == ["error", "error", "clear", "error"]
    assert "'name' holds #N/A" in rows[0]["screening_error"]
    assert rows[2]["note"] == "#REF!"


TWO = b"name\nQuorvane\nOJSC BelAZ\n"


def test_a_pipe_stays_a_pipe_and_a_link_a_link(run: Run, tmp_path: Path) -> None:
    source, pipe, link = tmp_path / "a.csv", tmp_path / "pipe.csv", tmp_path / "link.csv"
    source.write_bytes(TWO)
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "real.csv")
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        piped = run(source, "--output", pipe)
        said, _ = reader.communicate(timeout=60)
    linked = run(source, "--output", link)

    assert (piped.returncode, linked.returncode) == (0, 0)
    assert pipe.is_fifo()
    assert outcomes(said) == outcomes((tmp_path / "real.csv").read_bytes()) == ["clear", "block"]
    assert link.is_symlink()


def test_what_cannot_be_written_is_said_and_is_no_finding(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(TWO)
    link = tmp_path / "b.csv"
    link.symlink_to(source)

    nowhere = run(source, "--output", tmp_path / "no" / "y.csv")
    one = run("--name", "Quorvane", "--format", "json", "--output", tmp_path / "no" / "y.json")
    itself = run(source, "--output", link)

    assert [done.returncode for done in (nowhere, one, itself)] == [2, 2, 2]
    assert b"y.csv: cannot be written: No such file" in nowhere.stderr
    assert b"is an input" in itself.stderr
    assert b"Traceback" not in nowhere.stderr + one.stderr + itself.stderr
    assert source.read_bytes() == TWO


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ("{screen} {file} --format csv >&-", 2),
        ("ulimit -f 0; trap '' XFSZ; {screen} {file} --format csv > {out}", 2),
        ("ulimit -f 0; trap '' XFSZ; {screen} {file} --output {out}", 2),
        ("{screen} {large} --format ndjson | head -1; exit ${{PIPESTATUS[0]}}", 0),
        ("{screen} {large} --format ndjson --fail-on high | head -1; exit ${{PIPESTATUS[0]}}", 3),
    ],
)
def test_an_output_that_takes_nothing_more_ends_as_it_should(
    data: Path, screener: Screener, tmp_path: Path, shell: str, code: int
) -> None:
    assert screener.snapshot.id
    file, large = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_bytes(TWO)
    large.write_text("name\n" + "".join(f"Quorvane {n}\n" for n in range(20_000)), encoding="utf-8")
    screen = " ".join([*map(str, COMMAND), "screen"])
    line = shell.format(screen=screen, file=file, large=large, out=tmp_path / "out.csv")

    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        env=environment(EXPOSURE_DATA=str(data)),
        timeout=120,
        check=False,
    )

    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists() or not (tmp_path / "out.csv").stat().st_size


@pytest.mark.parametrize(
    ("stdin", "found"),
    [
        (b'{"requests": [{"name": "Quorvane"}, {"name": "OJSC BelAZ"}]}', ["clear", "block"]),
        (b'{\n "requests": [\n {"name": "Quorvane"},\n {"name": "OJSC BelAZ"}\n]}\n', ["clear", "block"]),
        (b'\n{"name":\n"OJSC BelAZ"}', ["block"]),
        (b'\n[\n{"name": "OJSC BelAZ"}]', ["block"]),
        (b'\xef\xbb\xbf{"name": "OJSC BelAZ"}\n{"name": "Quorvane"}\n', ["block", "clear"]),
        (b'\xef\xbb\xbf[{"name": "OJSC BelAZ"}]', ["block"]),
        (b'{"name": OJSC}\n{"name": "OJSC BelAZ"}\n', ["error", "block"]),
    ],
)
def test_json_from_standard_input_is_read_as_from_a_file(
    run: Run, tmp_path: Path, stdin: bytes, found: list[str]
) -> None:
    path = tmp_path / "unnamed"
    path.write_bytes(stdin)

    for done in (run("-", "--format", "ndjson", stdin=stdin), run(path, "--format", "ndjson")):
        assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == found, done.stderr


def test_a_workbook_by_another_name_is_called_one(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(workbook({"S": [["name"], ["Quorvane"]]}))

    done = run(path)

    assert done.returncode == 2
    assert b"this is a workbook" in done.stderr


@pytest.mark.parametrize(
    "options", [("--format", "parquet"), ("--resume",), ("--map", "a=name"), ("--sheet", "S"), ("--workers", "2")]
)
def test_options_of_files_are_refused_for_one_question(run: Run, options: tuple[str, ...]) -> None:
    assert run("--name", "Quorvane", *options).returncode == 2
