from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sanctions_exposure.errors import UnknownList
from sanctions_exposure.model import ListedEntity
from sanctions_exposure.sources.changes import compare
from sanctions_exposure.sources.fetch import fits
from sanctions_exposure.sources.manifest import Manifest, own_manifest
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.sources.refresh import refresh_from

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def no_index(entities: Collection[ListedEntity], folder: Path) -> None:
    """Build nothing: comparing needs no index."""


def load(text: str, data: Path, *, hours: int = 0) -> None:
    path = data.parent / "own.csv"
    path.write_text("id,name,kind,schema,countries,dob\n" + text)
    at = NOW + timedelta(hours=hours)
    refresh_from(own_manifest("own"), path, data, build_index=no_index, retrieved_at=at)


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
