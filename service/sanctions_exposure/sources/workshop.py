"""A folder to work in: on the disk of the data folder, so that finished files need no copying, and gone afterwards."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def workshop(data: Path) -> Iterator[Path]:
    """Give a folder of one's own under *data*.

    Whoever works there holds its lock, so what a process left that died is known by a lock that nobody holds.

    Raises:
        OSError: the data folder cannot be written.
    """
    shops = data / "loading"
    shops.mkdir(parents=True, exist_ok=True)
    for left in shops.glob("*.lock"):
        _sweep(left)
    folder = shops / secrets.token_hex(6)
    lock = folder.with_suffix(".lock")
    try:
        with FileLock(lock):
            try:
                folder.mkdir(parents=True)
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                lock.unlink(missing_ok=True)
    finally:
        with suppress(OSError):  # somebody else works there
            shops.rmdir()


def _sweep(left: Path) -> None:
    lock = FileLock(left, blocking=False)
    try:
        with lock:
            shutil.rmtree(left.with_suffix(""), ignore_errors=True)
            left.unlink(missing_ok=True)
    except (Timeout, OSError):  # somebody works there
        return
