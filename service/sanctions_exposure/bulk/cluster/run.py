"""A portfolio on a Dask cluster: parts go out, what became of them comes back; those of a lost worker go out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from sanctions_exposure.bulk.basis import SUFFIX, Basis, Record
from sanctions_exposure.bulk.cells import ScreenMany
from sanctions_exposure.bulk.cluster.parts import Part, written
from sanctions_exposure.bulk.cluster.work import Done, screen_part
from sanctions_exposure.errors import NotReady

RECORD: Final = f"_result{SUFFIX}"  # in the folder of results; not there: not finished
_CONNECT_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One portfolio on one cluster."""

    parts: Sequence[Part]
    folder: str
    basis: Basis
    mapping: Mapping[str, str]


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a scheduler.

    Raises:
        NotReady: nobody answers there.
    """
    try:
        client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise NotReady(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        yield client


def screen_parts(client: Client, run: Run, screen_many: ScreenMany) -> Iterator[Done]:
    """Yield what became of each part, as they come; afterwards the folder holds a record of the whole result.

    Args:
        client: connected to the scheduler.
        run: what is screened and where the answers go.
        screen_many: travels to the workers, so it is a function of a module bound to a basis, never a closure.

    Raises:
        NotReady: a worker has other lists, rules or another version, or one part killed worker after worker.
        InvalidInput: a file cannot be read; names it.
    """
    waiting = as_completed(
        client.map(
            screen_part,
            run.parts,
            folder=run.folder,
            screen_many=screen_many,
            mapping=run.mapping,
            key="screen",
            pure=False,
        )
    )
    done: dict[int, Done] = {}
    for future in waiting:
        try:
            one: Done = future.result()
        except KilledWorker as error:
            raise NotReady(f"a part was given up, since worker after worker was lost over it: {error}") from error
        done[one.part.number] = one
        future.release()
        yield one
    _record(run, [done[part.number] for part in run.parts])


def _record(run: Run, done: Sequence[Done]) -> None:
    record = Record(
        basis=run.basis,
        mapping=run.mapping,
        files={one.name: one.sha256 for one in done},
        rows=sum(one.rows for one in done),
    )
    with written(run.folder, RECORD) as target:
        target.path.write_bytes(record.to_json())
