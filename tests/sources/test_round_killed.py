"""A refresh that is killed at any of its steps: whoever reads finds a whole snapshot, and the next refresh succeeds."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sanctions_exposure.model import ListedEntity
from sanctions_exposure.sources.download import Terms
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.publish import Library, read_entities, verify
from sanctions_exposure.sources.round import refresh_round
from sanctions_exposure.sources.standing import Outcome, read_standings
from support import publisher as behave
from support.dying import dies_at
from support.publisher import publishing
from support.small_lists import content

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
OLD, NEW = ("Exemplar Vetus", "Exemplar Alter"), ("Exemplar Vetus", "Exemplar Alter", "Exemplar Novum")


def build_index(entities: Collection[ListedEntity], folder: Path) -> None:
    folder.mkdir()
    (folder / "count").write_text(str(len(entities)))


def refresh(manifest: Manifest, data: Path) -> Outcome:
    terms = Terms(connect=5, read=5, total=20, retries=0)
    (found,) = refresh_round([manifest], data, build_index=build_index, terms=terms, clock=lambda: NOW)
    return found.outcome


def captions(data: Path) -> tuple[str, ...]:
    folder = Library(data).current_folder()
    assert folder is not None
    verify(folder)
    return tuple(entity.caption for entity in read_entities(folder))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forking beside the publisher's thread
def test_a_refresh_that_is_killed_at_any_step_leaves_a_whole_snapshot_and_no_trap(
    tmp_path: Path, small: Callable[[str], Manifest]
) -> None:
    data, step, died, seen = tmp_path / "data", 0, True, set()
    with publishing() as publisher:
        old = publisher.serve("/old.csv", behave.versioned(content(*OLD), '"old"'))
        new = publisher.serve("/new.csv", behave.versioned(content(*NEW), '"new"'))
        own = small("own")
        bounds = replace(own.bounds, max_shrink=0.5)
        before, after = (replace(own, bounds=bounds, files=(replace(own.files[0], url=url),)) for url in (old, new))
        while died:
            refresh(before, data)
            assert captions(data) == OLD

            died = dies_at(step, data, lambda: refresh(after, data))

            seen.add(captions(data))
            assert seen <= {OLD, NEW}
            assert refresh(after, data) in {Outcome.PUBLISHED, Outcome.UNCHANGED}
            assert captions(data) == NEW
            assert read_standings(data)["own"].failures == 0
            step += 1

    assert step > 30
    assert seen == {OLD, NEW}
    assert not (data / "incoming").exists()
    assert not list((data / "snapshots").glob(".building-*"))
