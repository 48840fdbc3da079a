"""What is held of a list that is in use, and what was brought to take its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sanctions_exposure.model import ListRecord
from sanctions_exposure.sources.download import Validators, shown
from sanctions_exposure.sources.standing import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The version of a list that is in use: its files on the disk and what was seen of them at their publisher."""

    folder: Path
    record: ListRecord
    files: tuple[Seen, ...]

    def known(self, role: str, url: str) -> tuple[Brought, Path] | None:
        """Return what was brought from *url* as the file we hold, and the file; only while both are what they were."""
        digests = {file.name: file.sha256 for file in self.record.files}
        for seen in self.files:
            if (seen.role, seen.url) == (role, shown(url)) and digests.get(seen.name) == seen.sha256:
                validators = Validators(etag=seen.etag, last_modified=seen.last_modified)
                found = Brought(url=url, validators=validators, version=seen.version, steps=seen.steps)
                return found, self.folder / seen.name
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """One file of a list: where it is from, and which version of it that is."""

    url: str
    validators: Validators
    version: str = ""  # as its publisher counts them; empty: it does not say
    steps: int = 0  # how many deltas lead from a file that was fetched whole to this version


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A list's files in a folder of their own."""

    folder: Path
    brought: Mapping[str, Brought]  # by role
    unchanged: bool  # the publisher said of every file that it is the one we hold
