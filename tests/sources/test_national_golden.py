"""Whole lists of the US, Switzerland, Canada, Australia, Japan and OpenSanctions against golden files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from sanctions_exposure.sources.formats import parser
from sanctions_exposure.sources.manifest import Manifest
from support.documents import NATIONAL, document_of

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("list_format", NATIONAL)
def test_parsed_list_is_the_golden_one(list_format: str, manifests: Mapping[str, Manifest]) -> None:
    manifest = manifests[NATIONAL[list_format]].in_format(list_format)

    parsed = parser(list_format)({"primary": document_of(list_format)}, manifest)

    rendered = msgspec.json.format(msgspec.json.encode(parsed), indent=2).decode() + "\n"
    assert rendered == (GOLDEN / f"{list_format}.json").read_text(encoding="utf-8")
