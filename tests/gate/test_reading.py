"""Documents from outside: what they ask, where it stands, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.gate.changed import changed
from sanctions_exposure.gate.documents import read_json
from sanctions_exposure.gate.files import Item
from sanctions_exposure.gate.yaml_reading import plain, read_yaml

texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.sampled_from(["name", "route", "x[", '"']), values, max_size=3), max_size=6))
def test_each_item_of_a_json_list_begins_on_its_line(items: list[object]) -> None:
    lines = [json.dumps(item) for item in items]

    found = read_json(("[\n" + ",\n".join(lines) + "\n]").encode(), "a.json")

    assert [one.request for one in found] == items
    assert [one.line for one in found] == list(range(2, len(items) + 2))


@given(st.lists(st.dictionaries(st.text("abc", min_size=1), values, max_size=3), max_size=5))
def test_json_without_odd_characters_is_read_alike_as_yaml(items: list[object]) -> None:
    text = json.dumps(items, ensure_ascii=False)

    assert plain(read_yaml(text.encode(), "a.yaml")) == items


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: NO", {"a": "NO"}),
        ("a: off", {"a": "off"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 010", {"a": "010"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2024-05-01", {"a": "2024-05-01"}),
        ("a: true", {"a": True}),
        ("a: ~", {"a": None}),
        ("a: 51.5", {"a": 51.5}),
        ("a: '7'", {"a": "7"}),
        ("a: 7", {"a": 7}),
        ("<<: x", {"<<": "x"}),
    ],
)
def test_scalars_are_read_by_the_core_schema(text: str, value: object) -> None:
    assert plain(read_yaml(text.encode(), "a.yaml")) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: !!python/name:os.system", "tag"),
        ("a: !!str 7", "tag"),
        ("a: &x 1\nb: *x", "alias"),
        ("a: 1\na: 2", "twice"),
        ("? [a]\n: 1", "key"),
        ("a: 1\n---\nb: 2", "several"),
        ("a: [", "not YAML"),
        ("[" * 5000, "too deeply"),
        (b"\xff\xfe".decode("latin-1"), "a.yaml"),
    ],
)
def test_what_yaml_should_not_do_here_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        read_yaml(text.encode("latin-1"), "a.yaml")

    assert "a.yaml" in str(caught.value)


def item(name: str, row: int = 1) -> Item:
    return Item(file="a.csv", row=row, line=row + 1, request={"name": name})


def test_moving_rows_changes_nothing_and_a_second_copy_is_new() -> None:
    old = [item("a", 1), item("b", 2)]
    new = [item("b", 1), item("a", 2), item("a", 3)]

    assert [one.row for one in changed(new, lambda: old)] == [3]
