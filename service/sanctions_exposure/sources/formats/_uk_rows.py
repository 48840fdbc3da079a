"""What the UK lists' tables have in common: a row is one name with one set of details, and repeats everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats._text import clean
from sanctions_exposure.sources.formats._uk_entry import Entry, full_name

Rows = Iterator[tuple[int, list[str]]]  # the line, and the cells below a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which column holds what, by its name; the publisher has moved columns before."""

    id: str
    kind: str
    regime: str
    designated: str
    measures: str = ""
    reason: str = ""
    names: tuple[str, ...]  # the parts of a name, given names first
    name_type: str = ""  # empty: every row is a primary name
    strength: str = ""
    other: tuple[str, str, str] = ("", "", "")  # a name in another script, script, language
    address: tuple[str, ...] = ()  # lines, postal code, country
    birth: tuple[str, str] = ("", "")  # town, country
    documents: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # element -> number, what is said of it
    values: Mapping[str, str] = field(default_factory=dict)  # column -> the XML's element


def gather(rows: Rows, header: Sequence[str], layout: Layout, what: str, tally: Counter[str]) -> dict[str, Entry]:
    """Return the entries that the rows make, by id; columns nobody knows become attributes.

    Raises:
        ListFormatError: a column is missing, a row has another number of cells, or no id.
    """
    columns = _Columns.of(header, layout, what)
    entries: dict[str, Entry] = {}
    for line, cells in rows:
        if len(cells) != columns.width:
            if not any(cells):
                continue
            raise ListFormatError(f"{what} line {line}: has {len(cells)} cells, not {columns.width}: {cells[:2]!r}")
        number = cells[columns.id].strip()
        if not number:
            if not any(cells):
                continue
            raise ListFormatError(f"{what} line {line}, column {layout.id!r}: is empty")
        tally["rows"] += 1
        entry = entries.get(number)
        if entry is None:
            entry = entries[number] = Entry(number, cells[columns.kind].strip())
        elif entry.kind != (kind := cells[columns.kind].strip()):
            raise ListFormatError(f"{what} line {line}: {number} is both {entry.kind!r} and {kind!r}")
        columns.add(entry, cells)
    return entries


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """A layout by position; -1 is a column that this table does not have."""

    width: int
    id: int
    kind: int
    single: tuple[int, int, int, int]  # regime, designated, measures, reason
    names: tuple[int, ...]
    name_type: int
    strength: int
    other: tuple[int, ...]
    address: tuple[int, ...]
    birth: tuple[int, ...]
    documents: tuple[tuple[str, int, int], ...]
    values: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, header: Sequence[str], layout: Layout, what: str) -> _Columns:
        at = {clean(name): position for position, name in enumerate(header) if name}
        needed = (layout.id, layout.kind, layout.regime, layout.designated, *layout.names, layout.name_type)
        for name in filter(None, needed):
            if name not in at:
                raise ListFormatError(f"{what}: column {name!r} is missing; there are {', '.join(header)[:200]}")

        def place(name: str) -> int:
            return at.pop(name, -1) if name else -1

        single = (place(layout.regime), place(layout.designated), place(layout.measures), place(layout.reason))
        return cls(
            width=len(header),
            id=place(layout.id),
            kind=place(layout.kind),
            single=single,
            names=tuple(place(name) for name in layout.names),
            name_type=place(layout.name_type),
            strength=place(layout.strength),
            other=tuple(place(name) for name in layout.other),
            address=tuple(place(name) for name in layout.address),
            birth=tuple(place(name) for name in layout.birth),
            documents=tuple((name, place(a), place(b)) for name, (a, b) in layout.documents.items()),
            values=tuple((place(name), element) for name, element in layout.values.items() if name in at)
            + tuple((position, name) for name, position in at.items()),
        )

    def add(self, entry: Entry, cells: Sequence[str]) -> None:
        def cell(at: int) -> str:
            return clean(found) if at >= 0 and (found := cells[at]) else ""

        if name := full_name([cell(at) for at in self.names]):
            of_type = cell(self.name_type) if self.name_type >= 0 else "primary name"
            entry.names[name, of_type, cell(self.strength)] = None
        if text := cell(self.other[0]):
            entry.others[text, cell(self.other[1]), cell(self.other[2])] = None
        if any(cells[at] for at in self.address):
            entry.addresses[tuple(cell(at) for at in self.address)] = None
        if any(cells[at] for at in self.birth if at >= 0):
            entry.births[cell(self.birth[0]), cell(self.birth[1])] = None
        for element, number, more in self.documents:
            if (said := (cell(number), cell(more))) != ("", ""):
                entry.documents[element, *said] = None
        act = entry.act(*[cell(at) for at in self.single])
        for at, element in self.values:
            if cells[at]:
                entry.add(element, cell(at))
                if element == "OtherInformation":
                    act.remarks[cell(at)] = None
