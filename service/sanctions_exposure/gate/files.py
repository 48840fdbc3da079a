"""Finds the files a check is given and reads what each row asks; a file that cannot be read stops the check."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import msgspec

from sanctions_exposure.errors import InvalidInput, ListFormatError
from sanctions_exposure.gate.documents import Asked, read_json, read_ndjson, read_yaml_document
from sanctions_exposure.model import Json

_OF_THE_GATE: Final = frozenset({"as_of", "regimes"})
_PACKED: Final = ".gz"
_WORKBOOKS: Final = frozenset({".xlsx", ".xlsm"})
# What may hold parties, but in a form that is not read here: left out of a folder, it would go unscreened.
_TABLES: Final = frozenset(
    {
        ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers", ".parquet", ".pq", ".feather", ".orc", ".avro", ".psv",
        ".tab", ".mdb", ".accdb", ".dbf",
    }
)  # fmt: skip
_LONGEST_HEADER: Final = 4096  # bytes
_SHOWN: Final = 10  # names in a message
_MOST_BYTES: Final = 256 << 20  # of one file; a larger one belongs to `exposure screen`


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What one row asks, and where the row stands."""

    file: str
    row: int  # which record of the file, from 1
    line: int
    request: Json | InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """How rows are to be understood."""

    mapping: Mapping[str, str] = field(default_factory=dict)  # their column or key -> ours
    ignored: frozenset[str] = frozenset()  # keys of objects that say nothing to us
    common: Mapping[str, Json] = field(default_factory=dict)  # said once for every request: as_of, regimes


def found_files(
    paths: Sequence[Path], exclude: Sequence[str] = (), remark: Callable[[str], None] = lambda _: None
) -> tuple[Path, ...]:
    """Return the files to read: those named, and those of a known kind in folders, in order of name.

    Args:
        paths: files and folders.
        exclude: patterns of files to leave out.
        remark: is told what a folder holds besides.

    Raises:
        InvalidInput: a path is not there, a file is of no known kind, a folder cannot be looked into or holds nothing
            to read, or holds a table of a kind that is not read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(_inside(path)) if path.is_dir() else [path]
        kept = [each for each in inside if not _excluded(each, exclude)]
        if path.is_dir():
            kept = _readable(path, kept, remark)
        found |= dict.fromkeys(kept)
    for path in found:
        if not path.is_file():
            raise InvalidInput(f"{path}: there is no such file")
        if _kind(path.name) is None:
            raise InvalidInput(f"{path}: not one of {', '.join(sorted(_READERS))}")
    return tuple(found)


def _inside(folder: Path) -> Iterator[Path]:
    """Yield every file below *folder* that is not hidden; links are followed, each folder once."""
    seen: set[Path] = set()

    def refuse(error: OSError) -> None:
        raise InvalidInput(f"{error.filename}: the folder cannot be read: {error.strerror}")

    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        here = Path(place)
        if here.resolve() in seen:
            folders.clear()
            continue
        seen.add(here.resolve())
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (here / name for name in files if not name.startswith("."))


def _readable(folder: Path, files: Sequence[Path], remark: Callable[[str], None]) -> list[Path]:
    """Return those *files* of a folder that are read; what may hold parties and is not read stops the check."""
    kept = [path for path in files if _kind(path.name) is not None and not _is_prose(path)]
    others = [path for path in files if path not in set(kept)]
    if tables := [path for path in others if _suffix(path.name) in _TABLES]:
        raise InvalidInput(
            f"{_named(tables)}: not read; save as CSV or XLSX, or leave out with --exclude"
            f" (read are {', '.join(sorted(_READERS))})"
        )
    if not kept:
        raise InvalidInput(f"{folder}: the folder holds no file that can be read ({', '.join(sorted(_READERS))})")
    if others:
        remark(f"{folder}: not read, being no tables: {_named(others)}")
    return kept


def _is_prose(path: Path) -> bool:
    """Whether a text file of a folder is no table by its first line: a licence, a list of requirements."""
    if _suffix(path.name) != ".txt" or path.name.lower().endswith(_PACKED):
        return False
    with path.open("rb") as file:
        head = file.readline(_LONGEST_HEADER)
    text = head.decode("utf-8", "replace").strip().lstrip("\ufeff")
    parted = any(sign in text for sign in "\t;|") or ("," in text and ", " not in text)
    return not parted and not text.replace("_", "").isalpha()  # one word may be the header of one column


def _named(paths: Sequence[Path]) -> str:
    shown = ", ".join(path.as_posix() for path in paths[:_SHOWN])
    return f"{shown} and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else shown


def _kind(name: str) -> str | None:
    """Return by which suffix a file is read, packed or not; None where it is not."""
    suffix, packed = _suffix(name), name.lower().endswith(_PACKED)
    return suffix if suffix in _READERS and not (packed and suffix in _WORKBOOKS) else None


def _suffix(name: str) -> str:
    return Path(name.lower().removesuffix(_PACKED)).suffix


def _excluded(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path.as_posix(), pattern) or fnmatch(path.name, pattern) for pattern in patterns)


def shown(path: Path, root: Path) -> str:
    """Return *path* as reports name it: from *root* on, with forward slashes."""
    absolute = path.absolute()
    return (absolute.relative_to(root) if absolute.is_relative_to(root) else absolute).as_posix()


def content(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        InvalidInput: it cannot be read or is too large.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInput(
                f"{path}: larger than {_MOST_BYTES >> 20} MiB; `exposure screen` reads files of any size"
            )
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None


def read_items(document: bytes, name: str, meaning: Meaning, remark: Callable[[str], None]) -> tuple[Item, ...]:
    """Return what the rows of the file *name* ask; *remark* is told what was left out.

    Raises:
        InvalidInput: the file cannot be read; the message names it.
    """
    read = _READERS[_kind(name) or ""]
    try:
        asked = list(read(_unpacked(document, name), name, meaning, remark))
    except (InvalidInput, ListFormatError) as error:
        said = str(error)
        raise InvalidInput(said if said.startswith(name) else f"{name}: {said}") from None
    return tuple(
        Item(file=name, row=row, line=one.line, request=_completed(one.request, meaning.common))
        for row, one in enumerate(asked, start=1)
    )


def _unpacked(document: bytes, name: str) -> bytes:
    if not name.lower().endswith(_PACKED):
        return document
    from sanctions_exposure.bulk.packed import Unpacked

    source, found = Unpacked(io.BytesIO(document)), bytearray()
    while piece := source.read1():
        found += piece
        if len(found) > _MOST_BYTES:
            raise InvalidInput(f"unpacks to more than {_MOST_BYTES >> 20} MiB")
    return bytes(found)


def _completed(request: Json | InvalidInput, common: Mapping[str, Json]) -> Json | InvalidInput:
    if isinstance(request, InvalidInput):
        return request
    try:
        msgspec.json.encode(request)
    except UnicodeEncodeError:  # bytes that were no UTF-8, or half of a character: no server could be asked
        return InvalidInput("holds bytes or a surrogate that are no character")
    if not isinstance(request, dict):
        return request
    # Whoever adds a supplier must not choose the day or the lists it is judged by.
    if chosen := sorted(_OF_THE_GATE & request.keys()):
        return InvalidInput(f"{', '.join(chosen)}: the check sets this, not a row (--regimes, --as-of)")
    return {**request, **common}


# -- tables --------------------------------------------------------------------------------------


def _csv(document: bytes, _: str, meaning: Meaning, __: Callable[[str], None]) -> Iterator[Asked]:
    # Loaded here, because its room knows pandas too, which the API must not need.
    from sanctions_exposure.bulk.table import Table
    from sanctions_exposure.question import row_document

    table = Table(io.BufferedReader(io.BytesIO(document)), meaning.mapping)
    line = 1 + _lines_of(table.layout.head)
    for row in table.records():
        if any(cell.strip() for cell in row.cells):
            fault = table.fault(row)
            yield Asked(line, InvalidInput(fault) if fault else row_document(table.document(row)))
        line += _lines_of(row.raw)


def _lines_of(raw: str) -> int:
    return len(raw.splitlines()) if "\n" not in raw else raw.count("\n")


def _workbook(document: bytes, name: str, meaning: Meaning, remark: Callable[[str], None]) -> Iterator[Asked]:
    from sanctions_exposure.bulk.columns import columns
    from sanctions_exposure.question import no_value, row_document
    from sanctions_exposure.sources.formats._workbook import sheets, text_of

    faults, unread, read = [], [], 0
    for title, rows in sheets(document, name, errors=True).items():
        texts = [[text_of(cell) for cell in row] for row in rows]
        start = next((i for i, row in enumerate(texts) if any(row)), None)
        if start is None:
            continue
        try:
            meanings = columns(texts[start], meaning.mapping)
        except InvalidInput as error:
            faults.append(str(error))
            unread.append(title)
            continue
        read += 1
        for at, row in enumerate(texts[start + 1 :], start=start + 2):
            if any(row):
                cells = {ours: row[i] for i, ours in meanings.items() if i < len(row)}
                missing = next((found for cell in cells.values() if (found := no_value(cell))), "")
                where = f"in the sheet {title!r} a cell of row {at} holds {missing}, which is no value"
                yield Asked(at, InvalidInput(where) if missing else row_document(cells))
    if not read:
        raise InvalidInput(faults[0] if faults else "the workbook is empty")
    for title in unread:
        remark(f"{name}: the sheet {title!r} has no column that can be screened and was not read")


# -- objects -------------------------------------------------------------------------------------


def _objects(asked: Iterable[Asked], meaning: Meaning) -> Iterator[Asked]:
    for one in asked:
        request = one.request
        yield Asked(one.line, _renamed(request, meaning) if isinstance(request, dict) else request)


def _renamed(request: Mapping[str, Json], meaning: Meaning) -> Json | InvalidInput:
    found: dict[str, Json] = {}
    for key, value in request.items():
        ours = meaning.mapping.get(key, key)
        if key in meaning.ignored:
            continue
        if ours in found:
            return InvalidInput(f"two keys are to be read as {ours!r}")
        found[ours] = value
    return found


_Reader = Callable[[bytes, str, Meaning, Callable[[str], None]], Iterable[Asked]]


def _reading_objects(read: Callable[[bytes, str], Iterable[Asked]]) -> _Reader:
    return lambda document, name, meaning, _: _objects(read(document, name), meaning)


_READERS: Final[Mapping[str, _Reader]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".txt": _csv,
    ".ndjson": _reading_objects(lambda document, _: read_ndjson(document)),
    ".jsonl": _reading_objects(lambda document, _: read_ndjson(document)),
    ".json": _reading_objects(read_json),
    ".yaml": _reading_objects(read_yaml_document),
    ".yml": _reading_objects(read_yaml_document),
    ".xlsx": _workbook,
    ".xlsm": _workbook,
}
