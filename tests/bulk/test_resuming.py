"""Reading goes on after any chunk of a table as if it had never stopped: what durable jobs rest on."""

import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_exposure.bulk.answers import CsvAnswers
from sanctions_exposure.bulk.cells import Tally, cells
from sanctions_exposure.bulk.once import Once
from sanctions_exposure.bulk.table import Layout, Reading, Table, chunks_from
from sanctions_exposure.bulk.writing import header_bytes, rows_bytes
from sanctions_exposure.errors import TooLarge
from sanctions_exposure.question import TableLimits
from support.asking import Echo

cell_text = st.text(st.sampled_from('ab,"\r\n Жé𝒜'), max_size=6)


def document(table: list[list[str]], encoding: str) -> bytes:
    rows = [["name", "x"], *table]
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "\r\n".join(quoted).encode(encoding)


@settings(deadline=None)
@given(
    st.lists(st.lists(cell_text, min_size=2, max_size=2), max_size=1200),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
)
def test_the_rows_after_any_chunk_are_those_of_the_whole(table: list[list[str]], encoding: str) -> None:
    text = document(table, encoding)
    whole = Table(io.BytesIO(text), Reading(encoding=encoding))
    chunks = list(whole.chunks())
    layout = msgspec.json.decode(msgspec.json.encode(whole.layout), type=Layout)

    for place, chunk in enumerate(chunks):
        rest = chunks_from(io.BytesIO(text[chunk.end :]), layout, end=chunk.end, number=chunk.number)
        assert [row for c in rest for row in c.rows] == [row for c in chunks[place + 1 :] for row in c.rows]
    assert not chunks or chunks[-1].end == len(text)


def test_the_output_in_two_parts_is_the_output_at_once() -> None:
    text = b"name,x\n" + b"".join(b"Example %d,y\n" % (i % 7) for i in range(1000))
    table = Table(io.BytesIO(text), Reading())
    layout, first = table.layout, next(table.chunks())
    answers = CsvAnswers(layout, Echo(), Tally())
    begun = header_bytes(layout) + rows_bytes(layout, first.rows, answers(first))

    again = CsvAnswers(layout, Echo(), Tally())
    rest = chunks_from(io.BytesIO(text[first.end :]), layout, end=first.end, number=first.number)
    ended = b"".join(rows_bytes(layout, chunk.rows, again(chunk)) for chunk in rest)

    whole = Table(io.BytesIO(text), Reading())
    once = CsvAnswers(layout, Echo(), Tally())
    assert begun + ended == header_bytes(layout) + b"".join(
        rows_bytes(layout, chunk.rows, once(chunk)) for chunk in whole.chunks()
    )


def test_rows_and_bytes_have_their_limits_which_name_their_setting() -> None:
    text = b"name\n" + b"Example\n" * 1000

    with pytest.raises(TooLarge, match=r"more than 600 rows \(EXPOSURE_MAX_TABLE_ROWS\)"):
        list(Table(io.BytesIO(text), Reading(), TableLimits(rows=600)).chunks())
    with pytest.raises(TooLarge, match=r"larger than 2,000 bytes \(EXPOSURE_MAX_TABLE_BYTES\)"):
        list(Table(io.BytesIO(text), Reading(), TableLimits(bytes=2000)).chunks())


def test_a_resumed_table_counts_what_came_before() -> None:
    table = Table(io.BytesIO(b"name\nA\n"), Reading())

    rest = chunks_from(io.BytesIO(b"B\nC\n"), table.layout, end=7, number=1, limits=TableLimits(rows=2))

    with pytest.raises(TooLarge, match="more than 2 rows"):
        list(rest)


def test_a_question_that_comes_again_stays_remembered_however_many_others_pass() -> None:
    echo = Echo()
    once = Once(echo, cells, lambda _: 1, kept=10)

    for number in range(100):
        once([(f"Other {number}",), ("Example",)], lambda question: {"name": question[0]})

    assert echo.asked == 101


def test_references_tell_no_questions_apart() -> None:
    echo = Echo()
    text = b"reference,name\n" + b"".join(b"PO-%d,Example\n" % i for i in range(500))
    table = Table(io.BytesIO(text), Reading())
    answers = CsvAnswers(table.layout, echo, Tally())

    found = [row for chunk in table.chunks() for row in answers(chunk)]

    assert echo.asked == 1
    assert len(found) == 500


def test_a_reference_that_is_refused_costs_its_own_row() -> None:
    text = b"reference,name\n1,Example\n" + b"x" * 6000 + b",Example\n2,Example\n"
    table = Table(io.BytesIO(text), Reading())
    answers = CsvAnswers(table.layout, Echo(), Tally())

    found = [row[0] for chunk in table.chunks() for row in answers(chunk)]

    assert found == ["review", "error", "review"]
