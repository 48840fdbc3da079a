from pathlib import Path

import pytest

from sanctions_exposure.errors import SettingsError
from sanctions_exposure.settings import NAMES, Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_an_empty_environment_gives_usable_defaults() -> None:
    settings = Settings.from_env()

    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.data.is_absolute()


def test_every_setting_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPOSURE_DATA", "/srv/exposure")
    monkeypatch.setenv("EXPOSURE_PORT", "9000")
    monkeypatch.setenv("EXPOSURE_PROFILE", "high-recall")
    monkeypatch.setenv("EXPOSURE_MAX_PARTIES", "7")

    settings = Settings.from_env()

    assert settings.data == Path("/srv/exposure")
    assert settings.port == 9000
    assert settings.profile == "high-recall"
    assert settings.limits.parties == 7


def test_an_unknown_setting_stops_start_up_and_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPOSURE_PROT", "9000")

    with pytest.raises(SettingsError, match="EXPOSURE_PROT: no such setting"):
        Settings.from_env()


def test_the_folder_of_real_test_data_is_no_setting_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPOSURE_TEST_DATA", "/somewhere")

    assert Settings.from_env().port == 8080


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXPOSURE_PORT", "http"),
        ("EXPOSURE_PORT", ""),
        ("EXPOSURE_PORT", "70000"),
        ("EXPOSURE_WORKERS", "0"),
        ("EXPOSURE_MAX_NAME", "-1"),
        ("EXPOSURE_RULES", ""),
        ("EXPOSURE_DATA", ""),
    ],
)
def test_a_malformed_value_stops_start_up_and_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        Settings.from_env()


def test_every_setting_is_explained_to_operators() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")

    assert {name for name in NAMES if f"`{name}`" not in page} == set()
