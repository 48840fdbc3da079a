"""Streams XML documents record by record, so that a list of 125 MB needs no more memory than one of its entries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

from lxml import etree

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.sources.formats._text import clean, refuse_strangers
from sanctions_exposure.sources.safe_xml import SAFE

Element = Any  # lxml ships no types

_MOST_ATTRIBUTES = 1000  # publishers have a dozen


def outermost(document: bytes, name: str) -> Mapping[str, str]:
    """Return the attributes of a document's outermost element, once it is known to be *name*, in any namespace.

    Raises:
        ListFormatError: it is empty, a web page, something else, declares a DOCTYPE, or has no end of attributes.
    """
    refuse_strangers(document, name)
    if b"<!DOCTYPE" in document:  # entities live in it, and no publisher has one
        raise _doctype(name)
    try:
        for _, root in etree.iterparse(BytesIO(document), events=("start",), **SAFE):
            if root.getroottree().docinfo.doctype:  # in an encoding the search above cannot see through
                raise _doctype(name)
            if local(root) != name:
                raise ListFormatError(f"{name}: the outermost element is {local(root)!r}")
            if len(root.attrib) > _MOST_ATTRIBUTES:
                raise ListFormatError(f"{name}: the outermost element has {len(root.attrib)} attributes")
            return dict(root.items())  # of a mapping it would look each up in all of them
    except etree.XMLSyntaxError as error:
        raise ListFormatError(f"{name}: not whole or not XML: {error}") from None
    raise ListFormatError(f"{name}: the document is empty")


def stream(document: bytes, name: str, records: Collection[str], sections: Collection[str]) -> Iterator[Element]:
    """Yield every element whose local name is in *records*, in order, and forget it afterwards.

    Args:
        document: checked by ``outermost``.
        name: of the outermost element, for messages.
        records: local names; none may contain another.
        sections: all that may stand right under the outermost element; another is an error, lest a new kind of party
            goes missing.

    Raises:
        ListFormatError: it is not whole, or has a section nobody knows.
    """
    found = etree.iterparse(BytesIO(document), events=("end",), tag=[f"{{*}}{one}" for one in records], **SAFE)
    try:
        for _, element in found:
            yield element
            element.clear(keep_tail=False)
            parent = element.getparent()
            while parent is not None and (before := element.getprevious()) is not None:
                if not isinstance(before.tag, str) or local(before) in records:
                    parent.remove(before)
                else:
                    break
    except etree.XMLSyntaxError as error:
        raise ListFormatError(f"{name}: not whole or not XML: {error}") from None
    for child in found.root.iterchildren("*"):
        if local(child) not in sections:
            raise ListFormatError(f"{name}: unknown element {local(child)!r}")


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return bare(element.tag)


@lru_cache(maxsize=512)  # more than any list has; a document may invent as many as it likes
def bare(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag[tag.rfind("}") + 1 :]


def text(element: Element) -> str:
    """Return an element's own text, cleaned."""
    found = element.text
    return clean(found) if found else ""


def texts(element: Element) -> dict[str, str]:
    """Return the texts of an element's children by local name; only those that say something, the first of each."""
    found: dict[str, str] = {}
    for child in element:  # nothing but elements: comments and instructions were left out, entities refused
        said = child.text
        # What stands before the first element of a group is a line break and its indentation.
        if said and not said.isspace() and (value := clean(said)):
            found.setdefault(bare(child.tag), value)
    return found


def groups(element: Element) -> dict[str, Element]:
    """Return an element's children by local name, the last of each."""
    return {bare(child.tag): child for child in element}


def taken_apart(element: Element) -> tuple[dict[str, str], dict[str, Element]]:
    """Return what ``texts`` and ``groups`` do, going through the children once."""
    found: dict[str, str] = {}
    parts: dict[str, Element] = {}
    for child in element:
        name = bare(child.tag)
        parts[name] = child
        said = child.text
        if said and not said.isspace() and name not in found and (value := clean(said)):
            found[name] = value
    return found, parts


def _doctype(name: str) -> ListFormatError:
    return ListFormatError(f"{name}: the document declares a DOCTYPE, which the publisher never does")
