"""Whether answers may be believed, for probes and for metrics alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sanctions_exposure.errors import NotReady, SettingsError, StorageUnavailable
from sanctions_exposure.model import ListState, ListStateName
from sanctions_exposure.wiring.keyring import Keyring
from sanctions_exposure.wiring.screener import Screener


@dataclass(frozen=True, slots=True)
class Readiness:
    """What must hold before a service may be believed."""

    screener: Screener
    keyring: Keyring
    looked: Callable[[], None]  # raises where nothing can be remembered
    required: tuple[str, ...] = ()  # ids of lists without which nothing is to be believed

    def check(self) -> None:
        """Refuse to wait for a list that nobody knows.

        Raises:
            SettingsError: names it.
        """
        known = self.screener.desk.manifests()
        if unknown := [one for one in self.required if one not in known]:
            raise SettingsError(f"EXPOSURE_REQUIRED_LISTS: no list has the id {', '.join(unknown)}")

    def reasons(self) -> tuple[str, ...]:
        """Say why no answer may be believed; nothing when it may."""
        return (*self.screener.reasons_not_ready(), *self._of_keys(), *self._of_lists())

    def doubts(self) -> tuple[str, ...]:
        """Say what is amiss although answers may be believed.

        Without a database screening goes on, and those who share it all miss it at once, so sending questions elsewhere
        would help nobody. What must be kept is answered 503.
        """
        found = self.screener.doubts()
        try:
            self.looked()
        except StorageUnavailable as error:
            return (*found, f"nothing can be remembered: {error}")
        return tuple(found)

    def _of_keys(self) -> Iterator[str]:
        try:
            self.keyring.asked()
        except StorageUnavailable as error:
            yield f"nobody can be let in: {error}"

    def _of_lists(self) -> Iterator[str]:
        if not self.required:
            return
        try:
            states = {state.id: state for state in self.screener.lists()}
        except NotReady:
            return  # told already
        for list_id in self.required:
            state = states.get(list_id)
            if state is None or state.state is ListStateName.MISSING:
                yield f"the required list {list_id} is missing"
            elif state.max_age_hours is not None and not state.age_known:
                yield f"the required list {list_id} is of unknown age: {state.note}"
            elif _is_too_old(state):
                yield f"the required list {list_id} is {state.age_hours:g} hours old; at most {state.max_age_hours:g}"


def _is_too_old(state: ListState) -> bool:
    # By its age, since a list that is quarantined may be too old as well.
    return state.age_hours is not None and state.max_age_hours is not None and state.age_hours > state.max_age_hours
