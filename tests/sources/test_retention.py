from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from sanctions_exposure.errors import UnknownSnapshot
from sanctions_exposure.model import ListedEntity, ListedName, ListRecord, PublishedFile, Schema
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.sources.retention import earlier, folder_of, pin, prune, snapshots, unpin
from support.lists import on_disk

DAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def build_index(_: Collection[ListedEntity], folder: Path) -> None:
    folder.mkdir()


def publish(data: Path, list_id: str, name: str, day: int) -> str:
    raw, at = name.encode(), DAY + timedelta(days=day)
    digest = sha256(raw).hexdigest()
    record = ListRecord(
        id=list_id, title=list_id, publisher="Example", regime="own", format="generic", entities=1, names=1,
        retrieved_at=at.isoformat(), sha256=digest,
        files=(PublishedFile(name="one.csv", sha256=digest, size=len(raw), origin="test"),),
    )  # fmt: skip
    entity = ListedEntity(list=list_id, id="1", schema=Schema.PERSON, names=(ListedName(text=name),))
    new = on_disk(record, [entity], {"one.csv": raw})
    return Library(data).publish([new], build_index=build_index, built_at=at)


@pytest.fixture
def published(tmp_path: Path) -> tuple[Library, list[str]]:
    return Library(tmp_path), [publish(tmp_path, "one", f"Exemplar {day}", day) for day in range(5)]


def test_snapshots_are_told_newest_first(published: tuple[Library, list[str]]) -> None:
    library, ids = published

    found = snapshots(library)

    assert [one.id for one in found] == ids[::-1]
    assert [one.current for one in found] == [True, False, False, False, False]
    assert {(one.lists, one.entities) for one in found} == {(1, 1)}


def test_old_snapshots_go_but_for_those_in_use_or_pinned(published: tuple[Library, list[str]]) -> None:
    library, ids = published
    pin(library, ids[0])

    gone = prune(library, 2)

    assert set(gone) == {ids[1], ids[2]}
    assert [one.id for one in snapshots(library)] == [ids[4], ids[3], ids[0]]
    assert {path.name for path in library.snapshots.iterdir()} == {ids[0], ids[3], ids[4]}


def test_the_snapshot_in_use_stays_even_when_it_is_the_oldest(published: tuple[Library, list[str]]) -> None:
    library, ids = published
    (library.data / "CURRENT").write_text(ids[0] + "\n")

    prune(library, 1)

    assert {one.id for one in snapshots(library)} == {ids[0], ids[4]}


def test_a_pin_that_is_taken_out_protects_no_more(published: tuple[Library, list[str]]) -> None:
    library, ids = published
    pin(library, ids[0])
    unpin(library, ids[0])

    assert ids[0] in prune(library, 1)


def test_a_snapshot_nobody_has_is_neither_pinned_nor_found(published: tuple[Library, list[str]]) -> None:
    library, ids = published

    for attempt in (
        lambda: pin(library, "20200101-000000000000"),
        lambda: pin(library, "../../etc"),
        lambda: unpin(library, ids[0]),
        lambda: folder_of(library, "nonesuch"),
    ):
        with pytest.raises(UnknownSnapshot):
            attempt()


def test_a_damaged_snapshot_is_told_and_can_go(published: tuple[Library, list[str]]) -> None:
    library, ids = published
    (library.snapshots / ids[2] / "snapshot.json").write_bytes(b"{broken")

    assert [one.id for one in snapshots(library) if not one.built_at] == [ids[2]]
    assert ids[2] in prune(library, 4)


def test_the_last_change_of_a_list_is_found_behind_changes_of_others(published: tuple[Library, list[str]]) -> None:
    library, ids = published
    latest = publish(library.data, "two", "Other", 9)

    first, second = earlier(library, "one")

    assert (first.name, second.name) == (ids[3], latest)
    with pytest.raises(UnknownSnapshot, match="no other snapshot holds another version of 'two'"):
        earlier(library, "two")
