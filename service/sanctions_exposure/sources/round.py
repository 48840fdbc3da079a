"""One round over several lists: fetched side by side, judged one by one, published together.

Whatever happens to one list is told of that list and costs the others nothing.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sanctions_exposure import __version__
from sanctions_exposure.errors import ListError, ListFormatError, ListRejected, ListUnavailable
from sanctions_exposure.model import ListRecord
from sanctions_exposure.sources import quarantine
from sanctions_exposure.sources.choices import is_web
from sanctions_exposure.sources.collect import collect
from sanctions_exposure.sources.download import Terms, shown
from sanctions_exposure.sources.fetch import Document, choose_format, read_path, saved_at
from sanctions_exposure.sources.held import Brought, Held
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.publish import RAW, BuildIndex, Library, NewList
from sanctions_exposure.sources.refresh import examine_or_keep, publish, read_fetched
from sanctions_exposure.sources.standing import Outcome, Seen, moment, never, read_standings, write_standing
from sanctions_exposure.sources.turn import turn

ROUND: Final = "round.lock"  # in the data folder: whoever holds it is the only one who decides about versions
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of one list in a round."""

    list: str
    outcome: Outcome
    reason: str = ""
    record: ListRecord | None = None  # of the version in use afterwards


def refresh_round(
    manifests: Sequence[Manifest],
    data: Path,
    *,
    build_index: BuildIndex,
    terms: Terms,
    clock: Callable[[], datetime],
) -> tuple[Look, ...]:
    """Look at every one of these lists and publish what is new and believed.

    Raises:
        ListBusy: another round is running on this data folder.
        SnapshotCorrupt: the snapshot in use, whose other lists must be kept, is damaged.
    """
    data.mkdir(parents=True, exist_ok=True)
    with turn(data / ROUND, "another refresh"):
        incoming = data / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)  # of a round that died
        try:
            return _Round(data, incoming, build_index, terms, clock).run(manifests)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)


@dataclass(slots=True)
class _Fetched:
    """What came of a list so far: its documents, or why there are none."""

    manifest: Manifest
    documents: Mapping[str, Document] = field(default_factory=dict)
    retrieved_at: datetime | None = None
    seen: tuple[Seen, ...] = ()
    new: NewList | None = None
    outcome: Outcome | None = None
    reason: str = ""


class _Round:
    def __init__(
        self, data: Path, incoming: Path, build_index: BuildIndex, terms: Terms, clock: Callable[[], datetime]
    ) -> None:
        self._data, self._incoming, self._build_index, self._terms = data, incoming, build_index, terms
        self._clock = clock
        self._library = Library(data)
        current = self._library.current_record()
        self._records = {one.id: one for one in current.lists} if current else {}
        self._folder = self._library.current_folder()
        self._standings = read_standings(data)

    def run(self, manifests: Sequence[Manifest]) -> tuple[Look, ...]:
        fetched = self._bring(manifests)
        for one in fetched:
            self._guarded(one, self._examine)
        self._publish([one for one in fetched if one.new])
        return tuple(self._close(one) for one in fetched)

    # -- bringing ----------------------------------------------------------------------------------

    def _bring(self, manifests: Sequence[Manifest]) -> list[_Fetched]:
        """Fetch all lists side by side, each in a thread that nobody waits for longer than the terms allow."""
        fetched = [_Fetched(manifest) for manifest in manifests]
        threads = []
        for one in fetched:
            # A copy is handed over: a thread that is given up must not write into what we go on with.
            aside = _Fetched(one.manifest)
            thread = threading.Thread(target=self._guarded, args=(aside, self._fetch), daemon=True)
            thread.start()
            threads.append((thread, aside))
        until = time.monotonic() + self._terms.total + self._terms.connect + self._terms.read
        for at, (thread, aside) in enumerate(threads):
            thread.join(max(until - time.monotonic(), 0))
            if not thread.is_alive():
                fetched[at] = aside
            else:
                fetched[at].outcome = Outcome.FAILED
                fetched[at].reason = f"not complete after {self._terms.total:g} seconds"
        return fetched

    def _fetch(self, one: _Fetched) -> None:
        manifest = one.manifest
        if manifest.mirror and not is_web(manifest.mirror):
            self._read_files(one, Path(manifest.mirror))
            return
        one.manifest = manifest = manifest.in_format(manifest.format)
        found = collect(manifest, self._incoming / manifest.id, terms=self._terms, held=self._held(manifest))
        one.retrieved_at = self._clock()
        if found.unchanged:
            one.outcome = Outcome.UNCHANGED
            return
        documents = self._read(lambda: read_fetched(manifest, found.folder, self._terms.size))
        one.documents = {
            role: replace(document, origin=shown(found.brought[role].url)) for role, document in documents.items()
        }
        one.seen = tuple(_seen(role, document, found.brought[role]) for role, document in one.documents.items())

    def _read_files(self, one: _Fetched, path: Path) -> None:
        if not path.exists():
            raise ListUnavailable(f"there is no file or folder {path}")
        one.manifest = choose_format(one.manifest, path)
        aside = self._incoming / one.manifest.id
        one.documents = self._read(lambda: read_path(one.manifest, path, aside))
        one.retrieved_at = saved_at(one.documents, self._clock())

    @staticmethod
    def _read(read: Callable[[], Mapping[str, Document]]) -> Mapping[str, Document]:
        try:
            return read()
        except ListFormatError as error:  # files are missing or cannot be unpacked: there is no list to keep
            raise ListUnavailable(str(error)) from None

    def _held(self, manifest: Manifest) -> Held | None:
        record, standing = self._records.get(manifest.id), self._standings.get(manifest.id)
        if not record or not standing or not self._folder or not self._is_known(manifest, record.sha256):
            return None
        return Held(folder=self._folder / RAW / manifest.id, record=record, files=standing.files)

    def _is_known(self, manifest: Manifest, sha256: str) -> bool:
        """Say whether the version in use has these bytes, and this program has read them in this format."""
        record, standing = self._records.get(manifest.id), self._standings.get(manifest.id)
        if not record or not standing:
            return False
        ours = (record.sha256, record.format, standing.sha256, standing.engine)
        return ours == (sha256, manifest.format, sha256, __version__)

    # -- judging -----------------------------------------------------------------------------------

    def _examine(self, one: _Fetched) -> None:
        if one.outcome or not one.retrieved_at:
            return
        if self._is_known(one.manifest, _digest(one.documents)):
            one.outcome = Outcome.UNCHANGED
            return
        try:
            one.new = examine_or_keep(
                one.manifest, one.documents, self._library, shop=self._incoming, retrieved_at=one.retrieved_at
            )
        except (ListFormatError, ListRejected) as error:
            one.outcome, one.reason = Outcome.QUARANTINED, str(error)

    @staticmethod
    def _guarded(one: _Fetched, step: Callable[[_Fetched], None]) -> None:
        """Take a step for one list; whatever it raises ends this list's way and no other's."""
        try:
            step(one)
        except ListError as error:
            one.outcome, one.reason = Outcome.FAILED, str(error)
        except OSError as error:
            one.outcome, one.reason = Outcome.FAILED, f"cannot be kept: {(error.strerror or 'disk error').lower()}"
        except Exception as error:  # noqa: BLE001 - the boundary between lists: a bug that one brings up stays its own
            # Where, and not what: the message of an error may hold a name that stands on a list of one's own.
            where = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("%s: a fault of ours: %s\n%s", one.manifest.id, type(error).__name__, where)
            one.outcome, one.reason = Outcome.FAILED, f"a fault of ours, which was logged: {type(error).__name__}"

    # -- publishing --------------------------------------------------------------------------------

    def _publish(self, fetched: list[_Fetched]) -> None:
        if not fetched:
            return
        try:
            new = [one.new for one in fetched if one.new]
            publish(new, self._library, build_index=self._build_index, built_at=self._clock())
        except ListError as error:
            for one in fetched:
                one.outcome, one.reason = Outcome.FAILED, str(error)
        else:
            for one in fetched:
                one.outcome = Outcome.PUBLISHED

    def _close(self, one: _Fetched) -> Look:
        list_id, outcome = one.manifest.id, one.outcome or Outcome.FAILED
        record = one.new.record if one.new and outcome is Outcome.PUBLISHED else self._records.get(list_id)
        standing = self._standings.get(list_id, never(list_id)).then(self._clock(), outcome, one.reason)
        if outcome in {Outcome.PUBLISHED, Outcome.UNCHANGED} and record and one.retrieved_at:
            standing = standing.confirming(record, moment(one.retrieved_at), one.seen)
        try:
            write_standing(self._data, standing)
            if outcome in {Outcome.PUBLISHED, Outcome.UNCHANGED}:
                quarantine.settle(self._data, list_id, standing.tried_at)
        except OSError as error:  # a full disk, say: the round still tells what it found
            _LOG.warning("%s: what came of this look cannot be kept: %s", list_id, error.strerror)
        return Look(list=list_id, outcome=outcome, reason=one.reason, record=record)


def _seen(role: str, document: Document, brought: Brought) -> Seen:
    return Seen(
        role=role,
        url=document.origin,
        name=document.name,
        sha256=document.sha256,
        etag=brought.validators.etag,
        last_modified=brought.validators.last_modified,
        version=brought.version,
        steps=brought.steps,
    )


def _digest(documents: Mapping[str, Document]) -> str:
    return hashlib.sha256("".join(document.sha256 for document in documents.values()).encode()).hexdigest()
