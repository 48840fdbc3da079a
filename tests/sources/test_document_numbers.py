"""Numbers of documents as the UK and the UN write them, with every digit changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from sanctions_exposure.model import Attribute
from sanctions_exposure.sources.formats import un_xml
from sanctions_exposure.sources.formats._document_numbers import document_numbers
from sanctions_exposure.sources.formats._uk_entry import Entry, _attributes
from sanctions_exposure.sources.formats._uk_identifiers import identifiers
from sanctions_exposure.sources.manifest import Manifest


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("8911 142100", ["8911 142100"]),
        ("45 07 686000M", ["45 07 686000M"]),
        ("TR-P 614 100", ["TR-P 614 100"]),
        ("D 001999", ["D 001999"]),
        ("8999 No. 555000", ["8999 555000"]),
        ("12/EXAMPLA(N)004999", ["12/EXAMPLA(N)004999"]),
        ("5/EXAMPL (NAING) 127999", ["5/EXAMPL (NAING) 127999"]),
        ("N°999/EXAMP/DIR/SP", ["N°999/EXAMP/DIR/SP"]),
        ("620115000. 530944000", ["620115000", "530944000"]),
        ("Passport Number. 290220000. Service passport number: 836220000", ["290220000", "836220000"]),
        ("Exampian passport no. (A)001714000 (B)101505000", ["001714000", "101505000"]),
        ("Exampian foreign travel passport number 515458000", ["515458000"]),
        ("Exampian passport No. 513000", ["513000"]),
        ("R00012000, South Example", ["R00012000"]),
        ("K754000 (Exampian). Issued on 26 May 1999. Expired on 25.5.2004", ["K754000"]),
        ("0703769000 (31)", ["0703769000"]),
        ("INN 772914217000", ["772914217000"]),
        ("35202- 4135000-7", ["35202- 4135000-7"]),
        ("Not known since 2004", []),
        ("unknown", []),
    ],
)
def test_whole_numbers_and_all_of_them(text: str, numbers: list[str]) -> None:
    assert list(document_numbers(text)) == numbers


def test_cell_without_end_takes_no_time() -> None:
    began = time.monotonic()
    for endless in ("(a" * 50_000, "(" + "a" * 100_000, "A1" * 50_000, "1 " * 50_000, "A-" * 50_000, "No. " * 25_000):
        document_numbers(endless)
    assert time.monotonic() - began < 5


def test_uk_cell_that_says_more_than_its_numbers_is_kept_whole() -> None:
    entry = Entry("EXA0001", "Individual")
    entry.documents["PassportNumber", "8999 No. 555000", ""] = None
    entry.documents["PassportNumber", "8911 142100", ""] = None

    assert [one.value for one in identifiers(entry.documents, {})] == ["8999 555000", "8911 142100"]
    assert list(_attributes(entry)) == [Attribute(name="PassportNumber", value="8999 No. 555000")]


def test_un_number_inside_a_sentence_is_stored_without_it(
    manifests: Mapping[str, Manifest], documents: Callable[[str], dict[str, bytes]]
) -> None:
    document = documents("un_sc")["primary"]
    said = "Exampian foreign travel passport number 515458000"
    at = document.index(b"<NUMBER>") + len(b"<NUMBER>")
    longer = document[:at] + said.encode() + document[document.index(b"</NUMBER>") :]

    entity = un_xml.parse({"primary": longer}, manifests["un_sc"]).entities[0]

    assert entity.identifiers[0].value == "515458000"
    assert any(one.name == "document" and said in one.value for one in entity.attributes)
