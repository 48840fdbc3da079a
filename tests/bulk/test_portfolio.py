"""The law: a portfolio screened in part says what it says screened whole; where that cannot be known, it is whole."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanctions_exposure.bulk.basis import Basis, Record, record_of
from sanctions_exposure.bulk.cells import OUTPUT, cells
from sanctions_exposure.bulk.portfolio import Rescreening, key_of, read_answers, read_record
from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.matching.index import build_index
from sanctions_exposure.model import Designation, Json, ListedEntity, ListRecord, Relation, Schema
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.wiring.lists import ListDesk
from sanctions_exposure.wiring.rescreening import Part, part_of
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.spread import basis_of, screen_here
from support.lists import listed, on_disk

SHARED = Path(os.environ.get("EXPOSURE_TEST_DATA", Path(__file__).parents[3] / "shared"))
OFAC = SHARED / "data" / "ofac"
WORDS = ["ali", "mohammad", "karimi", "trading", "company", "quorvane", "blix", "blixtrop", "trop", "ivanov", "ivanova"]
_number = count(1)

names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join) | st.sampled_from(
    ["quorvaneblix", "ali karimi co", "mohamad karimy", "blix trop", "Q B T", "البرز", "ibrahimkhalil"]
)
shapes = st.fixed_dictionaries(
    {
        "names": st.lists(names, min_size=1, max_size=2, unique=True),
        "schema": st.sampled_from([Schema.PERSON, Schema.COMPANY, Schema.VESSEL]),
        "owner": st.sampled_from(["", "e1", "e2", "e3"]),
        "until": st.sampled_from(["", "2026-03-02", "2026-03"]),
    }
)
lists_of_one_day = st.dictionaries(st.sampled_from([f"e{n}" for n in range(8)]), shapes, min_size=1, max_size=8)
portfolios = st.lists(st.fixed_dictionaries({"name": names}), min_size=1, max_size=12)


def entity(key: str, shape: dict[str, Any]) -> ListedEntity:
    owner = shape["owner"]
    return listed(
        key,
        *shape["names"],
        schema=shape["schema"],
        designations=(Designation(regime="us", listed_on="2020", until=shape["until"], programme="P"),),
        relations=(Relation(type="owned-by", target_name=owner, target_id=owner),) if owner else (),
    )


def publish(data: Path, entities: Sequence[ListedEntity]) -> Screener:
    built = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=next(_number))
    record = ListRecord(
        id="test",
        title="Invented",
        publisher="Invented",
        regime="us",
        format="generic",
        retrieved_at=built.isoformat(),
        entities=len(entities),
        names=sum(len(one.names) for one in entities),
    )
    Library(data).publish([on_disk(record, entities, {})], build_index=build_index, built_at=built)
    return Screener.open(Settings(data=data))


def whole(screener: Screener, basis: Basis, requests: Sequence[Json]) -> dict[bytes, tuple[str, ...]]:
    answered = screen_here(screener, basis)(requests)
    return {key_of(request): cells(result) for request, result in zip(requests, answered, strict=True)}


def in_part(
    screener: Screener, before: Basis, now: Basis, answers: dict[bytes, tuple[str, ...]], requests: Sequence[Json]
) -> tuple[list[tuple[str, ...]], Rescreening, Part]:
    with part_of(screener, before, now, before.snapshot) as part:
        again = Rescreening(screen_here(screener, now), answers, part.touched)
        return [cells(result) for result in again(requests)], again, part


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the curated set."""
    data = tmp_path_factory.mktemp("portfolio")
    Screener.open(Settings(data=data))
    return data


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bounds of a search, which one entry more or less can reach, be reached by small lists."""
    monkeypatch.setattr("sanctions_exposure.matching.search._MOST_CANDIDATES", 2)
    monkeypatch.setattr("sanctions_exposure.matching.bounds._FEW", 2)  # so many are taken as they come
    monkeypatch.setattr("sanctions_exposure.screening.MOST_HITS", 2)
    monkeypatch.setattr("sanctions_exposure.wiring.rescreening._MOST_AFFECTED", 1.0)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(lists_of_one_day, lists_of_one_day, portfolios, portfolios, st.randoms(use_true_random=False))
def test_screening_in_part_says_what_screening_everything_says(  # noqa: PLR0917
    folder: Path,
    narrow: None,
    then: dict[str, Any],
    now: dict[str, Any],
    known: list[Json],
    new: list[Json],
    random: Any,
) -> None:
    kept = {key: then[key] for key in then if random.random() < 0.8}  # most of a list stays from one day to the next
    first = publish(folder, [entity(key, shape) for key, shape in then.items()])
    before = replace(basis_of(first), day=date(2026, 3, 1))
    answers = whole(first, before, known)
    second = publish(folder, [entity(key, shape) for key, shape in (now | kept).items()])
    after = replace(basis_of(second), day=random.choice([date(2026, 3, 1), date(2026, 3, 3), date(2026, 4, 1)]))

    found, _, part = in_part(second, before, after, answers, known + new)

    assert not part.because
    assert found == [whole(second, after, [request])[key_of(request)] for request in known + new]


BASE = {
    f"e{n}": {"names": [f"{word} holding"], "schema": Schema.COMPANY, "owner": "", "until": ""}
    for n, word in enumerate(["quorvane", "blixtrop", "zandorf", "mivrel", "tarquil", "ostrava"] * 5)
}


def two(folder: Path, changed: dict[str, Any]) -> tuple[Screener, Basis, Basis, Screener]:
    first = publish(folder, [entity(key, shape) for key, shape in BASE.items()])
    before = basis_of(first)
    second = publish(folder, [entity(key, shape) for key, shape in (BASE | changed).items()])
    return first, before, basis_of(second), second


def test_rows_that_resemble_nothing_new_are_not_screened_again(folder: Path) -> None:
    first, before, now, second = two(folder, {"x": BASE["e0"] | {"names": ["Wexley Throgmoor"]}})
    requests = [{"name": f"Somebody Else {n}"} for n in range(50)] + [{"name": "Throgmoor Wexley"}]
    answers = whole(first, before, requests)

    found, again, part = in_part(second, before, now, answers, requests)

    assert (again.kept, again.screened) == (50, 1)
    assert found[-1][0] == "block"
    assert answers[key_of(requests[-1])][0] == "clear"
    assert part.told.endswith(": 1, with all that are tied to them 1")


@pytest.mark.parametrize(
    "asked",
    [
        "Vexorin Plumbat",
        "Vexorjn",
        "Vexo Rin",
        "Vexorinquorvane",
        "Vexorin-Plumbat-Shipping",
        "VPS",
        "Quorvanetarquil",
        "Mivrelvexorxn",
        "Alvexorjn",
    ],
    ids=[
        "a word",
        "a slip",
        "a blank too many",
        "a blank lost beside a word of before",
        "one word",
        "initials",
        "a blank lost and another spelling",
        "a blank lost and a slip",
        "the article parted and a slip",
    ],
)
def test_each_way_to_meet_a_new_entry_has_its_row_screened_again(folder: Path, asked: str) -> None:
    new = BASE["e0"] | {"names": ["Vexorin Plumbat Shipping", "Tarquill Vexorin"]}
    _, before, now, second = two(folder, {"x": new})

    with part_of(second, before, now, before.snapshot) as part:
        assert list(part.touched([{"name": asked}, {"name": "Zandorf Mivrel Holding"}])) == [True, False]


def test_a_row_is_screened_again_when_only_the_owner_of_its_hit_was_listed(folder: Path) -> None:
    owned = BASE["e0"] | {"names": ["Throgmoor Wexley Works"], "owner": "x"}
    first, before, _, _ = two(folder, {"d": owned})
    first = publish(folder, [entity(k, s) for k, s in (BASE | {"d": owned}).items()])
    before = basis_of(first)
    requests = [{"name": "Throgmoor Wexley Works"}, {"name": "Unrelated Party"}]
    answers = whole(first, before, requests)
    second = publish(
        folder, [entity(k, s) for k, s in (BASE | {"d": owned, "x": BASE["e1"] | {"names": ["Vexorin"]}}).items()]
    )

    found, again, _ = in_part(second, before, basis_of(second), answers, requests)

    assert again.screened == 1
    assert found == list(whole(second, basis_of(second), requests).values())


def test_a_new_row_is_screened_against_everything(folder: Path) -> None:
    first, before, now, second = two(folder, {})

    found, again, _ = in_part(second, before, now, whole(first, before, [{"name": "A"}]), [{"name": "zandorf holding"}])

    assert (again.kept, again.screened) == (0, 1)
    assert found[0][0] == "block"


def test_a_reference_makes_no_new_question() -> None:
    assert key_of({"name": "A", "reference": "1"}) == key_of({"reference": "2", "name": "A"})
    assert key_of({"name": "A"}) != key_of({"name": "B"})


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"ruleset": "sha256:other"}, "the rules changed"),
        ({"engine": "0.0.1"}, "version 0.0.1"),
        ({"snapshot": "20200101-0123456789ab"}, "not kept any more"),
        ({"common": {"regimes": ["eu"]}}, "regimes or day"),
        ({"lists": ()}, "another list is missing"),
        ({"day": date(1999, 1, 1)}, "a date of the rules"),
    ],
)
def test_everything_is_screened_where_the_answers_may_differ_for_all(
    folder: Path, changes: dict[str, Any], because: str
) -> None:
    first, before, now, second = two(folder, {})
    requests = [{"name": "zandorf holding"}]

    _, again, part = in_part(second, replace(before, **changes), now, whole(first, before, requests), requests)

    assert because in part.because
    assert again.kept == 0


def test_everything_is_screened_where_the_caller_believes_in_another_snapshot(folder: Path) -> None:
    _, before, now, second = two(folder, {})

    with part_of(second, before, now, "20200101-0123456789ab") as part:
        assert "not on 20200101-0123456789ab" in part.because
    with part_of(second, None, now, before.snapshot) as part:
        assert "nothing says" in part.because


def test_a_previous_result_that_was_edited_is_not_believed(folder: Path, tmp_path: Path) -> None:
    result = tmp_path / "result.csv"
    result.write_text("name\n", encoding="ascii")
    record = Record(basis=two(folder, {})[1], mapping={}, files={"result.csv": "0" * 64}, rows=0)
    record_of(result).write_bytes(record.to_json())

    with pytest.raises(InvalidInput, match="not as it was written"):
        read_record(result)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_answers_are_found_again_by_their_question(folder: Path, tmp_path: Path, suffix: str) -> None:
    _, _, now, second = two(folder, {})
    frame = pd.DataFrame({"Supplier": ["zandorf holding", "?!", "Nobody, Else"], "reference": ["1", "2", "3"]})
    out = second.screen_frame(frame, {"Supplier": "name"})
    path = tmp_path / f"result{suffix}"
    out.to_csv(path, index=False) if suffix == ".csv" else out.to_parquet(path)

    found = read_answers(path, Record(basis=now, mapping={"Supplier": "name"}, files={}, rows=3))

    assert found == {
        key_of({"name": name}): tuple(row)
        for name, row in zip(frame["Supplier"], out[list(OUTPUT)].itertuples(index=False), strict=True)
        if row[0] != "error"
    }


@pytest.mark.realdata
@pytest.mark.skipif(not OFAC.exists(), reason=f"no lists at {OFAC}: set EXPOSURE_TEST_DATA")
def test_the_law_holds_between_two_real_days(tmp_path: Path) -> None:
    desk = ListDesk.of(Settings(data=tmp_path))
    Screener.open(Settings(data=tmp_path))
    desk.refresh("us_ofac_sdn", OFAC / "csv_20240502", datetime.now(UTC) - timedelta(minutes=1))
    first = Screener.open(Settings(data=tmp_path))
    before = basis_of(first)
    requests = [{"name": text} for text in _asked(first)]
    answers = whole(first, before, requests)
    desk.refresh("us_ofac_sdn", OFAC / "csv_20240503", datetime.now(UTC), allow_shrink=True)
    second = Screener.open(Settings(data=tmp_path))
    now = basis_of(second)

    found, again, part = in_part(second, before, now, answers, requests)

    assert not part.because
    assert again.kept > again.screened
    assert found == list(whole(second, now, requests).values())


def _asked(screener: Screener) -> list[str]:
    """Return names as portfolios hold them: of the list, with slips, run together, and of nobody."""
    listed_names = [name.text for one in screener.snapshot.entities() for name in one.names][::60]
    slips = [f"{text[:3]}{text[4:]}" for text in listed_names[::3] if len(text) > 8]
    joined = [text.replace(" ", "", 1) for text in listed_names[1::3]]
    mixed = [f"{a.split()[0]} {b.split()[-1]}" for a, b in zip(listed_names, listed_names[7:], strict=False)]
    return list(dict.fromkeys([*listed_names, *slips, *joined, *mixed]))
