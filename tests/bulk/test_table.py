import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_exposure.bulk.answers import screened as answers_of
from sanctions_exposure.bulk.cells import OUTPUT, Tally, safe
from sanctions_exposure.bulk.columns import columns
from sanctions_exposure.bulk.table import Table
from sanctions_exposure.errors import InvalidInput
from support.asking import Echo

cell_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


def screened(document: bytes, mapping: dict[str, str] | None = None, tally: Tally | None = None) -> bytes:
    table = Table(io.BytesIO(document), mapping)
    return b"".join(answers_of(table, Echo(), tally or Tally()))


def rows(document: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    text = document.decode("utf-8-sig", "surrogateescape")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def test_the_output_is_the_input_followed_by_nine_columns() -> None:
    out = screened(b"ID,Name\r\n1,Example\r\n")

    assert out.startswith(b"ID,Name,screening_outcome,")
    assert rows(out) == [
        {"ID": "1", "Name": "Example"}
        | dict(zip(OUTPUT, ["review", "high", "80", "SAID", "Example", "l", "7", "Example", ""], strict=True))
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_in_the_header(delimiter: str) -> None:
    out = screened(f'no{delimiter}name\n1{delimiter}"A{delimiter}B"\n'.encode())

    assert rows(out, delimiter)[0]["screening_explanation"] == f"A{delimiter}B".replace("\t", " ")


def test_a_byte_order_mark_stays_and_hides_no_column() -> None:
    out = screened("\ufeffname\nExample\n".encode())

    assert out.startswith(b"\xef\xbb\xbfname,")
    assert rows(out)[0]["screening_outcome"] == "review"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_stay_as_they_were(ending: str) -> None:
    out = screened(ending.join(["name", "Example", "Sample", ""]).encode())

    assert out.decode().count(ending) == 3
    assert len(out.decode().split(ending)) == 4


def test_a_file_without_a_last_line_ending_is_whole() -> None:
    assert len(rows(screened(b"name\nExample\nSample"))) == 2


def test_quoted_cells_are_passed_on_byte_for_byte() -> None:
    record = b'"Exam ""ple""\nLtd",  spaced ,"plain","=1+1"'

    out = screened(b"name,a,b,c\n" + record + b"\n")

    assert b"\n" + record + b",review," in out


def test_a_row_that_cannot_be_screened_says_why_and_the_others_are_screened() -> None:
    tally = Tally()

    found = rows(screened(b"name,country\nExample,by\nSample,Atlantis\n?!,by\n,\nLast,ru\n", tally=tally))

    assert [row["screening_outcome"] for row in found] == ["review", "error", "error", "error", "review"]
    assert "Atlantis" in found[1]["screening_error"]
    assert (tally.rows, tally.rejected) == (5, 3)


def test_bytes_that_are_no_utf8_are_that_row_s_fault_and_stay() -> None:
    out = screened("name,x\nПример,0\n".encode() + b"Caf\xe9,1\nExample,2\n")

    assert b"\nCaf\xe9,1,error," in out
    assert b"bytes that are not utf-8" in out
    assert b"\nExample,2,review," in out


def test_a_quote_that_never_closes_costs_only_its_own_row() -> None:
    lines = ["name,x", '"Open,1'] + [f"Example {i},2" for i in range(500)]

    found = rows(screened("\n".join(lines).encode()))

    assert len(found) == 501
    assert "never closes" in found[0]["screening_error"]
    assert {row["screening_outcome"] for row in found[1:]} == {"review"}


def test_a_quote_left_open_near_the_end_costs_only_its_own_row() -> None:
    found = rows(screened(b'name,x\nExample,1\n"Open,2\nSample,3\n'))

    assert [row["screening_outcome"] for row in found] == ["review", "error", "review"]


def test_too_many_cells_are_an_error_and_shift_no_column() -> None:
    found = rows(screened(b"name,x\nExample, Inc,1,2\nSample,1\n"))

    assert found[0]["screening_error"] == "4 cells, but the header has 2"
    assert found[1]["screening_outcome"] == "review"


def test_missing_cells_at_the_end_are_blank() -> None:
    found = rows(screened(b"name,x,y\nExample\n"))

    assert found[0]["screening_outcome"] == "review"
    assert found[0]["y"] == ""


def test_blank_lines_stay_and_are_no_rows() -> None:
    tally = Tally()

    out = screened(b"name\n\nExample\n\n", tally=tally)

    assert out.decode().split("\n")[1] == ""
    assert tally.rows == 1


def test_columns_are_found_without_regard_to_case() -> None:
    assert columns(["Supplier", " NAME ", "Country"]) == {1: "name", 2: "country"}


def test_a_column_is_mapped_by_its_own_name() -> None:
    found = rows(screened(b"Supplier name,Land\nExample,by\n", {"Supplier name": "name", "Land": "country"}))

    assert found[0]["screening_matched_name"] == "Example"


@pytest.mark.parametrize(
    ("header", "mapping", "says"),
    [
        (b"a,b\n", {}, "no column can be screened"),
        (b"a,b\n", {"c": "name"}, "no such column"),
        (b"a,b\n", {"a": "nom"}, "no column 'nom'"),
        (b"", {}, "empty"),
        (b"a,b\n", {"a": "name", "b": "name"}, "two columns"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(header: bytes, mapping: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        Table(io.BytesIO(header), mapping)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", "|calc"])
def test_our_cells_start_no_formula(text: str) -> None:
    assert safe(text).startswith("'")


def test_a_name_that_is_a_formula_comes_back_disarmed_in_our_columns_only() -> None:
    out = rows(screened(b'name\n"=HYPERLINK(""x"")"\n'))[0]

    assert out["name"].startswith("=")
    assert out["screening_matched_name"].startswith("'=")
    assert out["screening_explanation"].startswith("'=")


def test_equal_rows_are_screened_once() -> None:
    echo = Echo()
    table = Table(io.BytesIO(b"id,name\n" + b"".join(b"%d,Example\n" % i for i in range(1000))))

    out = b"".join(answers_of(table, echo, Tally()))

    assert echo.asked == 1
    assert out.count(b"\r\n") + out.count(b"\n") == 1001


def test_the_first_rows_come_out_before_the_last_are_read() -> None:
    read = 0

    def source() -> Iterator[bytes]:
        nonlocal read
        yield b"name\n"
        for i in range(100_000):
            read += 1
            yield b"Example %d\n" % i

    class Stream(io.RawIOBase):
        lines = source()

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            line = next(self.lines, b"")
            buffer[: len(line)] = line
            return len(line)

    out = answers_of(Table(io.BufferedReader(Stream())), Echo(), Tally())
    next(out)
    next(out)

    assert read < 5000


@settings(deadline=None)
@given(st.lists(st.lists(cell_text, min_size=2, max_size=2), min_size=1, max_size=8))
def test_every_cell_survives_and_every_row_is_answered(table: list[list[str]]) -> None:
    source = io.StringIO(newline="")
    csv.writer(source, quoting=csv.QUOTE_ALL).writerows([["name", "x"], *table])

    out = list(csv.reader(io.StringIO(screened(source.getvalue().encode()).decode(), newline=""), strict=True))

    assert [row[:2] for row in out[1:]] == table
    assert all(row[2] in {"review", "error"} and len(row) == 2 + len(OUTPUT) for row in out[1:])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_after_the_header_are_answered_row_by_row(body: bytes) -> None:
    out = screened(b"name,x\n" + body)

    assert out.startswith(b"name,x,screening_outcome,")
