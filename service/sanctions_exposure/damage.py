"""Names that a system on the way wrote in its own code, or read in a wrong one, put back into letters."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

_ROUNDS = 3  # what was damaged once may have been damaged twice
_ESCAPED = re.compile(r"&#?\w|%[0-9A-Fa-f]{2}|=[0-9A-F]{2}|\\[ux][0-9A-Fa-f]{2}")
_QUOTED = re.compile(r"=([0-9A-F]{2})")
_BACKSLASHED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")


def _bytes_of(encoding: str) -> dict[int, int]:
    """Return the byte of each character of a code of one byte; what the code leaves out stands for itself."""
    out = dict.fromkeys(range(0x80, 0x100), 0)
    out = {at: at for at in out if encoding == "cp1252" or at < 0xA0}
    for byte in range(0x80, 0x100):
        if char := bytes([byte]).decode(encoding, errors="ignore"):
            out[ord(char)] = byte
    return out


_CODES = {encoding: _bytes_of(encoding) for encoding in ("cp1252", "cp1251")}
_LOST = "\ufffd"


def _pair(code: dict[int, int]) -> str:
    """Return a pattern of two characters that are one of UTF-8, read in this code."""
    first = "".join(re.escape(chr(c)) for c, byte in code.items() if 0xC2 <= byte <= 0xF4)
    second = "".join(re.escape(chr(c)) for c, byte in code.items() if 0x80 <= byte <= 0xBF)
    return f"[{first}][{second}{_LOST}]"


_PAIRS = {encoding: re.compile(_pair(code)) for encoding, code in _CODES.items()}


def repaired(text: str) -> str | None:
    """Return *text* without HTML entities, other escapes and wrongly read letters; None where it has none.

    >>> repaired("Zelm&#105;ra%20Trading"), repaired("Zelmira & Sons")
    ('Zelmira Trading', None)
    """
    whole = text
    for _ in range(_ROUNDS):
        before = text
        if _ESCAPED.search(text):
            text = _unescaped(text)
        if not text.isascii():
            text = _reread(text)
        if text == before:
            break
    return text if text != whole and any(map(str.isalnum, text)) else None


def _unescaped(text: str) -> str:
    text = unquote(html.unescape(text))
    if found := _QUOTED.findall(text):
        raw = _QUOTED.sub(lambda m: chr(int(m[1], 16)), text)
        if len(found) and all(ord(c) < 0x100 for c in raw):
            text = raw.encode("latin-1").decode(errors="replace") if _is_utf8(raw) else text
    text = _BACKSLASHED.sub(lambda m: chr(int(m[1] or m[2], 16)), text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\0", "")


def _is_utf8(raw: str) -> bool:
    try:
        raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True


def _reread(text: str) -> str:
    """Return *text* as it was before UTF-8 was read as another code; what lost a byte is guessed or left out."""
    for encoding, code in _CODES.items():
        if not _PAIRS[encoding].search(text):
            continue
        raw = bytearray()
        for char in text:
            byte = ord(char) if ord(char) < 0x80 else code.get(ord(char), 0)
            if char == _LOST and raw:
                byte = _likely(encoding, raw[-1])
            if not byte:
                break
            raw.append(byte)
        else:
            read = raw.decode(errors="ignore")
            if len(read.encode()) >= len(raw) - 2:  # a field may have cut the last character
                return read
    return text


def _likely(encoding: str, before: int) -> int:
    """Return the byte that a code has no character for: of the five of Western Europe's, what is most common."""
    if encoding == "cp1251":
        return 0x98
    return 0x90 if before == 0xD0 else 0x81
