from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sanctions_exposure.errors import RulesError
from sanctions_exposure.policy import Ruleset, load_ruleset


@pytest.fixture
def folder(tmp_path: Path, rules_folder: Path) -> Path:
    """A copy of the rules that a test may damage."""
    return Path(shutil.copytree(rules_folder, tmp_path / "rules"))


def test_balanced_leaves_the_thresholds_as_they_stand(ruleset: Ruleset) -> None:
    assert ruleset.profiles["balanced"].thresholds == {}


def test_high_recall_finds_more_and_lets_more_strangers_through(ruleset: Ruleset) -> None:
    balanced, high = ruleset.profiles["balanced"], ruleset.profiles["high-recall"]

    assert high.thresholds["name-review"] < ruleset.thresholds["name-review"].value
    assert high.recall > balanced.recall
    assert high.false_positives > balanced.false_positives


def test_a_profile_sets_its_thresholds_and_its_ruleset_has_a_name_of_its_own(folder: Path) -> None:
    usual, high = load_ruleset(folder), load_ruleset(folder, "high-recall")

    assert high.thresholds["name-review"].value == usual.profiles["high-recall"].thresholds["name-review"]
    assert high.thresholds["name-strong"] == usual.thresholds["name-strong"]
    assert high.id != usual.id == load_ruleset(folder, "balanced").id


def test_a_profile_that_is_not_there_names_those_that_are(folder: Path) -> None:
    with pytest.raises(RulesError, match=r"profile\.lenient: is missing; there are balanced, high-recall"):
        load_ruleset(folder, "lenient")


def test_a_rules_folder_may_have_no_profiles(folder: Path) -> None:
    path = folder / "thresholds.toml"
    before, _, after = path.read_text(encoding="utf-8").partition("[profile.balanced]")
    path.write_text(before + after[after.index("[outcome]") :], encoding="utf-8")

    assert load_ruleset(folder).profiles == {}


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("name-review = 0.60", "name-revue = 0.60", ("profile.high-recall", "name-revue")),
        ("name-review = 0.60", "name-review = 60.0", ("profile.high-recall", "name-review", "60.0")),
        ("name-review = 0.60", 'name-review = "low"', ("profile.high-recall", "name-review", "low")),
        ("[profile.balanced]\nrecall", "[profile.balanced]\nrecalls", ("profile.balanced", "recalls")),
        ("[profile.balanced]", '[profile]\nlenient = "yes"\n[profile.balanced]', ("lenient",)),
    ],
)
def test_a_damaged_profile_names_file_and_key(folder: Path, old: str, new: str, names: tuple[str, ...]) -> None:
    path = folder / "thresholds.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(RulesError) as caught:
        load_ruleset(folder)

    assert all(name in str(caught.value) for name in ("thresholds.toml", *names))
