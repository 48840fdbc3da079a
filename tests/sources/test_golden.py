"""Whole parsed lists against golden files: they change only in a commit that says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from sanctions_exposure.sources.formats import parser
from sanctions_exposure.sources.manifest import Manifest

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("list_id", ["us_ofac_sdn", "un_sc", "own"])
def test_parsed_list_is_the_golden_one(
    list_id: str, manifests: Mapping[str, Manifest], documents: Callable[[str], dict[str, bytes]]
) -> None:
    manifest = manifests[list_id]

    parsed = parser(manifest.format)(documents(list_id), manifest)

    rendered = msgspec.json.format(msgspec.json.encode(parsed), indent=2).decode() + "\n"
    assert rendered == (GOLDEN / f"{manifest.format}.json").read_text(encoding="utf-8")
