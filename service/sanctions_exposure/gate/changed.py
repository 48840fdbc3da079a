"""Which rows were added or changed since a commit: a row is new when the old file did not ask the same.

Questions are compared, not lines: sorting a table or indenting a document changes nothing that would be screened.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.gate.files import Item


@dataclass(frozen=True, slots=True)
class Since:
    """The state of a repository that files are compared with."""

    root: Path  # of the work tree
    commit: str

    @classmethod
    def of(cls, git_range: str, folder: Path) -> Since:
        """Read ``BASE``, ``BASE..HEAD`` or ``BASE...HEAD``; the files on disk must be those of the right side.

        Raises:
            InvalidInput: there is no repository or no such commit, or the right side is not what is checked out.
        """
        root = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
        base, dots, head = git_range.partition("...") if "..." in git_range else git_range.partition("..")
        if base.startswith("-") or head.startswith("-") or not base:
            raise InvalidInput(f"--changed-only {git_range!r}: write BASE, BASE..HEAD or BASE...HEAD")
        left = _commit(root, base, git_range)
        if dots:
            right = _commit(root, head or "HEAD", git_range)
            if right != _commit(root, "HEAD", git_range):
                raise InvalidInput(f"--changed-only {git_range!r}: {head!r} is not what is checked out")
            if dots == "...":
                left = _git(root, "merge-base", left, right).strip()
        return cls(root, left)

    def before(self, path: Path) -> bytes | None:
        """Return the bytes of a file as they were, under the name it had then; None for a file that is new."""
        real = path.resolve()
        if not real.is_relative_to(self.root.resolve()):
            raise InvalidInput(f"{path}: outside the repository, so what changed in it is not known")
        name = real.relative_to(self.root.resolve()).as_posix()
        old = self._renames().get(name, name)
        done = _run(self.root, "cat-file", "blob", f"{self.commit}:{old}")
        return done.stdout if done.returncode == 0 else None

    def _renames(self) -> dict[str, str]:
        listed = _git(self.root, "diff", "--name-status", "-z", "-M", "--diff-filter=R", self.commit, "--")
        parts = listed.split("\0")
        return {parts[i + 2]: parts[i + 1] for i in range(0, len(parts) - 2, 3)}


def changed(items: Sequence[Item], old: Callable[[], Sequence[Item]]) -> tuple[Item, ...]:
    """Return the items whose question the old file did not hold; one asked twice was asked once more."""
    try:
        known = Counter(key for item in old() if (key := _key(item)))
    except InvalidInput:
        return tuple(items)  # what could not be read then was never screened
    new = []
    for item in items:
        key = _key(item)
        if key and known[key]:
            known[key] -= 1
        else:
            new.append(item)
    return tuple(new)


def _key(item: Item) -> bytes:
    return b"" if isinstance(item.request, InvalidInput) else msgspec.json.encode(item.request, order="deterministic")


def _commit(root: Path, name: str, git_range: str) -> str:
    done = _run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode:
        hint = "; a shallow clone may lack it: fetch with depth 0"
        raise InvalidInput(f"--changed-only {git_range!r}: there is no commit {name!r}{hint}")
    return done.stdout.decode().strip()


def _git(folder: Path, *arguments: str) -> str:
    done = _run(folder, *arguments)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise InvalidInput(f"--changed-only needs a git repository: {said or 'git failed'}")
    return done.stdout.decode("utf-8", "surrogateescape")


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise InvalidInput(f"--changed-only needs git: {error.strerror}") from None
