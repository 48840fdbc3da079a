"""Lists that came and are not believed: kept with the reason, until a person overrules or a better one comes.

``<data>/quarantine/<list>/<stamp>/`` holds ``files/`` as they came and ``reason.json``.  What a person overruled is
written to ``<data>/lists/accepted.jsonl``, before it takes effect.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from sanctions_exposure.errors import NothingQuarantined, NotOverruled
from sanctions_exposure.model import PublishedFile
from sanctions_exposure.sources.fetch import Document
from sanctions_exposure.sources.files import share
from sanctions_exposure.sources.own import own_folder

_STAMP: Final = re.compile(r"\d{8}T\d{6}")
_KEPT: Final = 3  # of one list; a source that is broken for a year must not fill the disk
_LEDGER: Final = "accepted.jsonl"


class Doubt(StrEnum):
    """Why a list is not believed."""

    JUDGED = "judged"  # it was read, and does not look whole; a person may overrule
    UNREADABLE = "unreadable"  # nobody can overrule that


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """``reason.json``."""

    list: str
    doubt: Doubt
    reason: str
    format: str
    sha256: str  # digest over the files, as in the record of a published list
    files: tuple[PublishedFile, ...]
    retrieved_at: str
    seen_at: str  # when it came last; the same list may come again and again
    settled_at: str = ""  # when it was accepted, or another version was published; nobody can accept it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One line of the ledger: who overruled what, and why."""

    at: str
    list: str
    sha256: str
    by: str
    reason: str
    overruled: str  # what the list had been refused for; empty: it only waited for a review
    submitted_by: str = ""  # who handed it in, where somebody did

    def note(self) -> str:
        """Return what the list's record says of it."""
        overruled = f" (overruled: {self.overruled})" if self.overruled else ""
        brought = f", handed in by {self.submitted_by}" if self.submitted_by else ""
        return f"Accepted by {self.by} on {self.at[:10]}{brought}: {self.reason}{overruled}"


def keep(data: Path, found: Quarantined, documents: Mapping[str, Document]) -> Path:
    """Keep a list that is not believed and return its folder; one that came before is not kept twice."""
    shelf = data / "quarantine" / found.list
    shelf.mkdir(parents=True, exist_ok=True)
    for folder in _folders(shelf):
        if (known := _read(folder)) and known.sha256 == found.sha256:
            _write(folder, replace(found, retrieved_at=known.retrieved_at))
            return folder
    aside = shelf / f".{secrets.token_hex(6)}"
    try:
        (aside / "files").mkdir(parents=True)
        for document in documents.values():
            share(document.path, aside / "files" / document.name)
        _write(aside, found)
        folder = shelf / f"{datetime.fromisoformat(found.seen_at):%Y%m%dT%H%M%S}"
        if folder.exists():
            shutil.rmtree(folder)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for old in _folders(shelf)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def newest(data: Path, list_id: str) -> tuple[Path, Quarantined]:
    """Return the folder of the files and the reason of the list that came last and that nothing has settled.

    Raises:
        NothingQuarantined: nothing of that list is in quarantine.
    """
    found = _open(data, list_id)
    if not found:
        raise NothingQuarantined(f"nothing of {list_id} is in quarantine")
    folder, read = max(found, key=lambda one: one[1].seen_at)
    return folder / "files", read


def overrulable(data: Path, list_id: str, sha256: str = "") -> tuple[Path, Quarantined]:
    """Return what ``newest`` does, if a person may accept it.

    Raises:
        NothingQuarantined: nothing of that list is in quarantine.
        NotOverruled: it cannot be read, or is not the one with the digest *sha256*.
    """
    folder, found = newest(data, list_id)
    if sha256 not in {"", found.sha256}:
        raise NotOverruled(f"what is in quarantine of {list_id} is {found.sha256}, not {sha256}: another version came")
    if found.doubt is not Doubt.JUDGED:
        raise NotOverruled(f"{list_id} cannot be read, which nobody can overrule: {found.reason}")
    return folder, found


def settle(data: Path, list_id: str, at: str) -> None:
    """Let nobody accept what is in quarantine of a list, now that a version of it is in force; its files stay.

    Without that, half a list of last week could still be put in the place of the whole one that came since.
    """
    for folder, found in _open(data, list_id):
        _write(folder, replace(found, settled_at=at))


def sign(data: Path, accepted: Accepted) -> None:
    """Add a line to the ledger and force it to the disk."""
    own_folder(data).mkdir(parents=True, exist_ok=True)
    with (own_folder(data) / _LEDGER).open("ab") as ledger:
        ledger.write(msgspec.json.encode(accepted) + b"\n")
        ledger.flush()
        os.fsync(ledger.fileno())


def signed(data: Path, list_id: str, sha256: str) -> Accepted | None:
    """Return who last accepted exactly these bytes of a list; a line that was cut off counts for nothing."""
    try:
        lines = (own_folder(data) / _LEDGER).read_bytes().splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        try:
            one = msgspec.json.decode(line, type=Accepted)
        except msgspec.MsgspecError:
            continue
        if (one.list, one.sha256) == (list_id, sha256):
            return one
    return None


def _open(data: Path, list_id: str) -> list[tuple[Path, Quarantined]]:
    found = [(folder, read) for folder in _folders(data / "quarantine" / list_id) if (read := _read(folder))]
    return [(folder, read) for folder, read in found if not read.settled_at]


def _folders(shelf: Path) -> list[Path]:
    """Return the folders of one list, the newest first."""
    found = [path for path in shelf.iterdir() if _STAMP.fullmatch(path.name)] if shelf.is_dir() else []
    return sorted(found, reverse=True)


def _read(folder: Path) -> Quarantined | None:
    try:
        return msgspec.json.decode((folder / "reason.json").read_bytes(), type=Quarantined)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(folder: Path, found: Quarantined) -> None:
    aside = folder / ".reason"
    aside.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    aside.replace(folder / "reason.json")
