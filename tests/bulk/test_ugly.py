"""Tables as people send them, a test for each ugliness: what they hold comes back byte for byte, row for row."""

import csv
import io
import resource
from collections.abc import Iterator

import pytest

from sanctions_exposure.bulk.answers import screened
from sanctions_exposure.bulk.cells import OUTPUT, Tally
from sanctions_exposure.bulk.table import Reading, Table
from sanctions_exposure.errors import InvalidInput, TooLarge
from sanctions_exposure.question import TableLimits
from support.asking import Echo


def answered(document: bytes, reading: Reading | None = None, limits: TableLimits | None = None) -> bytes:
    table = Table(io.BytesIO(document), reading or Reading(), limits)
    return b"".join(screened(table, Echo(), Tally()))


def rows(document: bytes, encoding: str = "utf-8", delimiter: str = ",") -> list[dict[str, str]]:
    text = io.StringIO(document.decode(encoding).removeprefix("\ufeff"), newline="")
    return list(csv.DictReader(text, delimiter=delimiter, strict=True))


class Endless(io.RawIOBase):
    """Gives the same bytes again and again, and counts them."""

    def __init__(self, start: bytes, again: bytes) -> None:
        self._start, self._again, self.given = start, again, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self._start or self._again * (len(buffer) // len(self._again))
        self._start = b""
        buffer[: len(piece)] = piece
        self.given += len(piece)
        return len(piece)


def test_semicolons_are_seen_though_commas_stand_in_cells() -> None:
    out = answered(b"name;address, city\nExample;1, Main Street, York\nSample;2, Side Street, York\n")

    found = rows(out, delimiter=";")
    assert [row["screening_matched_name"] for row in found] == ["Example", "Sample"]
    assert found[0]["address, city"] == "1, Main Street, York"


def test_tabs_are_seen() -> None:
    out = answered(b"name\tnote\nExample, Sample; Co\tx\n")

    assert rows(out, delimiter="\t")[0]["screening_matched_name"] == "Example, Sample; Co"


def test_the_separator_line_of_excel_is_believed_and_stays() -> None:
    out = answered(b"sep=;\r\nname;x\r\nA, B and C;1\r\n")

    assert out.startswith(b"sep=;\r\nname;x;screening_outcome;")
    assert b"\r\nA, B and C;1;review;" in out


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_utf16_and_marks_are_read_and_written_as_they_came(encoding: str) -> None:
    table = "name,x\r\nПример,1\r\n例,2\r\nExample and Sons,3\r\n𝒜ce Trading Limited,4\r\n"
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)

    out = answered(table.encode(encoding))

    text = out.decode(encoding)
    assert [row["screening_matched_name"] for row in rows(out, encoding)] == [
        "Пример", "例", "Example and Sons", "𝒜ce Trading Limited",
    ]  # fmt: skip
    assert "\r\nПример,1,review," in text
    assert out.startswith(table.encode(encoding)[:8])
    assert text.removeprefix("\ufeff") == out.decode(plain).removeprefix("\ufeff")


def test_cp1252_is_read_when_it_can_be_nothing_else_and_told() -> None:
    document = "name,note\nBäckerei Groß,5 € – “fein”\nCrème Brûlée SA,x\n".encode("cp1252")

    table = Table(io.BytesIO(document), Reading())
    out = b"".join(screened(table, Echo(), Tally()))

    assert table.layout.remarks() == ("the table is read as cp1252",)
    assert [row["screening_matched_name"] for row in rows(out, "cp1252")] == ["Bäckerei Groß", "Crème Brûlée SA"]
    assert "\nBäckerei Groß,5 € – “fein”,review,".encode("cp1252") in out


def test_another_code_page_is_never_taken_for_western() -> None:
    document = "name,note\nООО Пример,x\nPlain Example,y\n".encode("cp1251")

    unsaid = [line.split(b",")[2] for line in answered(document).splitlines()]
    said = rows(answered(document, Reading(encoding="cp1251")), "cp1251")

    assert unsaid == [b"screening_outcome", b"error", b"review"]
    assert [row["screening_matched_name"] for row in said] == ["ООО Пример", "Plain Example"]


def test_a_name_the_encoding_has_no_letters_for_is_told_in_latin() -> None:
    class Finds(Echo):
        def __call__(self, documents):  # type: ignore[no-untyped-def]
            return super().__call__([{"name": "Белаз"} for _ in documents])

    table = Table(io.BytesIO("name\nCafé\n".encode("cp1252")), Reading())

    out = b"".join(screened(table, Finds(), Tally())).decode("cp1252")

    assert "Belaz" in out.splitlines()[1]


def test_line_endings_inside_quotes_belong_to_the_cell() -> None:
    record = b'1,"Example\r\nand\nSons","a\r\n\r\nb"'

    out = answered(b"id,name,x\r\n" + record + b"\r\n2,Sample,\r\n")

    assert b"\r\n" + record + b",review," in out
    assert [row["id"] for row in rows(out)] == ["1", "2"]


def test_ragged_rows_shift_no_column() -> None:
    found = rows(answered(b"id,name,x\n1,Example\n2,Sample,a,b,c\n3,Last,z\n"))

    assert [row["screening_outcome"] for row in found] == ["review", "error", "review"]
    assert [row["x"] for row in found] == ["", "a,b,c", "z"]
    assert found[1]["screening_error"] == "5 cells, but the header has 3"


def test_a_hundred_thousand_columns_are_refused_with_the_limit_and_read_where_it_is_raised() -> None:
    document = b"name," + b",".join(b"c%d" % i for i in range(100_000)) + b"\nExample" + b"," * 100_000 + b"\n"

    with pytest.raises(TooLarge, match=r"100,001 columns; at most 16,384"):
        answered(document)

    out = answered(document, limits=TableLimits(columns=200_000))
    assert out.split(b"\n")[1].startswith(b"Example" + b"," * 100_001 + b"review,")


def test_a_cell_of_fifty_megabytes_costs_its_own_row_and_comes_back() -> None:
    huge = b"x" * 50_000_000

    for cell in (huge[:200_000], huge, b'"' + huge[:200_000] + b',"'):
        out = answered(b"name,x\nFirst,1\nSecond," + cell + b"\nThird,3\n")

        first, second, third = out.splitlines()[1:]
        assert first.startswith(b"First,1,review,")
        assert second.startswith(b"Second," + cell + b",error,")
        assert b"a cell is longer than 131,072 characters" in second[-60:]
        assert third.startswith(b"Third,3,review,")


def test_a_nul_costs_its_own_row() -> None:
    out = answered(b"name,x\nExample,1\nSam\x00ple,2\nLast,\x003\nGood,4\n")

    lines = out.splitlines()
    assert lines[2].startswith(b"Sam\x00ple,2,error,")
    assert lines[3].startswith(b"Last,\x003,error,")
    assert lines[4].startswith(b"Good,4,review,")


@pytest.mark.parametrize("document", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n"])
def test_an_empty_file_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        answered(document)


@pytest.mark.parametrize("document", [b"name,x", b"name,x\r\n"])
def test_a_header_alone_is_a_table_without_rows(document: bytes) -> None:
    out = answered(document)

    assert out.startswith(b"name,x,screening_outcome,")
    assert rows(out) == []


def test_two_columns_of_one_name_are_refused_where_one_would_not_be_screened() -> None:
    with pytest.raises(InvalidInput, match="2 columns are called 'name', #1 and #3"):
        answered(b"name,x,Name\nExample,1,Sample\n")

    out = answered(b"name,x,Name\nExample,1,Sample\n", Reading(mapping={"#3": "name"}))
    assert out.splitlines()[1].startswith(b"Example,1,Sample,review,high,80,SAID,Sample,")


def test_two_columns_of_one_name_that_mean_nothing_to_us_stay() -> None:
    out = answered(b"name,x,x\nExample,1,2\n")

    assert out.startswith(b"name,x,x,screening_outcome,")
    assert out.splitlines()[1].startswith(b"Example,1,2,review,")


def test_formulas_pass_through_in_their_cells_and_start_none_in_ours() -> None:
    out = answered(b"name,x\n\"=cmd|'/c calc'!A1\",=1+1\n@SUM(A1),-1\n")

    lines = out.splitlines()
    assert lines[1].startswith(b"\"=cmd|'/c calc'!A1\",=1+1,review,")
    for row in rows(out):
        assert not any(row[column].startswith(("=", "+", "-", "@")) for column in OUTPUT)


def test_a_name_column_of_numbers_is_a_column_of_names() -> None:
    found = rows(answered(b"name,x\n600038906,1\n007,2\n1.0,3\n"))

    assert [row["name"] for row in found] == ["600038906", "007", "1.0"]
    assert [row["screening_matched_name"] for row in found] == ["600038906", "007", "1.0"]


@pytest.mark.parametrize("start", [b"", b"name,x\nExample,1\n", b'name,x\n"'])
def test_an_endless_line_is_refused_in_constant_memory(start: bytes) -> None:
    endless = Endless(start, b"abcdefgh")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(TooLarge, match="a line is longer than"):
        for _ in screened(Table(io.BufferedReader(endless), Reading()), Echo(), Tally()):
            pass

    assert endless.given < 70 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024


def test_single_quotes_are_seen_where_every_line_has_them() -> None:
    out = answered(b"'name','x'\n'A, B','1'\n'C','2'\n")

    assert b"\n'A, B','1',review,high,80,SAID,'A, B',l,7,'A, B',\n" in out


def test_an_apostrophe_opens_nothing() -> None:
    out = answered(b"name,x\n'Abd al-Example,1\nO'Sample,2\n")

    assert [row["screening_matched_name"] for row in rows(out)] == ["'Abd al-Example", "O'Sample"]


def test_columns_that_can_mean_one_thing_only_are_understood_and_told() -> None:
    table = Table(io.BytesIO(b"No,Supplier Name,Date of birth\n1,Example,1963\n"), Reading())

    assert table.layout.columns == {1: "name", 2: "birth_date"}
    assert table.layout.remarks() == (
        "column 'Supplier Name' is read as 'name'",
        "column 'Date of birth' is read as 'birth_date'",
    )


def test_a_guess_with_a_rival_is_none() -> None:
    with pytest.raises(InvalidInput, match="no column can be screened"):
        answered(b"Supplier name,Customer name\nExample,Sample\n")


def test_what_is_given_goes_before_what_is_seen() -> None:
    reading = Reading(delimiter=",", quote="", encoding="latin-1", mapping={"who": "name"})

    out = answered(b'who,x\n"Caf\xe9,1\nB;C;D,2\n', reading)

    assert out.splitlines()[1].startswith(b'"Caf\xe9,1,review,')


def pieces(document: bytes, size: int) -> Iterator[bytes]:
    return (document[at : at + size] for at in range(0, len(document), size))


class Trickle(io.RawIOBase):
    """Gives a few bytes at a time."""

    def __init__(self, document: bytes, size: int) -> None:
        self._pieces = pieces(document, size)

    def read1(self, _: int) -> bytes:
        return next(self._pieces, b"")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_pieces_of_any_size_make_the_same_table(size: int, encoding: str) -> None:
    document = 'name,x\r\n"Exam\r\nple ""é""",1\r\n\r\nSample,"2\n"\rCafé,3'.encode(encoding)

    out = b"".join(
        screened(Table(Trickle(document, size), Reading(encoding=encoding)), Echo(), Tally())  # type: ignore[arg-type]
    )

    assert out == answered(document, Reading(encoding=encoding))
