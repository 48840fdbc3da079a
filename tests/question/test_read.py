from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import IDENTIFIER_TYPES, Identifier, Schema, VesselEvent
from sanctions_exposure.question import Limits, read_name_query, read_subject
from sanctions_exposure.question.schemas import ROLES

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["name", "route"]), below),
    max_leaves=12,
)
part_names = st.sampled_from(["parties", "route", "goods", "payment", "name", "as_of", "owners", "identifiers"])


def faults(document: Any, limits: Limits | None = None) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_subject(document, limits)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_the_whole_request_of_the_contract_is_read() -> None:
    subject = read_subject(
        {
            "reference": "PO-2026-0118",
            "as_of": "2026-11-22",
            "regimes": ["us", "eu"],
            "parties": [
                {
                    "id": "buyer",
                    "role": "consignee",
                    "schema": "Company",
                    "name": "OJSC Example",
                    "aliases": ["Пример"],
                    "countries": ["BLR"],
                    "addresses": ["1 Example Street"],
                    "birth_date": None,
                    "incorporation_date": "1948",
                    "identifiers": [{"type": "registration", "value": "600038906"}],
                    "owners": [{"name": "Owner", "share": 51.0, "control": False, "owners": [{"name": "Top"}]}],
                    "customer_since": "2024-03",
                }
            ],
            "route": [
                {"place": "Astrakhan", "country": "Russia"},
                {
                    "locode": "IR BAZ",
                    "mode": "sea",
                    "vessel": {
                        "name": "Example Star",
                        "imo": "9074729",
                        "events": [{"type": "ais_gap", "hours": 60, "date": "2026-08-02"}],
                    },
                    "carrier": "Example Lines",
                },
            ],
            "goods": [{"hs_code": "8407.10", "description": "engine", "origin": "IRN"}],
            "payment": {
                "currency": "rub",
                "rail": "Mir",
                "payer": "buyer",
                "banks": [{"name": "B", "bic": "DEUTDEFF"}],
            },
        }
    )

    assert subject.as_of == date(2026, 11, 22)
    assert subject.parties[0].schema is Schema.COMPANY
    assert subject.parties[0].owners[0].owners[0].pointer == "/parties/0/owners/0/owners/0"
    assert [stop.country for stop in subject.route] == ["ru", ""]
    assert subject.route[1].locode == "IRBAZ"
    assert subject.route[1].vessel is not None
    assert subject.route[1].vessel.identifiers == (Identifier(type="imo", value="9074729"),)
    assert subject.route[1].vessel.events == (VesselEvent(type="ais_gap", hours=60, date="2026-08-02"),)
    assert subject.route[1].carrier is not None
    assert subject.route[1].carrier.name == "Example Lines"
    assert (subject.goods[0].hs_code, subject.goods[0].origin) == ("840710", "ir")
    assert subject.payment is not None
    assert subject.payment.currency == "RUB"
    assert subject.payment.banks[0].role == "bank"
    assert subject.warnings == ()


def test_one_party_may_be_written_flat() -> None:
    flat = read_subject({"name": "Example", "country": "by", "imo": "9074729", "reference": "R1"})
    nested = read_subject(
        {"reference": "R1", "parties": [{"name": "Example", "country": "by", "imo": "9074729"}]},
    )

    assert flat == nested


def test_faults_of_a_flat_request_point_into_the_flat_request() -> None:
    assert "/country" in faults({"name": "Example", "country": "Atlantis"})
    assert "/imo_number" in faults({"name": "Example", "imo_number": "1"})


@pytest.mark.parametrize("document", [{}, {"parties": []}, {"reference": "R1"}, {"route": [], "goods": []}])
def test_a_request_with_nothing_to_screen_is_refused(document: Any) -> None:
    assert faults(document)[""].startswith("nothing to screen")


@pytest.mark.parametrize("document", [None, [], "BelAZ", 5, True])
def test_a_request_that_is_no_object_is_refused(document: Any) -> None:
    assert faults(document)[""].startswith("must be an object")


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"parties": "x"}, "/parties"),
        ({"parties": [None]}, "/parties/0"),
        ({"parties": [{"name": 5}]}, "/parties/0/name"),
        ({"parties": [{"name": ["x"]}]}, "/parties/0/name"),
        ({"parties": [{"name": "x", "nmae": "y"}]}, "/parties/0/nmae"),
        ({"parties": [{"name": "x", "role": "boss"}]}, "/parties/0/role"),
        ({"parties": [{"name": "x", "schema": "Product"}]}, "/parties/0/schema"),
        ({"parties": [{"name": "x", "birth_date": "13.05.1963"}]}, "/parties/0/birth_date"),
        ({"parties": [{"name": "x", "birth_date": "1963-02-30"}]}, "/parties/0/birth_date"),
        (
            {"parties": [{"name": "x", "identifiers": [{"type": "shoe", "value": "9"}]}]},
            "/parties/0/identifiers/0/type",
        ),
        ({"parties": [{"name": "x", "owners": [{"name": "y", "share": 120}]}]}, "/parties/0/owners/0/share"),
        ({"parties": [{"name": "x", "owners": [{"name": "y", "share": float("nan")}]}]}, "/parties/0/owners/0/share"),
        ({"parties": [{"name": "x", "owners": [{"name": "?!"}]}]}, "/parties/0/owners/0/name"),
        ({"parties": [{"name": "x", "countries": ["by", "Atlantis"]}]}, "/parties/0/countries/1"),
        ({"parties": [{"role": "buyer"}]}, "/parties/0/name"),
        ({"parties": [{"name": "- ?! -"}]}, "/parties/0/name"),
        ({"parties": [{"name": "x", "aliases": ["y", "…"]}]}, "/parties/0/aliases/1"),
        ({"route": [{"mode": "sea"}]}, "/route/0"),
        ({"route": [""]}, "/route/0"),
        ({"route": [{"place": "x", "mode": "teleport"}]}, "/route/0/mode"),
        ({"route": [{"place": "x", "vessel": {"name": "?"}}]}, "/route/0/vessel/name"),
        ({"goods": [{"hs_code": "84O7"}]}, "/goods/0/hs_code"),
        ({"goods": [{"hs_code": "8"}]}, "/goods/0/hs_code"),
        ({"goods": [{"origin": "ir"}]}, "/goods/0"),
        ({"payment": {"payer": "x"}}, "/payment"),
        ({"name": "x", "as_of": "yesterday"}, "/as_of"),
        ({"name": "x", "regimes": ["mars"]}, "/regimes/0"),
    ],
)
def test_a_fault_is_refused_where_it_stands(document: Any, pointer: str) -> None:
    assert pointer in faults(document)


def test_all_faults_are_told_at_once() -> None:
    found = faults({"parties": [{"name": "x", "country": "Atlantis"}], "goods": [{"hs_code": "no"}]})

    assert set(found) == {"/parties/0/country", "/goods/0/hs_code"}


@pytest.mark.parametrize(
    ("type_", "wrong"),
    [
        ("imo", "9074728"),
        ("lei", "529900T8BM49AURSDO56"),
        ("bic", "NOT-A-BIC"),
        ("inn", "7707083894"),
        ("ogrn", "1027700132196"),
        ("mmsi", "12345"),
    ],
)
def test_a_wrong_check_digit_is_a_warning_and_the_party_is_still_asked_about(type_: str, wrong: str) -> None:
    subject = read_subject({"name": "Example", type_: wrong})

    assert subject.parties[0].identifiers == (Identifier(type=type_, value=wrong),)
    assert len(subject.warnings) == 1
    assert type_.upper() in subject.warnings[0]


@pytest.mark.parametrize(("type_", "right"), [("imo", "9074729"), ("imo", "IMO 9074729"), ("inn", "7707083893")])
def test_a_right_check_digit_is_not_remarked_on(type_: str, right: str) -> None:
    assert read_subject({"name": "Example", type_: right}).warnings == ()


def test_a_name_of_a_million_characters_is_refused_with_the_limit() -> None:
    assert "at most 500" in faults({"name": "a" * 1_000_000})["/name"]


def test_ten_thousand_parties_are_refused_with_the_limit() -> None:
    assert "at most 200" in faults({"parties": [{"name": "x"}] * 10_000})["/parties"]


def test_limits_are_those_given() -> None:
    assert "at most 3" in faults({"name": "abcd"}, Limits(name=3))["/name"]


def test_endless_owners_are_refused_where_they_get_too_deep() -> None:
    document: dict[str, Any] = {"name": "x"}
    for _ in range(5000):
        document = {"name": "x", "owners": [document]}

    (pointer,) = faults(document)

    assert pointer.startswith("/owners/0/owners/0")


@pytest.mark.parametrize("hidden", ["\x00", "\ud800"])
def test_what_is_no_text_is_refused_where_it_stands(hidden: str) -> None:
    assert "/name" in faults({"name": f"Exam{hidden}ple"})


def test_marks_that_turn_text_round_are_removed_and_remarked_on() -> None:
    subject = read_subject({"name": "\u202eExam\u200bple\u202c Ltd"})

    assert subject.parties[0].name == "Example Ltd"
    assert "/parties/0/name" in subject.warnings[0]


def test_control_characters_become_blanks() -> None:
    assert read_subject({"name": "Example\t\tLtd\x1b[31m"}).parties[0].name == "Example Ltd [31m"


def test_the_lines_of_a_name_stay_apart_on_one_line() -> None:
    party = {"name": "Zelmira Ltd \r\n\tDock Road 5\n", "aliases": ["Zorder\nTashov"]}
    asked = read_subject(party).parties[0]

    assert asked.name == "Zelmira Ltd | Dock Road 5"
    assert asked.aliases == ("Zorder | Tashov",)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_of_the_contract_is_known(role: str) -> None:
    assert read_subject({"parties": [{"name": "x", "role": role}]}).parties[0].role == role


@pytest.mark.parametrize("type_", sorted(IDENTIFIER_TYPES))
def test_every_identifier_type_is_known(type_: str) -> None:
    subject = read_subject({"parties": [{"name": "Example", "identifiers": [{"type": type_, "value": "1"}]}]})

    assert subject.parties[0].identifiers[0].type == type_


@given(st.dictionaries(part_names | st.text(), json_values, max_size=4))
def test_any_document_is_read_or_refused_with_pointers(document: dict[str, Any]) -> None:
    told: tuple[object, ...]
    try:
        subject = read_subject(document)
        told = (*subject.parties, *subject.route, *subject.goods, subject.payment)
    except InvalidInput as error:
        told = error.faults

    assert any(told)


@given(st.text())
def test_reading_a_name_twice_changes_nothing(name: str) -> None:
    try:
        once = read_subject({"name": name}).parties[0].name
    except InvalidInput:
        return

    assert read_subject({"name": once}).parties[0].name == once


def test_a_search_takes_a_name_or_an_object() -> None:
    assert read_name_query("Example").names == ("Example",)

    query = read_name_query({"name": "Example", "schema": "Person", "country": "Iran", "birth_date": "1963"})

    assert (query.schema, query.countries, query.birth_date) == (Schema.PERSON, ("ir",), "1963")


@pytest.mark.parametrize("query", [{}, {"name": "?"}, {"name": "x", "dob": "1963"}, "", 5])
def test_a_search_that_asks_nothing_is_refused(query: Any) -> None:
    with pytest.raises(InvalidInput):
        read_name_query(query)


@pytest.mark.parametrize(
    ("shares", "told"), [([0.6, 0.4], True), ([1], True), ([60, 0.5], False), ([0], False), ([], False)]
)
def test_shares_that_look_like_fractions_are_remarked_on(shares: list[float], told: bool) -> None:
    owners = [{"name": f"Owner {n}", "share": share} for n, share in enumerate(shares)]

    subject = read_subject({"name": "Example", "owners": [*owners, {"name": "Another"}]})

    assert any("in percent" in said for said in subject.warnings) == told


@pytest.mark.parametrize("kind", ["other", "callsign"])
def test_a_party_that_could_be_compared_with_nothing_is_refused(kind: str) -> None:
    alone = {"parties": [{"identifiers": [{"type": kind, "value": "100023"}]}]}
    beside = {"parties": [{"identifiers": [{"type": kind, "value": "100023"}, {"type": "tax", "value": "7707083893"}]}]}

    with pytest.raises(InvalidInput) as refused:
        read_subject(alone)

    assert [fault.pointer for fault in refused.value.faults] == ["/parties/0/name"]
    assert read_subject(beside).parties
