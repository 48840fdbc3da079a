"""Where a file is written: beside its place and then under its name, or straight through where it is no plain file.

A name that is a link is followed, and a pipe or a device stays what it is: put in its place, a file would take the
answers away from whoever reads there.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from sanctions_exposure.errors import SettingsError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_plain(path: Path) -> bool:
    """Whether *path* is a file, or may become one: no pipe, socket or device."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def refuse_input(output: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write over what is read.

    Raises:
        SettingsError: *output* is one of *inputs*, by whatever name.
    """
    for path in inputs:
        if is_plain(output) and output.exists() and path.exists() and output.samefile(path):
            raise SettingsError(f"{output}: is an input; write to another file")


@contextmanager
def place_for(output: Path) -> Iterator[Path]:
    """Give the path to write to; a plain file appears under its name only when it is complete.

    Raises:
        SettingsError: it cannot be written there.
    """
    if not is_plain(output):
        yield output
        return
    real = Path(os.path.realpath(output))
    aside = real.with_name(f".{real.name}.part")
    try:
        yield aside
        with telling(output):
            aside.replace(real)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def written(output: Path) -> Iterator[BinaryIO]:
    """Give the file to write to, as ``place_for`` does."""
    with place_for(output) as place:
        with telling(output):
            stream = place.open("wb")
        try:
            yield stream
        except BaseException as error:
            with suppress(OSError):  # what is in its buffer cannot be written either
                stream.close()
            if isinstance(error, OSError) and error.errno in _FULL:
                raise SettingsError(f"{output}: cannot be written: {error.strerror}") from None
            raise
        with telling(output):
            stream.close()


@contextmanager
def telling(output: Path | str) -> Iterator[None]:
    """Let what keeps *output* from being written be told by its name.

    Raises:
        SettingsError: the system says why it cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SettingsError(f"{output}: cannot be written: {error.strerror or error}") from None
