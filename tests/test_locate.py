from pathlib import Path

import pytest

from sanctions_exposure import locate
from sanctions_exposure.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent


def test_a_configured_folder_comes_first(tmp_path: Path) -> None:
    assert locate.data_folder("rules", tmp_path) == tmp_path


def test_a_configured_folder_that_is_not_there_is_refused_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="EXPOSURE_LISTS"):
        locate.data_folder("lists", tmp_path / "none")


def test_a_checkout_serves_its_own_folders() -> None:
    assert locate.data_folder("rules") == ROOT / "rules"


def test_the_wheel_s_folder_comes_before_the_checkout_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = tmp_path / "_data" / "rules"
    packaged.mkdir(parents=True)
    monkeypatch.setattr(locate, "_PACKAGE", tmp_path)

    assert locate.data_folder("rules") == packaged


def test_no_folder_anywhere_says_which_setting_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "_PACKAGE", tmp_path)
    monkeypatch.setattr(locate, "_CHECKOUT", tmp_path)

    with pytest.raises(SettingsError, match="EXPOSURE_RULES"):
        locate.data_folder("rules")
