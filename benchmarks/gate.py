"""How long a pipeline waits for `exposure check`: a thousand suppliers against a bundled snapshot, whole processes.

    python benchmarks/gate.py            the lists of the data folder that EXPOSURE_DATA names

Beside it stands a process that only imports pandas: what starting Python with a table in hand costs anyway.  The median
of five of each, taken in turns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROWS = 1_000
TIMES = 5


def took(*command: str) -> float:
    """Return the seconds that a command of this interpreter takes; its findings do not matter."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        bundle, file = Path(place, "lists.zip"), Path(place, "suppliers.csv")
        took("-m", "sanctions_exposure", "lists", "bundle", "--output", str(bundle))
        if not bundle.exists():
            raise SystemExit("the data folder holds no lists to bundle")
        rows = [f"{n},Quiet Harbour Bakery {n},fr" for n in range(ROWS)]
        file.write_text("\n".join(["id,name,country", *rows, ""]), encoding="utf-8")
        command = ("-m", "sanctions_exposure", "check", str(file), "--snapshot", str(bundle))
        runs = [(took(*command), took("-c", "import pandas")) for _ in range(TIMES)]
    ours, bare = (median(column) for column in zip(*runs, strict=True))
    print(f"{ROWS} suppliers from start to verdict: {ours:.2f} s; import of pandas alone: {bare:.2f} s")


if __name__ == "__main__":
    main()
