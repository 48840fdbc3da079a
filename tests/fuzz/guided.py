"""Hunts by hand, guided by coverage: ``python tests/fuzz/guided.py TARGET [FOLDER] [-max_total_time=600]``.

Needs ``pip install atheris`` (Linux).  A finding is written as ``crash-…``; cut it down, move it to ``found/TARGET/``,
and it is a test.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "service")]

with atheris.instrument_imports(include=["sanctions_exposure"]):
    from fuzz import targets


def main() -> None:
    """Fuzz one target until a finding, or the time given."""
    if len(sys.argv) < 2 or sys.argv[1] not in targets.TARGETS:
        sys.exit(f"TARGET is one of: {', '.join(targets.TARGETS)}")
    target = sys.argv.pop(1)
    corpus = TESTS.parent / ".hypothesis" / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets.TARGETS[target].seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], lambda document: targets.attempt(target, document))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
