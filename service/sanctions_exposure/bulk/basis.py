"""What a batch of answers rests on, said once, so that every process and every night can hold itself to it.

The same question on the same basis has the same answer.  A worker refuses another basis; a portfolio that was screened
on an older one is screened again only where the two can differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from sanctions_exposure.errors import InvalidInput
from sanctions_exposure.model import Json, ListState
from sanctions_exposure.question import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Lists, rules, program, day and bounds of a batch."""

    snapshot: str  # id; holds twelve digits of the digest over every file of the snapshot
    ruleset: str  # id; the digest of every file it was read from
    engine: str  # version of this package
    day: date  # whose law holds where a question names no day
    lists: tuple[ListState, ...]  # as they stood when the batch began, not when each worker looked
    doubts: tuple[str, ...] = ()  # what every answer said besides
    limits: Limits = field(default_factory=Limits)
    common: Mapping[str, Json] = field(default_factory=dict)  # said for every question: as_of, regimes

    @property
    def told_of_lists(self) -> tuple[tuple[str, ...], ...]:
        """What the words of an answer say of the lists, whatever was asked, and whether it would be refused."""
        told = ((state.id, state.regime, state.state.value, str(state.refuses)) for state in self.lists)
        return (self.doubts, *told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A result that was written, by its bytes, and its basis; lies beside the result."""

    basis: Basis
    mapping: Mapping[str, str]
    files: Mapping[str, str]  # name to SHA-256, in the order of the rows
    rows: int

    def to_json(self) -> bytes:
        """Return the record as a document for people and programs."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def from_json(cls, document: bytes, name: str) -> Record:
        """Read a record.

        Raises:
            InvalidInput: it is none; *name* is said.
        """
        try:
            return msgspec.json.decode(document, type=cls)
        except msgspec.MsgspecError as error:
            raise InvalidInput(f"{name} is no record of a result: {error}") from None


SUFFIX = ".basis.json"


def record_of(result: Path) -> Path:
    """Return where the record of a result file lies."""
    return result.with_name(result.name + SUFFIX)
