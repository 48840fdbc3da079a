import csv
import io
import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sanctions_exposure.wiring.screener import Screener
from support.server import COMMAND, environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(data: Path, screener: Screener) -> Run:
    """Run the command on the shared data folder."""
    assert screener.snapshot.id  # the folder is published before the first command needs it

    def command(*arguments: str, stdin: str | None = None, **settings: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env=environment(**({"EXPOSURE_DATA": str(data)} | settings)),
            timeout=120,
            check=False,
        )

    return command


TABLE = "PO,Supplier,Land\r\n1,OJSC BelAZ,by\r\n2,Quorvane Blixtrop,\r\n3,?!,\r\n"
MAPPED = ("--map", "Supplier=name", "--map", "Land=country")


def test_one_question_is_answered_on_a_page(run: Run) -> None:
    done = run("screen", "--name", "OJSC BelAZ", "--country", "by")

    assert done.returncode == 0
    assert "BLOCK" in done.stdout
    assert "Sanctioned party" in done.stdout
    assert "never loaded" in done.stdout.lower()


def test_one_question_may_be_about_a_shipment(run: Run) -> None:
    done = run("screen", "--route", "RU Astrakhan > IRBAZ > Nhava Sheva", "--hs", "8407.10", "--rail", "Mir")

    assert done.returncode == 0
    assert "/route" in done.stdout


def test_one_question_as_json_is_the_answer_of_the_contract(run: Run) -> None:
    done = run("screen", "--name", "OJSC BelAZ", "--format", "json", "--as-of", "2026-01-01")

    answer = json.loads(done.stdout)
    assert (answer["outcome"], answer["as_of"]) == ("block", "2026-01-01")


def test_a_gate_turns_findings_into_an_exit_code(run: Run) -> None:
    assert run("screen", "--name", "OJSC BelAZ", "--fail-on", "high").returncode == 1
    assert run("screen", "--name", "Quorvane Blixtrop", "--fail-on", "low").returncode == 0


def test_a_table_comes_back_with_its_rows_and_nine_columns(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "suppliers.csv"
    path.write_bytes(TABLE.encode())

    done = run("screen", str(path), *MAPPED)

    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["screening_outcome"] for row in rows] == ["block", "clear", "error"]
    assert [row["PO"] for row in rows] == ["1", "2", "3"]
    assert done.returncode == 4
    assert "3 screened" in done.stderr


def test_findings_go_before_rejected_rows(run: Run) -> None:
    assert run("screen", "-", *MAPPED, "--fail-on", "critical", stdin=TABLE).returncode == 1


def test_a_pipe_gets_nothing_but_data(run: Run) -> None:
    done = run("screen", "-", *MAPPED, stdin=TABLE)

    assert done.stdout.splitlines()[0].startswith("PO,Supplier,Land,screening_outcome")
    assert "\x1b" not in done.stdout


def test_an_output_file_appears_whole(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"

    done = run("screen", "-", *MAPPED, "--output", str(output), stdin=TABLE)

    assert done.stdout == ""
    assert output.read_text(encoding="utf-8").count("\n") == 4
    assert list(tmp_path.iterdir()) == [output]


def test_lines_of_json_are_answered_line_by_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson"
    path.write_text('{"name": "OJSC BelAZ", "reference": "A"}\n{broken\n{"name": "Quorvane"}\n', encoding="utf-8")

    done = run("screen", str(path))

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["outcome"] for answer in answers] == ["block", "error", "clear"]
    assert answers[0]["reference"] == "A"
    assert "line 2" in answers[1]["error"]["title"]
    assert done.returncode == 4


def test_a_json_document_and_a_table_answer_alike(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "requests.json"
    path.write_text('[{"name": "OJSC BelAZ", "countries": ["by"]}]', encoding="utf-8")

    (from_json,) = json.loads(run("screen", str(path), "--format", "json").stdout)
    (from_csv, *_) = json.loads(run("screen", "-", *MAPPED, "--format", "json", stdin=TABLE).stdout)

    assert from_json["flags"] == from_csv["flags"]


def test_a_person_gets_a_table_of_rows(run: Run) -> None:
    done = run("screen", "-", *MAPPED, "--format", "table", stdin=TABLE)

    assert "SANCTIONED_PARTY" in done.stdout
    assert "error" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give files, or options"),
        (("missing.csv",), "missing.csv"),
        (("--name", "?!"), "no letter or digit"),
        (("--name", "x", "--country", "Atlantis"), "Atlantis"),
        (("--name", "x", "--as-of", "tomorrow"), "as_of"),
        (("--name", "x", "--format", "csv"), "one question"),
        (("-", "--map", "name"), "THEIRS=OURS"),
        (("-",), "no column can be screened"),
    ],
)
def test_wrong_usage_exits_with_two_and_says_what_is_wrong(run: Run, arguments: tuple[str, ...], says: str) -> None:
    done = run("screen", *arguments, stdin="a,b\n1,2\n")

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_no_usable_snapshot_exits_with_three(run: Run, tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("20200101-000000000000\n", encoding="ascii")

    done = run("screen", "--name", "x", EXPOSURE_DATA=str(tmp_path))

    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_exits_with_two_and_names_itself(run: Run) -> None:
    done = run("lists", EXPOSURE_DATABASE="x")

    assert done.returncode == 2
    assert "EXPOSURE_DATABASE" in done.stderr


def test_names_are_explained_word_by_word(run: Run) -> None:
    done = run("explain", "BelAZ OAO", "БелАЗ", "--schema", "Company")

    assert done.returncode == 0
    assert "belaz" in done.stdout
    assert "legal_form" in done.stdout


def test_lists_are_shown_with_their_state(run: Run) -> None:
    done = run("lists")

    assert "curated" in done.stdout
    assert "missing" in done.stdout
    assert json.loads(run("lists", "--format", "json").stdout)["lists"]


def test_a_list_of_one_s_own_is_loaded_and_found(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "watch.csv"
    path.write_text(
        "id,name,kind,schema,countries,dob\n1,Vexorin Plumbatic Works,primary,Organization,,\n", encoding="utf-8"
    )
    own = {"EXPOSURE_DATA": str(tmp_path / "data")}

    added = run("lists", "add", "watch", "--format", "generic", "--from", str(path), **own)
    found = run("screen", "--name", "Vexorin Plumbatic Works", "--format", "json", **own)

    assert added.stdout.startswith("watch: 1 entries")
    assert json.loads(found.stdout)["outcome"] != "clear"


def test_a_row_that_cannot_be_read_is_told_with_file_line_and_column(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "house.csv"
    path.write_text(
        "id,name,kind,schema,countries,dob\n1,Vexorin Works,primary,Company,,31.12.1958\n", encoding="utf-8"
    )

    done = run("lists", "add", "house", "--from", str(path), EXPOSURE_DATA=str(tmp_path / "data"))

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "house.csv: line 2, column 'dob': '31.12.1958' cannot be read" in done.stderr


def test_a_list_that_does_not_look_whole_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sdn.csv").write_text("nonsense", encoding="utf-8")

    done = run("lists", "refresh", "us_ofac_sdn", "--from", str(tmp_path), EXPOSURE_DATA=str(tmp_path / "data"))

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_unknown_list_is_refused_with_those_there_are(run: Run, tmp_path: Path) -> None:
    done = run("lists", "refresh", "nonesuch", "--from", str(tmp_path))

    assert done.returncode == 2
    assert "us_ofac_sdn" in done.stderr


def test_rules_are_shown_and_checked(run: Run) -> None:
    assert "sanctioned-party" in run("rules").stdout
    assert "sha256:" in run("rules", "check").stdout
    assert json.loads(run("rules", "--format", "json").stdout)["flags"]


def test_a_broken_rules_folder_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "flags.toml").write_text("= broken", encoding="utf-8")

    done = run("rules", "check", str(tmp_path))

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_reader_that_stops_early_is_no_error(run: Run, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("name\n" + "".join(f"Quorvane {i}\n" for i in range(3000)), encoding="utf-8")

    piped = subprocess.run(
        ["bash", "-c", '"$@" | head -n 1', "bash", *COMMAND, "screen", str(path)],
        capture_output=True,
        env=environment(EXPOSURE_DATA=str(data)),
        timeout=120,
        check=False,
    )

    assert piped.stdout.startswith(b"name,screening_outcome")
    assert b"Traceback" not in piped.stderr


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "serve", "--port", port],
            capture_output=True,
            env=environment(EXPOSURE_DATA=str(tmp_path / "data")),
            timeout=60,
            check=False,
        )

    assert done.returncode == 2
    assert b"cannot listen on 127.0.0.1 port " + port.encode() in done.stderr
    assert not (tmp_path / "data" / "snapshots").exists()
