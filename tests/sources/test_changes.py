from __future__ import annotations

import tracemalloc
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanctions_exposure.errors import UnknownList
from sanctions_exposure.model import ListedEntity, ListedName, Schema
from sanctions_exposure.sources.changes import between, compare, compare_all, document
from sanctions_exposure.sources.contents import Lines
from sanctions_exposure.sources.fetch import fits
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.own import own_manifest
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.sources.refresh import refresh_from

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def no_index(entities: Collection[ListedEntity], folder: Path) -> None:
    """Build nothing: comparing needs no index."""


def load(text: str, data: Path, *, hours: int = 0, list_id: str = "own") -> None:
    path = data.parent / "own.csv"
    path.write_text("id,name,kind,schema,countries,dob\n" + text)
    at = NOW + timedelta(hours=hours)
    refresh_from(own_manifest(list_id), path, data, build_index=no_index, retrieved_at=at)


def test_added_removed_and_changed_entries_are_told_apart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load("1,Anna,primary,Person,,\n2,Boris,primary,Person,,\n3,Clara,primary,Person,,\n", data)
    load("1,Anna,primary,Person,,\n2,Boris,primary,Person,by,\n4,Dora,primary,Person,,\n", data, hours=1)
    library = Library(data)

    changes = compare("own", *(library.snapshots / one for one in library.ids()))

    assert [entity.caption for entity in changes.added] == ["Dora"]
    assert [entity.caption for entity in changes.removed] == ["Clara"]
    assert [(before.countries, after.countries) for before, after in changes.changed] == [((), ("by",))]


def test_list_that_neither_snapshot_has_is_an_error(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load("1,Anna,primary,Person,,\n", data)
    folder = Library(data).current_folder()

    assert folder is not None
    with pytest.raises(UnknownList, match="nowhere"):
        compare("nowhere", folder, folder)


def test_folder_fits_the_lists_whose_required_files_it_holds(tmp_path: Path, manifests: dict[str, Manifest]) -> None:
    (tmp_path / "SDN.CSV.gz").write_bytes(b"")
    (tmp_path / "cons_alt.csv").write_bytes(b"")

    assert fits(manifests["us_ofac_sdn"], tmp_path)
    assert not fits(manifests["us_ofac_cons"], tmp_path)


def test_all_lists_of_two_snapshots_are_compared_also_those_that_came_or_went(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load("1,Anna,primary,Person,,\n", data, list_id="same")
    load("1,Boris,primary,Person,,\n", data, list_id="edited")
    first = Library(data).current_folder()
    load("1,Boris,primary,Person,by,\n", data, hours=1, list_id="edited")
    load("1,Clara,primary,Person,,\n2,Dora,primary,Person,,\n", data, hours=1, list_id="new")
    last = Library(data).current_folder()

    assert first
    assert last
    there, back = dict(compare_all(first, last)), dict(compare_all(last, first))

    counts = {key: (len(one.added), len(one.removed), len(one.changed)) for key, one in there.items()}
    assert counts == {"edited": (0, 0, 1), "new": (2, 0, 0), "same": (0, 0, 0)}
    assert [entity.caption for entity in back["new"].removed] == ["Clara", "Dora"]
    assert not there["same"]


def written(path: Path, entities: Iterable[ListedEntity]) -> Lines:
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in entities))
    return Lines.whole(path)


def entity(key: int, name: str) -> ListedEntity:
    return ListedEntity(list="own", id=str(key), schema=Schema.PERSON, names=(ListedName(text=name),))


states = st.dictionaries(st.integers(0, 9), st.sampled_from(["Anna", "Boris", "Clara"]))


@settings(deadline=None)
@given(old=states, new=states)
def test_what_differs_is_what_comparing_each_entry_finds(
    tmp_path_factory: pytest.TempPathFactory, old: Mapping[int, str], new: Mapping[int, str]
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    before, after = ([entity(*one) for one in state.items()] for state in (old, new))

    found = between(written(folder / "before", before), written(folder / "after", after))

    assert list(found.added) == [one for one in after if int(one.id) not in old]
    assert list(found.removed) == [one for one in before if int(one.id) not in new]
    assert {(one.id, other.names) for one, other in found.changed} == {
        (str(key), entity(key, new[key]).names) for key in old.keys() & new.keys() if old[key] != new[key]
    }
    assert bool(found) == (old != new)


def test_an_entry_that_is_only_written_otherwise_did_not_change(tmp_path: Path) -> None:
    before = written(tmp_path / "before", [entity(1, "Anna")])
    (tmp_path / "after").write_bytes(before.path.read_bytes().replace(b",", b", "))

    assert not between(before, Lines.whole(tmp_path / "after"))


def test_a_large_list_is_compared_without_being_held(tmp_path: Path) -> None:
    before = written(tmp_path / "before", (entity(key, "A" * 1000) for key in range(20_000)))
    after = written(tmp_path / "after", (entity(key, "B" * 1000) for key in range(0, 20_000, 10)))

    tracemalloc.start()
    found = between(before, after)
    told = sum(len(one.caption) for one in found.removed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert told == 18_000 * 1000
    assert len(found.changed) == 2_000
    assert len(document(found, most=5)["removed"]) == 5
    assert peak < 10_000_000  # the list has 21 MB, and as entities more
