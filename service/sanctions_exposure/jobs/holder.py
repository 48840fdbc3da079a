"""Who works on a job: a process of a machine, and whether it still lives as far as this machine can tell."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def ourselves() -> str:
    """Return the name of this process, which no other has or will have."""
    return f"{_machine()}:{os.getpid()}:{_born(os.getpid())}"


def dead(holders: Sequence[str]) -> list[str]:
    """Return those that were processes of this machine and are gone; of other machines nothing can be told."""
    machine = _machine()
    found = []
    for holder in holders:
        where, _, process = holder.partition(":")
        pid, _, born = process.partition(":")
        if where == machine and born and pid.isdigit() and _born(int(pid)) != born:
            found.append(holder)
    return found


def _machine() -> str:
    """Return a name of this boot and this space of process ids: containers share a host, but not their processes."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = str((_PROC / "self/ns/pid").stat().st_ino)
    except OSError:
        boot = space = ""
    return hashlib.sha256(f"{socket.gethostname()}/{boot}/{space}".encode()).hexdigest()[:16]


def _born(pid: int) -> str:
    """Return when a process began, in ticks since the machine did; empty where there is none, or none can be seen."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
