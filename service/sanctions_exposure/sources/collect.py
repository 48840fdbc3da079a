"""Brings the files of one list together in a folder, from its publisher or a mirror."""

from __future__ import annotations

from pathlib import Path

from sanctions_exposure.errors import ListUnavailable
from sanctions_exposure.sources.checksum import check, stated_digest
from sanctions_exposure.sources.choices import addresses, file_name, stated_at
from sanctions_exposure.sources.deltas import by_deltas, stated_version
from sanctions_exposure.sources.download import Terms, download, shown
from sanctions_exposure.sources.files import share
from sanctions_exposure.sources.held import Brought, Collected, Held
from sanctions_exposure.sources.manifest import FileRole, Manifest


def collect(manifest: Manifest, folder: Path, *, terms: Terms, held: Held | None) -> Collected:
    """Bring every file of a list into *folder*; a list is had whole or not at all.

    Raises:
        ListUnavailable: a file cannot be had.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True)
    if held and (found := by_deltas(manifest, folder, terms=terms, held=held)):
        return found
    brought: dict[str, Brought] = {}
    unchanged = True
    for role, url in addresses(manifest).items():
        file = manifest.role(role)
        known = _known(manifest, role, url, held)
        target = folder / file_name(file)
        got = download(url, target, terms=terms.allowing(file.max_bytes), known=known[0].validators if known else None)
        if got is None and known:
            brought[role] = known[0]
            share(known[1], folder / known[1].name)  # ours is unpacked and may have lost an ending
        elif got is not None:
            version = _compare(manifest, file, target, terms) if file.checksum else ""
            brought[role] = Brought(url=url, validators=got, version=version)
        unchanged &= got is None
    return Collected(folder=folder, brought=brought, unchanged=unchanged)


def _known(manifest: Manifest, role: str, url: str, held: Held | None) -> tuple[Brought, Path] | None:
    """Return what we hold of a file, if that is the version in use: what follows it has changed it."""
    followed = [file for file in manifest.files if file.follows == role]
    if held is None or any(file.plays(one.name) for file in followed for one in held.record.files):
        return None
    return held.known(role, url)


def _compare(manifest: Manifest, file: FileRole, target: Path, terms: Terms) -> str:
    """Hold a file against the digest its publisher states, and return the version of which it is stated."""
    stated = target.with_name(".digests")
    try:
        download(stated_at(manifest, file), stated, terms=terms)
        check(target, stated_digest(stated, target.name))
        return stated_version(stated)
    except ListUnavailable as error:
        if manifest.mirror:  # it need not state anything; then nobody knows which version it has
            return ""
        raise ListUnavailable(f"{shown(file.url)}: {error}") from None
    finally:
        stated.unlink(missing_ok=True)
