"""The law of the fast reader: whatever came before, a document says what it says when it is read alone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Subject
from sanctions_exposure.question import AlikeReader, Limits, read_subject, row_document
from sanctions_exposure.question import alike as alike_module

LIMITS = Limits(name=40, text=60)
texts = st.sampled_from(
    [
        "Example", " Example", "Example ", "?", "A\u200bB", "a\xa0b", "Пример", "x" * 41, "x" * 61, "\x00", "\ud800",
        "", "é", "１２", "A\tB", "’", "‘ayn",
        "Zelmira 9074729", "Zelmira 2",
    ]
) | st.text(max_size=5)  # fmt: skip
dates = st.sampled_from(["1963", "1963-05", "1963-05-09", "1963-13", "1963-02-30", "０１２３", "63", " 1963"])
countries = st.sampled_from(["by", "Belarus", "Atlantis", "", " ru "])
numbers = st.sampled_from(["9074729", "1234567", "", " 9074729"])
documents = st.fixed_dictionaries(
    {},
    optional={
        "name": texts | st.none() | st.just(5), "reference": texts, "address": texts, "birth_date": dates,
        "country": countries, "countries": st.lists(countries, max_size=2), "addresses": st.lists(texts, max_size=2),
        "aliases": st.lists(texts, max_size=2), "imo": numbers, "role": st.sampled_from(["buyer", "king"]),
        "schema": st.sampled_from(["Person", "Ghost"]), "as_of": st.sampled_from(["2026-01-01", "soon"]),
        "regimes": st.just(["us"]), "unknown": st.just("x"), "route": st.just(["IRBAZ"]),
    },
)  # fmt: skip


def said(reader: Any, document: Any) -> Subject | tuple[str, tuple[Any, ...]]:
    try:
        found: Subject = reader(document)
    except InvalidInput as error:
        return (str(error), error.faults)
    return found


@settings(deadline=None, max_examples=300)
@given(st.lists(documents, max_size=12))
def test_a_document_says_the_same_whatever_was_read_before(asked: list[dict[str, Any]]) -> None:
    reader = AlikeReader(LIMITS)

    for document in asked:
        assert said(reader.read, document) == said(lambda d: read_subject(d, LIMITS), document)


@settings(deadline=None)
@given(st.lists(st.tuples(texts, countries, dates, texts), max_size=12))
def test_so_do_the_rows_of_a_table(table: list[tuple[str, str, str, str]]) -> None:
    reader, columns = AlikeReader(LIMITS), ("name", "country", "birth_date", "address")

    for row in table:
        document = row_document(dict(zip(columns, row, strict=True)))
        assert said(reader.read, document) == said(lambda d: read_subject(d, LIMITS), document)


@pytest.mark.parametrize("document", [None, 5, "name", [], {"parties": []}, {"name": {"a": 1}}, {"name": ["A"]}])
def test_what_is_no_flat_question_is_read_in_full(document: Any) -> None:
    assert said(AlikeReader(LIMITS).read, document) == said(lambda d: read_subject(d, LIMITS), document)


def test_the_second_row_of_a_form_is_not_validated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, read = AlikeReader(Limits()), []
    monkeypatch.setattr(
        alike_module, "read_subject", lambda document, limits: read.append(document) or read_subject(document, limits)
    )

    for number in range(100):
        reader.read({"name": f"Example {number}", "country": "by", "reference": str(number)})

    assert len(read) == 1
