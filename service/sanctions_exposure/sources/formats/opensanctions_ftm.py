"""Any OpenSanctions dataset as ``entities.ftm.json``, with or without a delta to apply: streamed, never read whole.

The file is gone through twice: once for what lines say about each other, once for the parties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import (
    Address,
    Attribute,
    Designation,
    Identifier,
    ListedEntity,
    Relation,
)
from sanctions_exposure.sources.formats import Files, _ftm
from sanctions_exposure.sources.formats._ftm_delta import apply_delta, joined, last_seen, line_of, operations
from sanctions_exposure.sources.formats._ftm_links import Links, collected
from sanctions_exposure.sources.formats._text import distinct, refuse_strangers
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import Followed, ParsedList, collected_list

Open = Callable[[], IO[bytes]]  # opens a document anew each time
Lines = Callable[[], Iterable[bytes]]  # goes through its lines anew each time

_CHUNK = 1 << 20
_LONGEST = 32 << 20  # bytes; the longest line anybody publishes, of a company with thousands of names, has two

_SANCTION = frozenset(
    {"entity", "country", "listingDate", "startDate", "endDate", "authority", "program", "programId", "reason",
     "authorityId", "unscId", "recordId", "provisions"}
)  # fmt: skip
_DOCUMENT = frozenset({"holder", "number", "publicKey", "type", "country"})


def recognises(head: bytes) -> bool:
    """Say whether a document opens like this form."""
    return head.lstrip().startswith(b"{") and b'"schema"' in head and b'"properties"' in head


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read a dataset from file role ``primary``, after the operations of role ``delta``, if that is there.

    Raises:
        ListFormatError: names the line.
    """
    documents = {role: partial(BytesIO, document) for role, document in files.items()}
    return collected_list(_dataset(documents, manifest))


def read(paths: Mapping[str, Path], manifest: Manifest) -> Generator[ListedEntity, None, ParsedList]:
    """Yield the parties of a dataset on the disk, in memory that does not grow with it.

    Raises:
        ListFormatError: names the line.
    """
    return _dataset({role: partial(_opened, path) for role, path in paths.items()}, manifest)


def follow(base: Path, deltas: Sequence[Path], target: Path) -> Followed:
    """Join *deltas* to one that leads from *base* to where they lead, and tell what is there.

    Raises:
        ListFormatError: one of them cannot be read, or belongs to another version.
    """
    changes = [*joined(operations(lines_of(partial(_opened, path))) for path in deltas)]
    for operation, key, entity in changes:
        if operation != "DEL":  # its publisher's fault is found here, where the whole file can still be fetched
            _ftm.properties(_ftm.read(entity, f"FtM delta, {key!r}").properties, f"FtM delta, {key!r}")
    if changes:
        with target.open("xb") as out:
            out.writelines(map(line_of, changes))
    lines, newest = 0, ""
    for line in filter(bytes.strip, apply_delta(lines_of(partial(_opened, base)), changes)):
        lines, newest = lines + 1, max(newest, last_seen(line))
    return Followed(lines=lines, published_on=newest)


def _dataset(documents: Mapping[str, Open], manifest: Manifest) -> Generator[ListedEntity, None, ParsedList]:
    primary, delta = documents["primary"], documents.get("delta")
    _refuse(primary, "FtM")
    tally: Counter[str] = Counter()
    if delta is not None:
        _refuse(delta, "FtM delta")
        tally.update(f"delta {operation}" for operation, _, _ in operations(lines_of(delta)))

    def lines() -> Iterable[bytes]:
        published = lines_of(primary)
        return published if delta is None else apply_delta(published, operations(lines_of(delta)))

    newest = ""

    def seen(line: _ftm.Line) -> None:
        nonlocal newest
        newest = max(newest, line.last_seen or "")

    yield from stream(lines, manifest, tally, seen)
    told = ("delta", "not a party", "not a target", "statement about nobody", "link without a name")
    notes = tuple(f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith(told))
    return ParsedList(
        entities=(), published_on=newest, version=newest[:10], notes=notes, tally=dict(sorted(tally.items()))
    )


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb", buffering=_CHUNK)


def _refuse(document: Open, what: str) -> None:
    with document() as stream:
        refuse_strangers(stream.read(512), what)


def lines_of(document: Open) -> Iterator[bytes]:
    """Yield the lines of a document, one at a time.

    Raises:
        ListFormatError: one is so long that it can be none.
    """
    with document() as stream:
        while line := stream.readline(_LONGEST + 1):
            if len(line) > _LONGEST:
                raise ListFormatError(f"FtM: a line is longer than {_LONGEST} bytes")
            yield line


def stream(
    lines: Lines, manifest: Manifest, tally: Counter[str], seen: Callable[[_ftm.Line], None] = lambda _: None
) -> Iterator[ListedEntity]:
    """Yield the parties of a dataset in its order, in memory that does not grow with it.

    Raises:
        ListFormatError: names the line.
    """
    with collected(lambda: _read(lines(), Counter())) as links:
        for where, line in _read(lines(), tally):
            seen(line)
            if line.schema not in _ftm.PARTIES:
                if line.schema in _ftm.OTHERS:
                    tally[f"not a party: {line.schema}"] += 1
                continue
            found = _ftm.properties(line.properties, where)
            # Neighbours of targets are in the file for their links; nobody lists them.
            if line.target or found.get("topics"):
                yield _entity(line, found, links, manifest, tally)
            else:
                tally["not a target"] += 1


def _read(lines: Iterable[bytes], tally: Counter[str]) -> Iterator[tuple[str, _ftm.Line]]:
    number = 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = f"FtM line {number}"
            found = _ftm.read(line, where)
            tally[f"{found.schema} lines"] += 1
            yield where, found
    if not number:
        raise ListFormatError("FtM: the document is empty")


def _entity(
    line: _ftm.Line, found: _ftm.Properties, links: Links, manifest: Manifest, tally: Counter[str]
) -> ListedEntity:
    schema = _ftm.PARTIES[line.schema]
    said = [(kind, _ftm.properties(raw, f"{kind} of {line.id}")) for kind, raw in links.statements(line.id)]
    linked = links.links(line.id)
    addresses = distinct((*_ftm.plain_addresses(found), *_addresses(found, links)))
    names = _ftm.names(line, found)
    tally["names published"] += sum(len(found.get(key, ())) for key in ("name", "alias", "weakAlias", "previousName"))
    tally["targets"] += line.target
    codes = (*_ftm.countries(found), *(address.country for address in addresses))
    return ListedEntity(
        list=manifest.id,
        id=line.id,
        schema=schema,
        names=names,
        identifiers=distinct((*_ftm.identifiers(found, schema), *_documents(said))),
        birth_dates=_ftm.birth_dates(found),
        countries=distinct(code for code in codes if code),
        addresses=addresses,
        designations=distinct(_designations(line, found, said, manifest)),
        relations=distinct(_relations(linked, tally)),
        attributes=distinct((*_ftm.attributes(line, found), *_more(said, linked))),
    )


Said = list[tuple[str, dict[str, list[str]]]]


def _designations(line: _ftm.Line, found: _ftm.Properties, said: Said, manifest: Manifest) -> Iterator[Designation]:
    status = _ftm.status_of(found.get("topics", ()))
    sanctions = [properties for kind, properties in said if kind == "Sanction"]
    for properties in sanctions:
        yield _ftm.designation(properties, status or manifest.status, manifest)
    if not sanctions and (status or (line.target and not found.get("topics"))):
        yield _ftm.designation({}, status or manifest.status, manifest)


def _documents(said: Said) -> Iterator[Identifier]:
    for kind, properties in said:
        if kind in {"Passport", "Identification", "CryptoWallet"}:
            yield from _ftm.document(kind, properties)


def _addresses(found: _ftm.Properties, links: Links) -> Iterator[Address]:
    for key in found.get("addressEntity", ()):
        raw = links.place(key)
        if raw is not None and (address := _ftm.address(_ftm.properties(raw, f"Address {key}"))):
            yield address


def _relations(linked: list[tuple[str, str, str, str, bytes]], tally: Counter[str]) -> Iterator[Relation]:
    for kind, other, caption, _, _ in linked:
        if not caption:
            tally["link without a name"] += 1
        yield Relation(type=kind, target_name=caption or other, target_id=other)


def _more(said: Said, linked: list[tuple[str, str, str, str, bytes]]) -> Iterator[Attribute]:
    """Yield what statements and links say besides; a share of ownership names the other party."""
    for kind, properties in said:
        yield from _ftm.remainder(kind, properties, _SANCTION if kind == "Sanction" else _DOCUMENT)
    for _, other, caption, kind, raw in linked:
        ends = frozenset(_ftm.LINKS[kind])
        for attribute in _ftm.remainder(kind, _ftm.properties(raw, f"{kind} of {other}"), ends):
            yield Attribute(name=attribute.name, value=f"{attribute.value} ({caption or other})")
