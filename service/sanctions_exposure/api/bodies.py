"""Bodies of unknown length: unpacked while they are read, and refused, never cut, where they are too large.

werkzeug reads a body that does not say its length up to the limit and takes that for the whole: of a table, the rows
behind it would go unscreened without a word.
"""

from __future__ import annotations

import io
import zlib
from typing import Final, Protocol, cast

from flask import Flask, Request, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

_CHUNK: Final = 64 * 1024
_TABLES: Final = frozenset({"tables", "jobs"})
_GZIP: Final = 16 + zlib.MAX_WBITS  # with the header and the check sum of gzip


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def register(app: Flask) -> None:
    """Let *app* take packed bodies, and bound those that do not say how long they are."""
    app.before_request(_wrap)


def _wrap() -> None:
    # Tables are unpacked by who reads them, as they arrive, and by how far they would grow.
    packed, environ = request.blueprint not in _TABLES and _is_packed(), request.environ
    if not packed and "CONTENT_LENGTH" in environ:
        return
    source = cast("_Readable", environ["wsgi.input"])
    bound = _Bound(cast("Request", request._get_current_object()))  # type: ignore[attr-defined]  # noqa: SLF001
    # From here on it is a body of unknown length that ends by itself.
    environ["wsgi.input"] = _Bounded(_Unpacked(source, bound) if packed else source, bound)
    if packed:
        environ["wsgi.input_terminated"] = True
        for name in ("CONTENT_LENGTH", "HTTP_CONTENT_ENCODING"):
            environ.pop(name, None)


def _is_packed() -> bool:
    said = request.headers.get("Content-Encoding", "").strip().lower()
    if said in {"", "identity"}:
        return False
    if said in {"gzip", "x-gzip"}:
        return True
    raise UnsupportedMediaType("send the body as it is, or with 'Content-Encoding: gzip'")


class _Bound:
    """How many bytes a request may have; its view may say another number, and may read in another thread."""

    def __init__(self, asked: Request) -> None:
        self._asked, self._common = asked, asked.max_content_length

    def reached(self, size: int) -> bool:
        most = self._asked.max_content_length or self._common
        return most is not None and size >= most

    def passed(self, size: int) -> bool:
        return self.reached(size - 1)


class _Bounded(io.RawIOBase):
    """A body of which no more is read than may come, and which says so when there is more."""

    def __init__(self, source: _Readable, bound: _Bound) -> None:
        self._source, self._bound, self._read = source, bound, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        found = self._source.read(len(buffer))
        buffer[: len(found)] = found
        self._read += len(found)
        # Whoever reads stops at the limit, and would not see that something stands behind it.
        if found and self._bound.reached(self._read) and (self._bound.passed(self._read) or self._source.read(1)):
            raise RequestEntityTooLarge
        return len(found)


class _Unpacked:
    """The bytes inside a gzip stream, which may be several one after the other."""

    def __init__(self, source: _Readable, bound: _Bound) -> None:
        self._source, self._bound, self._taken = source, bound, 0
        self._inside, self._begun = zlib.decompressobj(_GZIP), False

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, none only at the end."""
        while packed := self._inside.unconsumed_tail or self._more():
            try:
                found = self._inside.decompress(packed, size)
            except zlib.error:
                raise BadRequest("the body is not what gzip makes") from None
            self._begun = True
            if found:
                return found
        if self._begun and not self._inside.eof:
            raise BadRequest("the body breaks off: gzip says that more should come")
        return b""

    def _more(self) -> bytes:
        """Return the next packed bytes; what came after the end of one stream begins another."""
        rest = b""
        if self._inside.eof:
            rest = self._inside.unused_data
            self._inside, self._begun = zlib.decompressobj(_GZIP), False
        found = rest or self._source.read(_CHUNK)
        self._taken += len(found)
        # Streams that hold nothing could follow one another for ever.
        if self._bound.passed(self._taken):
            raise RequestEntityTooLarge
        return found
