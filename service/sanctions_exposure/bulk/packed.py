"""Tables packed with gzip, unpacked as they arrive: a few kilobytes must not become the whole disk."""

from __future__ import annotations

import zlib
from typing import BinaryIO, Final

from sanctions_exposure.errors import InvalidInput, TooLarge

MAGIC: Final = b"\x1f\x8b"
_PIECE: Final = 2**18  # bytes unpacked at once
# Text that people keep packs to a tenth; a table of one row repeated, to a five-hundredth. What is beyond is a bomb.
_MOST_RATIO: Final = 250
_HARMLESS: Final = 8 * 2**20  # bytes for which the ratio is not looked at


class Unpacked:
    """The bytes of a gzip stream, its members one after another; bytes that are not packed as they are."""

    def __init__(self, stream: BinaryIO) -> None:
        self._read = getattr(stream, "read1", stream.read)
        self._packed = b""
        self._taken = self._given = 0
        self._member: zlib._Decompress | None = None
        self._plain: bool | None = None  # not known before the first bytes have come

    def read1(self, size: int = _PIECE) -> bytes:
        """Return what has arrived, at most *size* bytes; nothing only at the end.

        Raises:
            InvalidInput: it is cut off or damaged.
            TooLarge: it unpacks to far more than a table would.
        """
        if self._plain is None:
            self._begin(size)
        if self._plain:
            found, self._packed = self._packed, b""
            return found or bytes(self._read(size))
        while True:
            if not self._packed:
                self._packed = self._read(_PIECE)
                self._taken += len(self._packed)
            if not self._packed:
                if self._member is not None:
                    raise InvalidInput("the gzip data is cut off")
                return b""
            if piece := self._unpack(size):
                return piece

    read = read1

    def _begin(self, size: int) -> None:
        while len(self._packed) < len(MAGIC) and (piece := self._read(size)):
            self._packed += piece
        self._plain = self._packed[:2] != MAGIC
        self._taken = len(self._packed)

    def _unpack(self, size: int) -> bytes:
        if self._member is None:
            self._member = zlib.decompressobj(wbits=31)
        try:
            piece = self._member.decompress(self._packed, size)
        except zlib.error as error:
            raise InvalidInput(f"the gzip data is damaged: {error}") from None
        if self._member.eof:
            self._packed, self._member = self._member.unused_data.lstrip(b"\0"), None
        else:
            self._packed = self._member.unconsumed_tail
        self._given += len(piece)
        if self._given > _HARMLESS and self._given > _MOST_RATIO * self._taken:
            raise TooLarge(f"the gzip data unpacks to more than {_MOST_RATIO} times its size: this is no table")
        return piece
