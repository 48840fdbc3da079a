"""What the people who run us decide about each source: on or off, from where, how often, how strict.

One TOML file, one table a list::

    [us_ofac_sdn]
    from = "https://mirror.example/ofac/"   # or a folder
    interval_hours = 2
    stale = "refuse"

    [opensanctions]
    enabled = true
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.sources.manifest import FileRole, Manifest, Staleness

_KEYS: Final = ("enabled", "from", "format", "interval_hours", "max_age_hours", "stale")


def choose(manifests: Mapping[str, Manifest], path: Path) -> dict[str, Manifest]:
    """Return *manifests* as the file at *path* wants them.

    Raises:
        SettingsError: the file cannot be read, or says what nobody understands; names table and key.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: not a readable TOML file: {error}") from None
    for list_id, table in tables.items():
        if list_id not in manifests:
            raise SettingsError(f"{path}: no list has the id {list_id!r}; known: {', '.join(manifests)}")
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {list_id!r} must be a table")
    return {
        list_id: _chosen(manifest, tables[list_id], path) if list_id in tables else manifest
        for list_id, manifest in manifests.items()
    }


def _chosen(manifest: Manifest, table: dict[str, Any], path: Path) -> Manifest:
    def fault(key: str, what: str) -> SettingsError:
        return SettingsError(f"{path}: key {manifest.id + '.' + key!r} {what}")

    def hours(key: str) -> float:
        value = table[key]
        if type(value) not in {int, float} or not 0.01 <= value <= 24 * 366:
            raise fault(key, f"must be hours, not {value!r}")
        return float(value)

    if unknown := sorted(table.keys() - set(_KEYS)):
        raise fault(unknown[0], f"is unknown; known: {', '.join(_KEYS)}")
    if "format" in table:
        formats = [one.format for one in manifest.variants()]
        if table["format"] not in formats:
            raise fault("format", f"is {table['format']!r}; the list comes as {', '.join(formats)}")
        manifest = manifest.preferring(table["format"])
    # Whoever names a place wants it used, also where the publisher's own address is off.
    manifest = replace(manifest, enabled=manifest.enabled or "from" in table)
    if "enabled" in table:
        if type(table["enabled"]) is not bool:
            raise fault("enabled", f"must be true or false, not {table['enabled']!r}")
        manifest = replace(manifest, enabled=table["enabled"])
    if "from" in table:
        manifest = replace(manifest, mirror=_place(table["from"], path, fault("from", "must be a URL or a folder")))
    if "interval_hours" in table:
        manifest = replace(manifest, interval_hours=hours("interval_hours"))
    if "max_age_hours" in table:
        manifest = replace(manifest, max_age_hours=hours("max_age_hours"))
    if "stale" in table:
        if table["stale"] not in set(Staleness):
            raise fault("stale", f"must be {' or '.join(Staleness)}, not {table['stale']!r}")
        manifest = replace(manifest, stale=Staleness(table["stale"]))
    return manifest


def _place(value: object, path: Path, fault: SettingsError) -> str:
    if not isinstance(value, str) or not value.strip():
        raise fault
    if is_web(value):
        return value.rstrip("/") + "/"
    if "://" in value:
        raise fault
    return str(path.parent / value)  # an absolute one stays as it is


# -- where a list's files are --------------------------------------------------------------------


def is_web(place: str) -> bool:
    """Say whether a place is an address rather than a folder."""
    return place.startswith(("https://", "http://"))


def with_token(manifest: Manifest, token: str) -> Manifest:
    """Return *manifest* with another token in the addresses that carry one."""

    def changed(file: FileRole) -> FileRole:
        parts = urlsplit(file.url)
        query = [(name, token if name == "token" else value) for name, value in parse_qsl(parts.query)]
        return replace(file, url=urlunsplit(parts._replace(query=urlencode(query)))) if query else file

    variants = tuple(replace(one, files=tuple(map(changed, one.files))) for one in manifest.formats)
    return replace(manifest, files=tuple(map(changed, manifest.files)), formats=variants)


def is_fetchable(manifest: Manifest) -> bool:
    """Say whether we know where to look for a list that is still published and that is wanted."""
    found = bool(manifest.mirror) or all(file.url for file in manifest.files if file.required)
    return manifest.enabled and found and (not manifest.closed_on or bool(manifest.mirror))


def addresses(manifest: Manifest) -> dict[str, str]:
    """Return the URL of each file that is fetched, by role; a mirror has every file under the name it is known by."""
    if is_web(manifest.mirror):
        return {file.role: manifest.mirror + file_name(file) for file in manifest.files if file.url or file.required}
    return {file.role: file.url for file in manifest.files if file.url}


def stated_at(manifest: Manifest, file: FileRole) -> str:
    """Return the URL at which the digest of a file is stated; a mirror may have that document beside its files."""
    name = urlsplit(file.checksum).path.rpartition("/")[2]
    return manifest.mirror + name if name and is_web(manifest.mirror) else file.checksum


def file_name(file: FileRole) -> str:
    """Return the name under which a fetched file is kept: one by which it is known again."""
    segments = urlsplit(file.url).path.split("/")
    known = (one for one in reversed(segments) if one and file.plays(one))
    plain = file.patterns[0].replace("*", "") if file.patterns else ""
    return next(known, f"{file.role}{plain}" if plain.startswith(".") else plain or file.role)
