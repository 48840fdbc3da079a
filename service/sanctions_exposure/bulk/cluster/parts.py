"""Where a portfolio lies and into which parts it falls: files, or row groups of a large Parquet file."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

import fsspec
import pyarrow.parquet as pq

from sanctions_exposure.errors import InvalidInput

_KINDS: Final = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".txt": "csv"}
_LARGE: Final = 128 * 2**20  # bytes; a larger Parquet file is more than one part
_PART: Final = "part-"
_WILD: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of the work, small enough for one worker's memory."""

    number: int  # its place in the order of the rows
    url: str
    kind: str  # parquet, csv
    row_groups: tuple[int, ...] = ()  # of a Parquet file; none: all


def is_remote(place: str) -> bool:
    """Say whether *place* is an address rather than a path."""
    return "://" in place


def find_parts(places: Sequence[str]) -> list[Part]:
    """Return the parts of files, folders and patterns, in order of their names.

    Raises:
        InvalidInput: there is nothing, or files of more than one kind.
    """
    files = [found for place in places for found in _files(place)]
    kinds = {kind for _, _, kind in files}
    if len(kinds) > 1:
        raise InvalidInput(f"{', '.join(places)}: holds {' and '.join(sorted(kinds))}; give one kind of files")
    pieces = [(url, kind, groups) for url, size, kind in files for groups in _pieces(url, size, kind)]
    return [Part(number=n, url=url, kind=kind, row_groups=groups) for n, (url, kind, groups) in enumerate(pieces)]


def _files(place: str) -> list[tuple[str, int, str]]:
    system, path = _located(place)
    try:
        if _WILD.intersection(path):
            found = sorted(system.glob(path))
        else:
            found = sorted(system.find(path)) if system.isdir(path) else [path]
        named = [(name, _kind(name)) for name in found if not _hidden(name, path)]
        files = [(system.unstrip_protocol(name), int(system.size(name) or 0), kind) for name, kind in named if kind]
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{place} cannot be read: {error}") from error
    if not files:
        raise InvalidInput(f"{place} holds no Parquet, CSV or TSV file")
    return files


def _hidden(name: str, folder: str) -> bool:
    inside = PurePosixPath(name.removeprefix(folder)).parts
    return any(part.startswith(("_", ".")) for part in inside)


def _kind(name: str) -> str:
    path = PurePosixPath(name.lower().removesuffix(".gz"))
    return _KINDS.get(path.suffix, "")


def _pieces(url: str, size: int, kind: str) -> list[tuple[int, ...]]:
    if kind != "parquet" or size <= _LARGE:
        return [()]
    with opened(url) as stream:
        metadata = pq.ParquetFile(stream).metadata
    pieces: list[list[int]] = [[]]
    taken = 0
    for group in range(metadata.num_row_groups):
        weight = metadata.row_group(group).total_byte_size
        if pieces[-1] and taken + weight > _LARGE:
            pieces.append([])
            taken = 0
        pieces[-1].append(group)
        taken += weight
    return [tuple(groups) for groups in pieces]


# -- reading and writing -------------------------------------------------------------------------


def _located(place: str) -> tuple[Any, str]:
    try:
        system, path = fsspec.url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise InvalidInput(f"{place}: {error}") from error
    return system, str(path)


@contextmanager
def opened(url: str) -> Iterator[BinaryIO]:
    """Open a file for reading; one that ends in ``.gz`` is unpacked."""
    with fsspec.open(url, "rb", compression="infer") as stream:
        yield stream


def output_name(part: Part) -> str:
    """Return the name a part's answers are written under; names sort as rows do."""
    return f"{_PART}{part.number:06d}.{part.kind}"


def prepare_folder(folder: str) -> None:
    """Make the folder of results.

    Raises:
        InvalidInput: it holds something already, which could be taken for a part of this result.
    """
    system, path = _located(folder)
    try:
        if system.exists(path) and [name for name in system.find(path) if not _hidden(name, path)]:
            raise InvalidInput(f"{folder} is not empty: results are written into a folder of their own")
        system.makedirs(path, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written: {error}") from error


@contextmanager
def written(folder: str, name: str) -> Iterator[Written]:
    """Give a file to write; it appears in *folder* under *name* when it is whole, whoever else writes the same."""
    system, path = _located(folder)
    local = "file" in system.protocol
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path if local else None) as aside:
        one = Written(Path(aside) / name)
        yield one
        one.sha256 = _digest(one.path)
        target = f"{path.rstrip('/')}/{name}"
        if local:
            shutil.move(one.path, target)
        else:
            system.put_file(str(one.path), target)


@dataclass(slots=True)
class Written:
    """A file that is being written, and its digest afterwards."""

    path: Path
    sha256: str = ""


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
