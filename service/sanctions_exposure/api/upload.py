"""The table in a request: its body or the ``file`` of a form, taken in as fast as it comes, whoever reads the answer.

A client that sends everything before it reads anything would otherwise wait for us while we wait for it: our answer
begins while its table still arrives.
"""

from __future__ import annotations

import io
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from typing import IO, BinaryIO, Final, cast

from flask import Request
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData, Preamble

from sanctions_exposure.errors import InvalidInput

TYPES: Final = frozenset(
    {
        "", "text/csv", "application/csv", "text/tab-separated-values", "text/plain", "application/vnd.ms-excel",
        "application/octet-stream", "application/gzip", "application/x-gzip",
    }
)  # fmt: skip
_STEP: Final = 1024  # bytes; the server's reader waits until as many have come
_IN_MEMORY: Final = 4 * 2**20  # bytes that wait in memory; the rest waits in a temporary file
_GATHER: Final = 2**14  # fewer bytes than that are worth a moment's wait for more
_MOMENT: Final = 0.05  # seconds
_PATIENCE: Final = 120.0  # seconds without a byte


def table_of(request: Request) -> BinaryIO:
    """Return the bytes of the table in *request* as they arrive.

    Raises:
        UnsupportedMediaType: the body is of another kind.
        BadRequest: the form holds no file.
        InvalidInput: the form holds something else.
    """
    if request.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity", "gzip", "x-gzip"}:
        raise UnsupportedMediaType("Content-Encoding: gzip, or none")
    if request.mimetype in TYPES:
        return cast("BinaryIO", Arrivals(request.stream))
    if request.mimetype == "multipart/form-data":
        _, options = parse_options_header(request.headers.get("Content-Type"))
        boundary = options.get("boundary", "")
        if not boundary:
            raise BadRequest("the form names no boundary")
        return cast("BinaryIO", _FormFile(Arrivals(request.stream), boundary.encode("latin-1", "replace")))
    raise UnsupportedMediaType(
        f"send the table with 'Content-Type: text/csv', or as 'file' in multipart/form-data, not {request.mimetype!r}"
    )


class Arrivals:
    """Bytes of a body, taken in by a thread of its own and given in order."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body
        self._changed = threading.Condition()
        self._memory: deque[bytes] = deque()
        self._size = 0  # bytes in memory
        self._file: BinaryIO | None = None
        self._written = self._given = 0  # bytes of the file
        self._ended = self._closed = False
        self._fault: Exception | None = None
        threading.Thread(target=self._take_all, name="upload", daemon=True).start()

    def read1(self, size: int) -> bytes:
        """Return what has arrived, at most *size* bytes; nothing only at the end.

        Raises:
            InvalidInput: the client fell silent or went away.
        """
        with self._changed:
            arrived = self._changed.wait_for(lambda: self._waiting or self._ended or self._fault, _PATIENCE)
            if not arrived:
                raise InvalidInput(f"nothing of the table arrived for {_PATIENCE:g} seconds")
            if self._waiting < _GATHER:
                self._changed.wait_for(lambda: self._waiting >= _GATHER or self._ended or self._fault, _MOMENT)
            if self._waiting:
                return self._from_memory(size) if self._memory else self._from_file(size)
            if self._fault:
                raise self._fault
            return b""

    read = read1

    def close(self) -> None:
        """Forget what was not read; the thread ends with the connection."""
        with self._changed:
            self._closed = True
            self._memory.clear()
            if self._file is not None:
                self._file.close()

    @property
    def _waiting(self) -> int:
        return self._size + self._written - self._given

    def _from_memory(self, size: int) -> bytes:
        pieces = [self._memory.popleft()]
        taken = len(pieces[0])
        while self._memory and taken + len(self._memory[0]) <= size:
            pieces.append(self._memory.popleft())
            taken += len(pieces[-1])
        found = b"".join(pieces)
        if len(found) > size:
            self._memory.appendleft(found[size:])
            found = found[:size]
        self._size -= len(found)
        return found

    def _from_file(self, size: int) -> bytes:
        file = cast("BinaryIO", self._file)
        file.seek(self._given)
        found = file.read(min(size, self._written - self._given))
        self._given += len(found)
        if self._given == self._written:  # caught up: what comes next may wait in memory again
            file.truncate(0)
            self._given = self._written = 0
        return found

    def _take_all(self) -> None:
        try:
            while piece := self._body.read(_STEP):
                with self._changed:
                    if self._closed:
                        return
                    self._keep(piece)
                    self._changed.notify_all()
        except HTTPException as error:
            self._say(error)
        except Exception as error:  # noqa: BLE001 - the boundary of a thread; a socket fails in many ways
            self._say(InvalidInput(f"the table did not arrive whole: {type(error).__name__}"))
        else:
            self._say(None)

    def _keep(self, piece: bytes) -> None:
        if self._written == 0 and self._size + len(piece) <= _IN_MEMORY:
            self._memory.append(piece)
            self._size += len(piece)
            return
        if self._file is None:
            self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - closed with the answer
        self._file.seek(self._written)
        self._file.write(piece)
        self._written += len(piece)

    def _say(self, fault: Exception | None) -> None:
        with self._changed:
            self._ended, self._fault = fault is None, fault
            self._changed.notify_all()


class _FormFile:
    """The part ``file`` of a form, as it arrives."""

    def __init__(self, body: Arrivals, boundary: bytes) -> None:
        self._body = body
        self._pieces = _file_of(body, boundary)
        self._rest = io.BytesIO()

    def read1(self, size: int) -> bytes:
        """Return what has arrived, at most *size* bytes; nothing only at the end."""
        found = self._rest.read(size)
        while not found:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = io.BytesIO(piece)
            found = self._rest.read(size)
        return found

    read = read1

    def close(self) -> None:
        """Forget what was not read."""
        self._body.close()


def _file_of(body: Arrivals, boundary: bytes) -> Iterator[bytes]:
    """Yield the content of the part called ``file``."""
    decoder = MultipartDecoder(boundary, max_form_memory_size=2**20, max_parts=10)
    found = False
    try:
        while True:
            match event := decoder.next_event():
                case NeedData():
                    decoder.receive_data(body.read1(2**16) or None)
                case File(name="file") if not found:
                    found = True
                case Data():
                    yield event.data
                case Field() | File():
                    raise InvalidInput(
                        f"the form holds {event.name!r}: it may hold one 'file', and options stand in the query"
                    )
                case Epilogue():
                    break
                case Preamble():
                    pass
    except ValueError as error:
        raise InvalidInput(f"the form cannot be read: {error}") from None
    if not found:
        raise InvalidInput("the form holds no 'file'")
