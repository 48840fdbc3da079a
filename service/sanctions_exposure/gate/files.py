"""Finds the files a check is given and reads what each row asks; a file that cannot be read stops the check."""

from __future__ import annotations

import io
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


def found_files(paths: Sequence[Path], exclude: Sequence[str] = ()) -> tuple[Path, ...]:
    """Return the files to read: those named, and those of a known kind in folders, in order of name.

    Raises:
        InvalidInput: a path is not there, a file is of no known kind, or a folder holds nothing to read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(_inside(path)) if path.is_dir() else [path]
        kept = [each for each in inside if not _excluded(each, exclude)]
        if path.is_dir() and not kept:
            raise InvalidInput(f"{path}: the folder holds no file that can be read ({', '.join(sorted(_READERS))})")
        found |= dict.fromkeys(kept)
    for path in found:
        if not path.is_file():
            raise InvalidInput(f"{path}: there is no such file")
        if path.suffix.lower() not in _READERS:
            raise InvalidInput(f"{path}: not one of {', '.join(sorted(_READERS))}")
    return tuple(found)


def _inside(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in _READERS and path.is_file() and not hidden:
            yield path


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
    read = _READERS[Path(name).suffix.lower()]
    try:
        asked = list(read(document, name, meaning, remark))
    except (InvalidInput, ListFormatError) as error:
        said = str(error)
        raise InvalidInput(said if said.startswith(name) else f"{name}: {said}") from None
    return tuple(
        Item(file=name, row=row, line=one.line, request=_completed(one.request, meaning.common))
        for row, one in enumerate(asked, start=1)
    )


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
    from sanctions_exposure.question import row_document
    from sanctions_exposure.sources.formats._workbook import sheets, text_of

    faults, unread, read = [], [], 0
    for title, rows in sheets(document, name).items():
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
                yield Asked(at, row_document({ours: row[i] for i, ours in meanings.items() if i < len(row)}))
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
    ".ndjson": _reading_objects(lambda document, _: read_ndjson(document)),
    ".jsonl": _reading_objects(lambda document, _: read_ndjson(document)),
    ".json": _reading_objects(read_json),
    ".yaml": _reading_objects(read_yaml_document),
    ".yml": _reading_objects(read_yaml_document),
    ".xlsx": _workbook,
}
