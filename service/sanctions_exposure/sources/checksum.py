"""Holds a file against the digest that its publisher states elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from sanctions_exposure.errors import ListUnavailable

_BY_LENGTH: Final = {40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
_LINE: Final = re.compile(r"([0-9a-fA-F]{40,128})\s+[ *]?(\S.*)")
_MOST: Final = 16 << 20  # bytes of a document of digests


def stated_digest(document: Path, name: str) -> str:
    """Return the digest of file *name* that a document of digests states.

    The document is the ``index.json`` of an OpenSanctions dataset or the lines that ``sha256sum`` writes.

    Raises:
        ListUnavailable: it states none.
    """
    if document.stat().st_size > _MOST:
        raise ListUnavailable(f"the document of digests is larger than {_MOST} bytes")
    content = document.read_bytes()
    found = _of_index(content, name) if content.lstrip().startswith(b"{") else _of_lines(content, name)
    if len(found) not in _BY_LENGTH:
        raise ListUnavailable(f"no digest of {name} is stated where it should be")
    return found.lower()


def check(path: Path, digest: str) -> None:
    """Compare a file with a digest in hexadecimal.

    Raises:
        ListUnavailable: it is another file.
    """
    # SHA-1 is what OpenSanctions states: it finds accidents; TLS stands against the rest.
    algorithm = hashlib.new(_BY_LENGTH[len(digest)], usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            algorithm.update(chunk)
    if algorithm.hexdigest() != digest:
        raise ListUnavailable(f"{path.name} does not have the digest its publisher states")


def _of_index(content: bytes, name: str) -> str:
    try:
        index: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return ""
    resources = index.get("resources")
    for one in resources if isinstance(resources, list) else ():
        if isinstance(one, dict) and one.get("name") == name and isinstance(one.get("checksum"), str):
            return str(one["checksum"])
    return ""


def _of_lines(content: bytes, name: str) -> str:
    for line in content.decode("utf-8", "replace").splitlines():
        if (match := _LINE.fullmatch(line.strip())) and match[2].rpartition("/")[2] == name:
            return match[1]
    return ""
