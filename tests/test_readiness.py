"""Required lists: what a probe is told while one is missing or too old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.keyring import Keyring
from sanctions_exposure.wiring.lists import ListDesk
from sanctions_exposure.wiring.readiness import Readiness
from sanctions_exposure.wiring.screener import Screener
from support.server import free_port
from support.small_lists import content, lists_folder

NOW = datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with the list xa_one, which may be 48 hours old, and without xb_two."""
    folder = lists_folder(tmp_path / "lists", {"xa_one": "https://a.invalid/1", "xb_two": "https://a.invalid/2"})
    found = Settings(data=tmp_path / "data", lists=folder)
    source = tmp_path / "xa_one.csv"
    source.write_bytes(content("Vexorin Plumbatic", "Quorvane Stroy", "Zelmir Works"))
    ListDesk.of(found).refresh("xa_one", source, NOW)
    return found


def keyring(settings: Settings) -> Keyring:
    return Keyring.of(settings, Database(settings.database_url, settings.data))


def reasons(settings: Settings, *required: str, hours: float = 0) -> tuple[str, ...]:
    screener = Screener(settings, clock=lambda: NOW + timedelta(hours=hours))
    screener.prepare()
    return Readiness(screener, keyring(settings), lambda: None, required).reasons()


def test_a_required_list_must_be_there_and_not_too_old(settings: Settings) -> None:
    assert reasons(settings, "xa_one", hours=47) == ()
    assert reasons(settings, "xa_one", hours=49) == ("the required list xa_one is 49 hours old; at most 48",)
    assert reasons(settings, "xb_two", "xa_one") == ("the required list xb_two is missing",)
    assert reasons(settings, hours=1000) == ()


def test_a_required_list_of_unknown_age_is_not_ready(settings: Settings) -> None:
    """The clock was set back: until it has caught up, nobody can say how old the list is."""
    (found,) = reasons(settings, "xa_one", hours=-72)

    assert "the required list xa_one is of unknown age" in found
    assert "our clock" in found


def test_a_list_that_nobody_knows_cannot_be_required(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="EXPOSURE_REQUIRED_LISTS: no list has the id nonesuch"):
        Readiness(Screener(settings), keyring(settings), lambda: None, ("xa_one", "nonesuch")).check()


def test_a_service_that_cannot_tell_who_may_ask_is_not_ready(settings: Settings) -> None:
    nobody = replace(settings, database_url=f"postgresql://exposure@127.0.0.1:{free_port()}/exposure")

    (found,) = reasons(nobody)

    assert "nobody can be let in: the database cannot be used" in found
    assert reasons(replace(nobody, anonymous=True)) == ()
