"""Tables of mixed names, end to end (reading, all rules, writing), beside the bare matcher and nomenklatura.

    python benchmarks/bulk.py                            20,000 rows; 1,000 by nomenklatura, where it is installed
    python benchmarks/bulk.py --rows 100000 --peer 5000
    python benchmarks/bulk.py --memory 1000              the memory for a table of 1,000 MB whose names repeat

Figures of one run may be compared with each other. Times are of the processor, so that other work on the machine counts
little; two processes are timed by the clock, and need two processors that are free.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import damage
import engines
import questions
import report
from sanctions_exposure.bulk.answers import screened
from sanctions_exposure.bulk.cells import ScreenMany, Tally
from sanctions_exposure.bulk.table import Table
from sanctions_exposure.cli.workers import answering
from sanctions_exposure.model import NameQuery, Schema
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.screener import Screener
from screening import settle

_CHUNK = 4096
_TURN = 4 * _CHUNK
_LIMIT = 25  # as many hits as a screening keeps
_NAMES = 20_000  # that repeat, in the table for memory


def mixed(asked: questions.Questions, rows: int) -> list[tuple[str, Schema | None]]:
    """Return distinct names: the questions, the same damaged once more, and names that nobody bears."""
    rng = random.Random(3)  # noqa: S311 - the same for everybody, not secret
    found = dict.fromkeys((q.name, q.schema) for q in asked.queries)
    while len(found) < rows:
        query = rng.choice(asked.queries)
        if rng.random() < 0.5 or query.schema is None:
            schema, name = damage.invented(rng)
        else:
            schema, name = query.schema, damage.damaged(query.name, query.schema, rng)[1]
        if name:
            found[name, schema] = None
    chosen = list(found)
    rng.shuffle(chosen)
    return chosen[:rows]


def table_of(names: Sequence[tuple[str, Schema | None]]) -> bytes:
    """Return a table of *names*."""
    lines = [f"{i},{_quoted(name)},{schema.value if schema else ''}\r\n" for i, (name, schema) in enumerate(names)]
    return ("reference,name,schema\r\n" + "".join(lines)).encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"') else text


def processor(work: Callable[[], object]) -> float:
    """Return the processor's seconds of *work*."""
    began = time.process_time()
    work()
    return time.process_time() - began


def clock(work: Callable[[], object]) -> float:
    """Return the clock's seconds of *work*."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def through(table: bytes, screen_many: Any) -> int:
    """Screen a table and return how many bytes came out."""
    return sum(map(len, screened(Table(io.BytesIO(table)), screen_many, Tally())))


def compared(rows: int, peer: int) -> None:
    """Measure and print the rates."""
    asked = questions.load(0)
    names = mixed(asked, 4 * rows + _CHUNK)
    parts = [names[at * rows : (at + 1) * rows] for at in range(4)]  # nobody is asked about a name twice
    with tempfile.TemporaryDirectory() as folder:
        engines.publish(asked.entities, Path(folder) / "snapshot")
        screener = Screener.of_folder(Settings(data=Path(folder)), Path(folder) / "snapshot")
        through(
            table_of(names[4 * rows :]), screener.pinned().screen_many
        )  # what is read on first use is no row's cost
        settle()
        whole, alone = _in_turns(screener, parts[0], parts[1])
        one, two = _processes(screener.pinned().screen_many, table_of(parts[2]), table_of(parts[3]))
        found = [
            ("bare matcher, no table", rows / alone, 1.0),
            ("table through all rules, one process", rows / whole, alone / whole),
        ]
        if peer and engines.NOMENKLATURA in engines.installed():
            seconds = _peer(asked, [n for n in parts[0] if n[1]][:peer])
            found.append((engines.NOMENKLATURA, peer / seconds, alone / rows * peer / seconds))
            print(f"one process: {rows / whole / (peer / seconds):.0f} times nomenklatura's rows a second")
    print(report.table(("", "rows a second", "bare matcher = 1"), found))
    print(f"table: {alone / whole:.2f} of the bare matcher's rate")
    print(f"two processes by the clock: {one / two:.2f} times one (load {os.getloadavg()[0]:.1f})")


def _in_turns(screener: Screener, first: Sequence[Any], second: Sequence[Any]) -> tuple[float, float]:
    """Return the seconds of the table and of the bare matcher, part after part in turns: memories fill alike."""
    cutoff = screener.ruleset.thresholds["name-review"].value
    pinned, whole, alone = screener.pinned(), 0.0, 0.0
    for at in range(0, len(first), _TURN):
        table = table_of(first[at : at + _TURN])
        queries = [NameQuery(names=(n,), schema=s, countries=(), birth_date="") for n, s in second[at : at + _TURN]]
        whole += processor(lambda table=table: through(table, pinned.screen_many))  # type: ignore[misc]
        for start in range(0, len(queries), _CHUNK):
            part = queries[start : start + _CHUNK]
            alone += processor(
                lambda part=part: screener.snapshot.search_many(part, limit=_LIMIT, cutoff=cutoff)  # type: ignore[misc]
            )
    return whole, alone


def _processes(screen_many: ScreenMany, first: bytes, second: bytes) -> tuple[float, float]:
    with answering(screen_many, lambda: screen_many, 1) as alone:
        one = clock(lambda: through(first, alone.cells))
    with answering(screen_many, lambda: screen_many, 2) as pair:
        two = clock(lambda: through(second, pair.cells))
    return one, two


def _peer(asked: questions.Questions, names: Sequence[tuple[str, Schema | None]]) -> float:
    engine = engines.Nomenklatura()
    engine.build(asked.entities)
    queries = [questions.Query(name=name, schema=schema) for name, schema in names]
    engine.search(queries[:3])
    return processor(lambda: engine.search(queries))


# -- memory --------------------------------------------------------------------------------------


class Payments(io.RawIOBase):
    """A payment file of some size: references differ, names repeat."""

    def __init__(self, names: Sequence[tuple[str, Schema | None]], size: int) -> None:
        self._names, self._left, self._rows = names, size, self._made()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def _made(self) -> Iterator[bytes]:
        rng = random.Random(4)  # noqa: S311
        yield b"reference,name,amount,note\r\n"
        number = 0
        while self._left > 0:
            piece = []
            for _ in range(500):
                number += 1
                # A few names are paid again and again, most now and then.
                name = self._names[min(int(rng.paretovariate(0.6)), len(self._names)) - 1][0]
                piece.append(f"PAY-{number:010},{_quoted(name)},{number % 9973}.00,invoice {number:08} as agreed\r\n")
            block = "".join(piece).encode()
            self._left -= len(block)
            yield block

    def read1(self, _: int) -> bytes:
        return next(self._rows, b"")


def memory(megabytes: int) -> None:
    """Screen a table whose names repeat, and print the most memory that a process which does only that had."""
    with tempfile.TemporaryDirectory() as folder:
        engines.publish(questions.load(0).entities, Path(folder) / "snapshot")
        subprocess.run([sys.executable, __file__, "--memory-of", folder, str(megabytes)], check=True)  # noqa: S603


def memory_of(folder: Path, megabytes: int) -> None:
    """Screen against the snapshot in *folder*, in a process that has done nothing else."""
    screener = Screener.of_folder(Settings(data=folder), folder / "snapshot")
    index = sum(path.stat().st_size for path in (folder / "snapshot").rglob("*") if path.is_file()) / 2**20
    rng = random.Random(5)  # noqa: S311
    names = [damage.invented(rng)[::-1] for _ in range(_NAMES)]
    began = _most()
    stream, rows = Payments(names, megabytes * 10**6), Tally()
    seconds = processor(
        lambda: sum(map(len, screened(Table(stream), screener.pinned().screen_many, rows)))  # type: ignore[arg-type]
    )
    print(
        f"{megabytes} MB, {rows.rows:,} rows: at most {_most():.0f} MB resident, of which the index is {index:.0f} MB"
        f" and the process had {began:.0f} MB when it began; {rows.rows / seconds:,.0f} rows a second"
    )


def _most() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--peer", type=int, default=1_000, help="rows for nomenklatura; 0: leave it out")
    parser.add_argument("--memory", type=int, metavar="MB")
    parser.add_argument("--memory-of", nargs=2, metavar=("FOLDER", "MB"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        memory_of(Path(arguments.memory_of[0]), int(arguments.memory_of[1]))
    elif arguments.memory:
        memory(arguments.memory)
    else:
        compared(arguments.rows, arguments.peer)


if __name__ == "__main__":
    main()
