"""Lists of one's own that wait for a second pair of eyes: read and judged, and used by nobody until one is accepted.

``<data>/pending/<list>/<id>/`` holds ``files/`` as they were handed in and ``submission.json``.  Of each list the last
one counts.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from sanctions_exposure.errors import Fault, InvalidInput, ListFormatError, UnknownSubmission
from sanctions_exposure.model import Json
from sanctions_exposure.sources import changes
from sanctions_exposure.sources.contents import Lines
from sanctions_exposure.sources.fetch import Document
from sanctions_exposure.sources.files import share
from sanctions_exposure.sources.formats import generic
from sanctions_exposure.sources.manifest import Manifest, is_list_id
from sanctions_exposure.sources.publish import NewList
from sanctions_exposure.sources.standing import moment

_ID: Final = re.compile(r"\d{8}T\d{6}-[0-9a-f]{12}")
_TOLD: Final = 1000  # entries of each kind that a judgement names; its counts are of all
_FAULTS: Final = 200  # that are told at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """``submission.json``: a list that waits, and what becomes of the one in use when it is accepted."""

    id: str
    list: str
    title: str
    format: str
    sha256: str  # digest over the files, as in the record of a published list
    submitted_at: str
    submitted_by: str
    entities: int
    names: int
    notes: tuple[str, ...]
    against: str  # the snapshot it was compared with; empty: there was none
    added: int
    removed: int
    changed: int
    changes: Mapping[str, Json]  # "added", "removed", "changed": entries, no more than a thousand of each


def summary(found: Submission) -> dict[str, Json]:
    """Return what is known of a list that waits, without what would change entry by entry."""
    return {key: value for key, value in msgspec.to_builtins(found).items() if key != "changes"}


def examine_rows(manifest: Manifest, document: Document) -> None:
    """Look at every row of a list, so that whoever wrote it can mend all at once.

    Raises:
        InvalidInput: names every cell that cannot be read.
    """
    if manifest.format != "generic":
        return
    try:
        found = [Fault(f"/{one.line}/{one.column}", str(one)) for one in generic.faults(document.content)]
    except ListFormatError as error:
        found = [Fault("", str(error))]
    if found:
        more = f"; these are the first {_FAULTS} of {len(found)} faults" if len(found) > _FAULTS else ""
        raise InvalidInput(f"{document.name} cannot be read as a list{more}", found[:_FAULTS])


def submit(  # noqa: PLR0913 - what, by whom, when, and what it is compared with
    data: Path, manifest: Manifest, new: NewList, *, current: Path | None, by: str, now: datetime
) -> Submission:
    """Put a list aside that can be read, with what would change if it were accepted.

    Raises:
        OSError: the disk does not take it.
    """
    found = changes.between(changes.of_snapshot(manifest.id, current), Lines.whole(new.lines))
    record = new.record
    submission = Submission(
        id=f"{now:%Y%m%dT%H%M%S}-{record.sha256[:12]}",
        list=manifest.id,
        title=manifest.title,
        format=manifest.format,
        sha256=record.sha256,
        submitted_at=moment(now),
        submitted_by=by,
        entities=record.entities,
        names=record.names,
        notes=record.notes,
        against=current.name if current else "",
        added=len(found.added),
        removed=len(found.removed),
        changed=len(found.changed),
        changes=changes.document(found, _TOLD),
    )
    _keep(data, submission, new.raw)
    return submission


def pending(data: Path) -> tuple[Submission, ...]:
    """Return what waits, one of a list, in order of the lists."""
    shelves = sorted(path for path in (data / "pending").glob("*") if path.is_dir())
    return tuple(found for shelf in shelves if (found := _newest(shelf)))


def waiting(data: Path, list_id: str, submission_id: str = "") -> tuple[Path, Submission]:
    """Return the folder of the files of what waits of a list, and what is known of it.

    Raises:
        UnknownSubmission: nothing does, or it is not the one that *submission_id* names.
    """
    shelf = data / "pending" / list_id
    found = _newest(shelf) if is_list_id(list_id) and shelf.is_dir() else None
    if found is None:
        raise UnknownSubmission(f"nothing of {list_id} waits for a review")
    if submission_id not in {"", found.id}:
        raise UnknownSubmission(
            f"what waits of {list_id} is {found.id}, not {submission_id}: somebody handed in another"
        )
    return shelf / found.id / "files", found


def discard(data: Path, list_id: str, submission_id: str = "") -> Submission:
    """Forget what waits of a list.

    Raises:
        UnknownSubmission: nothing does, or it is another one.
    """
    _, found = waiting(data, list_id, submission_id)
    shutil.rmtree(data / "pending" / list_id, ignore_errors=True)
    return found


def _keep(data: Path, submission: Submission, raw: Mapping[str, Path]) -> None:
    shelf = data / "pending" / submission.list
    aside = shelf / f".{secrets.token_hex(6)}"
    try:
        (aside / "files").mkdir(parents=True)
        for name, path in raw.items():
            share(path, aside / "files" / name)
        (aside / "submission.json").write_bytes(msgspec.json.encode(submission))
        folder = shelf / submission.id
        if folder.exists():  # the same file in the same second
            shutil.rmtree(folder)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for other in shelf.iterdir():
        if other.name != submission.id:
            shutil.rmtree(other, ignore_errors=True)


def _newest(shelf: Path) -> Submission | None:
    for folder in sorted((path for path in shelf.iterdir() if _ID.fullmatch(path.name)), reverse=True):
        try:
            return msgspec.json.decode((folder / "submission.json").read_bytes(), type=Submission)
        except (OSError, msgspec.MsgspecError):
            continue
    return None
