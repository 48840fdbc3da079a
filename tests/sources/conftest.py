from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sanctions_exposure.sources.manifest import Bounds, Manifest, load_manifests
from sanctions_exposure.sources.own import own_manifest
from support.reading import read_path

ROOT = Path(__file__).parents[2]
FOLDERS = {"us_ofac_sdn": "ofac_csv", "un_sc": "un_xml", "own": "generic"}


@pytest.fixture(scope="session")
def manifests() -> Mapping[str, Manifest]:
    """The manifests as shipped, and one of a list of one's own."""
    return load_manifests(ROOT / "lists" / "sources") | {"own": own_manifest("own")}


@pytest.fixture(scope="session")
def small(manifests: Mapping[str, Manifest]) -> Callable[[str], Manifest]:
    """The manifest of a list, with bounds that fit a fixture of a few entries."""

    def shrink(list_id: str) -> Manifest:
        manifest = manifests[list_id]
        files = tuple(replace(file, fill={}) for file in manifest.files)
        return replace(manifest, files=files, bounds=Bounds(entities=(1, 50), names=(1, 100), max_shrink=0.3))

    return shrink


@pytest.fixture(scope="session")
def documents(manifests: Mapping[str, Manifest]) -> Callable[[str], dict[str, bytes]]:
    """The hand-written files of a list, by file role."""

    def read(list_id: str) -> dict[str, bytes]:
        folder = ROOT / "tests" / "fixtures" / FOLDERS[list_id]
        return {role: file.content for role, file in read_path(manifests[list_id], folder).items()}

    return read


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real list files, which are never copied into the project."""
    folder = Path(os.environ.get("EXPOSURE_TEST_DATA") or ROOT.parent / "shared") / "data"
    if not folder.is_dir():
        pytest.skip("no real list files: set EXPOSURE_TEST_DATA to the folder that holds them in data/")
    return folder
