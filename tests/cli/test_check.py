"""The gate as a pipeline meets it: a process, its exit code, its standard output, its files."""

import gzip
import json
import os
import pty
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.sources.refresh import remember
from sanctions_exposure.sources.standing import Outcome
from support.archives import xlsx
from support.checking import (
    BAD_ROW,
    CLEAN,
    EXPOSURE,
    GOOD_ROW,
    LISTED,
    NAMES,
    Done,
    ignore_entry,
    publish,
    run,
    surroundings,
    table,
)
from support.server import free_port, running
from support.workbook import workbook

Check = Callable[..., Done]
GOOD, BAD, BROKEN = GOOD_ROW, BAD_ROW, "C,?!,"


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which every core list is fresh."""
    data = tmp_path_factory.mktemp("core")
    publish(data)
    return data


@pytest.fixture(scope="session")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("stale")
    publish(data, hours={"eu_fsf": 500})
    return data


@pytest.fixture(scope="session")
def bundle(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "lists.zip"
    done = run("--output", str(path), cwd=path.parent, data=core, group="lists bundle")
    assert done.code == 0, done.err
    return path


@pytest.fixture
def check(core: Path, tmp_path: Path) -> Check:
    def command(*arguments: str, data: Path = core, **env: str) -> Done:
        return run(*arguments, cwd=tmp_path, data=data, env=env)

    return command


def findings(done: Done) -> list[dict[str, Any]]:
    return list(done.json["findings"])


# -- exit codes and their order ------------------------------------------------------------------


def test_a_clean_file_exits_with_zero(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    done = check("suppliers.csv")

    assert done.code == 0, done.out
    assert "Nothing stands at or above the gate. 1 row screened, 0 findings stop the gate." in done.out


def test_a_finding_exits_with_one_even_beside_rejected_rows(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD, BAD, BROKEN)

    done = check("suppliers.csv")

    assert done.code == 1
    assert "suppliers.csv:3" in done.out
    assert "suppliers.csv:4" in done.out


def test_rejected_rows_alone_exit_with_four(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD, BROKEN)

    assert check("suppliers.csv").code == 4


def test_a_stale_list_exits_with_three_before_findings_and_rejected_rows(
    check: Check, stale: Path, tmp_path: Path
) -> None:
    table(tmp_path, BAD, BROKEN)

    done = check("suppliers.csv", data=stale)

    assert done.code == 3
    assert "list eu_fsf is too old" in done.out
    assert LISTED in done.out  # what was found is still shown


def test_missing_lists_exit_with_three_and_are_named(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    done = check("suppliers.csv", data=tmp_path / "fresh")

    assert done.code == 3
    for one in NAMES:
        assert f"list {one} was never loaded" in done.out


def test_lists_may_be_demanded_by_name(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    assert check("suppliers.csv", "--require-list", "curated", data=tmp_path / "fresh").code == 0
    assert check("suppliers.csv", "--require-list", "jp_mof").code == 3
    unknown = check("suppliers.csv", "--require-list", "nonesuch")
    assert (unknown.code, "nonesuch" in unknown.err) == (2, True)


def test_regimes_decide_which_lists_must_be_there(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    assert check("suppliers.csv", "--regimes", "us,eu").code == 0
    assert check("suppliers.csv", "--regimes", "jp").code == 3
    assert check("suppliers.csv", "--regimes", "atlantis").code == 2


def test_a_regime_that_does_not_matter_may_be_stale(check: Check, stale: Path, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    assert check("suppliers.csv", "--regimes", "us", data=stale).code == 0


def test_a_damaged_snapshot_exits_with_three_and_still_writes_reports(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)
    data = tmp_path / "data"
    data.mkdir()
    (data / "CURRENT").write_text("20200101-000000000000\n", encoding="ascii")

    done = check("suppliers.csv", "--output", "sarif=r.sarif", data=data)

    assert done.code == 3
    (ran,) = json.loads((tmp_path / "r.sarif").read_bytes())["runs"]
    assert ran["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"foo,bar\n1,2\n"),
        ("a.csv", b""),
        ("a.json", b"{broken"),
        ("a.json", b"7"),
        ("a.json", b'[{"name": NaN}]'),
        ("a.yaml", b"- !!python/object/apply:os.system [id]\n"),
        ("a.yaml", b"- &a {name: x}\n- *a\n"),
        ("a.xlsx", b"no workbook"),
        ("a.pdf", b"%PDF"),
    ],
)
def test_input_that_cannot_be_read_exits_with_two_and_names_the_file(
    check: Check, tmp_path: Path, name: str, content: bytes
) -> None:
    table(tmp_path, BAD)
    (tmp_path / name).write_bytes(content)

    done = check("suppliers.csv", name)

    assert done.code == 2
    assert name in done.out + done.err


def test_unreadable_input_comes_before_lists_that_are_missing(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")

    assert check("a.json", data=tmp_path / "fresh").code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give files"),
        (("missing.csv",), "missing.csv"),
        (("suppliers.csv", "--fail-on", "bad"), "--fail-on"),
        (("suppliers.csv", "--output", "pdf=x"), "pdf"),
        (("suppliers.csv", "--output", "json"), "FORMAT=PATH"),
        (("suppliers.csv", "--output", "json=no/such/folder.json"), "folder"),
        (("suppliers.csv", "--fail-on-rule", "no-such-rule"), "no-such-rule"),
        (("suppliers.csv", "--warn-rule", "NO_*_RULE"), "NO_*_RULE"),
        (("suppliers.csv", "--baseline", "none.json"), "none.json"),
        (("suppliers.csv", "--ignore-file", "none.yaml"), "none.yaml"),
        (("suppliers.csv", "--changed-only", "main"), "git"),
        (("suppliers.csv", "--map", "Name=name"), "Name"),
        (("suppliers.csv", "--server", "ftp://x"), "ftp"),
        (("suppliers.csv", "--server", "http://u:p@x"), "password"),
        (("suppliers.csv", "--server", "http://x", "--snapshot", "y"), "not both"),
        (
            (
                "suppliers.csv",
                "--nonsense",
            ),
            "nonsense",
        ),
    ],
)
def test_wrong_usage_exits_with_two_and_says_what_is_wrong(
    check: Check, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    table(tmp_path, GOOD)

    done = check(*arguments)

    assert done.code == 2
    assert says in done.err + done.out


def test_an_early_end_of_the_reader_does_not_turn_findings_into_zero(core: Path, tmp_path: Path) -> None:
    table(tmp_path, *[f"{n},{LISTED},ae" for n in range(400)])
    line = '"$@" check suppliers.csv | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}'

    piped = subprocess.run(
        ["bash", "-c", line, "bash", *EXPOSURE], cwd=tmp_path, env=surroundings(EXPOSURE_DATA=str(core)), check=False
    )

    assert piped.returncode == 1


# -- the gate ------------------------------------------------------------------------------------


def test_the_gate_is_as_high_as_it_is_set(check: Check, tmp_path: Path) -> None:
    table(tmp_path, f"A,{CLEAN},RU Astrakhan > IRBAZ", header="reference,name,route")

    assert check("suppliers.csv", "--fail-on", "high").code == 1
    assert check("suppliers.csv", "--fail-on", "critical").code == 0
    assert check("suppliers.csv", "--fail-on", "never").code == 0


def test_a_rule_can_fail_or_warn_whatever_its_severity_and_failing_goes_first(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)

    assert check("suppliers.csv", "--fail-on", "never", "--fail-on-rule", "sanctioned-party*").code == 1
    assert check("suppliers.csv", "--warn-rule", "SANCTIONED_PARTY").code == 0
    both = ("--warn-rule", "SANCTIONED_PARTY", "--fail-on-rule", "sanctioned-party")
    assert check("suppliers.csv", *both).code == 1


def test_stale_lists_are_used_only_when_told_and_every_report_says_so(
    check: Check, stale: Path, tmp_path: Path
) -> None:
    table(tmp_path, GOOD)
    kinds = ("json", "sarif", "junit", "github", "gitlab", "markdown")

    done = check("suppliers.csv", "--allow-stale", *[f"--output={k}=r.{k}" for k in kinds], data=stale)

    assert done.code == 0
    assert "--allow-stale: list eu_fsf" in done.out
    for kind in kinds:
        assert "eu_fsf" in (tmp_path / f"r.{kind}").read_text(encoding="utf-8")
        assert "allow-stale" in (tmp_path / f"r.{kind}").read_text(encoding="utf-8")


def test_allowing_stale_lists_does_not_allow_missing_ones(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    assert check("suppliers.csv", "--allow-stale", data=tmp_path / "fresh").code == 3


def test_the_age_a_list_may_have_can_be_set(check: Check, stale: Path, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    assert check("suppliers.csv", "--max-list-age", "0.5").code == 3
    assert check("suppliers.csv", "--max-list-age", "1000", data=stale).code == 0


# -- what is read --------------------------------------------------------------------------------

KINDS = {
    "a.csv": f"name,country\n{CLEAN},NO\n{LISTED},NO\n",
    "a.tsv": f"name\tcountry\n{CLEAN}\tNO\n{LISTED}\tNO\n",
    "a.ndjson": json.dumps({"name": CLEAN, "country": "NO"}) + "\n\n" + json.dumps({"name": LISTED}) + "\n",
    "a.json": json.dumps([{"name": CLEAN}, {"name": LISTED, "country": "NO"}], indent=1),
    "b.json": json.dumps({"suppliers": [{"name": CLEAN}, {"name": LISTED}]}, indent=1),
    "a.yaml": f"- name: {CLEAN}\n  country: NO\n\n- name: {LISTED}\n  country: NO\n",
    "b.yml": f"suppliers:\n  - {{name: {CLEAN}}}\n  - {{name: {LISTED}, incorporation_date: 1999-05-01}}\n",
}
LINES = {"a.csv": 3, "a.tsv": 3, "a.ndjson": 3, "a.json": 5, "b.json": 6, "a.yaml": 4, "b.yml": 3}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_names_the_line_of_its_finding(check: Check, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(KINDS[name], encoding="utf-8")

    done = check(name, "--format", "json")

    assert done.code == 1, done.out
    (found,) = findings(done)
    assert (found["file"], found["row"], found["line"]) == (name, 2, LINES[name])
    assert found["name"] == LISTED


def test_a_workbook_names_the_row_of_its_sheet_and_sheets_it_did_not_read(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(xlsx([["Supplier", "Land"], [CLEAN, "Norway"], ["", ""], [LISTED, "NO"]]))

    done = check("a.xlsx", "--map", "Supplier=name", "--map", "Land=country", "--format", "json")

    (found,) = findings(done)
    assert (found["line"], found["name"]) == (4, LISTED)


def test_a_cell_over_several_lines_shifts_no_line_number(check: Check, tmp_path: Path) -> None:
    table(tmp_path, f'A,"{CLEAN}\n(bakery)",fr', BAD)

    (found,) = findings(check("suppliers.csv", "--format", "json"))

    assert found["line"] == 4


def test_a_folder_is_read_with_all_below_it_but_what_is_hidden_or_excluded(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD, name="in/deep/a.csv")
    table(tmp_path, BAD, name="in/.hidden/b.csv")
    table(tmp_path, BAD, name="in/old-c.csv")
    (tmp_path / "in" / "notes.md").write_text("no table", encoding="utf-8")

    done = check("in", "--exclude", "old-*", "--format", "json")

    assert [f["file"] for f in findings(done)] == ["in/deep/a.csv"]
    assert "in/notes.md" in " ".join(done.json["warnings"])


def test_a_folder_is_read_packed_as_plain_text_with_macros_and_behind_a_link(check: Check, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    rows = f"name,country\n{LISTED},ae\n".encode()
    (tmp_path / "in" / "a.csv.gz").write_bytes(gzip.compress(rows))
    (tmp_path / "in" / "b.txt").write_bytes(rows)
    (tmp_path / "in" / "c.xlsm").write_bytes(workbook({"S": [["name"], [LISTED]]}))
    table(tmp_path, BAD, name="elsewhere/d.csv")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "in" / "link" / "round").symlink_to(tmp_path / "in", target_is_directory=True)

    done = check("in", "--format", "json")

    assert sorted(f["file"] for f in findings(done)) == ["in/a.csv.gz", "in/b.txt", "in/c.xlsm", "in/link/d.csv"]


def test_prose_in_a_folder_is_named_and_stops_nothing(check: Check, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    table(folder, GOOD)
    (folder / "LICENSE.txt").write_text("Do what you like, but say who wrote it.\n", encoding="utf-8")

    done = check("in")

    assert done.code == 0
    assert "not read, being no tables: in/LICENSE.txt" in done.out


@pytest.mark.parametrize("name", ["old.xls", "b.parquet", "b.xlsx.gz", "names.txt", "gone.csv"])
def test_a_table_in_a_folder_that_is_not_read_is_no_pass(check: Check, tmp_path: Path, name: str) -> None:
    table(tmp_path, GOOD, name="in/a.csv")
    if name == "gone.csv":
        (tmp_path / "in" / name).symlink_to(tmp_path / "nowhere.csv")
    else:
        (tmp_path / "in" / name).write_bytes(b"table")

    done = check("in")

    assert done.code == 2
    assert name in done.out
    assert check("in", "--exclude", name).code == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "name,country\n"), ("a.json", "[]"), ("a.json", '{"requests": []}'), ("a.ndjson", "\n")],
)
def test_a_check_of_nothing_is_no_pass(check: Check, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    done = check(name)
    table(tmp_path, GOOD)
    beside = check(name, "suppliers.csv")

    assert (done.code, check(name, "--exclude", name).code) == (2, 2)
    assert "nothing to screen" in done.out
    assert beside.code == 0
    assert f"{name}: holds nothing to screen" in beside.out


def test_a_cell_without_a_value_rejects_its_row_and_names_it(check: Check, tmp_path: Path) -> None:
    cells = [["name", "note"], [CLEAN, "%#N/A"], ["%#N/A", "a"], ["=A1", ""], ["%#REF!", ""]]
    (tmp_path / "a.xlsx").write_bytes(workbook({"S": cells}))
    (tmp_path / "b.csv").write_text(f"name,note\n{CLEAN},#REF!\n#NAME?,x\n", encoding="utf-8")

    done = check("a.xlsx", "b.csv", "--format", "json")

    assert done.code == 4
    rows = {(row["file"], row["line"]): row.get("error", "") for row in done.json["rows"]}
    assert len(rows) == 6
    assert "row 3 holds #N/A" in rows["a.xlsx", 3]
    assert "row 4 holds #NOT-CALCULATED!" in rows["a.xlsx", 4]
    assert "row 5 holds #REF!" in rows["a.xlsx", 5]
    assert "'name' holds #NAME?" in rows["b.csv", 3]


def test_a_folder_with_nothing_to_read_is_no_pass(check: Check, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert check("empty").code == 2


def test_keys_of_one_s_own_objects_can_be_renamed_or_left_out(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"- {{supplier: {LISTED}, terms: 30}}\n", encoding="utf-8")

    assert check("a.yaml").code == 4
    assert check("a.yaml", "--map", "supplier=name", "--ignore-field", "terms").code == 1


@pytest.mark.parametrize("key", ["as_of", "regimes"])
def test_a_row_cannot_choose_the_law_it_is_judged_by(check: Check, tmp_path: Path, key: str) -> None:
    value = {"as_of": "1999-01-01", "regimes": ["jp"]}[key]
    (tmp_path / "a.json").write_text(json.dumps([{"name": LISTED, key: value}]), encoding="utf-8")

    done = check("a.json")

    assert done.code == 4
    assert f"{key}: the check sets this" in done.out


def test_the_day_of_the_law_is_the_check_s(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)

    assert check("suppliers.csv", "--as-of", "2023-12-31").code == 0
    assert check("suppliers.csv", "--as-of", "2024-01-02").code == 1


def test_bytes_that_are_no_text_reject_their_row_alone(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(f"name\n{LISTED}\n\xff\xfe\n".encode("latin-1"))
    (tmp_path / "b.json").write_text('[{"name": "\\ud800"}]', encoding="utf-8")

    done = check("a.csv", "b.json", "--format", "json")

    assert done.code == 1
    assert [row["outcome"] for row in done.json["rows"]] == ["block", "error", "error"]


# -- only what changed ---------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_only_rows_that_were_added_or_changed_are_screened(check: Check, tmp_path: Path) -> None:
    other = "Zybrantine Oquelle Shipping"
    table(tmp_path, BAD, GOOD)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "suppliers.csv")
    git(tmp_path, "commit", "-q", "-m", "Start")
    table(tmp_path, GOOD, f"D,{other},ae", BAD)

    done = check("suppliers.csv", "--changed-only", "HEAD", "--format", "json")

    assert [(f["name"], f["line"]) for f in findings(done)] == [(other, 3)]
    assert done.json["counts"]["unchanged"] == 2
    git(tmp_path, "mv", "suppliers.csv", "renamed.csv")
    git(tmp_path, "commit", "-q", "-a", "-m", "Rename")
    assert [
        f["name"] for f in findings(check("renamed.csv", "--changed-only", "HEAD~1...HEAD", "--format", "json"))
    ] == [other]
    table(tmp_path, BAD, name="untracked.csv")
    assert check("untracked.csv", "--changed-only", "HEAD").code == 1
    assert check("renamed.csv", "--changed-only", "HEAD").code == 0
    for wrong in ("nonesuch", "--upload-pack=x", "HEAD..HEAD~1"):
        assert check("renamed.csv", f"--changed-only={wrong}").code == 2


# -- options from files and the environment ------------------------------------------------------


def test_options_come_from_a_file_then_the_environment_then_the_command_line(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD, header="PO,Supplier,Land")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.exposure]\nfail-on = "never"\nfiles = ["suppliers.csv"]\n'
        '[tool.exposure.map]\nSupplier = "name"\nLand = "country"\n'
        '[tool.exposure.output]\njson = "report.json"\n',
        encoding="utf-8",
    )

    by_file = check()
    by_variable = check(EXPOSURE_CHECK_FAIL_ON="low")
    by_command = check("--fail-on", "critical", EXPOSURE_CHECK_FAIL_ON="never")

    assert (by_file.code, by_variable.code, by_command.code) == (0, 1, 1)
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["gate"]["configuration"] == "pyproject.toml"


def test_exposure_toml_goes_before_pyproject_and_may_lie_above(check: Check, tmp_path: Path) -> None:
    table(tmp_path / "sub", BAD)
    (tmp_path / "exposure.toml").write_text('fail-on = "never"\n', encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.exposure]\nfail-on = "low"\n', encoding="utf-8")

    assert check("sub/suppliers.csv").code == 0
    assert check("sub/suppliers.csv", "--config", "pyproject.toml").code == 1


@pytest.mark.parametrize("text", ['fial-on = "low"', "allow-stale = 1", "api-key = 'x'", "fail-on = ['low']", "= x"])
def test_a_file_of_options_that_is_wrong_exits_with_two(check: Check, tmp_path: Path, text: str) -> None:
    table(tmp_path, GOOD)
    (tmp_path / "exposure.toml").write_text(text, encoding="utf-8")

    done = check("suppliers.csv")

    assert done.code == 2
    assert "exposure.toml" in done.err


def test_several_values_stand_in_one_variable(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD, header="PO,Supplier name,Land")

    done = check(
        EXPOSURE_CHECK_FILES="suppliers.csv",
        EXPOSURE_CHECK_MAP="Supplier name=name\nLand=country",
        EXPOSURE_CHECK_OUTPUT="json=a.json,junit=b.xml",
        EXPOSURE_CHECK_ALLOW_STALE="true",
    )

    assert done.code == 1
    assert (tmp_path / "a.json").exists()
    assert (tmp_path / "b.xml").exists()


def test_a_misspelt_variable_is_refused(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    done = check("suppliers.csv", EXPOSURE_CHECK_FIAL_ON="low")

    assert done.code == 2
    assert "EXPOSURE_CHECK_FIAL_ON" in done.err


# -- what a person sees --------------------------------------------------------------------------


def test_a_pipe_gets_the_report_alone_without_colour(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD, BAD)

    done = check("suppliers.csv")

    assert "\x1b" not in done.out
    assert done.err == ""
    (line,) = [one for one in done.out.splitlines() if "suppliers.csv:3" in one]
    for part in (LISTED, "us_ofac_sdn:1001", "CRITICAL", "matches"):
        assert part in line


def test_a_terminal_gets_colour_unless_it_declines(core: Path, tmp_path: Path) -> None:
    table(tmp_path, BAD)

    def on_terminal(**settings: str) -> bytes:
        master, slave = pty.openpty()
        env = surroundings(EXPOSURE_DATA=str(core), TERM="xterm", **settings)
        process = subprocess.Popen([*EXPOSURE, "check", "suppliers.csv"], cwd=tmp_path, env=env, stdout=slave)
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:
                break
            if not part:
                break
            seen += part
        os.close(master)
        assert process.wait(timeout=60) == 1
        return seen

    assert b"\x1b[1;31m" in on_terminal()
    assert b"\x1b" not in on_terminal(NO_COLOR="1")


def test_a_hostile_name_moves_no_cursor_and_gives_no_command(check: Check, tmp_path: Path) -> None:
    hostile = f"{LISTED}\x1b[2J\u202e\r::error::x %0A | <b> @all ##[add-mask]y"
    (tmp_path / "a.json").write_text(json.dumps([{"name": hostile, "aliases": [LISTED]}]), encoding="utf-8")

    said = {form: check("a.json", "--format", form).out for form in ("text", "github", "markdown", "junit")}

    assert "##[" not in said["text"] + said["github"]
    for report in said.values():
        assert "\x1b" not in report
        assert "\u202e" not in report
    assert all(line.startswith(("::error file", "::notice title")) for line in said["github"].splitlines())
    assert "%250A" in said["github"]
    assert "<b>" not in said["markdown"].replace("\\<b\\>", "")


def test_quiet_says_nothing_on_standard_output(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)

    done = check("suppliers.csv", "--quiet", "--output", "text=r.txt")

    assert (done.code, done.out) == (1, "")
    assert LISTED in (tmp_path / "r.txt").read_text(encoding="utf-8")


# -- suppressions and baselines ------------------------------------------------------------------


def fingerprint_of(check: Check) -> str:
    (found,) = findings(check("suppliers.csv", "--format", "json", "--ignore-file", os.devnull))
    return str(found["matches"][0]["record"])


def test_an_accepted_finding_stays_visible_and_stops_nothing(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)
    record = fingerprint_of(check)
    (tmp_path / ".sanctions-ignore.yaml").write_text(ignore_entry(list_fingerprint=record), encoding="utf-8")

    done = check("suppliers.csv")

    assert done.code == 0, done.out
    assert "Suppressed (1)" in done.out
    assert "a.reviewer@example.org" in done.out
    assert "ticket 7" in done.out


def test_an_acceptance_lapses_when_the_record_changes(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)
    record = fingerprint_of(check)
    (tmp_path / ".sanctions-ignore.yaml").write_text(ignore_entry(list_fingerprint=record), encoding="utf-8")
    data = tmp_path / "changed"
    publish(data, reason="Listed anew")

    done = check("suppliers.csv", data=data)

    assert done.code == 1
    assert "suppression lapsed" in done.out
    assert "not the one that was looked at" in done.out


def test_an_acceptance_ends_with_its_day(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    entry = ignore_entry(list_fingerprint=fingerprint_of(check), expires=yesterday)
    (tmp_path / ".sanctions-ignore.yaml").write_text(entry, encoding="utf-8")

    done = check("suppliers.csv")

    assert done.code == 1
    assert f"suppression expired: us_ofac_sdn:1001 for '{LISTED}': it expired on {yesterday}" in done.out


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (ignore_entry(expires="2999-01-01"), "365 days"),
        (ignore_entry(expires="soon"), "no date"),
        (ignore_entry(approved_by=""), "approved_by"),
        (ignore_entry(reason=""), "reason"),
        (ignore_entry(subject=""), "subject"),
        (ignore_entry(entity="", list_fingerprint=""), "a rule"),
        (ignore_entry(list_fingerprint=""), "list_fingerprint"),
        (ignore_entry(until="2027"), "until"),
        ("- a\n", "ignore"),
    ],
)
def test_an_acceptance_that_is_not_complete_is_refused(check: Check, tmp_path: Path, entry: str, says: str) -> None:
    table(tmp_path, GOOD)
    (tmp_path / "i.yaml").write_text(entry, encoding="utf-8")

    done = check("suppliers.csv", "--ignore-file", "i.yaml")

    assert done.code == 2
    assert says in done.err
    assert "i.yaml" in done.err


def test_the_explanation_gives_an_entry_that_works_once_it_is_completed(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)

    told = check("suppliers.csv", "--explain-ignore")
    entry = told.out[told.out.index("  # suppliers.csv") :]
    entry = entry.replace('reason: ""', 'reason: "Looked at"').replace('approved_by: ""', 'approved_by: "A. Reviewer"')
    (tmp_path / ".sanctions-ignore.yaml").write_text(f"version: 1\nignore:\n{entry}", encoding="utf-8")
    again = check("suppliers.csv", "--explain-ignore")

    assert (told.code, again.code) == (1, 0)
    assert "IN FORCE" in again.out
    assert "suppliers.csv:2" in again.out


def test_a_rule_without_an_entity_accepts_no_match(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)
    entry = ignore_entry(entity="", rule="sanctioned-party", list_fingerprint="")
    (tmp_path / ".sanctions-ignore.yaml").write_text(entry, encoding="utf-8")

    done = check("suppliers.csv")

    assert done.code == 1
    assert "us_ofac_sdn:1001: accept each of them" in done.out


def test_a_baseline_lets_only_what_is_new_stop_the_pipeline(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)

    made = check("suppliers.csv", "--create-baseline", "base.json")
    table(tmp_path, GOOD, BAD)
    known = check("suppliers.csv", "--baseline", "base.json")
    table(tmp_path, GOOD, BAD, "E,Zybrantine Oquelle Shipping,")
    new = check("suppliers.csv", "--baseline", "base.json")

    assert (made.code, known.code, new.code) == (0, 0, 1)
    assert "In the baseline (1)" in new.out


def test_a_baseline_does_not_cover_a_record_that_changed(check: Check, tmp_path: Path) -> None:
    table(tmp_path, BAD)
    check("suppliers.csv", "--create-baseline", "base.json")
    data = tmp_path / "changed"
    publish(data, reason="Listed anew")

    assert check("suppliers.csv", "--baseline", "base.json", data=data).code == 1


def test_no_baseline_is_made_of_a_check_that_is_not_complete(check: Check, stale: Path, tmp_path: Path) -> None:
    table(tmp_path, BAD)

    assert check("suppliers.csv", "--create-baseline", "base.json", data=stale).code == 3
    assert not (tmp_path / "base.json").exists()


# -- pinned lists --------------------------------------------------------------------------------


def test_a_snapshot_file_is_screened_against_and_named(check: Check, bundle: Path, tmp_path: Path) -> None:
    table(tmp_path, BAD)
    nowhere = tmp_path / "nowhere"

    done = check("suppliers.csv", "--snapshot", str(bundle), "--format", "json", data=nowhere)
    local = check("suppliers.csv", "--format", "json")

    assert done.code == 1
    assert done.json["basis"]["bundle"] == bundle.as_posix()
    assert len(done.json["basis"]["bundle_sha256"]) == 64
    assert done.json["findings"] == local.json["findings"]
    assert not nowhere.exists()


def test_the_same_lists_give_the_same_file(bundle: Path, core: Path, tmp_path: Path) -> None:
    run("--output", "again.zip", cwd=tmp_path, data=core, group="lists bundle")

    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_a_file_that_is_not_the_pinned_one_is_not_believed(check: Check, bundle: Path, tmp_path: Path) -> None:
    table(tmp_path, GOOD)
    digest = check("suppliers.csv", "--snapshot", str(bundle), "--format", "json").json["basis"]["bundle_sha256"]

    pinned = check("suppliers.csv", "--snapshot", str(bundle), "--snapshot-sha256", digest)
    other = check("suppliers.csv", "--snapshot", str(bundle), "--snapshot-sha256", "0" * 64)

    assert (pinned.code, other.code) == (0, 3)


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "empty"])
def test_a_damaged_snapshot_file_is_not_believed(check: Check, bundle: Path, tmp_path: Path, damage: str) -> None:
    table(tmp_path, GOOD)
    content = bytearray(bundle.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 0xFF
    damaged = {"cut": content[:-100], "flip": content, "empty": bytearray()}.get(damage)
    if damaged is not None:
        (tmp_path / "b.zip").write_bytes(damaged)

    done = check("suppliers.csv", "--snapshot", "b.zip")

    assert done.code == 3
    assert "b.zip" in done.out


def test_a_thousand_suppliers_are_checked_at_once(check: Check, bundle: Path, tmp_path: Path) -> None:
    table(tmp_path, *[f"{n},Supplier {n} of {CLEAN},fr" for n in range(1000)])

    done = check("suppliers.csv", "--snapshot", str(bundle))

    assert done.code == 0
    assert "1,000" in done.out or "1000" in done.out


# -- a server ------------------------------------------------------------------------------------


def test_a_server_gives_the_same_report(check: Check, core: Path, tmp_path: Path) -> None:
    table(tmp_path, GOOD, BAD, BROKEN, "D,Quillora Thessmark,")
    command = [*EXPOSURE, "serve"]
    with running(core, command=command) as server:
        asked = check("suppliers.csv", "--server", server.address, "--format", "json", data=tmp_path / "nowhere")
    local = check("suppliers.csv", "--format", "json")

    assert asked.code == local.code == 1
    ours, theirs = local.json, asked.json
    assert theirs["basis"].pop("server") == server.address
    ours["basis"].pop("server")
    for report in (ours, theirs):
        report.pop("screened_at")
        for one in report["lists"]:
            one.pop("age_hours")
    assert theirs == ours


def test_a_server_that_does_not_answer_is_no_pass(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)

    done = check("suppliers.csv", "--server", f"http://127.0.0.1:{free_port()}", "--output", "junit=r.xml")

    assert done.code == 3
    assert "cannot be reached" in done.out
    assert "error" in (tmp_path / "r.xml").read_text(encoding="utf-8")


class _Doorman(BaseHTTPRequestHandler):
    """Lets nobody in and writes down who came."""

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b'{"detail": "who are you?"}')

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


def test_a_key_is_sent_in_the_header_and_told_to_nobody_else(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)
    with HTTPServer(("127.0.0.1", 0), _Doorman) as door:
        door.seen = []  # type: ignore[attr-defined]
        threading.Thread(target=door.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{door.server_port}"
        done = check("suppliers.csv", "--server", address, "--output", "json=r.json", EXPOSURE_CHECK_API_KEY="s3cret")
        door.shutdown()

    assert done.code == 3
    assert "answered 401: who are you?; give an API key" in done.out
    assert door.seen[0] == "ApiKey s3cret"  # type: ignore[attr-defined]
    assert "s3cret" not in done.out + done.err + (tmp_path / "r.json").read_text(encoding="utf-8")


def test_a_quarantined_list_exits_with_three(check: Check, tmp_path: Path) -> None:
    table(tmp_path, GOOD)
    data = tmp_path / "data"
    publish(data)
    remember(data, "us_ofac_sdn", Outcome.QUARANTINED, reason="it shrank by half")

    done = check("suppliers.csv", data=data)
    run("--output", str(tmp_path / "b.zip"), cwd=tmp_path, data=data, group="lists bundle")

    assert done.code == 3, done.out
    assert "list us_ofac_sdn is quarantined" in done.out
    assert check("suppliers.csv", "--allow-stale", data=data).code == 3
    assert check("suppliers.csv", "--snapshot", "b.zip").code == 3  # a quarantine travels along


def test_a_report_neither_replaces_an_input_nor_a_link(check: Check, tmp_path: Path) -> None:
    source = table(tmp_path, GOOD)
    before = source.read_bytes()
    (tmp_path / "r.json").symlink_to(tmp_path / "real.json")

    itself = check("suppliers.csv", "--output", "json=suppliers.csv")
    linked = check("suppliers.csv", "--output", "json=r.json")

    assert (itself.code, linked.code) == (2, 0)
    assert source.read_bytes() == before
    assert (tmp_path / "r.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_bytes())["exit_code"] == 0
