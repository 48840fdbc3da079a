"""The US Consolidated Screening List, JSON: the records bare, or under ``results`` as the search API wraps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import Address, Attribute
from sanctions_exposure.sources.formats import Files
from sanctions_exposure.sources.formats._csl import KNOWN, MANY, TEXTS, Number, Record, entities
from sanctions_exposure.sources.formats._dates import newest_listing
from sanctions_exposure.sources.formats._places import country
from sanctions_exposure.sources.formats._text import clean, refuse_strangers
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.parsed import ParsedList

Found = Mapping[str, Any]

_ADDRESS = ("address", "city", "state", "postal_code", "country")
_NUMBER = ("type", "number", "country", "issue_date", "expiration_date")
_WRAPPING = frozenset({"total", "offset", "sources", "sources_used", "search_performed_at", "results"})


def recognises(head: bytes) -> bool:
    """Say whether a document opens like this form."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def parse(files: Files, manifest: Manifest) -> ParsedList:
    """Read the whole list from file role ``primary``.

    Raises:
        ListFormatError: names the record and the key.
    """
    tally: Counter[str] = Counter()
    found = entities(_records(_results(files["primary"]), tally), manifest, tally)
    notes = tuple(f"{key}: {count}" for key, count in sorted(tally.items()) if key.startswith("unknown key"))
    return ParsedList(entities=found, version=newest_listing(found), notes=notes, tally=dict(sorted(tally.items())))


def _results(document: bytes) -> list[Any]:
    refuse_strangers(document, "CSL")
    try:
        whole = msgspec.json.decode(document.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ListFormatError(f"CSL: not whole or not JSON: {error}") from None
    if isinstance(whole, dict):
        if strangers := sorted(whole.keys() - _WRAPPING):
            raise ListFormatError(f"CSL: unknown key {strangers[0]!r} around the results")
        results = whole.get("results")
        total = whole.get("total")
        # The search API answers page by page; a page is not the list.
        if isinstance(results, list) and isinstance(total, int) and total != len(results):
            raise ListFormatError(f"CSL: holds {len(results)} of {total} results")
    else:
        results = whole
    if not isinstance(results, list):
        raise ListFormatError("CSL: there is no list of results")
    return results


def _records(results: list[Any], tally: Counter[str]) -> Iterator[Record]:
    for at, found in enumerate(results):
        where = f"CSL result {at}"
        if not isinstance(found, dict):
            raise ListFormatError(f"{where}: is {found!r:.40}, not an object")
        tally["results"] += 1
        numbers = tuple(_number(one, where, tally) for one in _objects(found, "ids", where))
        addresses = [_address(one, where, tally) for one in _objects(found, "addresses", where)]
        if alone := _text(found, "country", where):  # the State Department gives a country and no address
            addresses.append(Address(text=alone, country=country(alone)))
        yield Record(
            where=where,
            text={key: _text(found, key, where) for key in TEXTS},
            many={key: _texts(found, key, where) for key in MANY},
            addresses=tuple(address for address in addresses if address.text),
            numbers=numbers,
            strange=tuple(_strange(found, tally)),
        )


def _text(found: Found, key: str, where: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ListFormatError(f"{where}, {key!r}: {value!r:.40} is no text")
    return clean(value)


def _texts(found: Found, key: str, where: str) -> tuple[str, ...]:
    values = found.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ListFormatError(f"{where}, {key!r}: {values!r:.40} is no list of texts")
    return tuple(text for text in map(clean, values) if text)


def _objects(found: Found, key: str, where: str) -> list[Found]:
    values = found.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise ListFormatError(f"{where}, {key!r}: {values!r:.40} is no list of objects")
    return values


def _address(found: Found, where: str, tally: Counter[str]) -> Address:
    parts = [_text(found, key, where) for key in _ADDRESS]
    parts += _more(found, _ADDRESS, "addresses", tally)
    return Address(text=", ".join(part for part in parts if part), city=parts[1], country=country(parts[4]))


def _number(found: Found, where: str, tally: Counter[str]) -> Number:
    label, value, nation, issued, expires = (_text(found, key, where) for key in _NUMBER)
    more = _more(found, _NUMBER, "ids", tally)
    # Expiry before issue, as in the CSV form, so that both forms give the same label.
    return Number(label, value, country(nation), tuple(part for part in (expires, issued, *more) if part))


def _more(found: Found, known: tuple[str, ...], key: str, tally: Counter[str]) -> list[str]:
    strangers = [one for one in found if one not in known and found[one]]
    for one in strangers:
        tally[f"unknown key {key}/{one}"] += 1
    return [clean(f"{one}: {found[one]}") for one in strangers]


def _strange(found: Found, tally: Counter[str]) -> Iterator[Attribute]:
    for key in found:
        if key not in KNOWN and found[key]:
            tally[f"unknown key {key}"] += 1
            yield Attribute(name=key, value=clean(str(found[key])))
