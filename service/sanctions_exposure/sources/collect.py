"""Brings the files of one list together in a folder, from its publisher or a mirror."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sanctions_exposure.errors import ListUnavailable
from sanctions_exposure.model import ListRecord
from sanctions_exposure.sources.checksum import check, stated_digest
from sanctions_exposure.sources.choices import addresses, file_name
from sanctions_exposure.sources.download import Terms, Validators, download, shown
from sanctions_exposure.sources.files import share
from sanctions_exposure.sources.manifest import FileRole, Manifest
from sanctions_exposure.sources.standing import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The version of a list that is in use: its files on the disk and what was seen of them at their publisher."""

    folder: Path
    record: ListRecord
    files: tuple[Seen, ...]

    def known(self, role: str, url: str) -> tuple[Validators, Path] | None:
        """Return by what a publisher knows the file we hold, and the file; only while both are what they were."""
        digests = {file.name: file.sha256 for file in self.record.files}
        for seen in self.files:
            if (seen.role, seen.url) == (role, shown(url)) and digests.get(seen.name) == seen.sha256:
                return Validators(etag=seen.etag, last_modified=seen.last_modified), self.folder / seen.name
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A list's files in a folder of their own."""

    folder: Path
    validators: Mapping[str, Validators]  # by role
    unchanged: bool  # the publisher said of every file that it is the one we hold


def collect(manifest: Manifest, folder: Path, *, terms: Terms, held: Held | None) -> Collected:
    """Fetch every file of a list into *folder*; a list is had whole or not at all.

    Raises:
        ListUnavailable: a file cannot be had.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True)
    found: dict[str, Validators] = {}
    unchanged = True
    for role, url in addresses(manifest).items():
        file = manifest.role(role)
        known = held.known(role, url) if held else None
        target = folder / file_name(file)
        got = download(url, target, terms=terms.allowing(file.max_bytes), known=known[0] if known else None)
        if got is None and known:
            target = folder / known[1].name  # ours is unpacked and may have lost an ending
            share(known[1], target)
        found[role] = known[0] if got is None and known else got or Validators()
        unchanged &= got is None
        if file.checksum and got is not None and not manifest.mirror:
            _compare(file, target, folder, terms)
    return Collected(folder=folder, validators=found, unchanged=unchanged)


def _compare(file: FileRole, target: Path, folder: Path, terms: Terms) -> None:
    stated = folder / ".digests"
    download(file.checksum, stated, terms=terms)
    try:
        check(target, stated_digest(stated, target.name))
    except ListUnavailable as error:
        raise ListUnavailable(f"{shown(file.url)}: {error}") from None
    finally:
        stated.unlink()
