"""Brings a list up to date by the changes that its publisher offers, where they lead from the version in use.

The file we hold stays as it was published, and all changes since then stand beside it as one delta, so that the format
module reads them as it reads a folder that holds both.  Nothing is believed that the whole file would not show: where a
delta is missing, damaged, out of order or too large, the whole file is fetched as if there were none.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from sanctions_exposure.errors import ListFormatError, ListUnavailable
from sanctions_exposure.sources.choices import addresses, file_name, stated_at
from sanctions_exposure.sources.download import Terms, Validators, download, shown
from sanctions_exposure.sources.files import share
from sanctions_exposure.sources.formats import Follow, follower
from sanctions_exposure.sources.held import Brought, Collected, Held
from sanctions_exposure.sources.manifest import FileRole, Manifest

T = TypeVar("T")
_LOG: Final = logging.getLogger(__name__)

# A delta says nothing of what its publisher does not count as a change, and one that its index forgot is not missed
# where it only changed lines: about once a week the whole file is fetched anew.
_MOST_STEPS: Final = 28
_MOST: Final = 64 << 20  # bytes of all deltas that are held at once; they are applied in memory
_SHARE: Final = 0.25  # of the time for a file: the rest is left for fetching it whole


class _Stated(msgspec.Struct):
    """What the ``index.json`` of a dataset says of its newest version."""

    version: str = ""
    delta_url: str | None = None
    entity_count: int | None = None  # lines of the whole file


class _Index(msgspec.Struct):
    """``delta.json``: each version and the changes that lead to it from the one before; none where nothing changed."""

    versions: dict[str, str]


def stated_version(document: Path) -> str:
    """Return the version that a document of digests is about; empty: it does not say."""
    try:
        return msgspec.json.decode(document.read_bytes(), type=_Stated).version
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def by_deltas(manifest: Manifest, folder: Path, *, terms: Terms, held: Held) -> Collected | None:
    """Bring the newest version of a list into *folder* without fetching it whole.

    Returns:
        None where that cannot be done; nothing is left in the folder then.

    Raises:
        OSError: the folder cannot be written.
    """
    way = _way(manifest, folder, terms, held)
    if way is None:
        return None
    try:
        return way.go()
    except (ListUnavailable, ListFormatError) as error:
        _LOG.info("%s is fetched whole, not by deltas: %s", manifest.id, error)
        way.leave_nothing()
        return None
    finally:
        shutil.rmtree(way.aside, ignore_errors=True)


def _way(manifest: Manifest, folder: Path, terms: Terms, held: Held) -> _Way | None:
    """Return how to follow the file that is held; None where the list, or what is held of it, allows for none."""
    delta = next((file for file in manifest.files if file.follows), None)
    follow, urls = follower(manifest.format), addresses(manifest)
    if delta is None or follow is None or urls.keys() != {delta.follows}:
        return None
    whole = manifest.role(delta.follows)
    index = stated_at(manifest, whole)
    base, earlier = held.known(whole.role, urls[whole.role]), held.known(delta.role, index)
    files = [path for _, path in filter(None, (base, earlier))]
    # What is held and not accounted for may have changed the version: a person may have brought it.
    if base is None or {path.name for path in files} != {file.name for file in held.record.files}:
        return None
    if not (earlier or base)[0].version:
        return None
    return _Way(folder, terms, follow, index, whole.role, delta, base, earlier, held.record.published_on)


@dataclass(slots=True)
class _Way:
    """From the version in use to the newest one."""

    folder: Path
    terms: Terms
    follow: Follow
    index: str  # URL of the document that states the newest version
    whole: str  # the role of the file that is followed
    delta: FileRole
    base: tuple[Brought, Path]
    earlier: tuple[Brought, Path] | None  # the changes that were followed before
    published_on: str  # of the version in use
    until: float = field(init=False)
    left: int = field(init=False)  # bytes that may still come

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.terms.total * _SHARE
        self.left = _MOST - (self.earlier[1].stat().st_size if self.earlier else 0)

    @property
    def aside(self) -> Path:
        """Where deltas wait to be joined."""
        return self.folder / ".deltas"

    def go(self) -> Collected:
        """Fetch what is missing and join it.

        Raises:
            ListUnavailable: it cannot be had, or does not begin where we are.
            ListFormatError: it cannot be read, or does not lead to what its publisher states.
        """
        self.aside.mkdir()
        stated = self._read(self.index, "index", _Stated)
        in_use = (self.earlier or self.base)[0]
        missing = self._missing(stated, in_use) if stated.version != in_use.version else {}
        if not missing:
            return Collected(folder=self.folder, brought=self._as_before(), unchanged=True)
        steps = in_use.steps + len(missing)
        if steps > _MOST_STEPS:
            raise ListUnavailable(f"{steps} deltas since it was fetched whole")
        deltas = [self.earlier[1]] if self.earlier else []
        for version, url in missing.items():
            deltas.append(self._fetched(url, f"delta {version}"))
        return self._joined(deltas, stated, steps)

    def leave_nothing(self) -> None:
        """Take out what was put into the folder."""
        for name in (self.base[1].name, file_name(self.delta)):
            (self.folder / name).unlink(missing_ok=True)

    def _missing(self, stated: _Stated, in_use: Brought) -> Mapping[str, str]:
        """Return the deltas that lead from the version in use to the newest one, in order."""
        if not stated.delta_url or stated.version < in_use.version:
            raise ListUnavailable(
                f"no deltas lead from version {in_use.version} to {stated.version or 'what there is'}"
            )
        listed = self._read(stated.delta_url, "deltas", _Index).versions
        if not listed or in_use.version < min(listed):
            raise ListUnavailable(f"version {in_use.version} is older than all deltas")
        return {one: listed[one] for one in sorted(listed) if in_use.version < one <= stated.version}

    def _joined(self, deltas: Sequence[Path], stated: _Stated, steps: int) -> Collected:
        share(self.base[1], self.folder / self.base[1].name)
        target = self.folder / file_name(self.delta)
        found = self.follow(self.base[1], deltas, target)
        if stated.entity_count not in {None, found.lines}:
            raise ListFormatError(f"the deltas lead to {found.lines} lines, but {stated.entity_count} are stated")
        if found.published_on < self.published_on:  # the newest line went again; the whole file tells the date of all
            raise ListUnavailable("the deltas lead to nothing that is as new as the version in use")
        if target.exists():
            arrived = Brought(url=self.index, validators=Validators(), version=stated.version, steps=steps)
            brought = {self.whole: self.base[0], self.delta.role: arrived}
        else:  # each change was taken back: the file is what it was, in another version
            brought = {self.whole: replace(self.base[0], version=stated.version, steps=steps)}
        return Collected(folder=self.folder, brought=brought, unchanged=False)

    def _as_before(self) -> Mapping[str, Brought]:
        return {self.whole: self.base[0]} | ({self.delta.role: self.earlier[0]} if self.earlier else {})

    def _read(self, url: str, what: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(self._fetched(url, what).read_bytes(), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ListFormatError(f"{shown(url)}: {error}") from None

    def _fetched(self, url: str, what: str) -> Path:
        # What a document names is none of our choosing: it may name other files of its publisher, and nothing else.
        if urlsplit(url)[:2] != urlsplit(self.index)[:2]:
            raise ListUnavailable(f"{shown(url)}: {what} is not where its index is")
        time_left = self.until - time.monotonic()
        if time_left <= 0 or self.left <= 0:
            raise ListUnavailable(f"{shown(url)}: the deltas are too many, or too slow")
        target = self.aside / f"{len(list(self.aside.iterdir()))}"
        terms = replace(self.terms, total=time_left, size=min(self.terms.size, self.left))
        download(url, target, terms=terms)
        self.left -= target.stat().st_size
        return target
