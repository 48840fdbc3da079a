"""Screening on a basis that somebody else has chosen: the other end of a cluster, opened once a process.

What a worker opens is found by its own settings (``EXPOSURE_DATA``, ``EXPOSURE_RULES`` …); what it may open is fixed by
the basis.
"""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Final

from sanctions_exposure import __version__
from sanctions_exposure.errors import InvalidInput, NotReady
from sanctions_exposure.matching.snapshot import Snapshot
from sanctions_exposure.model import Json, Screening
from sanctions_exposure.policy import Ruleset
from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.publish import Library, verify
from sanctions_exposure.wiring import heap
from sanctions_exposure.wiring.pinned import Pinned
from sanctions_exposure.wiring.screener import Screener

if TYPE_CHECKING:
    from sanctions_exposure.bulk.basis import Basis

_OPENING: Final = threading.Lock()
_open: dict[str, tuple[Snapshot, Ruleset]] = {}  # by snapshot and ruleset: one a process, whatever its threads


def basis_of(screener: Screener, common: Mapping[str, Json] | None = None) -> Basis:
    """Return what answers rest on that are given now.

    Raises:
        NotReady: no snapshot is open.
    """
    from sanctions_exposure.bulk.basis import Basis

    pinned = screener.pinned()
    return Basis(
        snapshot=pinned.snapshot.id,
        ruleset=pinned.ruleset.id,
        engine=__version__,
        day=pinned.now.date(),
        lists=pinned.lists,
        doubts=pinned.doubts,
        limits=pinned.limits,
        common=dict(common or {}),
    )


def screen_on(basis: Basis, requests: Sequence[Json]) -> list[Screening | InvalidInput]:
    """Answer requests in order, on *basis* and nothing else; runs on a worker.

    Raises:
        NotReady: this process has another snapshot, ruleset or version, or a list refuses to be used.
    """
    return _screened(_opened(basis), basis.common, requests)


def screen_here(screener: Screener, basis: Basis) -> Callable[[Sequence[Json]], list[Screening | InvalidInput]]:
    """Return what answers requests on *basis* in this process, with the snapshot that *screener* has open now."""
    return partial(_screened, _pinned(screener.snapshot, screener.ruleset, basis), basis.common)


def _screened(pinned: Pinned, common: Mapping[str, Json], requests: Sequence[Json]) -> list[Screening | InvalidInput]:
    return pinned.screen_many([{**common, **r} if isinstance(r, dict) else r for r in requests])


def _pinned(snapshot: Snapshot, ruleset: Ruleset, basis: Basis) -> Pinned:
    noon = datetime.combine(basis.day, time(12), UTC)  # cells do not tell the hour
    return Pinned(
        snapshot=snapshot, ruleset=ruleset, lists=basis.lists, now=noon, limits=basis.limits, doubts=basis.doubts
    )


def _opened(basis: Basis) -> Pinned:
    key = f"{basis.snapshot} {basis.ruleset} {basis.engine}"
    with _OPENING:
        if key not in _open:
            _open.clear()  # one night's lists are enough in one memory
            _open[key] = _open_once(basis, Settings.from_env())
            # What stands now, and all that Dask or Spark brought, lives as long as this night: the collector, which
            # comes by every few hundred rows, need not walk it.
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            heap.keep_scratch()
        return _pinned(*_open[key], basis)


def _open_once(basis: Basis, settings: Settings) -> tuple[Snapshot, Ruleset]:
    here = f"worker on {socket.gethostname()}"
    if basis.engine != __version__:
        raise NotReady(f"{here}: has sanctions-exposure {__version__}, this run was begun with {basis.engine}")
    screener = Screener(settings)
    if screener.ruleset.id != basis.ruleset:
        raise NotReady(f"{here}: has ruleset {screener.ruleset.id}, this run was begun with {basis.ruleset}")
    folder = Library(settings.data).snapshots / basis.snapshot
    if not folder.is_dir():
        raise NotReady(f"{here}: EXPOSURE_DATA holds no snapshot {basis.snapshot}; copy or share its folder")
    verify(folder)  # the id is a digest: other lists under the same name are refused here
    return Snapshot.open(folder), screener.ruleset
