"""Japan's asset-freeze list, XLSX: a sheet for each regime, each with its own header in its own place.

Columns are known by their header, which has a handful of spellings for each meaning.  An entry that was struck off
keeps its number and loses everything else, its date ending in 削除.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from stdnum import imo

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Address,
    Attribute,
    Designation,
    Identifier,
    ListedDate,
    ListedEntity,
    ListedName,
    NameKind,
    Schema,
)
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._dates import plausible_date
from sanctions_exposure.sources.formats._jp_text import (
    NOTHING,
    aliases,
    dates,
    nation,
    nations,
    normal,
    original_script,
    readings,
)
from sanctions_exposure.sources.formats._text import clean, distinct, merge_names
from sanctions_exposure.sources.formats._workbook import Cell, Sheet, sheets, text_of
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

_WHAT = "MOF list"
_ENGLISH = "英語表記"
_COVER = "一覧"
_HEADER_WITHIN = 8  # rows
# The ministry's headers by what they mean, blanks removed.
_MEANING = {
    header: meaning
    for meaning, headers in {
        "date": ("告示日付",),
        "number": ("告示番号",),
        "japanese": ("日本語表記",),
        "english": (_ENGLISH,),
        "alias": ("別名", "別名・別称", "別称", "別称・別名", "別称・旧称", "確定可能な別名"),
        "weak": ("確定に十分でない別名",),
        "former": ("旧称", "旧称・以前の呼称", "過去の別名", "以前の別名"),
        "birth": ("生年月日", "生年月日・出生地"),
        "birthplace": ("出生地", "出生地・出身地"),
        "nationality": ("国籍",),
        "passport": ("旅券番号",),
        "national_id": ("ID番号", "身分登録番号", "身分証番号"),
        "address": ("所在地", "住所", "住所・所在地", "住所等", "所在地・住所登録された事務所の住所", "活動地域・住所"),
        "reference": ("国連参照番号",),
        "un_date": ("リスト掲載日", "国連制裁員会による指定日", "国連制裁委員会による指定日"),
        "title": ("称号", "肩書", "肩書等"),
        "position": ("役職",),
        "text": ("その他の情報", "詳細", "指定の根拠", "決議1483上の根拠", "電話", "電話番号", "FAX"),
    }.items()
    for header in headers
}
_OF_A_PERSON = ("birth", "birthplace", "nationality", "passport", "title", "position")
_NAMED_ALIASES = (("alias", NameKind.STRONG), ("former", NameKind.STRONG), ("weak", NameKind.WEAK))
_DAY = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})")
_STRUCK = re.compile(r"削除|解除")
_REPEALED = re.compile(r"解除|廃止")
_SHEET_NUMBER = re.compile(r"\d+")
_PASSPORT = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9 -]*\d{4})[A-Z]{0,4} ?[0-9][0-9A-Z-]{4,14}(?![A-Za-z0-9])")
_IMO = re.compile(r"IMO(?:番号)?:?\s*(\d{7})(?!\d)")
_NOTE = re.compile(r"\n|(?:\(注)")


@dataclass(frozen=True, slots=True)
class _Row:
    sheet: str
    line: int
    cells: Mapping[str, Cell]  # by header

    def all(self, meaning: str) -> Iterator[tuple[str, str]]:
        """Yield header and text of every column of one meaning that says something."""
        for header, cell in self.cells.items():
            if _MEANING.get(header) == meaning:
                text = cell.strip() if isinstance(cell, str) else text_of(cell)
                if normal(text).strip() not in NOTHING:
                    yield header, text

    def one(self, meaning: str) -> str:
        return next((text for _, text in self.all(meaning)), "")

    def fault(self, column: str, what: str) -> ListFormatError:
        return ListFormatError(f"{_WHAT} sheet {self.sheet!r} row {self.line}, column {column!r}: {what}")


@dataclass(frozen=True, slots=True)
class _Regime:
    """What the entries of one sheet share."""

    number: str
    title: str
    manifest: Manifest
    tally: Counter[str]


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the sheet, row and column.
    """
    tally: Counter[str] = Counter()
    entities: list[ListedEntity] = []
    for name, sheet in sheets(files["primary"], _WHAT).items():
        if name != _COVER:
            entities += _sheet(name, sheet, manifest, tally)
    if not tally["sheets"]:
        raise ListFormatError(f"{_WHAT}: no sheet has a column {_ENGLISH!r}")
    _refuse_repetitions(entities)
    told = ("unknown column", "birth date kept as text", "sheets of a repealed regime", "numbers ")
    notes = tuple(f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith(told))
    # The file has no date of its own; the newest notice is the nearest thing to a version.
    days = (day for entity in entities for a in entity.attributes if a.name == "告示日付" for day in _days(a.value))
    version = max(days, default="")
    return ParsedList(entities=tuple(entities), version=version, notes=notes, tally=dict(sorted(tally.items())))


def _refuse_repetitions(entities: list[ListedEntity]) -> None:
    for key, count in Counter(entity.id for entity in entities).items():
        if count > 1:
            raise ListFormatError(f"{_WHAT}: entry {key} is there twice")


def _sheet(name: str, sheet: Sheet, manifest: Manifest, tally: Counter[str]) -> Iterator[ListedEntity]:
    at = next((at for at, row in enumerate(sheet[:_HEADER_WITHIN]) if _ENGLISH in map(_bare, row)), None)
    if at is None:
        if _REPEALED.search(name):
            tally["sheets of a repealed regime"] += 1
            return
        raise ListFormatError(f"{_WHAT} sheet {name!r}: no column {_ENGLISH!r} in its first {_HEADER_WITHIN} rows")
    tally["sheets"] += 1
    number = _SHEET_NUMBER.match(normal(name))
    if not number:
        raise ListFormatError(f"{_WHAT} sheet {name!r}: its name does not open with a number")
    header = [_bare(cell) for cell in sheet[at]]
    for meaning in ("告示日付", "告示番号", "日本語表記"):
        if meaning not in header:
            raise ListFormatError(f"{_WHAT} sheet {name!r} row {at + 1}: column {meaning!r} is missing")
    title = clean(_NOTE.split(normal(text_of(sheet[0][0]) if at else name))[0])
    rows = (_Row(name, line, dict(zip(header, cells, strict=False))) for line, cells in enumerate(sheet, 1))
    yield from _entries(islice(rows, at + 1, None), _Regime(number.group(), title, manifest, tally))


def _bare(cell: Cell) -> str:
    return re.sub(r"\s", "", normal(str(cell)))


def _entries(rows: Iterator[_Row], regime: _Regime) -> Iterator[ListedEntity]:
    """Yield the entries of a sheet; a row without a number continues the text of the one above it."""
    open_row: _Row | None = None
    more: list[str] = []
    for row in rows:
        if not any(text_of(cell) for cell in row.cells.values()):
            continue
        if row.one("number"):
            if open_row is not None:
                yield from _entry(open_row, more, regime)
            open_row, more = row, []
        elif open_row is None or row.one("english") or row.one("japanese"):
            raise row.fault("告示番号", "is empty")
        else:
            more += [clean(text_of(cell)) for cell in row.cells.values() if text_of(cell)]
    if open_row is not None:
        yield from _entry(open_row, more, regime)


def _entry(row: _Row, more: list[str], regime: _Regime) -> Iterator[ListedEntity]:
    number, tally = clean(normal(row.one("number"))), regime.tally
    struck = bool(_STRUCK.search(row.one("date")))
    if not row.one("english") and not row.one("japanese"):
        if any(text_of(cell) for header, cell in row.cells.items() if _MEANING.get(header) not in {"date", "number"}):
            raise row.fault(_ENGLISH, f"entry {number} has no name")
        # Nothing but a number and a date is left of it; in one row of 2012 the ministry forgot the word.
        tally["numbers struck off" if struck else "numbers without a name"] += 1
        return
    schema = _schema(row)
    places = [Address(text=clean(text), country=_country_of(text)) for _, text in row.all("address")]
    unread: list[Attribute] = []
    births = tuple(_births(row, unread, tally))
    codes = [code for _, text in row.all("nationality") for code in nations(text)]
    continued = (Attribute(name="続き", value=text) for text in more)
    yield ListedEntity(
        list=regime.manifest.id,
        id=f"{regime.number}-{number}",
        schema=schema,
        names=_names(row, schema, tally),
        identifiers=distinct(_identifiers(row)),
        birth_dates=distinct(births),
        countries=distinct(code for code in (*codes, *(place.country for place in places)) if code),
        addresses=distinct(places),
        designations=(_designation(row, number, regime, struck=struck),),
        attributes=distinct((*unread, *_attributes(row, tally), *continued)),
    )


def _schema(row: _Row) -> Schema:
    name = normal(row.sheet)
    if "個人" in name:
        return Schema.PERSON
    if "団体" in name or "銀行" in name:
        return Schema.ORGANIZATION
    # Sheets that mix both write 不明 (unknown) where a person might have something, and nothing for an organisation.
    said = any(text_of(cell) for header, cell in row.cells.items() if _MEANING.get(header) in _OF_A_PERSON)
    return Schema.PERSON if said else Schema.ORGANIZATION


def _country_of(text: str) -> str:
    """Return the country of an address only where one is meant: the first of several would be a guess."""
    found = {code for part in re.split(r"\([a-z]\)|\n", normal(text)) if (code := nation(clean(part)))}
    return found.pop() if len(found) == 1 else ""


# -- names ---------------------------------------------------------------------------------------


def _names(row: _Row, schema: Schema, tally: Counter[str]) -> tuple[ListedName, ...]:
    name, script = original_script(row.one("english"))
    japanese = clean(normal(row.one("japanese")))
    tally["names published"] += bool(name) + bool(japanese)
    first, *others = readings(name) if schema is Schema.PERSON else [name]
    found: list[ListedName] = []
    if first:
        found.append(ListedName(text=first, type=_ENGLISH))
    found += [ListedName(text=text, kind=NameKind.STRONG, type="reading in brackets") for text in others]
    if script:
        found.append(ListedName(text=script, kind=NameKind.STRONG, type="original script"))
    if japanese:
        kind = NameKind.STRONG if first else NameKind.PRIMARY
        found.append(ListedName(text=japanese, kind=kind, type="日本語表記", script="Jpan", language="ja"))
    for meaning, kind in _NAMED_ALIASES:
        for header, text in row.all(meaning):
            found += [ListedName(text=alias, kind=kind, type=header) for alias in aliases(text)]
    return merge_names(found)


# -- facts ---------------------------------------------------------------------------------------


def _births(row: _Row, unread: list[Attribute], tally: Counter[str]) -> Iterator[ListedDate]:
    for header, cell in row.cells.items():
        if _MEANING.get(header) != "birth":
            continue
        if isinstance(cell, date | datetime):
            yield ListedDate(start=text_of(cell)[:10])
        elif isinstance(cell, float) and 3000 < cell < 60000:  # Excel's day number in a cell without a date's format
            yield ListedDate(start=(date(1899, 12, 30) + timedelta(days=int(cell))).isoformat())
        elif (text := text_of(cell)) not in NOTHING:
            found = dates(text)
            yield from found
            unread.append(Attribute(name=header, value=text))
            if not found:
                tally["birth date kept as text"] += 1


def _identifiers(row: _Row) -> Iterator[Identifier]:
    """Yield numbers that stand alone or plainly inside the prose, which is kept as an attribute as well."""
    for kind in ("passport", "national_id"):
        for header, text in row.all(kind):
            for match in _PASSPORT.finditer(re.sub(r"\d{4}年\d{1,2}月\d{1,2}日", " ", normal(text))):
                yield Identifier(type=kind, value=match.group().strip(), label=header)
    for header, text in row.all("text"):
        for number in _IMO.findall(normal(text)):
            # Companies have IMO numbers too, whose check digit differs from that of ships.
            yield Identifier(type="imo" if imo.is_valid(number) else "registration", value=number, label=header)


def _designation(row: _Row, number: str, regime: _Regime, *, struck: bool) -> Designation:
    manifest = regime.manifest
    days = _days(row.one("date"))
    return manifest.designation(
        delisted=struck,
        programme=regime.title,
        reference=f"{regime.number}-{number}",
        listed_on=days[0] if days and not struck else "",
        until=days[-1] if days and struck else "",
        measures=("asset freeze",),
    )


def _days(text: str) -> list[str]:
    """Return the days of the notices about an entry: of its listing, of every change and of its end."""
    found = (plausible_date(f"{y}-{int(m):02d}-{int(d):02d}") for y, m, d in _DAY.findall(normal(text)))
    return [day for day in found if day]


def _attributes(row: _Row, tally: Counter[str]) -> Iterator[Attribute]:
    whole = frozenset({"number", "japanese", "birth", "address"})  # nothing of these is lost on the way
    for header, cell in row.cells.items():
        text = text_of(cell)
        meaning = _MEANING.get(header)
        if normal(text) in NOTHING or meaning in whole:
            continue
        if meaning is None:
            tally[f"unknown column {header}"] += 1
        if meaning == "english" and text == clean(normal(text)) and "(" not in text:
            continue
        yield Attribute(name=header, value=text)
