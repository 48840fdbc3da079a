"""A refresh that is killed at any of its steps: whoever reads finds a whole snapshot, and the next refresh succeeds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
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
from support.publisher import publishing
from support.small_lists import content

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
STEPS = {"open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile"}
OLD, NEW = ("Exemplar Vetus", "Exemplar Alter"), ("Exemplar Vetus", "Exemplar Alter", "Exemplar Novum")


def build_index(entities: Sequence[ListedEntity], folder: Path) -> None:
    folder.mkdir()
    (folder / "count").write_text(str(len(entities)))


def refresh(manifest: Manifest, data: Path) -> Outcome:
    terms = Terms(connect=5, read=5, total=20, retries=0)
    (found,) = refresh_round([manifest], data, build_index=build_index, terms=terms, clock=lambda: NOW)
    return found.outcome


def killed_at(step: int, manifest: Manifest, data: Path) -> bool:
    """Refresh in a child that is gone, without any clean-up, before its file operation number *step*."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(event: str, args: tuple[object, ...]) -> None:
            nonlocal seen
            if event in STEPS and str(args[0]).startswith(str(data)):
                seen += 1
                if seen > step:
                    os._exit(9)

        sys.addaudithook(count)
        refresh(manifest, data)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


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

            died = killed_at(step, after, data)

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
