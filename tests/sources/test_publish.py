from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanctions_exposure.errors import SnapshotCorrupt
from sanctions_exposure.model import ListedEntity, ListedName, ListRecord, PublishedFile, Schema
from sanctions_exposure.sources.publish import Library, NewList, read_entities, verify
from support.dying import dies_at
from support.lists import on_disk

DAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def build_index(entities: Collection[ListedEntity], folder: Path) -> None:
    folder.mkdir()
    (folder / "names.npy").write_text(" ".join(entity.caption for entity in entities), encoding="utf-8")


def new_list(list_id: str, *names: str, day: datetime = DAY) -> NewList:
    raw = "\n".join(names).encode()
    digest = sha256(raw).hexdigest()
    record = ListRecord(
        id=list_id, title=list_id, publisher="Example", regime="own", format="generic", entities=len(names),
        names=len(names), retrieved_at=day.isoformat(), sha256=digest,
        files=(PublishedFile(name=f"{list_id}.csv", sha256=digest, size=len(raw), origin="test"),),
    )  # fmt: skip
    entities = [
        ListedEntity(list=list_id, id=str(n), schema=Schema.PERSON, names=(ListedName(text=name),))
        for n, name in enumerate(names)
    ]
    return on_disk(record, entities, {f"{list_id}.csv": raw})


def publish(data: Path, *lists: NewList, day: datetime = DAY) -> str:
    return Library(data).publish(lists, build_index=build_index, built_at=day)


def captions(data: Path) -> list[str]:
    folder = Library(data).current_folder()
    return [entity.caption for entity in read_entities(folder)] if folder else []


def test_nothing_published_is_no_snapshot(tmp_path: Path) -> None:
    assert Library(tmp_path).current_id() is None
    assert Library(tmp_path).current_record() is None


def test_snapshot_is_named_by_day_and_digest_and_holds_what_was_published(tmp_path: Path) -> None:
    snapshot_id = publish(tmp_path, new_list("one", "Anna Exemplova"))

    folder = tmp_path / "snapshots" / snapshot_id
    assert snapshot_id == f"20261122-{sha256((folder / 'snapshot.json').read_bytes()).hexdigest()[:12]}"
    assert (folder / "raw" / "one" / "one.csv").read_bytes() == b"Anna Exemplova"
    assert set(verify(folder).digests) == {"entities.jsonl", "index/names.npy"}


def test_other_lists_stay_as_they_are(tmp_path: Path) -> None:
    publish(tmp_path, new_list("two", "Second"))
    publish(tmp_path, new_list("one", "First"))
    publish(tmp_path, new_list("two", "Second again"))

    assert captions(tmp_path) == ["First", "Second again"]
    folder = Library(tmp_path).current_folder()
    assert folder is not None
    assert (folder / "index" / "names.npy").read_text() == "First Second again"
    verify(folder)


def test_same_content_on_the_same_day_publishes_nothing(tmp_path: Path) -> None:
    first = publish(tmp_path, new_list("one", "First"))
    later = DAY.replace(hour=20)

    assert publish(tmp_path, new_list("one", "First", day=later), day=later) == first
    assert len(list((tmp_path / "snapshots").iterdir())) == 1


def test_unchanged_list_that_is_fetched_again_grows_younger(tmp_path: Path) -> None:
    publish(tmp_path, new_list("one", "First"))
    tomorrow = DAY.replace(day=23)

    publish(tmp_path, new_list("one", "First", day=tomorrow), day=tomorrow)

    record = Library(tmp_path).current_record()
    assert record is not None
    assert record.lists[0].retrieved_at == tomorrow.isoformat()


def test_failing_index_leaves_the_old_snapshot_and_nothing_else(tmp_path: Path) -> None:
    before = publish(tmp_path, new_list("one", "First"))

    def fail(entities: Collection[ListedEntity], folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        Library(tmp_path).publish([new_list("one", "Second")], build_index=fail, built_at=DAY)
    assert Library(tmp_path).current_id() == before
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [before]


@pytest.mark.parametrize("name", ["entities.jsonl", "index/names.npy", "raw/one/one.csv", "snapshot.json"])
def test_changed_byte_is_found(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "snapshots" / publish(tmp_path, new_list("one", "First"))
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(SnapshotCorrupt):
        verify(folder)


@pytest.mark.parametrize("name", ["entities.jsonl", "index/names.npy", "raw/one/one.csv", "snapshot.json"])
def test_missing_file_is_found(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "snapshots" / publish(tmp_path, new_list("one", "First"))
    (folder / name).unlink()

    with pytest.raises(SnapshotCorrupt):
        verify(folder)


def test_file_nobody_published_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / publish(tmp_path, new_list("one", "First"))
    (folder / "index" / "extra.npy").write_bytes(b"")

    with pytest.raises(SnapshotCorrupt, match=r"extra\.npy"):
        verify(folder)


def test_damaged_list_is_not_carried_into_the_next_snapshot(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / publish(tmp_path, new_list("one", "First"))
    (folder / "entities.jsonl").write_bytes(b"")

    with pytest.raises(SnapshotCorrupt, match="load every list again"):
        publish(tmp_path, new_list("two", "Second"))


def test_damaged_folder_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    wanted = publish(tmp_path, new_list("one", "First"))
    publish(tmp_path, new_list("one", "Second"))
    (tmp_path / "snapshots" / wanted / "entities.jsonl").write_bytes(b"")

    assert publish(tmp_path, new_list("one", "First")) == wanted
    verify(tmp_path / "snapshots" / wanted)


@pytest.mark.parametrize("text", ["../../etc", "", "20261122", "20261122-0123456789ab/.."])
def test_current_that_holds_no_id_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "CURRENT").write_text(text)

    with pytest.raises(SnapshotCorrupt):
        Library(tmp_path).current_folder()


def test_current_without_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("20261122-0123456789ab\n")

    with pytest.raises(SnapshotCorrupt, match="gone"):
        Library(tmp_path).current_folder()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_publisher_that_dies_at_any_step_leaves_the_old_snapshot_or_the_new_one_whole(tmp_path: Path) -> None:
    publish(tmp_path, new_list("kept", "Kept"), new_list("one", "Old"))
    step, died, seen = 0, True, set()

    while died:
        died = dies_at(step, tmp_path, lambda: publish(tmp_path, new_list("one", "New")))

        folder = Library(tmp_path).current_folder()
        assert folder is not None
        verify(folder)
        seen.add(tuple(captions(tmp_path)))
        assert seen <= {("Kept", "Old"), ("Kept", "New")}
        if tuple(captions(tmp_path)) == ("Kept", "New"):  # start over from the old one
            publish(tmp_path, new_list("one", "Old"))
        step += 1

    assert step > 20
    assert seen == {("Kept", "Old"), ("Kept", "New")}
    assert not list((tmp_path / "snapshots").glob(".building-*"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(st.sampled_from("xyz"), max_size=3)), max_size=6))
def test_snapshot_holds_the_last_of_every_list(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, list[str]]]
) -> None:
    data = tmp_path_factory.mktemp("data")

    for list_id, names in history:
        publish(data, new_list(list_id, *names))

    last = dict(history)
    assert captions(data) == [name for list_id in sorted(last) for name in last[list_id]]
