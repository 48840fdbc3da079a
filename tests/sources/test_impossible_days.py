"""A day that its month does not have is a slip of the publisher's; the month may still be right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date

import pytest

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import ListedDate, Schema
from sanctions_exposure.policy.dates import check_partial, first_day, in_force, last_day
from sanctions_exposure.sources.formats import _eu_entry, _uk_entry, generic, un_xml
from sanctions_exposure.sources.formats._jp_text import dates
from sanctions_exposure.sources.formats._ofac_remarks import facts
from sanctions_exposure.sources.manifest import Manifest

Documents = Callable[[str], dict[str, bytes]]
HEADER = b"id,name,kind,schema,countries,dob,listed_on\n"


@pytest.mark.parametrize(("text", "start"), [("1970-02-31", "1970-02"), ("1971-02-29", "1971-02"), ("1972-02-29", "")])
def test_un_date_of_birth_becomes_its_month(
    manifests: Mapping[str, Manifest], documents: Documents, text: str, start: str
) -> None:
    document = documents("un_sc")["primary"].replace(b"<DATE>1959-04-05</DATE>", f"<DATE>{text}</DATE>".encode())

    first = un_xml.parse({"primary": document}, manifests["un_sc"]).entities[0]

    found = next(one for one in first.birth_dates if one.start[:7] == text[:7])
    assert (found.start, found.text) == (start or text, text if start else "")


def test_un_date_of_listing_becomes_its_month_and_the_notes_say_so(
    manifests: Mapping[str, Manifest], documents: Documents
) -> None:
    document = documents("un_sc")["primary"].replace(b">2017-08-05", b">2017-02-31")

    parsed = un_xml.parse({"primary": document}, manifests["un_sc"])

    assert parsed.entities[0].designations[0].listed_on == "2017-02"
    assert "date of listing that cannot be, read as its month: 2017-02-31: 1" in parsed.notes


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"birthdate": "1970-02-31"}, ListedDate(start="1970-02", text="1970-02-31")),
        (
            {"year": "1970", "monthOfYear": "2", "dayOfMonth": "31"},
            ListedDate(start="1970-02", text="1970-02-31"),
        ),
        ({"year": "1970", "monthOfYear": "2", "dayOfMonth": "3"}, ListedDate(start="1970-02-03")),
    ],
)
def test_eu_birth_date_becomes_its_month(record: dict[str, str], expected: ListedDate) -> None:
    assert _eu_entry._birth_date(record) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"year": "1343", "calendarType": "ISLAMIC"}, None),
        ({"yearRangeFrom": "1343", "calendarType": "ISLAMIC"}, None),
        # The whole date is told in our calendar beside its parts in the other one.
        ({"birthdate": "1982-04-19", "year": "1402", "calendarType": "ISLAMIC"}, ListedDate(start="1982-04-19")),
    ],
)
def test_year_of_the_hijra_is_no_year_of_ours(record: dict[str, str], expected: ListedDate | None) -> None:
    assert _eu_entry._birth_date(record) == expected


def test_ofac_birth_date_becomes_its_month() -> None:
    assert facts("DOB 31 Nov 1970", Schema.PERSON, cut=False) == [ListedDate(start="1970-11", text="31 Nov 1970")]


def test_japanese_birth_date_becomes_its_month() -> None:
    assert dates("1970年2月31日") == [ListedDate(start="1970-02", text="1970-02-31")]


def test_uk_birth_date_becomes_its_month_and_keeps_what_was_said() -> None:
    entry = _uk_entry.Entry("EXA0001", "Individual")
    entry.add("DOB", "31/02/1970")
    entry.add("DOB", "00/03/1958")

    assert _uk_entry._birth_dates(entry, Counter())[0] == (
        ListedDate(start="1970-02", text="31/02/1970"),
        ListedDate(start="1958-03"),
    )


@pytest.mark.parametrize(
    ("cells", "column"), [("1970-02-31,", "dob"), (",2026-02-31", "listed_on"), ("1971-02-29,", "dob")]
)
def test_ones_own_list_is_told_line_and_column(manifests: Mapping[str, Manifest], cells: str, column: str) -> None:
    with pytest.raises(ListFormatError, match=f"line 2, column '{column}'"):
        generic.parse({"primary": HEADER + f"1,Testova,primary,Person,,{cells}\n".encode()}, manifests["own"])


@pytest.mark.parametrize("stored", ["2026-02-31", "2026-13-01", "2026-00", "0000"])
def test_impossible_date_in_an_older_snapshot_ends_no_screening(stored: str) -> None:
    assert first_day(stored) <= last_day(stored)
    in_force(date(2026, 11, 23), since=stored, until=stored)


def test_impossible_day_counts_from_the_first_of_its_month() -> None:
    assert in_force(date(2026, 2, 1), since="2026-02-31", until="")


@pytest.mark.parametrize("text", ["2026-02-31", "2026-13", "2026-00"])
def test_rules_may_not_hold_an_impossible_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|month"):
        check_partial(text)
