"""Accepts lists for a service that goes on answering.

A new snapshot takes seconds of work and much memory, so it is made by ``exposure lists accept`` in a process of its
own, and the workers pick it up as they pick up every other.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from sanctions_exposure.errors import ListError
from sanctions_exposure.sources.review import waiting
from sanctions_exposure.wiring.lists import ListDesk

_PATIENCE: Final = 900  # seconds; a refresh that holds the lock comes first


def accept_aside(desk: ListDesk, list_id: str, *, by: str, reason: str, submission: str) -> None:
    """Publish what waits of a list and return when it is in use.

    Raises:
        UnknownSubmission: nothing waits, or another one than *submission*.
        ListError: it cannot be published.
    """
    _, found = waiting(desk.data, list_id, submission)
    command = [sys.executable, "-m", "sanctions_exposure", "lists", "accept", f"--by={by}", f"--reason={reason}"]
    try:
        done = subprocess.run(  # noqa: S603 - this program; what a person wrote is an argument and nothing else
            [*command, f"--submission={found.id}", "--", list_id],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ListError(f"{list_id} was not published within {_PATIENCE} seconds") from None
    if done.returncode:
        raise ListError(f"{list_id} cannot be published: {done.stderr.decode('utf-8', 'replace').strip()[-500:]}")
