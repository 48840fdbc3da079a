"""Rows as they arrive: bytes in pieces of any size, counted, decoded and parted, in chunks that know their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from sanctions_exposure.bulk.dialect import Dialect
from sanctions_exposure.bulk.records import Row, Splitter
from sanctions_exposure.errors import InvalidInput, TooLarge
from sanctions_exposure.question import TableLimits

HEAD: Final = 2**16  # bytes that are looked at before the first row is read
_BLOCK: Final = 2**18  # bytes that are read at once
_FIRST: Final = 256  # rows of the first chunk; every further one is twice as large
MOST: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows that follow each other."""

    rows: Sequence[Row]
    end: int  # bytes of the input, unpacked, up to the end of the last row: the place to go on from
    number: int  # rows up to there, blank lines not counted


class Source:
    """Bytes as they arrive, counted.

    Args:
        stream: where it has ``read1``, what has arrived is given while the rest is awaited.
        limits: how many there may be.
        already: how many came before.
    """

    def __init__(self, stream: BinaryIO, limits: TableLimits, *, already: int = 0) -> None:
        self._read = getattr(stream, "read1", stream.read)
        self._limits = limits
        self._taken = already
        self.ended = False

    def head(self) -> bytes:
        """Return the first bytes: as many as are looked at, or what came before a pause, with the first line whole."""
        head = b""
        while not self.ended and len(head) < HEAD:
            block = self.block(HEAD)
            head += block
            if len(block) < HEAD and (b"\n" in head or b"\r" in head):
                break
        return head

    def block(self, size: int = _BLOCK) -> bytes:
        """Return what comes next; nothing only at the end.

        Raises:
            TooLarge: the table has more bytes than it may have.
        """
        block: bytes = self._read(size)
        self.ended = not block
        self._taken += len(block)
        if self._taken > self._limits.bytes:
            raise TooLarge(f"the table is larger than {self._limits.bytes:,} bytes (EXPOSURE_MAX_TABLE_BYTES)")
        return block


class Arriving:
    """The rows of a source from some place on.

    Args:
        source: stands at that place.
        dialect: how to read it.
        limits: how much there may be.
        end: bytes before that place.
        number: rows before it.
    """

    def __init__(self, source: Source, dialect: Dialect, limits: TableLimits, *, end: int = 0, number: int = 0) -> None:
        self._source, self._dialect, self._limits = source, dialect, limits
        self._decoder, self._splitter = dialect.decoder(), Splitter(dialect, limits)
        self._waiting: list[Row] = []
        self._end, self._number = end, number

    def header(self, read: bytes) -> tuple[str, Row]:
        """Return the blank lines before the first row, and that row; *read* was taken from the source already.

        Raises:
            InvalidInput: there is no row.
        """
        blank = ""
        self._take(read)
        while True:
            while self._waiting:
                row = self._waiting.pop(0)
                self._end += len(self._dialect.encode(row.raw))
                if row.cells:
                    return blank, row
                blank += row.raw
            if self._source.ended:
                raise InvalidInput("the table is empty: it needs a header row")
            self._take(self._source.block())

    def chunks(self, largest: int = MOST) -> Iterator[Chunk]:
        """Yield the rows that are left, as many at a time as have arrived, blank lines too.

        Args:
            largest: most rows of a chunk.

        Raises:
            TooLarge: there are more bytes or rows than there may be; the chunks before hold.
            InvalidInput: the bytes end inside a character.
        """
        most = _FIRST
        while True:
            while self._waiting:
                rows, self._waiting = self._waiting[:most], self._waiting[most:]
                yield self._chunk(rows)
                most = min(2 * most, largest)
            if self._source.ended:
                return
            self._take(self._source.block())

    def _chunk(self, rows: list[Row]) -> Chunk:
        self._end += len(self._dialect.encode("".join([row.raw for row in rows])))
        self._number += sum(1 for row in rows if row.cells)
        if self._number > self._limits.rows:
            raise TooLarge(f"the table has more than {self._limits.rows:,} rows (EXPOSURE_MAX_TABLE_ROWS)")
        return Chunk(rows=rows, end=self._end, number=self._number)

    def _take(self, block: bytes) -> None:
        last = self._source.ended
        try:
            text = self._decoder.decode(block, final=last)
        except UnicodeDecodeError as error:
            raise InvalidInput(f"the table is not {error.encoding} to its end: {error.reason}") from None
        self._waiting += self._splitter.feed(text, last=last)
