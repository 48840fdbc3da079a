"""A child process that is gone, without any clean-up, at a chosen file operation."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

STEPS = {"open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile"}


def dies_at(step: int, data: Path, work: Callable[[], object]) -> bool:
    """Do *work* in a child that ends before its file operation number *step* under *data*; whether it came to that."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(event: str, args: tuple[object, ...]) -> None:
            nonlocal seen
            if event in STEPS and str(args[0]).startswith(str(data)):
                seen += 1
                if seen > step:
                    os._exit(9)

        sys.addaudithook(count)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
