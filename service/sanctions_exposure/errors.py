"""Every error this package raises on purpose.

::

    ExposureError
    ├── InvalidInput          the caller's question cannot be screened
    │   └── TooLarge          it is larger than this installation takes
    ├── SettingsError         a setting is unknown or malformed; start-up stops
    ├── RulesError            a rules folder is wrong; names file and key
    ├── ListError             something about a list
    │   ├── ListUnavailable   a list cannot be had: nobody answers, or not with a list
    │   ├── ListFormatError   a list document is not what its publisher emits
    │   ├── ListBusy          another refresh is running
    │   ├── ListRejected      a list parsed, but does not look whole
    │   │   ├── ListQuarantined  it waits in quarantine until a person says it is right
    │   │   ├── NothingQuarantined  nothing of that list is in quarantine
    │   │   └── NotOverruled  what is in quarantine cannot be read, or is not what was meant
    │   ├── UnknownSubmission nothing of that list waits for a review, or another version than was meant
    │   ├── UnknownSnapshot   no snapshot has this id, or it does not hold what was asked for
    │   └── UnknownList       nobody knows a list of that id
    ├── StorageUnavailable    the database cannot be reached or used
    └── NotReady              no usable snapshot: a "clear" would be worse than none
        └── SnapshotCorrupt   a snapshot is there but its bytes are not those published

Anything raised outside this tree is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ExposureError(Exception):
    """Root of every error a caller can be told about."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: where (a JSON pointer) and what."""

    pointer: str
    detail: str


class InvalidInput(ExposureError):  # noqa: N818 - reads as what it says
    """The question cannot be screened as it was asked."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class TooLarge(InvalidInput):
    """The input is larger than this installation takes; the message names the limit and its setting."""


class SettingsError(ExposureError):
    """A setting is unknown or malformed."""


class RulesError(ExposureError):
    """A rules folder cannot be used; the message names file and key."""


class ListError(ExposureError):
    """Something is wrong with a list."""


class ListUnavailable(ListError):  # noqa: N818
    """A list cannot be had where it should be: nobody answers there, or not with a list."""


class ListFormatError(ListError):
    """A list document is not what its publisher emits; the message names file, row and field."""


class ListRejected(ListError):  # noqa: N818
    """A list was read but does not look whole, so the last good one stays."""


class ListQuarantined(ListRejected):
    """A list does not look whole and was put into quarantine: a person may say that it is right."""


class NothingQuarantined(ListRejected):
    """Nothing of that list is in quarantine: it was never there, was accepted, or a better version came."""


class NotOverruled(ListRejected):
    """What is in quarantine cannot be accepted: it cannot be read, or is not the version that was meant."""


class ListBusy(ListError):  # noqa: N818
    """Another refresh is running on the same data folder."""


class UnknownList(ListError):  # noqa: N818
    """No manifest and no own list has this id."""


class UnknownSubmission(ListError):  # noqa: N818
    """Nothing of that list waits for a review, or not the version that was meant."""


class UnknownSnapshot(ListError):  # noqa: N818
    """No snapshot has this id, or it does not hold what was asked for."""


class StorageUnavailable(ExposureError):  # noqa: N818
    """What must be remembered cannot be: the database cannot be reached or used."""


class NotReady(ExposureError):  # noqa: N818
    """There is no snapshot that may be believed."""


class SnapshotCorrupt(NotReady):
    """A snapshot's bytes are not the ones that were published."""
