"""Accepts lists for a service that goes on answering.

A new snapshot takes seconds of work and much memory, so it is made by ``exposure lists accept`` in a process of its
own, and the workers pick it up as they pick up every other.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from sanctions_exposure.errors import ListError
from sanctions_exposure.sources.quarantine import Quarantined
from sanctions_exposure.sources.review import Submission
from sanctions_exposure.wiring.lists import ListDesk, Meant

_PATIENCE: Final = 900  # seconds; a refresh that holds the lock comes first


def accept_aside(desk: ListDesk, list_id: str, meant: Meant, *, by: str, reason: str) -> Submission | Quarantined:
    """Publish what waits of a list or is in quarantine, and return it when it is in use.

    Raises:
        ListError: nothing is there, or not what is *meant*; or it cannot be published.
    """
    found = desk.acceptable(list_id, meant)
    exactly = Meant(submission=found.id if isinstance(found, Submission) else "", sha256=found.sha256)
    command = [sys.executable, "-m", "sanctions_exposure", "lists", "accept", f"--by={by}", f"--reason={reason}"]
    try:
        done = subprocess.run(  # noqa: S603 - this program; what a person wrote is an argument and nothing else
            [*command, f"--submission={exactly.submission}", f"--sha256={exactly.sha256}", "--", list_id],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ListError(f"{list_id} was not published within {_PATIENCE} seconds") from None
    if done.returncode:
        desk.acceptable(list_id, exactly)  # says so where somebody else accepted it meanwhile, or another one came
        raise ListError(f"{list_id} cannot be published: {done.stderr.decode('utf-8', 'replace').strip()[-500:]}")
    return found
