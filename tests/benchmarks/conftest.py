"""The benchmark's modules are scripts beside each other, so its folder is put on the path for these tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
