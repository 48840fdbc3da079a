"""The lists of one data folder: which there are, and how they get in."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sanctions_exposure.errors import ListError, ListRejected, NothingQuarantined, NotOverruled, NotReady, UnknownList
from sanctions_exposure.locate import data_folder
from sanctions_exposure.matching.index import build_index, index_fits
from sanctions_exposure.model import ListRecord
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.choices import choose, file_name, is_fetchable, is_web, with_token
from sanctions_exposure.sources.download import Terms, download
from sanctions_exposure.sources.fetch import Limits
from sanctions_exposure.sources.manifest import Manifest, find, load_manifests
from sanctions_exposure.sources.own import add_own, own_folder, own_manifest
from sanctions_exposure.sources.publish import Library
from sanctions_exposure.sources.quarantine import Quarantined, overrulable
from sanctions_exposure.sources.refresh import accept, accept_submission, load, refresh_from, submit
from sanctions_exposure.sources.retention import prune
from sanctions_exposure.sources.review import Submission, discard, pending, waiting
from sanctions_exposure.sources.round import ROUND, Look, refresh_round
from sanctions_exposure.sources.standing import due_at, is_from_the_future, never, read_standings
from sanctions_exposure.sources.turn import turn

CURATED: Final = "curated"  # the set that travels with the package, so that a fresh installation answers at once
_TOKENS: Final = "eu_fsf"  # the one list whose addresses carry a token
_PATIENCE: Final = 600  # seconds for a round to end, before a list is accepted
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What somebody looked at before accepting it; empty: whatever is there."""

    submission: str = ""  # its id
    sha256: str = ""  # digest over the files


ANY: Final = Meant()


@dataclass(frozen=True, slots=True)
class ListDesk:
    """Gets lists into a data folder."""

    data: Path
    folder: Path  # of manifests and curated rows
    choices: Path | None = None  # the file that says where lists come from
    terms: Terms = field(default_factory=Terms)
    eu_token: str = ""
    keep: int = 0  # snapshots that stay after a round; 0: all

    @classmethod
    def of(cls, settings: Settings) -> ListDesk:
        """Return the desk of the folders that *settings* name."""
        return cls(
            settings.data,
            data_folder("lists", settings.lists),
            choices=settings.sources,
            terms=Terms(
                read=min(Terms().read, settings.fetch_seconds),
                total=settings.fetch_seconds,
                retries=settings.fetch_retries,
                size=settings.fetch_bytes,
            ),
            eu_token=settings.eu_token,
            keep=settings.keep_snapshots,
        )

    @property
    def snapshots(self) -> Library:
        """The snapshots."""
        return Library(self.data)

    def manifests(self) -> Mapping[str, Manifest]:
        """Return every list we know, loaded or not, lists of one's own included, as those who run us want them.

        Raises:
            ListFormatError: a manifest is wrong.
            SettingsError: the file of choices is wrong, or is named and not there.
        """
        found = load_manifests(self.folder / "sources", own_folder(self.data))
        path = self.choices or self.data / "sources.toml"
        if self.choices or path.exists():
            found = choose(found, path)
        if self.eu_token and _TOKENS in found:
            found[_TOKENS] = with_token(found[_TOKENS], self.eu_token)
        return found

    # -- from publishers ---------------------------------------------------------------------------

    def due(self, now: datetime) -> tuple[str, ...]:
        """Return the lists whose publishers should be asked now; a look that lies in the future is none to wait for."""
        standings = read_standings(self.data)
        times = {
            one.id: due_at(one, standings.get(one.id, never(one.id)))
            for one in self.manifests().values()
            if is_fetchable(one)
        }
        tried = {one.list: datetime.fromisoformat(one.tried_at) for one in standings.values() if one.tried_at}
        ahead = {list_id for list_id, at in tried.items() if is_from_the_future(at, now)}
        return tuple(list_id for list_id, at in times.items() if at is None or at <= now or list_id in ahead)

    def wanted(self, list_ids: Sequence[str] = ()) -> Mapping[str, Manifest]:
        """Return these lists, also where they are off, or every list that is on.

        Raises:
            UnknownList: nobody knows a list of that id.
            ListRejected: nobody knows where to fetch it from.
        """
        manifests = self.manifests()
        if not list_ids:
            return {one.id: one for one in manifests.values() if is_fetchable(one)}
        found = {list_id: find(manifests, list_id) for list_id in list_ids}
        for one in found.values():
            if not is_fetchable(replace(one, enabled=True)):
                raise ListRejected(f"{one.id} has no address: give --from, or name a place for it in sources.toml")
        return found

    def refresh_all(self, list_ids: Sequence[str] = ()) -> tuple[Look, ...]:
        """Look at publishers: of these lists, or of every list that is on; none of them can spoil another.

        Raises:
            UnknownList: nobody knows a list of that id.
            ListRejected: nobody knows where to fetch it from.
            ListBusy: another round is running.
            SnapshotCorrupt: the snapshot in use is damaged.
        """
        wanted = self.wanted(list_ids).values()
        looks = refresh_round(
            tuple(wanted), self.data, build_index=build_index, terms=self.terms, clock=lambda: datetime.now(UTC)
        )
        if self.keep:
            prune(self.snapshots, self.keep)
        return looks

    def acceptable(self, list_id: str, meant: Meant = ANY) -> Submission | Quarantined:
        """Return what a person may accept of a list: what waits for a review, or else what is in quarantine.

        Raises:
            UnknownList: nobody knows a list of that id.
            UnknownSubmission: a submission is meant, and nothing waits.
            NothingQuarantined: nothing is in quarantine either.
            NotOverruled: what is in quarantine cannot be read; or what is there is not what is meant.
        """
        found = next((one for one in self.pending() if one.list == list_id), None)
        if meant.submission and found is None:
            return waiting(self.data, list_id, meant.submission)[1]
        if found is None:
            return overrulable(self.data, find(self.manifests(), list_id).id, meant.sha256)[1]
        if meant.submission in {"", found.id} and meant.sha256 in {"", found.sha256}:
            return found
        another = NotOverruled(
            f"what waits of {list_id} is {found.id} with the sha256 {found.sha256}, not what was meant: another came"
        )
        if meant.submission:
            raise another
        try:
            return overrulable(self.data, find(self.manifests(), list_id).id, meant.sha256)[1]
        except (NothingQuarantined, UnknownList):
            raise another from None

    def accept(self, list_id: str, *, by: str, reason: str, now: datetime, meant: Meant = ANY) -> ListRecord:
        """Publish what ``acceptable`` returns, because a person says so.

        Raises:
            ListBusy: a refresh does not end.
            ListError: as there; or it cannot be published.
        """
        self.acceptable(list_id, meant)
        # Nobody accepts the same twice, nor what a round that runs meanwhile replaces by a better version.
        with turn(self.data / ROUND, "another refresh", patience=_PATIENCE):
            found = self.acceptable(list_id, meant)
            if isinstance(found, Submission):
                return self._accept_submission(found, by=by, reason=reason, now=now)
            return accept(
                self.manifests()[list_id],
                self.data,
                by=by,
                reason=reason,
                build_index=build_index,
                now=now,
                sha256=found.sha256,
            )

    def _accept_submission(self, found: Submission, *, by: str, reason: str, now: datetime) -> ListRecord:
        list_id = found.list
        known = self._not_taken(list_id)
        manifest = own_manifest(list_id, title=found.title, list_format=found.format)
        if list_id in known and known[list_id].files[0].url:  # what is fetched goes on being fetched
            manifest = replace(manifest, files=known[list_id].files)
        record = accept_submission(
            manifest, self.data, found.id, by=by, reason=reason, build_index=build_index, now=now
        )
        add_own(manifest, data=self.data, known=known)
        discard(self.data, list_id)
        return record

    def pending(self) -> tuple[Submission, ...]:
        """Return the lists that wait for a review."""
        return pending(self.data)

    def discard(self, list_id: str, submission: str = "") -> Submission:
        """Forget what waits of a list.

        Raises:
            UnknownSubmission: nothing does, or another one than *submission*.
        """
        return discard(self.data, list_id, submission)

    # -- from the disk -----------------------------------------------------------------------------

    def publish_curated(self, now: datetime) -> None:
        """Publish the curated set when no snapshot holds it as it stands now, or another program built the index.

        Raises:
            NotReady: there is no snapshot and the data folder cannot be written.
        """
        manifests = self.manifests()
        if CURATED not in manifests:
            return
        record = self.snapshots.current_record()
        path = self.folder / CURATED
        held = {one.id: one.sha256 for one in record.lists} if record else {}
        folder = self.snapshots.current_folder()
        again = folder is not None and not index_fits(folder / "index")
        try:
            # Elsewhere, because a data folder that cannot be written may hold it already.
            with TemporaryDirectory() as shop:
                new = load(manifests[CURATED], path, library=self.snapshots, shop=Path(shop), retrieved_at=now)
                if held.get(CURATED) != new.record.sha256 or again:
                    self.snapshots.publish([new], build_index=build_index, built_at=now, again=again)
        except OSError as error:
            if record is None:
                raise NotReady(f"the data folder {self.data} cannot be written: {error.strerror}") from None
            _LOG.warning("the curated set in use is not the packaged one: %s cannot be written", self.data)

    def refresh(self, list_id: str, path: Path, now: datetime, *, allow_shrink: bool = False) -> ListRecord:
        """Load a list we know from a file or folder and publish it.

        Raises:
            UnknownList: nobody knows a list of that id.
            ListError: it cannot be read or believed; the snapshot in use stays.
        """
        manifest = find(self.manifests(), list_id)
        return refresh_from(
            manifest,
            path,
            self.data,
            build_index=build_index,
            retrieved_at=now,
            allow_shrink=allow_shrink,
            as_saved=True,
        )

    def add(self, list_id: str, place: Path | str, now: datetime, *, list_format: str, title: str = "") -> ListRecord:
        """Load a list of one's own; its manifest is kept only once the list was read.

        Args:
            list_id: how it is called from now on.
            place: a file or folder, or the URL from which it is fetched now and at every refresh.
            now: the time.
            list_format: how it is written.
            title: how reports call it.

        Raises:
            ListError: the id is taken, or the list cannot be had or read.
        """
        if isinstance(place, str) and is_web(place):
            return self._add_from(place, list_id, now, list_format=list_format, title=title)
        return self._add(own_manifest(list_id, title=title, list_format=list_format), Path(place), now)

    def submit(  # noqa: PLR0913 - a list, who brings it, and when
        self,
        list_id: str,
        path: Path,
        now: datetime,
        *,
        by: str,
        list_format: str = "generic",
        title: str = "",
        limits: Limits | None = None,
    ) -> Submission:
        """Read a list of one's own and let it wait until another person accepts it.

        Raises:
            InvalidInput: cells of it cannot be read; names them all.
            ListError: the id is taken, or the list cannot be read.
        """
        known = self._not_taken(list_id)
        title = title or (known[list_id].title if list_id in known else "")
        manifest = own_manifest(list_id, title=title, list_format=list_format)
        return submit(manifest, path, self.snapshots, by=by, now=now, limits=limits)

    def _add_from(self, url: str, list_id: str, now: datetime, *, list_format: str, title: str) -> ListRecord:
        manifest = own_manifest(list_id, title=title, list_format=list_format, url=url)
        try:
            with TemporaryDirectory() as folder:
                download(url, Path(folder) / file_name(manifest.files[0]), terms=self.terms)
                return self._add(manifest, Path(folder), now)
        except OSError as error:
            raise ListError(f"{list_id} cannot be kept: {(error.strerror or 'disk error').lower()}") from None

    def _add(self, manifest: Manifest, path: Path, now: datetime) -> ListRecord:
        known = self._not_taken(manifest.id)
        record = refresh_from(
            manifest,
            path,
            self.data,
            build_index=build_index,
            retrieved_at=now,
            allow_shrink=True,
            as_saved=True,
        )
        add_own(manifest, data=self.data, known=known)
        return record

    def _not_taken(self, list_id: str) -> Mapping[str, Manifest]:
        known = self.manifests()
        if list_id in known and known[list_id].regime != "own":
            raise ListRejected(f"list id {list_id!r} is taken by {known[list_id].title!r}")
        return known
