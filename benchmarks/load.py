"""What a running service bears: capacity beside an empty endpoint, latency at half of it, and a soak with refreshes.

    python benchmarks/load.py --data FOLDER [--seconds 20] [--soak MINUTES] [--refresh-every 60]

Starts a service of its own on a copy of the data folder, asks it over loopback from this process, and prints the tables
of docs/operations.md.  Questions are new ones each time: words of listed names change places and one word in sixteen is
altered, so that caches meet what they would meet in production.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from sanctions_exposure.sources.publish import Library, read_entities

HOST: Final = "127.0.0.1"
CLIENTS: Final = 8
EMPTY: Final = b"GET /healthz HTTP/1.1\r\nHost: load\r\n\r\n"
STOPS: Final = ("Astrakhan, RU", "IRBAZ", "Bandar Abbas", "Nhava Sheva", "Hamburg", "Baku", "Istanbul", "Jebel Ali")
ALTERED: Final = 16  # one word of so many
PRUNED: Final = ["lists", "prune", "--keep", "2"]


class Questions:
    """An endless supply of requests, ready to be sent."""

    def __init__(self, data: Path, seed: int) -> None:
        """Take the words of the names that the data folder holds."""
        folder = Library(data).current_folder()
        if folder is None:
            sys.exit(f"{data} holds no snapshot")
        names = (entity.caption for entity in itertools.islice(read_entities(folder), 0, None, 3))
        self._words = sorted(
            {word for name in itertools.islice(names, 10_000) for word in name.split() if word.isalpha()}
        )
        self._chance = random.Random(seed)  # noqa: S311 - the same questions in every run

    def next(self) -> bytes:
        """Return one request: four in five are a name, the others a shipment."""
        chance = self._chance
        words = [self._altered(chance.choice(self._words)) for _ in range(chance.randint(1, 4))]
        asked: dict[str, object] = {"name": " ".join(words), "country": chance.choice(["de", "ir", "ae", "by"])}
        if chance.random() < 0.2:
            asked |= {"route": chance.sample(STOPS, 3), "goods": [{"hs_code": str(chance.randint(100000, 979999))}]}
        body = json.dumps(asked).encode()
        head = (
            f"POST /v1/screen HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        )
        return f"{head}\r\n\r\n".encode() + body

    def _altered(self, word: str) -> str:
        if len(word) < 4 or self._chance.randrange(ALTERED):
            return word
        at = self._chance.randrange(len(word))
        return word[:at] + self._chance.choice("aeioukrst") + word[at + 1 :]


class Client:
    """One connection that is kept; what goes wrong on it counts as a failed request and is never tried again."""

    def __init__(self, port: int) -> None:
        """Connect at the first question."""
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> str:
        """Send one request, read the whole answer, and return what is wrong with it: nothing, where it is a 200."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection((HOST, self._port), timeout=60)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(request)
            head, _, rest = self._until_head().partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            while len(rest) < length:
                rest += self._received()
            if b"\r\nconnection: close" in head.lower():
                self.close()
            return "" if head.startswith(b"HTTP/1.1 200") else head[:40].decode("latin-1").split("\r")[0]
        except (OSError, IndexError, ValueError) as error:
            self.close()
            return f"{type(error).__name__}: {error}"

    def _until_head(self) -> bytes:
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._received()
        return found

    def _received(self) -> bytes:
        chunk = self._socket.recv(1 << 16) if self._socket else b""
        if not chunk:
            raise ConnectionResetError("the service closed the connection in the middle of an answer")
        return chunk

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass
class Outcome:
    """What came of a run."""

    seconds: float
    latencies: list[float] = field(default_factory=list)  # seconds, from when a request was due
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Requests without an answer of 200."""
        return self.faults.total()

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def at(self, share: float) -> float:
        """Return the latency that *share* of the answers keep within, in milliseconds."""
        return sorted(self.latencies)[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


def drive(port: int, data: Path, seconds: float, *, rate: float | None = None, empty: bool = False) -> Outcome:
    """Ask for *seconds*, as fast as answers come or *rate* times a second.

    With a rate, a request is due at its time whether the one before was answered or not, and its latency counts from
    then: a service that stands still for a second is not let off with one slow answer.
    """
    outcome, lock, due = Outcome(seconds=seconds), threading.Lock(), itertools.count()
    supplies = [Questions(data, number) for number in range(CLIENTS)]  # a second's work, which no answer is to wait for
    began = time.perf_counter()

    def client(questions: Questions) -> None:
        connection = Client(port)
        latencies, faults = list[float](), Counter[str]()
        while (now := time.perf_counter()) - began < seconds:
            at = now
            if rate is not None:
                at = began + next(due) / rate
                if at - began >= seconds:
                    break
                time.sleep(max(at - time.perf_counter(), 0))
            fault = connection.ask(EMPTY if empty else questions.next())
            if fault:
                faults[fault] += 1
            else:
                latencies.append(time.perf_counter() - at)
        connection.close()
        with lock:
            outcome.latencies += latencies
            outcome.faults += faults

    clients = [threading.Thread(target=client, args=(questions,)) for questions in supplies]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return outcome


# -- the service -----------------------------------------------------------------------------------


@contextmanager
def served(data: Path, workers: int) -> Iterator[tuple[int, psutil.Process]]:
    """Give the port and the master of a service on *data*."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port = found.getsockname()[1]
    options = ["serve", "--port", str(port), "--workers", str(workers)]
    with data.with_name("log").open("wb") as log:
        process = subprocess.Popen(command(*options), env=environment(data), stdout=log, stderr=log)  # noqa: S603
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"the service ended: {data.with_name('log').read_text()[-2000:]}")
                time.sleep(0.1)
        else:
            sys.exit(f"the service does not answer: {data.with_name('log').read_text()[-2000:]}")
        time.sleep(3)  # what workers read beside their first answers
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)
        said = data.with_name("log").read_text(encoding="utf-8", errors="replace").splitlines()
        for line in [one for one in said if '"level":"error"' in one][:5]:  # why questions failed
            print(line, file=sys.stderr)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sanctions_exposure", *arguments]


def run(data: Path, arguments: list[str]) -> None:
    subprocess.run(command(*arguments), env=environment(data), check=True, capture_output=True)  # noqa: S603


def environment(data: Path) -> dict[str, str]:
    return os.environ | {"EXPOSURE_DATA": str(data), "EXPOSURE_REFRESH": "false"}


def megabytes(master: psutil.Process) -> list[tuple[float, float]]:
    """Return the proportional share and the private part of each process, the master's first."""
    found = [one.memory_full_info() for one in (master, *master.children(recursive=True))]
    return [(one.pss / 2**20, one.uss / 2**20) for one in found]


def published(data: Path, version: int) -> None:
    """Publish another version of a list of our own, as a refresh would, in processes of their own."""
    path = data.parent / "ours.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["id", "name", "kind", "schema", "countries", "dob"])
        table.writerows([n, f"Vexorin Plumbatic {version} {n}", "primary", "Organization", "", ""] for n in range(50))
    add = ["lists", "add", "ours", "--format", "generic", "--from", str(path)]
    for arguments in (add, PRUNED):
        run(data, arguments)


# -- what is measured ------------------------------------------------------------------------------


def capacity(port: int, data: Path, seconds: float) -> float:
    """Print the first table and return the capacity."""
    drive(port, data, seconds / 2)  # warm
    empty, full = drive(port, data, seconds, empty=True), drive(port, data, seconds)
    half = drive(port, data, seconds, rate=full.rate / 2)
    print("| | requests/s | p50 ms | p99 ms | failed |\n|---|---|---|---|---|")
    named = {"/healthz, as fast as it goes": empty, "/v1/screen, as fast as it goes": full, "at half of that": half}
    for name, one in named.items():
        for fault, count in one.faults.most_common():
            print(f"{count} times: {fault}", file=sys.stderr)
        print(f"| {name} | {one.rate:.0f} | {one.at(0.5):.1f} | {one.at(0.99):.1f} | {one.failed} |")
    return full.rate


def soak(port: int, master: psutil.Process, data: Path, rate: float, asked: argparse.Namespace) -> bool:
    """Print the second table, and return whether nothing failed and the memory stayed within 3 %."""
    samples: list[tuple[float, float]] = []
    minutes, every = asked.soak, asked.refresh_every
    began, over, version = time.monotonic(), threading.Event(), itertools.count(1)

    def watch() -> None:
        while not over.wait(2):
            samples.append((time.monotonic() - began, sum(pss for pss, _ in megabytes(master))))

    def refresh() -> None:
        while not over.wait(every):
            published(data, next(version))

    beside = [threading.Thread(target=watch), threading.Thread(target=refresh)]
    for one in beside:
        one.start()
    outcome = drive(port, data, minutes * 60, rate=rate)
    over.set()
    for one in beside:
        one.join()
    settled = [pss for at, pss in samples if at > minutes * 60 / 5]  # a fifth of the time to fill what is kept
    tenth = max(len(settled) // 5, 1)
    first, last = statistics.median(settled[:tenth]), statistics.median(settled[-tenth:])
    print("\n| minutes | requests/s | refreshes | failed | p50 ms | p99 ms | MB at first | MB at last | change |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {minutes:g} | {outcome.rate:.0f} | {next(version) - 1} | {outcome.failed} | {outcome.at(0.5):.1f} "
        f"| {outcome.at(0.99):.1f} | {first:.0f} | {last:.0f} | {last / first - 1:+.1%} |"
    )
    for fault, count in outcome.faults.most_common():
        print(f"{count} times: {fault}")
    return outcome.failed == 0 and abs(last / first - 1) <= 0.03


def main() -> int:
    """Measure, print, and return 1 where the soak did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a published snapshot; it is copied")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement of the first table")
    parser.add_argument("--soak", type=float, default=0, metavar="MINUTES")
    parser.add_argument("--share", type=float, default=0.7, help="of capacity, in the soak")
    parser.add_argument("--refresh-every", type=float, default=60, metavar="SECONDS")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exposure-load-") as folder:
        data = Path(shutil.copytree(asked.data, Path(folder) / "data", symlinks=True))
        run(data, PRUNED)
        with served(data, asked.workers) as (port, master):
            found = capacity(port, data, asked.seconds)
            told = ", ".join(f"{pss:.0f} ({uss:.0f} private)" for pss, uss in megabytes(master))
            print(f"\nMemory, MB of the master and each worker, shared pages in proportion: {told}")
            if not asked.soak:
                return 0
            return 0 if soak(port, master, data, found * asked.share, asked) else 1


if __name__ == "__main__":
    sys.exit(main())
