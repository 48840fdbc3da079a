import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import damage
import questions
from engines import Ours, names_of
from growth import permuted
from report import table, write
from sanctions_exposure.model import ListedEntity, ListedName, NameKind, Schema

NAMES = ("Quorvane Dornwick Blixtrop", "Zelmira Khadim Tashov al-Zarim", "Dornwick Trading Company LLC", "Fennimore")


def entities() -> list[ListedEntity]:
    """Return a list of four invented parties."""
    schemas = (Schema.PERSON, Schema.PERSON, Schema.COMPANY, Schema.VESSEL)
    pairs = zip(NAMES, schemas, strict=True)
    return [
        ListedEntity(list="test", id=str(n), schema=schema, names=(ListedName(text=name, kind=NameKind.PRIMARY),))
        for n, (name, schema) in enumerate(pairs)
    ]


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable, not secret


@pytest.mark.parametrize("kind", sorted({**damage.PERSON, **damage.COMPANY}))
def test_damage_changes_a_name_or_says_that_it_does_not_apply(kind: str) -> None:
    way = {**damage.PERSON, **damage.COMPANY}[kind]
    made = [way(name, seeded(seed)) for name in NAMES[:3] for seed in range(20)]

    assert any(made)
    assert all(text.strip() == text for text in made)


@given(st.integers(0, 2**32))
def test_the_same_seed_damages_and_invents_the_same(seed: int) -> None:
    first, second = seeded(seed), seeded(seed)

    assert damage.damaged(NAMES[0], Schema.PERSON, first) == damage.damaged(NAMES[0], Schema.PERSON, second)
    assert damage.invented(first) == damage.invented(second)


def test_without_an_evaluation_set_the_loaded_lists_are_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path
) -> None:
    monkeypatch.setenv("EXPOSURE_TEST_DATA", str(tmp_path))
    monkeypatch.setenv("EXPOSURE_DATA", str(data))

    made = questions.load(200)

    listed = [q for q in made.queries if q.expected]
    known = {(e.list, e.id) for e in made.entities}
    assert len(made.queries) == 200
    assert len(listed) == 100
    assert all(q.expected <= known for q in listed)
    assert {p.same for p in made.pairs} == {True, False}


def test_a_sample_keeps_the_share_of_listed_queries() -> None:
    every = [
        questions.Query(name=str(n), schema=None, expected=frozenset({("l", "1")} if n < 30 else ()))
        for n in range(100)
    ]

    drawn = questions.sample(every, 50)

    assert sum(bool(q.expected) for q in drawn) == 15
    assert len(drawn) == 50


def test_our_engine_answers_what_it_was_built_from() -> None:
    engine = Ours()
    engine.build(entities())

    [[first, *_], nothing] = engine.search(
        [
            questions.Query(name="Blixtrop, Quorvane Dornwick", schema=Schema.PERSON),
            questions.Query(name="Ostrava Hintermund", schema=Schema.PERSON),
        ]
    )

    assert first[:2] == ("test", "0")
    assert nothing == []


def test_a_record_without_a_whole_name_is_asked_by_its_parts() -> None:
    assert names_of({"lastName": ["Blixtrop"], "firstName": ["Quorvane"]}) == ["Quorvane Blixtrop"]


def test_a_grown_list_has_the_size_that_was_asked_for_and_keeps_the_real_names() -> None:
    grown = list(permuted(entities(), 50))

    assert len(grown) == len({e.id for e in grown}) == 50
    assert [e.names[0].text for e in grown[:4]] == list(NAMES)
    assert all(len(e.names[0].text.split()) == len(NAMES[int(e.id) % 4].split()) for e in grown)


def test_tables_go_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n\n<!-- bench:a -->\nold\n<!-- /bench:a -->\n\nafter\n", encoding="utf-8")

    write(page, {"a": table(("engine", "share"), [("ours", 0.5)])})

    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert "| ours | 0.500 |" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    with pytest.raises(SystemExit, match="no place for 'b'"):
        write(page, {"b": ""})


@pytest.mark.realdata
def test_an_evaluation_set_is_read_whole() -> None:
    if questions.evaluation_folder() is None:
        pytest.skip("there is no evaluation set beside the checkout or in EXPOSURE_TEST_DATA")

    asked = questions.load(0)

    known = {(e.list, e.id) for e in asked.entities}
    listed = [q for q in asked.queries if q.expected]
    assert len(known) == len(asked.entities)
    assert listed
    assert all(q.expected <= known for q in listed)
    assert all(q.schema for q in asked.queries)
    assert {p.same for p in asked.pairs} == {p.same for p in asked.records} == {True, False}
