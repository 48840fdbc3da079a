"""Reads the documents of a list for tests that want them in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sanctions_exposure.sources import fetch
from sanctions_exposure.sources.fetch import Limits
from sanctions_exposure.sources.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    name: str
    content: bytes


def read_path(manifest: Manifest, path: Path, *, limits: Limits | None = None) -> Mapping[str, Read]:
    """Return the documents of a list, by file role."""
    with TemporaryDirectory() as aside:
        found = fetch.read_path(manifest, path, Path(aside), limits=limits)
        return {role: Read(name=one.name, content=one.content) for role, one in found.items()}
