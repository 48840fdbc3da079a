"""The curated set: CSV tables of ``lists/curated`` that people edit, joined into listed entities.

The file role of a table is its name without ``.csv``.  Every table but ``about`` says in each row what the row rests
on, when it was written down and by whom; ``docs/curated.md`` explains every column and every status word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from sanctions_exposure.model import (
    IDENTIFIER_TYPES,
    Attribute,
    Confidence,
    Designation,
    DesignationStatus,
    Identifier,
    ListedDate,
    ListedEntity,
    ListedName,
    NameKind,
    Relation,
    Schema,
    Source,
)
from sanctions_exposure.sources.formats._curated_tables import COLUMNS, Row, by_id, grouped, read_table
from sanctions_exposure.sources.parsed import ParsedList

if TYPE_CHECKING:
    from sanctions_exposure.sources.manifest import Manifest

# Written as they stand in the table; a designation carries them in lower case.
_JURISDICTIONS = frozenset({"ALL", "AU", "CA", "CH", "EU", "JP", "UA", "UK", "UN", "US"})

_LAST_SEEN = "listed-as-of"
_STATUS: Mapping[str, DesignationStatus] = {
    "listed": DesignationStatus.LISTED,
    _LAST_SEEN: DesignationStatus.LISTED,
    "delisted": DesignationStatus.DELISTED,
    "restricted": DesignationStatus.RESTRICTED,
    "prohibited-use": DesignationStatus.RESTRICTED,
    "export-denial": DesignationStatus.RESTRICTED,
    "operator-listed": DesignationStatus.RESTRICTED,
    "advisory": DesignationStatus.ADVISORY,
    "sector-exposure": DesignationStatus.ADVISORY,
    "named-in-reason": DesignationStatus.ADVISORY,
    "heads-listed": DesignationStatus.ADVISORY,
    "not-listed": DesignationStatus.NOT_LISTED,
}

_ABOUT = frozenset({"title", "version"})
_LISTING_STATUSES = frozenset({"listed", "listed-recalled", "restricted-or-advisory", "not-listed"})
_ARTICLE_BASES = frozenset({"named", "named-by-office", "implied", "successor"})
_SCRIPTS = frozenset({"", "Arab", "Cyrl", "Hani"})
_NAME_TYPES = frozenset({"name", "aka", "native"})
_KEPT_AS_ATTRIBUTE = (
    "caption",
    "subtype",
    "listing_status",
    "article_basis",
    "article_sections",
    "confidence",
    "identity_confidence",
    "unlocode",
    "note",
    "match_guidance",
)


def parse(files: Mapping[str, bytes], manifest: Manifest) -> ParsedList:
    """Join the tables of the curated set.

    Raises:
        ListFormatError: a table is missing or a cell cannot be what it says; names table, line and column.
    """
    tables = {table: read_table(table, files) for table in COLUMNS}
    about = {row.known("key", _ABOUT, "key"): row.needed("value") for row in tables["about"]}
    themes = by_id(tables["themes"])
    main = by_id(tables["entities"])
    captions = {entity_id: row.needed("caption") for entity_id, row in main.items()}
    parts = {
        table: grouped(tables[table], captions)
        for table in ("names", "identifiers", "birth_dates", "listings", "relations")
    }
    entities = tuple(
        _entity(manifest.id, row, {table: rows.get(entity_id, ()) for table, rows in parts.items()}, themes, captions)
        for entity_id, row in main.items()
    )
    return ParsedList(
        entities=entities,
        version=about.get("version", ""),  # people write the month: too coarse for a date of publication
        tally={table: len(rows) for table, rows in tables.items()},
    )


# -- rows to an entity ---------------------------------------------------------------------------


def _entity(
    list_id: str,
    row: Row,
    parts: Mapping[str, tuple[Row, ...]],
    themes: Collection[str],
    captions: Mapping[str, str],
) -> ListedEntity:
    return ListedEntity(
        list=list_id,
        id=row["id"],
        schema=row.word("schema", Schema),
        names=_names(row, parts["names"]),
        identifiers=tuple(_identifier(part) for part in parts["identifiers"]),
        birth_dates=tuple(_birth_date(part) for part in parts["birth_dates"]),
        countries=row.countries("countries"),
        designations=tuple(one for part in parts["listings"] for one in _designations(part)),
        relations=tuple(_relation(part, captions) for part in parts["relations"]),
        attributes=(*_attributes(row), *_remarks(parts)),
        themes=_themes(row, themes),
    )


def _names(row: Row, rows: tuple[Row, ...]) -> tuple[ListedName, ...]:
    if not rows:
        row.fail("id", "has no row in names.csv")
    graded: dict[str, NameKind] = {}
    for part in rows:
        kind, key = part.word("kind", NameKind), part.needed("text").casefold()
        # A word that needs corroboration cannot also stand alone, however often it is printed.
        if NameKind.WEAK in {kind, graded.get(key, kind)} and graded.setdefault(key, kind) != kind:
            part.fail("text", "is both a weak and a strong name")
        graded[key] = kind
    names = sorted((_name(part) for part in rows), key=lambda name: name.kind is not NameKind.PRIMARY)
    if sum(name.kind is NameKind.PRIMARY for name in names) > 1 or len({name.text for name in names}) < len(names):
        rows[0].fail("entity_id", "has a second primary name or the same name twice")
    return tuple(names)


def _name(row: Row) -> ListedName:
    return ListedName(
        text=row["text"],
        kind=row.word("kind", NameKind),
        type=row.known("type", _NAME_TYPES, "type of name"),
        script=row.known("script", _SCRIPTS, "script"),
    )


def _identifier(row: Row) -> Identifier:
    return Identifier(
        type=row.known("type", IDENTIFIER_TYPES, "type of identifier"),
        value=row.needed("value"),
        country=row.country("country"),
        label=row.needed("label"),
    )


def _birth_date(row: Row) -> ListedDate:
    row.needed("start")
    return ListedDate(start=row.date("start"), end=row.date("end") or None, text=row["text"])


def _relation(row: Row, captions: Mapping[str, str]) -> Relation:
    target = row.known("target", captions, "entity")
    return Relation(type=row.needed("type"), target_name=captions[target], target_id=target)


def _themes(row: Row, themes: Collection[str]) -> tuple[str, ...]:
    found = row.many("themes")
    if not found or not all(theme in themes for theme in found):
        row.fail("themes", "unknown theme")
    return found


def _attributes(row: Row) -> Iterator[Attribute]:
    row.known("listing_status", _LISTING_STATUSES, "listing status")
    row.known("article_basis", _ARTICLE_BASES, "article basis")
    row.word("confidence", Confidence)
    _confidence(row, "identity_confidence")
    return (Attribute(name=name, value=row[name]) for name in _KEPT_AS_ATTRIBUTE if row[name])


def _remarks(parts: Mapping[str, tuple[Row, ...]]) -> Iterator[Attribute]:
    """Yield what is said of single identifiers and listings and has no place of its own in them."""
    for row in parts["identifiers"]:
        if row["note"]:
            yield Attribute(name="identifier_note", value=f"{row['value']}: {row['note']}")
    for row in parts["listings"]:
        if _confidence(row, "programme_confidence") is Confidence.RECALLED:
            yield Attribute(name="programme_confidence", value=f"{row['jurisdiction']} {row['programmes']}: recalled")


# -- listings ------------------------------------------------------------------------------------


def _designations(row: Row) -> Iterator[Designation]:
    """Yield one designation a programme, or one without."""
    status = _STATUS[row.known("status", _STATUS, "status")]
    recalled = row.word("confidence", Confidence) is Confidence.RECALLED
    dated = Confidence.RECALLED if recalled else _confidence(row, "date_confidence")
    # The document was read, but it is too old to say that the listing still stands.
    standing = Confidence.RECALLED if recalled or row["status"] == _LAST_SEEN else Confidence.VERIFIED
    for programme in row.many("programmes") or ("",):
        yield Designation(
            regime=row.known("jurisdiction", _JURISDICTIONS, "jurisdiction").lower(),
            status=status,
            authority=row["authority"],
            list_name=_list_name(row),
            programme=programme,
            reference=row["reference"],
            listed_on=row.date("date"),
            listed_on_confidence=dated,
            until=row.date("until"),
            measures=tuple(_measures(row, status)),
            confidence=standing,
            source=_source(row),
        )


def _confidence(row: Row, column: str) -> Confidence:
    return row.word(column, Confidence) if row[column] else Confidence.VERIFIED


def _list_name(row: Row) -> str:
    act = f"Annex {row['annex']} of {row['instrument']}" if row["annex"] else row["instrument"]
    return row["list"] or act


def _measures(row: Row, status: DesignationStatus) -> Iterator[str]:
    if row["measure"]:
        yield row["measure"]
    if row["status"] == _LAST_SEEN:
        yield f"{_LAST_SEEN} {row['source_date']}"
    elif row["status"] != status.value:
        yield row["status"]


def _source(row: Row) -> Source:
    return Source(
        title=row["source"],
        publisher=row["source_publisher"],
        date=row.date("source_date"),
        section=row["source_section"],
        url=f"https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:{row['celex']}" if row["celex"] else "",
        confidence=row.word("confidence", Confidence),
    )
