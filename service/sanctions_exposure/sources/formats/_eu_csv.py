"""What both CSV forms of the EU's list have in common: a row is one detail of an entry, and repeats the entry."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats._eu_entry import Entry, parsed, split_number
from sanctions_exposure.sources.formats._text import clean, decode, refuse_strangers
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things stand, by position."""

    width: int
    generated: int
    id: int
    kind: int
    remark: int
    subject: Mapping[int, str]  # position -> the XML's name
    regulation: Mapping[int, str]
    details: Mapping[str, Mapping[int, str]]  # field of an entry -> positions of a block


def rows(document: bytes, what: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their line, the header first.

    Raises:
        ListFormatError: the document is empty, a web page, broken off, or not as the publisher writes it.
    """
    refuse_strangers(document, what)
    start = document[:8].removeprefix(b"\xef\xbb\xbf")
    if start.startswith((b'"Date', b'"file')):
        raise ListFormatError(
            f"{what} line 1: the whole line is in quotes, as a spreadsheet leaves it; take the file as published"
        )
    if not document.endswith((b"\n", b"\r")):
        raise ListFormatError(f"{what}: ends in the middle of a line, so it is not whole: {document[-40:]!r}")
    reader = csv.reader(io.StringIO(decode(document, what), newline=""), delimiter=";", strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise ListFormatError(f"{what} line {reader.line_num}: {error}") from None


def parse_rows(found: Iterator[tuple[int, list[str]]], layout: Layout, manifest: Manifest, what: str) -> ParsedList:
    """Gather the rows below the header into entries, wherever they stand."""
    tally: Counter[str] = Counter()
    entries: dict[str, Entry] = {}
    generated = ""
    spans = {name: (min(block), max(block) + 1) for name, block in layout.details.items()}
    for line, cells in found:
        if len(cells) != layout.width:
            raise ListFormatError(f"{what} line {line}: has {len(cells)} cells, not {layout.width}: {cells[:2]!r}")
        number = cells[layout.id].strip()
        if not number.isdigit():
            raise ListFormatError(f"{what} line {line}: {number!r} is no number of an entity")
        tally["rows"] += 1
        entry = entries.get(number)
        if entry is None:
            entry = entries[number] = _entry(number, cells, layout)
            generated = generated or cells[layout.generated].strip()
        elif entry.kind != cells[layout.kind].strip():
            raise ListFormatError(f"{what} line {line}: entity {number} is both {entry.kind} and {cells[layout.kind]}")
        filled = False
        for name, (start, end) in spans.items():
            if any(cells[start:end]):
                filled = True
                getattr(entry, name).append(_record(cells, layout.details[name], of_documents=name == "documents"))
        tally["rows without a detail"] += not filled
    return parsed(entries.values(), manifest, tally, _iso(generated))


def _entry(number: str, cells: Sequence[str], layout: Layout) -> Entry:
    remark = clean(cells[layout.remark].replace("\\n", " "))
    remarks = [remark] if remark else []
    if remark.startswith("(") and remark.endswith(")"):  # the CSV's own brackets, around each of several
        remarks = remark[1:-1].split(") (")
    return Entry(
        number,
        _record(cells, layout.subject),
        cells[layout.kind].strip(),
        _record(cells, layout.regulation),
        remarks=remarks,
    )


def _record(cells: Sequence[str], block: Mapping[int, str], *, of_documents: bool = False) -> dict[str, str]:
    record = {
        name: found for at, name in block.items() if (cell := cells[at]) and (found := clean(cell.replace("\\n", " ")))
    }
    if of_documents and "number" in record:
        record = {**record, **{key: value for key, value in split_number(record["number"]).items() if value}}
    return record


def _iso(text: str) -> str:
    day, _, rest = text.partition("/")
    month, _, year = rest.partition("/")
    return f"{year}-{month}-{day}" if len(year) == 4 and day.isdigit() and month.isdigit() else ""
