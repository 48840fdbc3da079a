import gc
import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sanctions_exposure import Screener as FrontDoor
from sanctions_exposure.errors import InvalidInput, ListError, NotReady, SettingsError, UnknownList
from sanctions_exposure.model import ListStateName, Outcome
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.lists import ListDesk
from sanctions_exposure.wiring.screener import Screener
from sanctions_exposure.wiring.states import states

OWN = "id,name,kind,schema,countries,dob\n1,Vexorin Plumbatic Works,primary,Organization,,\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_the_package_hands_out_the_screener() -> None:
    assert FrontDoor is Screener


def test_an_empty_data_folder_answers_from_the_curated_set(screener: Screener) -> None:
    assert screener.screen({"name": "OJSC BelAZ", "country": "by"}).outcome is Outcome.BLOCK


def test_opening_twice_publishes_once(tmp_path: Path) -> None:
    first = Screener.open(Settings(data=tmp_path))
    second = Screener.open(Settings(data=tmp_path))

    assert first.snapshot.id == second.snapshot.id
    assert len(list((tmp_path / "snapshots").iterdir())) == 1


def test_a_screener_follows_what_another_process_publishes(tmp_path: Path, own: Path) -> None:
    screener = Screener.open(Settings(data=tmp_path / "data"))
    before = screener.snapshot.id

    ListDesk.of(screener.settings).add("ours", own, datetime.now(UTC), list_format="generic")

    assert screener.reload() is True
    assert screener.snapshot.id != before
    assert screener.search("Vexorin Plumbatic Works")[0].list == "ours"
    assert screener.reload() is False


def test_a_snapshot_that_is_no_longer_in_use_is_forgotten(tmp_path: Path, own: Path) -> None:
    screener = Screener.open(Settings(data=tmp_path / "data"))
    screener.screen({"name": "OJSC BelAZ", "country": "by"})
    old = weakref.ref(screener.snapshot)

    ListDesk.of(screener.settings).add("ours", own, datetime.now(UTC), list_format="generic")
    screener.reload()
    screener.screen({"name": "OJSC BelAZ", "country": "by"})
    gc.collect()

    assert old() is None


def test_a_data_folder_that_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", encoding="ascii")

    with pytest.raises(NotReady, match="cannot be"):
        Screener.open(Settings(data=tmp_path / "data"))


def test_a_missing_rules_folder_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="EXPOSURE_RULES"):
        Screener.open(Settings(data=tmp_path, rules=tmp_path / "none"))


def test_a_list_grows_stale_with_its_age(screener: Screener) -> None:
    record = screener.snapshot.record
    now = datetime.fromisoformat(record.lists[0].retrieved_at) + timedelta(hours=31.5)

    (curated,) = (s for s in states(record, {}, {}, now) if s.id == "curated")

    assert curated.age_hours == 31.5
    assert curated.state is ListStateName.FRESH  # the curated set has no age limit


def test_known_lists_that_were_never_loaded_are_missing(screener: Screener) -> None:
    found = {state.id: state for state in screener.lists()}

    assert set(found) == set(screener.desk.manifests())
    assert found["us_ofac_sdn"].state is ListStateName.MISSING


def test_many_answers_keep_the_order_and_the_errors(screener: Screener) -> None:
    found = screener.screen_many([{"name": "OJSC BelAZ"}, {"name": "?"}, {"name": "Quorvane Blixtrop"}])

    assert isinstance(found[1], InvalidInput)
    assert not isinstance(found[0], InvalidInput)
    assert found[0].flags


def test_a_search_gives_back_only_what_scores_enough(screener: Screener) -> None:
    loose, strict = (screener.search("Belaz Avto Plant", limit=20, cutoff=cutoff) for cutoff in (0.5, 0.95))

    assert all(hit.score >= 0.95 for hit in strict)
    assert len(strict) <= len(loose)


def test_searches_are_answered_in_order(screener: Screener) -> None:
    first, second = screener.search_many(["OJSC BelAZ", {"name": "Rosoboronexport", "schema": "Company"}], limit=1)

    assert [hit.entity_id for hit in first] == ["belaz"]
    assert second[0].list == "curated"


def test_two_names_compare_without_any_list(screener: Screener) -> None:
    same = screener.compare("BelAZ OAO", "БелАЗ", schema="Company")
    other = screener.compare("BelAZ OAO", "Quorvane", schema="Company")

    assert same.score > 0.9 > other.score
    assert same.alignment


def test_loading_a_list_nobody_knows_is_refused(tmp_path: Path, own: Path) -> None:
    desk = ListDesk.of(Settings(data=tmp_path / "data"))

    with pytest.raises(UnknownList, match="known:"):
        desk.refresh("nonesuch", own, datetime.now(UTC))


def test_an_own_list_cannot_take_a_publisher_s_id(tmp_path: Path, own: Path) -> None:
    desk = ListDesk.of(Settings(data=tmp_path / "data"))

    with pytest.raises(ListError, match="taken"):
        desk.add("us_ofac_sdn", own, datetime.now(UTC), list_format="generic")


def test_an_own_list_that_cannot_be_read_leaves_no_manifest(tmp_path: Path, own: Path) -> None:
    own.write_text("nonsense", encoding="utf-8")
    desk = ListDesk.of(Settings(data=tmp_path / "data"))

    with pytest.raises(ListError):
        desk.add("ours", own, datetime.now(UTC), list_format="generic")

    assert "ours" not in desk.manifests()


def test_a_party_known_by_its_number_alone_is_found(screener: Screener) -> None:
    found = screener.screen({"registration": "600038906"})

    assert found.outcome is Outcome.BLOCK


def test_an_index_of_an_older_program_is_built_anew_over_the_same_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("sanctions_exposure.matching.normalise.VERSION", 0)
        before = Screener.open(Settings(data=tmp_path)).snapshot

    after = Screener.open(Settings(data=tmp_path))

    assert after.snapshot.id != before.id
    assert [one.sha256 for one in after.snapshot.record.lists] == [one.sha256 for one in before.record.lists]
    assert after.search("belaz")


NUMBERED = """id,name,kind,schema,countries,dob,identifiers
1,Vexorin Breeze,primary,Vessel,,,imo:9187629
2,Quorvane Bank,primary,Company,ru,,bic:QVRBRUMM;inn:7707083893
3,Zelmir Works,primary,Company,,,lei:529900T8BM49AURSDO55
"""


@pytest.mark.parametrize(
    ("asked", "entity", "agree"),
    [
        ("9187629", "1", {"imo"}),
        ("IMO 9187629", "1", {"imo"}),
        ("imo no. 9187629", "1", {"imo"}),
        ("QVRBRUMM", "2", {"bic"}),
        ("qvrbrummxxx", "2", {"bic"}),
        ("SWIFT: QVRBRUMM", "2", {"bic"}),
        ("7707083893", "2", {"inn"}),
        ("ИНН 7707083893", "2", {"inn"}),
        ("529900T8BM49AURSDO55", "3", {"lei"}),
        ("LEI 529900T8BM49AURSDO55", "3", {"lei"}),
        ("AB9187629", None, set()),
    ],
)
def test_an_identifier_is_found_as_it_is_written_and_agrees_by_what_the_entry_holds(
    own: Path, tmp_path: Path, asked: str, entity: str | None, agree: set[str]
) -> None:
    own.write_text(NUMBERED, encoding="utf-8")
    settings = Settings(data=tmp_path / "data")
    ListDesk.of(settings).add("ours", own, datetime.now(UTC), list_format="generic")

    hits = [hit for hit in Screener.open(settings).search(asked, limit=3) if hit.list == "ours" and hit.score > 0.9]

    assert [hit.entity_id for hit in hits] == ([entity] if entity else [])
    for hit in hits:
        assert {key for key, said in hit.features.items() if said == "agree"} == agree
