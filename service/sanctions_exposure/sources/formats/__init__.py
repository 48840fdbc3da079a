"""Format modules: ``formats/<format>.py`` offers ``parse(files, manifest) -> ParsedList``.

A manifest names its format and the module is found by that name, so nothing registers.  The names are a closed set:
the modules of this folder.  One that starts with an underscore is shared by formats and is none itself.  A module may
also offer ``published_on(document) -> str``, a cheap look at a document's own date, for choosing among several,
``recognises(head) -> bool``, which tells its documents from those of other formats by their first bytes, and
``follow(base, deltas, target) -> Followed``, which joins the changes that lead on from a document.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, cast

from sanctions_exposure.errors import ListFormatError
from sanctions_exposure.model import ListedEntity
from sanctions_exposure.sources.parsed import Followed, ParsedList

if TYPE_CHECKING:
    from sanctions_exposure.sources.manifest import Manifest

Files = Mapping[str, bytes]  # file role of the manifest -> the document, not compressed
# Yields the entities of the documents that stand at these paths, by role, and returns what else is known of the list.
Reader = Callable[[Mapping[str, Path], "Manifest"], Generator[ListedEntity, None, ParsedList]]
# Writes to the third path the one delta that does to the document at the first what those at the second do in order, or
# nothing where that is nothing.
Follow = Callable[[Path, Sequence[Path], Path], Followed]


@cache
def known_formats() -> frozenset[str]:
    """Return the names of all formats this package can read."""
    return frozenset(found.name for found in iter_modules(__path__) if not found.name.startswith("_"))


def reader(name: str) -> Reader:
    """Return what reads documents of format *name* from the disk; every list goes through it.

    Raises:
        ListFormatError: there is no such format.
    """
    module = _module(name)
    if hasattr(module, "read"):
        return cast("Reader", module.read)
    parse = parser(name)

    def read(paths: Mapping[str, Path], manifest: Manifest) -> Generator[ListedEntity, None, ParsedList]:
        parsed = parse({role: path.read_bytes() for role, path in paths.items()}, manifest)
        yield from parsed.entities
        return replace(parsed, entities=())

    return read


def parser(name: str) -> Callable[[Files, Manifest], ParsedList]:
    """Return the ``parse`` function of format *name*.

    Raises:
        ListFormatError: there is no such format.
    """
    parse = cast("Callable[[Files, Manifest], ParsedList]", _module(name).parse)

    def with_the_collector_paused(files: Files, manifest: Manifest) -> ParsedList:
        # A list is hundreds of thousands of objects that all live on: walking them again and again, in search of
        # garbage that is not there, takes a quarter of the time.
        paused = gc.isenabled()
        gc.disable()
        try:
            return parse(files, manifest)
        finally:
            if paused:
                gc.enable()

    return with_the_collector_paused


def dater(name: str) -> Callable[[bytes], str] | None:
    """Return the function that reads a document's own date, where format *name* has one."""
    return cast("Callable[[bytes], str] | None", getattr(_module(name), "published_on", None))


def recogniser(name: str) -> Callable[[bytes], bool] | None:
    """Return the function that knows a document of format *name* by its first 4096 bytes, where it has one."""
    return cast("Callable[[bytes], bool] | None", getattr(_module(name), "recognises", None))


def follower(name: str) -> Follow | None:
    """Return the function that joins deltas of format *name*, where it has some."""
    return cast("Follow | None", getattr(_module(name), "follow", None))


def _module(name: str) -> ModuleType:
    if name not in known_formats():
        raise ListFormatError(f"unknown format {name!r}; known: {', '.join(sorted(known_formats()))}")
    return import_module(f"{__name__}.{name}")
