"""A name field that holds more than the name: each party in it is found, and a number of the name still counts."""

from __future__ import annotations

import pytest

from sanctions_exposure.matching.explain import compare
from sanctions_exposure.matching.normalise import Kind
from sanctions_exposure.matching.readings import asked_as
from sanctions_exposure.model import Schema

HIT = 0.7
COMPANY = "Quorvan Trading Corporation"
PERSON = "TASHOV, Quorvan Zelmirovich"


def score(a: str, b: str, schema: Schema = Schema.COMPANY) -> float:
    return compare(a, b, schema).score


@pytest.mark.parametrize("listed", [COMPANY, PERSON])
@pytest.mark.parametrize(
    "field",
    [
        "{}, 12 Dock Road, Tashovia", "{}, ul. Sadova 5, Orsk", "{} Unit 5, Tondar Marina", "{}, P.O. Box 1234, Orsk",
        "{} 12 Dock Street Orsk", "{} 40702810400000001234", "{} a/c 40702810", "{} IBAN XX0204452560040702810412",
        "{} INN 7706812159", "{} /ACC/1234", "{} 2025-03-01", "{} 12 March 2024", "{} Tel +7 495 1234567",
        "{} dir@tondar.com", "{} passport 75 1234567", "{} d.o.b. 12/03/1965", "{} (born 1965)", "{} b. 1965",
        "1. {}", "#45 {}", "12345 - {}", "No. 3 {}", "1 {}", "1/{} 2/Dock Road 5 3/AE/Tondar", "1/{}",
        "Beneficiary: {}", "Customer \N{EN DASH} {}", "Buyer {}", "{}; Marston Zorder", "Marston Zorder | {}",
        "{} | Marston Zorder | Dock Road", "{} OR Marston Zorder", "{} a.k.a. Marston Zorder",
        "{} (aka)  Marston Zorder",
        "Marston Zorder f/k/a {}", "Marston Zorder also known as {}", "Marston Zorder d.b.a. {}",
        "Marston Zorder on behalf of {}", "Marston Zorder obo {}", "Marston Zorder by order of {}", "{0} {0}",
        "Payee: {} 12/03/1965; Marston Zorder",
    ],
)  # fmt: skip
def test_a_name_is_found_in_whatever_stands_around_it(field: str, listed: str) -> None:
    assert score(field.format(listed), listed, Schema.PERSON if listed is PERSON else Schema.COMPANY) >= 0.85


@pytest.mark.parametrize(
    "asked",
    [
        "QUORVANBANK JSC Orsk", "Quorvanbank Joint Stock Company Orsk Tashovia",
        "Quorvanbank, Limited Liability Company Orsk",
        "Marston Ltd Joint Stock Company Quorvanbank", "Payee JSC Quorvanbank", "ЗОРДЕР ООО Кворванбанк",
        "Quorvanbank S.A. de C.V. Marston Zorder Ltd",
    ],
)  # fmt: skip
def test_a_legal_form_inside_a_field_parts_the_name_from_what_stands_beside_it(asked: str) -> None:
    assert score(asked, "Quorvanbank JSC") >= HIT


@pytest.mark.parametrize(
    ("field", "listed"),
    [
        (field, "ZELMIRA")
        for field in (
            "{} (Tuvalu)", "{} - Flag: Gabon", "{} flag Gabon", "Motor Vessel {}", "chemical tanker {}", "{} tanker",
            "ORSK STAR ex {}", "ORSK STAR ex-{}", "ORSK STAR (ex {})", "ex-{}", "{} ex ORSK STAR", "O/S {}", "S/T {}",
            "{} V.023E", "{} voy 12", "{} voyage no. 12 W",
        )
    ]
    + [(field, "ZQ-82023") for field in ("Airbus A320 {}", "reg. {}", "aircraft {}", "Tail number {}")],
)  # fmt: skip
def test_a_ship_or_aircraft_is_found_in_what_records_say_of_it(field: str, listed: str) -> None:
    assert score(field.format(listed), listed, Schema.VESSEL) >= 0.85


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Zelmira 1", "Zelmira 2"),
        ("Zelmira - 1", "Zelmira 2"),
        ("Zelmira, No. 1", "Zelmira 2"),
        ("Zorder Factory No. 7", "Zorder Factory No. 8"),
        ("Unit 29155", "Unit 74455"),
        ("Tondar Meadow JSC; Marston", "Tondar Harbour JSC"),
        ("Quorvan LLC Zelmira 7 Street", "Limited Liability Company Street"),
        ("Zelmira LLC", "Zorder LLC"),
    ],
)
def test_numbers_and_forms_of_a_name_count_as_before(asked: str, listed: str) -> None:
    assert score(asked, listed) < HIT


@pytest.mark.parametrize(
    ("asked", "listed", "schema"),
    [
        ("TASHEVA LS", "TASHEVA, Larisa Sergeevna", Schema.PERSON),
        ("ZELMIROV AI", "ZELMIROV, Aleksey Ivanovich", Schema.PERSON),
        ("Zorder Factory №5", "Zorder Factory No. 5", Schema.COMPANY),
        ("Zorder Factory N7", "Zorder Factory 7", Schema.COMPANY),
        ("7th Zorder Factory", "Zorder Factory 7", Schema.COMPANY),
        ("ZelMirYu005", "ZEL MIR YU 005", Schema.VESSEL),
        ("JOINT SOCK COMPANY ZORDER", "Zorder JSC", Schema.COMPANY),
        ("JOINTSTOCK COMPANY ZORDER", "Zorder JSC", Schema.COMPANY),
        ("Zorder Limited Liability Com pany", "Zorder LLC", Schema.COMPANY),
    ],
)
def test_initials_numbers_and_forms_are_read_however_they_are_written(asked: str, listed: str, schema: Schema) -> None:
    assert score(asked, listed, schema) >= HIT


@pytest.mark.parametrize(
    ("asked", "listed", "schema"),
    [
        ("ZHANGMIN LI", "ZHANGMIN, Lu Ivo", Schema.PERSON),  # a name of two letters
        ("Zorder Factory N7", "Zorder Factory 8", Schema.COMPANY),
        ("ZelMirYu005", "ZEL MIR YU 006", Schema.VESSEL),
        ("JOINT STORE COMPANY ZORDER", "Zorder Trading JSC", Schema.COMPANY),
    ],
)
def test_what_is_written_so_on_purpose_stays(asked: str, listed: str, schema: Schema) -> None:
    assert score(asked, listed, schema) < HIT


@pytest.mark.parametrize("kind", Kind)
def test_a_field_that_is_a_text_has_few_readings(kind: Kind) -> None:
    assert len(asked_as("; ".join(f"Zorder aka Tashov{i} Ltd Orsk, {i} Road" for i in range(10))[:400], kind)) <= 24
