"""Manifests: one TOML file per list says who publishes it, which files it has and what a whole one looks like."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from sanctions_exposure.errors import ListFormatError, UnknownList
from sanctions_exposure.model import Designation, DesignationStatus, ListedEntity, Source
from sanctions_exposure.sources.formats import known_formats

T = TypeVar("T")
_ID = re.compile(r"[a-z0-9_]{2,64}")

_PROGRAMME, _LISTED_ON = attrgetter("programme"), attrgetter("listed_on")  # asked of every entity there is
# What a fill rate can be asked of: the fraction of entities that carry at least one.
FILL: Mapping[str, Callable[[ListedEntity], object]] = {
    "identifiers": attrgetter("identifiers"),
    "addresses": attrgetter("addresses"),
    "birth_dates": attrgetter("birth_dates"),
    "countries": attrgetter("countries"),
    "programmes": lambda entity: any(map(_PROGRAMME, entity.designations)),
    "listed_on": lambda entity: any(map(_LISTED_ON, entity.designations)),
    "aliases": lambda entity: entity.names[1:],
}


INTERVAL_HOURS = 6.0  # publishers change their lists at most a few times a day


class Staleness(StrEnum):
    """What becomes of a question about a list that is too old."""

    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRole:
    """One file a list consists of."""

    role: str
    patterns: tuple[str, ...] = ()  # file names in a folder, ``*`` allowed, case and ``.gz`` do not matter
    url: str = ""
    checksum: str = ""  # URL of the document in which the publisher states the file's digest
    required: bool = False
    follows: str = ""  # the role of the file whose changes this one holds: put together from its publisher's deltas
    max_bytes: int = 0  # unpacked, where a whole one may be larger than any other list's; 0: as for all
    fill: Mapping[str, float] = field(default_factory=dict)  # least fill rates once this file is there

    def plays(self, name: str) -> bool:
        """Say whether a file of that *name* may be this one."""
        name = name.casefold()
        names = {name, name.removesuffix(".gz"), name.removesuffix(".zip")}
        return any(fnmatchcase(one, pattern.casefold()) for pattern in self.patterns for one in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another form in which a publisher offers the same list."""

    format: str
    files: tuple[FileRole, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a whole list looks like; both ends of a range are allowed."""

    entities: tuple[int, int]
    names: tuple[int, int]
    max_shrink: float  # largest fraction a list may lose against the snapshot before


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One list as we know it before reading it."""

    id: str
    title: str
    publisher: str
    regime: str  # "us", "eu", "uk", "un" …, "own"
    format: str  # the one that is fetched
    files: tuple[FileRole, ...]
    bounds: Bounds
    formats: tuple[Variant, ...] = ()  # further ones that are read when somebody has them
    authority: str = ""  # as designations name it
    list_name: str = ""
    status: DesignationStatus = DesignationStatus.LISTED
    closed_on: str = ""  # first day on which a list that was given up was no longer in force
    licence: str = ""
    url: str = ""  # the publisher's page for people
    max_age_hours: float | None = None  # None: never too old
    stale: Staleness = Staleness.WARN
    interval_hours: float = INTERVAL_HOURS  # between two looks at the publisher
    enabled: bool = True  # fetched when nobody says otherwise
    mirror: str = ""  # URL or folder that stands in for the publisher's addresses; a setting, never in a manifest
    known_issues: tuple[str, ...] = ()  # where the publisher is loose, and what we do about it

    def designation(  # noqa: PLR0913 - what lists say of a designation
        self,
        *,
        reference: str,
        programme: str = "",
        delisted: bool = False,
        listed_on: str = "",
        until: str = "",
        reason: str = "",
        measures: tuple[str, ...] = (),
        source: Source | None = None,
    ) -> Designation:
        """Return a designation on this list."""
        return Designation(
            regime=self.regime,
            status=DesignationStatus.DELISTED if delisted else self.status,
            authority=self.authority,
            list_name=self.list_name,
            programme=programme,
            reference=reference,
            listed_on=listed_on,
            until=until,
            reason=reason,
            measures=measures,
            source=source,
        )

    def role(self, name: str) -> FileRole:
        """Return the file role *name*."""
        return next(file for file in self.files if file.role == name)

    def variants(self) -> tuple[Manifest, ...]:
        """Return this list in each of its formats, the one that is fetched first."""
        others = (replace(self, format=one.format, files=one.files, formats=()) for one in self.formats)
        return (replace(self, formats=()), *others)

    def in_format(self, name: str) -> Manifest:
        """Return this list as published in format *name*."""
        return next(one for one in self.variants() if one.format == name)

    def preferring(self, name: str) -> Manifest:
        """Return this list with format *name* as the one that is fetched; the others can still be read."""
        others = tuple(Variant(format=one.format, files=one.files) for one in self.variants() if one.format != name)
        return replace(self.in_format(name), formats=others)


def load_manifest(path: Path) -> Manifest:
    """Read one manifest.

    Raises:
        ListFormatError: it cannot be read or says something nobody understands; names file and key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ListFormatError(f"{path.name}: not a readable TOML file: {error}") from None
    manifest = _manifest(_Table(path.name, "", document))
    if manifest.id != path.stem:
        raise ListFormatError(f"{path.name}: key 'id' is {manifest.id!r}, which is not the name of the file")
    return manifest


def load_manifests(*folders: Path) -> dict[str, Manifest]:
    """Read every ``*.toml`` of the *folders* that exist, by list id and in its order."""
    found: dict[str, Manifest] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            manifest = load_manifest(path)
            if manifest.id in found:
                raise ListFormatError(f"{path.name}: there are two lists with the id {manifest.id!r}")
            found[manifest.id] = manifest
    return dict(sorted(found.items()))


def find(manifests: Mapping[str, Manifest], list_id: str) -> Manifest:
    """Return the manifest of *list_id*.

    Raises:
        UnknownList: there is none.
    """
    try:
        return manifests[list_id]
    except KeyError:
        raise UnknownList(f"no list has the id {list_id!r}; known: {', '.join(manifests) or 'none'}") from None


def is_list_id(text: str) -> bool:
    """Say whether a list may be called that; what may not is never made a path."""
    return bool(_ID.fullmatch(text))


# -- reading a table key by key ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """A TOML table that says which key of which file is wrong, and which keys nobody took."""

    file: str
    path: str
    values: dict[str, Any]

    def fault(self, key: str, what: str) -> ListFormatError:
        return ListFormatError(f"{self.file}: key {self.path + key!r} {what}")

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        value = self.values.pop(key, default)
        if value is None:
            raise self.fault(key, "is missing")
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:  # not isinstance: true is no number
            raise self.fault(key, f"must be {kind.__name__}, not {value!r}")
        return value

    def table(self, key: str, *, optional: bool = False) -> _Table:
        return _Table(self.file, f"{self.path}{key}.", dict(self.take(key, dict, {} if optional else None)))

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.take(key, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self.fault(key, f"must hold only strings, not {values!r}")
        return tuple(values)

    def range(self, key: str) -> tuple[int, int]:
        match self.take(key, list):
            case [int(low), int(high)] if 0 < low <= high:
                return low, high
            case other:
                raise self.fault(key, f"must be [least, most], not {other!r}")

    def fraction(self, key: str) -> float:
        value = self.take(key, float)
        if not 0.0 <= value <= 1.0:
            raise self.fault(key, f"must lie between 0 and 1, not {value!r}")
        return value

    def done(self) -> None:
        for key in self.values:
            raise self.fault(key, "is unknown")


def _manifest(table: _Table) -> Manifest:
    manifest = Manifest(
        id=_checked(table, "id", _ID.fullmatch),
        title=table.take("title", str),
        publisher=table.take("publisher", str),
        regime=_checked(table, "regime", str.islower),
        format=_checked(table, "format", known_formats().__contains__),
        files=_files(table.table("files")),
        bounds=_bounds(table.table("bounds")),
        formats=_variants(table),
        authority=table.take("authority", str, ""),
        list_name=table.take("list_name", str, ""),
        status=DesignationStatus(_checked(table, "status", set(DesignationStatus).__contains__, "listed")),
        closed_on=_checked(table, "closed_on", _closed, ""),
        licence=table.take("licence", str, ""),
        url=table.take("url", str, ""),
        max_age_hours=table.take("max_age_hours", float) if "max_age_hours" in table.values else None,
        stale=Staleness(_checked(table, "stale", set(Staleness).__contains__, "warn")),
        interval_hours=_hours(table),
        enabled=table.take("enabled", bool, True),  # noqa: FBT003 - the default of a key
        known_issues=table.texts("known_issues"),
    )
    table.done()
    twice = [name for name, count in Counter(one.format for one in manifest.variants()).items() if count > 1]
    if twice:
        raise ListFormatError(f"{table.file}: format {twice[0]!r} is there twice")
    return manifest


def _variants(table: _Table) -> tuple[Variant, ...]:
    found = []
    for at, values in enumerate(table.take("formats", list, [])):
        if not isinstance(values, dict):
            raise table.fault("formats", f"must hold only tables, not {values!r}")
        one = _Table(table.file, f"formats.{at}.", dict(values))
        name = _checked(one, "format", known_formats().__contains__)
        found.append(Variant(format=name, files=_files(one.table("files"))))
        one.done()
    return tuple(found)


def _checked(table: _Table, key: str, good: Callable[[str], object], default: str | None = None) -> str:
    value = table.take(key, str, default)
    if not good(value):
        raise table.fault(key, f"is {value!r}, which nobody knows")
    return value


def _hours(table: _Table) -> float:
    hours = table.take("interval_hours", float, INTERVAL_HOURS)
    if not 0.01 <= hours <= 24 * 366:
        raise table.fault("interval_hours", f"must be hours, not {hours!r}")
    return hours


def _web(text: str) -> bool:
    return not text or text.startswith(("https://", "http://"))


def _closed(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


def _bounds(table: _Table) -> Bounds:
    bounds = Bounds(
        entities=table.range("entities"), names=table.range("names"), max_shrink=table.fraction("max_shrink")
    )
    table.done()
    return bounds


def _files(table: _Table) -> tuple[FileRole, ...]:
    files = tuple(_file(role, table.table(role)) for role in list(table.values))
    if not any(file.required for file in files):
        raise ListFormatError(f"{table.file}: key 'files' has no file that is required")
    stated = {file.role for file in files if file.checksum}
    for file in files:
        if file.follows and file.follows not in stated:
            raise ListFormatError(f"{table.file}: key 'files.{file.role}.follows' names no file that has a checksum")
    return files


def _file(role: str, table: _Table) -> FileRole:
    fill = table.table("fill", optional=True)
    unknown = sorted(fill.values.keys() - FILL.keys())
    if unknown:
        raise fill.fault(unknown[0], f"is no fill rate; known: {', '.join(FILL)}")
    file = FileRole(
        role=role,
        patterns=table.texts("patterns"),
        url=_checked(table, "url", _web, ""),
        checksum=_checked(table, "checksum", _web, ""),
        required=table.take("required", bool, False),  # noqa: FBT003 - the default of a key
        follows=table.take("follows", str, ""),
        max_bytes=table.take("max_bytes", int, 0),
        fill={key: fill.fraction(key) for key in list(fill.values)},
    )
    table.done()
    return file
