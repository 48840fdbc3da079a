from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sanctions_exposure.errors import RulesError
from sanctions_exposure.policy import check, load_ruleset


@pytest.fixture
def folder(tmp_path: Path, rules_folder: Path) -> Path:
    """A copy of the rules that a test may damage."""
    return Path(shutil.copytree(rules_folder, tmp_path / "rules"))


def _swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return damage


def _copy(source: str, target: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        shutil.copy(folder / source, folder / target)

    return damage


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


PORT = "listed-port.toml"
IDLE = "[UNUSED]\ntitle='a'\nseverity='low'\nmeaning='a'\naction='a'\n[LISTED_PORT]"
CHPL, STAGES, LISTED = "tables/chpl.csv", "tables/corridor-stages.csv", "tables/listed-nodes.csv"


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        (_swap(PORT, 'condition = "listed-node"', 'condition = "listed-nodes"'), (PORT, "all[0]", "condition")),
        (_swap(PORT, 'kind = "port"', 'sort = "port"'), (PORT, "all[0]", "sort")),
        (_swap(PORT, 'kind = "port"', 'kind = "harbour"'), (PORT, "all[0]", "kind")),
        (_swap(PORT, 'flag = "LISTED_PORT"', 'flag = "LISTED_HARBOUR"'), (PORT, "flag", "LISTED_HARBOUR")),
        (_swap(PORT, 'id = "listed-port"', 'id = "listed-ports"'), (PORT, "id")),
        (_swap(PORT, "effective = 2024-11-18", 'effective = "18.11.2024"'), (PORT, "effective")),
        (_swap(PORT, "effective = 2024-11-18", "effective = 2024-11-18T00:00:00"), (PORT, "effective")),
        (_swap(PORT, "effective = 2024-11-18", "effective = 2024-11-18\nuntil = 2024-11-18"), (PORT, "until")),
        (_swap(PORT, "version = 1", "version = true"), (PORT, "version")),
        (_swap(PORT, "version = 1", "version = 1\nenabled = false"), (PORT, "doubt")),
        (_swap(PORT, "{place}", "{plaice}"), (PORT, "explanation", "plaice")),
        (_swap(PORT, "{place}", "{place"), (PORT, "explanation")),
        (_swap(PORT, 'confidence = "verified"', 'confidence = "sure"'), (PORT, "sources[0]", "confidence")),
        (_swap(PORT, 'to = "medium"', 'to = "medium"\nby = 1'), (PORT, "lower[0]", "by")),
        (_swap(PORT, 'to = "medium"', 'to = "middling"'), (PORT, "lower[0]", "to")),
        (_swap(PORT, "[[all]]", "[[al]]"), (PORT, "al")),
        (_swap("goods-chpl.toml", 'table = "chpl"', 'table = "chpl2"'), ("goods-chpl.toml", "table", "chpl2")),
        (_swap("corridor-instc-countries.toml", '"ru", "ir"', '"ru", "iran"'), ("countries", "iran")),
        (_swap("flags.toml", 'severity = "critical"', 'severity = "dire"'), ("flags.toml", "severity", "dire")),
        (_swap("flags.toml", "[LISTED_PORT]", IDLE), ("flags.toml", "UNUSED")),
        (_swap("thresholds.toml", "value = 0.70", "value = 7.0"), ("thresholds.toml", "name-review", "value")),
        (_swap("thresholds.toml", "[threshold.name-review]", "[threshold.name]"), ("threshold.name",)),
        (_swap("thresholds.toml", 'high = "review"', 'high = "look"'), ("thresholds.toml", "high", "look")),
        (_swap("thresholds.toml", "high = 59", "high = 61"), ("thresholds.toml", "band")),
        (_swap(CHPL, "group,hs", "group,code"), (CHPL, "column 'code'")),
        (_swap(CHPL, ",high,", ",lofty,"), (CHPL, "line 2", "'severity'")),
        (_swap(CHPL, "854231", "85423x"), (CHPL, "line 2", "'hs'")),
        (_swap(LISTED, "2025-02-25", "25.02.2025"), (LISTED, "line 2", "'from'")),
        (_swap(LISTED, "astrakhan", "atlantis"), (LISTED, "line 2", "atlantis")),
        (_swap("tables/corridors.csv", "stage:2;stage:3", "stage:2;stage:9"), ("corridors.csv", "must_include")),
        (_swap(STAGES, "saint-petersburg", "atlantis"), (STAGES, "line 2", "atlantis")),
        (_swap("tables/nodes.csv", "chekhov,", "moscow,"), ("tables/nodes.csv", "line 3", "moscow")),
        (_swap("tables/banks.csv", "SWIFT_DISCONNECTED_BANK", "SWIFT"), ("tables/banks.csv", "line 2", "SWIFT")),
        (_copy(CHPL, "tables/more.csv"), ("tables/more.csv", "unknown table")),
        (_remove("tables/banks.csv"), ("tables/banks.csv", "missing")),
        (_remove("thresholds.toml"), ("thresholds.toml", "missing")),
        (_remove("listed-airport.toml"), ("flags.toml", "LISTED_AIRPORT")),
        (_swap(CHPL, '"BIS, with the EU, Japan and the UK"', '""'), (CHPL, "line 2", "'publisher'")),
        (_swap(LISTED, ",port,eu", ",harbour,eu"), (LISTED, "line 2", "'kind'")),
        (_copy(PORT, "other.toml"), ("other.toml", "id")),
    ],
)  # fmt: skip
def test_a_damaged_rules_folder_is_refused_naming_file_and_key(
    damage: Callable[[Path], None], names: tuple[str, ...], folder: Path
) -> None:
    damage(folder)

    with pytest.raises(RulesError) as refused:
        load_ruleset(folder)

    assert [name for name in names if name not in str(refused.value)] == []


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="no such rules folder"):
        load_ruleset(tmp_path / "nowhere")


def test_the_id_names_the_content_and_nothing_else(folder: Path, rules_folder: Path) -> None:
    copied = load_ruleset(folder).id
    (folder / "NOTES.md").write_text("read by people", encoding="utf-8")
    beside = load_ruleset(folder).id
    _swap("thresholds.toml", "value = 0.70", "value = 0.71")(folder)

    changed = load_ruleset(folder).id

    assert copied.startswith("sha256:")
    assert copied == load_ruleset(rules_folder).id == beside
    assert changed != copied


def test_a_fault_names_its_line(folder: Path) -> None:
    _swap(PORT, 'to = "medium"', 'to = "middling"')(folder)
    line = (folder / PORT).read_text(encoding="utf-8").splitlines().index('to = "middling"') + 1

    with pytest.raises(RulesError, match=rf"^{PORT}: line {line}: lower\[0\]: to: "):
        load_ruleset(folder)


def test_check_tells_the_faults_of_every_file_at_once(folder: Path) -> None:
    assert check(folder) == ()
    _swap(PORT, "version = 1", "version = true")(folder)
    _swap("thresholds.toml", 'high = "review"', 'high = "look"')(folder)
    _swap(CHPL, "854231", "85423x")(folder)

    faults = check(folder)

    assert [fault.split(": ")[0] for fault in faults] == [PORT, "thresholds.toml", CHPL]


def test_check_tells_what_only_shows_between_files(folder: Path) -> None:
    _remove("listed-airport.toml")(folder)

    assert check(folder) == ("flags.toml: LISTED_AIRPORT: no rule raises this flag",)
