"""What reading a ZIP that somebody else made can raise, beside OSError."""

from __future__ import annotations

import lzma
import struct
import zlib
from typing import Final
from zipfile import BadZipFile

# Found by fuzzing: offsets that lie make Python's zipfile seek before the start (ValueError), names in no encoding too.
NOT_A_ZIP: Final = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
