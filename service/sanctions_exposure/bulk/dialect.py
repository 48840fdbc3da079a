"""How the bytes of a table are to be read: encoding, delimiter and quotes, found out from its first bytes or given.

A guess that may be wrong is none: text read in the wrong encoding matches nobody, and "clear" would be a lie.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Any, Final

from sanctions_exposure.errors import InvalidInput

DELIMITERS: Final = ",;\t|"
_LOOKED_AT: Final = 50  # lines of the head that must agree on a delimiter
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WIDE: Final = ("utf-16-le", "utf-16-be")
# Letters and marks of Western European text in Windows-1252. Polish, Turkish or Cyrillic text saved in its own code
# page uses other bytes too, or runs of them, and is never taken for it.
_WESTERN: Final = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûü€‚„…‘’“”•–—™«»·°´§©®ªº¡¿\xa0")
_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=(.)"?\s*\r?\n?', re.IGNORECASE)  # Excel's own first line


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The form of a table; *encoding* is a codec that neither eats nor writes a byte order mark."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'  # blank: quotes are letters like any other

    @property
    def errors(self) -> str:
        """How a codec treats what it cannot read: so that it comes out as it went in."""
        return "surrogatepass" if self.encoding in _WIDE else "surrogateescape"

    def decoder(self) -> codecs.IncrementalDecoder:
        """Return a decoder of this encoding."""
        return codecs.getincrementaldecoder(self.encoding)(self.errors)

    def encode(self, text: str) -> bytes:
        """Return the bytes that *text* was read from."""
        return text.encode(self.encoding, self.errors)


def codec(name: str) -> str:
    """Return the codec called *name*, as Python calls it.

    Raises:
        InvalidInput: there is none, or it is none for tables.
    """
    probe = 'a,";\t\n'
    try:
        found = codecs.lookup(name).name
        is_text = probe.encode(found).decode(found) == probe
    except (LookupError, UnicodeError, TypeError, ValueError):
        is_text = False
    if not is_text:
        raise InvalidInput(f"there is no encoding {name[:40]!r}; say utf-8, utf-16, cp1252, cp1251 …")
    # Where a mark says which way round, it was looked at; without one, UTF-16 is written by Windows.
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(found, found)


def marked(head: bytes) -> str | None:
    """Return the encoding that a byte order mark at the start of *head* names."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def encoding_of(head: bytes, *, whole: bool) -> str:
    """Return the encoding of a table that begins with *head*: UTF-16, Western European only when sure, else UTF-8."""
    if found := marked(head):
        return found
    if wide := _wide(head):
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return _narrow(head)
    return "utf-8"


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark shows as a zero byte beside every Latin letter, digit and delimiter."""
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if len(head) >= 4 and max(zeros) * 4 > len(head) and min(zeros) * 20 < max(zeros):
        return _WIDE[zeros[0] > zeros[1]]
    return None


def _narrow(head: bytes) -> str:
    """Return cp1252 for text that is nothing else; UTF-8 where that is not sure, and then the rows at fault say so."""
    text = head.decode("cp1252", "surrogateescape")
    strange = {c for c in text if not c.isascii()} - _WESTERN
    return "utf-8" if strange or re.search("[À-ÿ]{3}", text) else "cp1252"


def separator_line(head: str) -> tuple[str, str]:
    """Return Excel's ``sep=;`` line at the start of *head* and the delimiter it names; blanks where there is none."""
    found = _SEPARATOR_LINE.match(head)
    return (found[0], found[1]) if found else ("", "")


def quote_of(lines: Sequence[str]) -> str:
    """Return the quote of a table whose first lines are *lines*: the single one only where no double one opens."""
    text = "".join(lines)
    if '"' in text:
        return '"'
    marks = "|".join(re.escape(mark) for mark in DELIMITERS)
    single = re.findall(rf"(?:^|{marks})'[^'\r\n]*'(?=$|\r|\n|{marks})", text, re.MULTILINE)
    # O'Brien opens nothing; one cell written 'so' may be a nickname. Every line quoted is a habit.
    return "'" if len(single) >= max(2, len(lines)) else '"'


def delimiter_of(lines: Sequence[str], quote: str) -> str:
    """Return the delimiter that parts the header, and as many of the rows below as can be, into equally many cells."""
    lines = list(islice((line for line in lines if line.strip()), _LOOKED_AT))

    def fitness(mark: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(StringIO("".join(lines), newline=""), **_form(mark, quote))]
        if not widths or widths[0] < 2:
            return (0.0, 0)
        return (sum(width == widths[0] for width in widths) / len(widths), widths[0])

    try:
        fits = {mark: fitness(mark) for mark in DELIMITERS}
    except csv.Error:  # a cell larger than the module reads: the header alone must do
        fits = {mark: (1.0, lines[0].count(mark)) for mark in DELIMITERS} if lines else {",": (0.0, 0)}
    return max(fits, key=lambda mark: fits[mark])


def _form(delimiter: str, quote: str) -> dict[str, Any]:
    return {"delimiter": delimiter} | ({"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE})
