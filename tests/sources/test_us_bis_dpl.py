from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import DesignationStatus
from sanctions_exposure.sources.formats import us_bis_dpl
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList
from support.documents import document_of
from support.reading import read_path


@pytest.fixture(scope="module")
def dpl(manifests: Mapping[str, Manifest]) -> Manifest:
    return manifests["us_bis_dpl"]


@pytest.fixture(scope="module")
def parsed(dpl: Manifest) -> ParsedList:
    return us_bis_dpl.parse({"primary": document_of("us_bis_dpl")}, dpl)


def test_rows_of_one_name_are_one_entry_with_every_order(parsed: ParsedList) -> None:
    first = parsed.entities[0]

    assert first.caption == "I. SAMPLE"  # published once with a leading blank
    assert [d.listed_on for d in first.designations] == ["2003-01-02", "2002-02-03"]
    assert len(first.addresses) == 2
    assert {d.status for d in first.designations} == {DesignationStatus.RESTRICTED}


def test_impossible_year_is_text_and_noted(parsed: ParsedList) -> None:
    airline = parsed.entities[1]

    assert ("Last_Update as published", "2922-03-03") in {(a.name, a.value) for a in airline.attributes}
    assert "date kept as text: Last_Update: 1" in parsed.notes


def test_order_without_an_expiry_is_open_ended(parsed: ParsedList) -> None:
    trading = parsed.entities[2]

    assert (trading.designations[0].until, trading.designations[0].programme) == ("", "non-standard order")


def test_unknown_country_is_noted_and_stays_in_the_address(parsed: ParsedList) -> None:
    assert parsed.entities[2].addresses[0].text == "BEIJING, PRC"
    assert "country not recognised: PRC: 1" in parsed.notes


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b'"Y"', b'"Maybe"', "line 2, column 'Standard_Order': unknown value 'Maybe'"),
        (b'"SAMPLE TRADING"', b'""', "line 5, column 'Name': is empty"),
        (b'"FR_Citation"', b'"Citation"', "column 'FR_Citation' is missing"),
        (b'\t"US"', b"", "line 2: has 11 cells, not 12"),
    ],
)
def test_what_the_publisher_never_emits_is_refused(dpl: Manifest, old: bytes, new: bytes, complaint: str) -> None:
    with pytest.raises(ListFormatError, match=complaint):
        us_bis_dpl.parse({"primary": document_of("us_bis_dpl").replace(old, new)}, dpl)


@pytest.mark.realdata
def test_real_list_is_complete(dpl: Manifest, real: Path) -> None:
    found = us_bis_dpl.parse({"primary": read_path(dpl, real / "us_csl" / "bis_dpl.txt")["primary"].content}, dpl)

    assert (found.tally["rows"], len(found.entities), found.names) == (581, 459, 459)
    assert found.tally["date kept as text: Last_Update"] == 3
    assert found.version == "2022-09-02"
