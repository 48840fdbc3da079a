"""An index that takes over what an earlier one holds is the index that would be built anew, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanctions_exposure.matching.index import build_index
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import Identifier, ListedEntity, ListRecord, NameQuery, Schema
from sanctions_exposure.sources import contents
from sanctions_exposure.sources.publish import Library, read_entities, read_record
from support.lists import listed, on_disk

DAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NAMES = ("Joint Stock Company Vexorin Plumbatic", "Вексорин Плюмбатик", "JSC V. P. Exemplar Works", "Anna Exemplova",
         "Exemplar 44 Trading House", "م ع محمد", "Quorvane", "MV Quorvane Star")  # fmt: skip


def entity(number: int, name: str, schema: Schema, weak: str) -> ListedEntity:
    more: dict[str, Any] = {"identifiers": (Identifier(type="inn", value=f"77070{number:05}"),)}
    return listed(str(number), name, schema=schema, weak=weak, **more)


def publish(data: Path, lists: Mapping[str, Sequence[ListedEntity]]) -> Path:
    new = [
        on_disk(
            ListRecord(
                id=list_id, title="", publisher="", regime="own", format="generic", retrieved_at=DAY.isoformat(),
                entities=len(held), names=sum(len(one.names) for one in held),
            ),
            held,
            {},
        )
        for list_id, held in lists.items()
    ]  # fmt: skip
    Library(data).publish(new, build_index=build_index, built_at=DAY)
    folder = Library(data).current_folder()
    assert folder is not None
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


entities = st.lists(
    st.builds(
        entity,
        st.integers(0, 9),
        st.sampled_from(NAMES),
        st.sampled_from([Schema.COMPANY, Schema.PERSON, Schema.VESSEL]),
        st.sampled_from(["", "Vex", "Anna"]),
    ),
    unique_by=lambda one: one.id,
    max_size=6,
)
steps = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), entities, min_size=1), min_size=2, max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_changed_the_index_is_that_of_all_entities(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, list[ListedEntity]]]
) -> None:
    work = tmp_path_factory.mktemp("work")

    for number, step in enumerate(history):
        folder = publish(work / "data", step)
        build_index(tuple(read_entities(folder)), work / f"anew{number}")

        assert files(folder / "index") == files(work / f"anew{number}")


def test_only_what_is_new_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [entity(n, NAMES[n], Schema.COMPANY, "") for n in range(3)]
    publish(tmp_path, {"one": kept, "two": kept})
    read: list[str] = []
    fresh = contents.Entities.fresh

    def noted(self: contents.Entities) -> Any:
        for one in fresh(self):
            read.append(one.caption)
            yield one

    monkeypatch.setattr(contents.Entities, "fresh", noted)
    folder = publish(tmp_path, {"two": [kept[2], entity(5, "Exemplar Novum", Schema.COMPANY, ""), kept[0]]})

    assert read == ["Exemplar Novum"]
    (hits,) = Snapshot.open(folder).search_many([NameQuery(names=(NAMES[0],))], limit=5, cutoff=0.9)
    assert {hit.entity_id for hit in hits} == {"0"}


def test_an_index_of_another_program_is_not_taken_over(tmp_path: Path) -> None:
    kept = [entity(n, NAMES[n], Schema.COMPANY, "") for n in range(3)]
    folder = publish(tmp_path, {"one": kept})
    meta = folder / "index" / "meta.json"
    good = meta.read_bytes()
    meta.write_bytes(good.replace(b'"format":', b'"format":9'))
    (folder / "index" / "arrays.bin").write_bytes(b"of another form")
    changed = contents.Contents(folder, *_held(folder))

    build_index(contents.Entities(folder, changed, changed), tmp_path / "index")

    assert (tmp_path / "index" / "meta.json").read_bytes() == good


def _held(folder: Path) -> tuple[dict[str, ListRecord], dict[str, contents.Lines]]:
    record = read_record(folder)
    size = (folder / "entities.jsonl").stat().st_size
    return {one.id: one for one in record.lists}, {"one": contents.Lines(folder / "entities.jsonl", 0, size)}
