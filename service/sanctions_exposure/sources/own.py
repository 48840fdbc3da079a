"""Lists of one's own: their manifests are written into the data folder, not kept with the program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats import known_formats
from sanctions_exposure.sources.manifest import Bounds, FileRole, Manifest, is_list_id


def own_folder(data: Path) -> Path:
    """Return the folder of a data folder that holds the manifests of own lists."""
    return data / "lists"


def own_manifest(list_id: str, *, title: str = "", list_format: str = "generic", url: str = "") -> Manifest:
    """Return the manifest of a list of one's own; it has one file and hardly any expectations."""
    if not is_list_id(list_id):
        raise ListFormatError(f"list id {list_id!r} is not 2 to 64 of a-z, 0-9 and _")
    if list_format not in known_formats():
        raise ListFormatError(f"unknown format {list_format!r}; known: {', '.join(sorted(known_formats()))}")
    return Manifest(
        id=list_id,
        title=title or list_id,
        publisher="own list",
        regime="own",
        authority="own list",
        list_name=title or list_id,
        format=list_format,
        files=(FileRole(role="primary", patterns=("*.csv",), url=url, required=True),),
        bounds=Bounds(entities=(1, 10_000_000), names=(1, 50_000_000), max_shrink=1.0),
    )


def add_own(manifest: Manifest, *, data: Path, known: Mapping[str, Manifest]) -> Path:
    """Write *manifest* to the data folder's lists and return its path; an own list may be added again.

    Raises:
        ListFormatError: a list that is not an own one has this id.
    """
    if manifest.id in known and known[manifest.id].regime != "own":
        raise ListFormatError(f"list id {manifest.id!r} is taken by {known[manifest.id].title!r}")
    folder = own_folder(data)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{manifest.id}.toml"
    aside = path.with_suffix(".tmp")
    aside.write_text(tomli_w.dumps(_document(manifest)), encoding="utf-8")
    aside.replace(path)
    return path


def _document(manifest: Manifest) -> dict[str, Any]:
    texts = ("id", "title", "publisher", "regime", "authority", "list_name", "format", "licence", "url", "closed_on")
    document: dict[str, Any] = {name: getattr(manifest, name) for name in texts} | {"status": manifest.status.value}
    document |= {"stale": manifest.stale.value, "interval_hours": manifest.interval_hours, "enabled": manifest.enabled}
    if manifest.max_age_hours is not None:
        document["max_age_hours"] = manifest.max_age_hours
    document["known_issues"] = list(manifest.known_issues)
    if manifest.formats:
        document["formats"] = [{"format": one.format, "files": _file_tables(one.files)} for one in manifest.formats]
    document["bounds"] = {
        "entities": list(manifest.bounds.entities),
        "names": list(manifest.bounds.names),
        "max_shrink": manifest.bounds.max_shrink,
    }
    document["files"] = _file_tables(manifest.files)
    return document


def _file_tables(files: tuple[FileRole, ...]) -> dict[str, Any]:
    return {
        file.role: {
            "patterns": list(file.patterns),
            "url": file.url,
            "checksum": file.checksum,
            "required": file.required,
            "follows": file.follows,
            "max_bytes": file.max_bytes,
            "fill": dict(file.fill),
        }
        for file in files
    }
