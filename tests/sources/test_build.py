from __future__ import annotations

from dataclasses import replace

import pytest

from sanctions_exposure.errors import ListRejected
from sanctions_exposure.model import ListedEntity, ListedName, ListRecord, Schema
from sanctions_exposure.sources.build import Census, judge
from sanctions_exposure.sources.manifest import Bounds, FileRole, Manifest
from sanctions_exposure.sources.own import own_manifest


def entities(count: int, countries: tuple[str, ...] = ("ru",)) -> tuple[ListedEntity, ...]:
    name = ListedName(text="Example")
    return tuple(
        ListedEntity(list="own", id=str(n), schema=Schema.PERSON, names=(name,), countries=countries)
        for n in range(count)
    )


def record(count: int, published_on: str = "") -> ListRecord:
    return ListRecord(
        id="own", title="", publisher="", regime="own", format="generic", retrieved_at="2026-01-01T00:00:00+00:00",
        entities=count, names=count, published_on=published_on,
    )  # fmt: skip


def census(held: tuple[ListedEntity, ...], published_on: str = "") -> Census:
    found = Census(asked=frozenset({"countries", "addresses"}), published_on=published_on)
    assert tuple(found.counted(held)) == held
    return found


@pytest.fixture
def manifest() -> Manifest:
    files = (
        FileRole(role="primary", required=True, fill={"countries": 0.5}),
        FileRole(role="add", fill={"addresses": 0.5}),
    )
    bounds = Bounds(entities=(5, 20), names=(5, 20), max_shrink=0.2)
    return replace(own_manifest("own"), files=files, bounds=bounds)


def test_whole_list_passes(manifest: Manifest) -> None:
    judge(census(entities(10)), manifest, record(12), roles={"primary"})


@pytest.mark.parametrize(
    ("held", "previous", "complaint"),
    [
        (census(()), None, "0 entities, expected 5 to 20; 0 names, expected 5 to 20"),
        (census(entities(21)), None, "21 entities, expected 5 to 20"),
        (census(entities(10, ())), None, "0.0% of entities have countries, expected at least 50%"),
        (census(entities(7)), record(10), "entities shrank from 10 to 7, more than 20%; names shrank"),
        (census(entities(9), "2025-01-01"), record(9, "2026-01-01"), "older than 2026-01-01"),
    ],
)
def test_every_broken_bound_is_named(
    manifest: Manifest, held: Census, previous: ListRecord | None, complaint: str
) -> None:
    with pytest.raises(ListRejected, match=complaint):
        judge(held, manifest, previous, roles={"primary"})


def test_fill_rate_counts_only_when_its_file_was_there(manifest: Manifest) -> None:
    judge(census(entities(10)), manifest, None, roles={"primary"})

    with pytest.raises(ListRejected, match="addresses"):
        judge(census(entities(10)), manifest, None, roles={"primary", "add"})


def test_person_may_accept_a_loss_but_not_a_broken_list(manifest: Manifest) -> None:
    judge(census(entities(7)), manifest, record(10), roles={"primary"}, allow_shrink=True)

    with pytest.raises(ListRejected):
        judge(census(entities(2)), manifest, record(10), roles={"primary"}, allow_shrink=True)
