"""``exposure lists`` against a publisher of ours: what people see when lists come, fail, wait and are overruled."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import publisher as behave
from support.publisher import Publisher, publishing
from support.server import COMMAND, environment
from support.small_lists import content, lists_folder

NAMES = [f"Vexorin Plumbatic {letter}" for letter in "ABCDEFGHIJ"]
Done = subprocess.CompletedProcess[str]


@dataclass
class Bench:
    """A publisher, a lists folder that names it, and the command on a data folder of its own."""

    publisher: Publisher
    data: Path
    lists: Path

    def run(self, *arguments: str, **settings: str) -> Done:
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            encoding="utf-8",
            env=environment(EXPOSURE_DATA=str(self.data), EXPOSURE_LISTS=str(self.lists), **settings),
            timeout=120,
            check=False,
        )

    def state(self, list_id: str) -> dict[str, object]:
        found = json.loads(self.run("lists", "--format", "json").stdout)["lists"]
        return next(one for one in found if one["id"] == list_id)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with publishing() as publisher:
        urls = {
            name: publisher.serve(f"/{name}.csv", behave.document(content(*NAMES))) for name in ("xa_one", "xb_two")
        }
        yield Bench(publisher, tmp_path / "data", lists_folder(tmp_path / "lists", urls))


def test_all_lists_that_are_on_are_fetched_and_one_that_fails_is_told(bench: Bench) -> None:
    bench.publisher.serve("/xb_two.csv", behave.status(404))

    done = bench.run("lists", "refresh", EXPOSURE_FETCH_RETRIES="0")

    assert done.returncode == 3
    assert "xa_one  published" in done.stdout
    assert "xb_two  failed" in done.stdout
    assert "answered with status 404. There is no version in use." in done.stdout
    assert bench.state("xa_one")["state"] == "fresh"
    missing = bench.state("xb_two")
    assert missing["state"] == "missing"
    assert "the last look failed" in str(missing["note"])


def test_a_refresh_that_finds_everything_in_order_ends_with_zero(bench: Bench) -> None:
    first, second = bench.run("lists", "refresh"), bench.run("lists", "refresh", "xb_two", "--format", "json")

    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(second.stdout)["lists"] == [
        {"id": "xb_two", "outcome": "unchanged", "reason": "", "version": bench.state("xb_two")["version"],
         "entities": 10, "names": 10},
    ]  # fmt: skip
    assert "No list is due" in bench.run("lists", "refresh", "--due").stdout


def test_half_a_list_waits_until_a_person_overrules(bench: Bench) -> None:
    bench.run("lists", "refresh")
    bench.publisher.serve("/xa_one.csv", behave.document(content(*NAMES[:5])))

    refused = bench.run("lists", "refresh")
    waiting = bench.state("xa_one")
    asked = bench.run("screen", "--name", "Vexorin Plumbatic J", "--format", "json")
    accepted = bench.run("lists", "accept", "xa_one", "--by", "A. Reviewer", "--reason", "half were delisted")

    assert refused.returncode == 3
    assert "entities shrank from 10 to 5" in refused.stdout
    assert (waiting["state"], waiting["entities"]) == ("quarantined", 10)
    answer = json.loads(asked.stdout)
    assert answer["outcome"] != "clear"  # the last good one serves
    assert any("xa_one" in warning and "quarantined" in warning for warning in answer["warnings"])
    assert accepted.returncode == 0
    assert "Accepted by A. Reviewer" in accepted.stdout
    assert (bench.state("xa_one")["state"], bench.state("xa_one")["entities"]) == ("fresh", 5)


def test_half_a_list_from_a_file_of_any_name_can_be_accepted(bench: Bench, tmp_path: Path) -> None:
    bench.run("lists", "refresh")
    file = tmp_path / "as I saved it.txt"
    file.write_bytes(content(*NAMES[:5]))

    refused = bench.run("lists", "refresh", "xa_one", "--from", str(file))
    accepted = bench.run("lists", "accept", "xa_one", "--by", "A. Reviewer", "--reason", "half were delisted")

    assert refused.returncode == 3  # as one that is fetched: it is readable, and nobody uses it
    assert accepted.returncode == 0, accepted.stderr
    assert (bench.state("xa_one")["state"], bench.state("xa_one")["entities"]) == ("fresh", 5)


def test_an_acceptance_needs_a_name_and_a_reason(bench: Bench) -> None:
    for arguments in (("--by", "A"), ("--reason", "b"), ("--by", " ", "--reason", "b")):
        assert bench.run("lists", "accept", "xa_one", *arguments).returncode == 2
    assert bench.run("lists", "accept", "xa_one", "--by", "A", "--reason", "b").returncode == 2  # nothing waits


def test_a_log_names_no_one(bench: Bench) -> None:
    bench.run("lists", "refresh")
    bench.publisher.serve("/xa_one.csv", behave.document(content(*NAMES) + b"77,Quorvane Blixtrop,sturdy,Person,,\n"))
    bench.publisher.serve("/xb_two.csv", behave.status(500))

    done = bench.run("lists", "refresh", "--quiet", EXPOSURE_FETCH_RETRIES="0")

    assert done.returncode == 3
    assert done.stdout == ""
    assert "list xa_one quarantined" in done.stderr
    assert "list xb_two failed: http" in done.stderr
    assert "Quorvane" not in done.stderr
    assert "sturdy" in str(bench.state("xa_one")["note"])


def test_a_list_without_an_address_or_a_name_is_told(bench: Bench) -> None:
    assert "has no address" in bench.run("lists", "refresh", "curated").stderr
    assert "no list has the id 'nonesuch'" in bench.run("lists", "refresh", "nonesuch").stderr
    assert bench.run("lists", "refresh", "xa_one", "xb_two", "--from", str(bench.lists)).returncode == 2


def test_a_list_of_one_s_own_can_live_at_an_address(bench: Bench) -> None:
    url = bench.publisher.serve("/ours", behave.document(content("Quorvane Blixtrop")))

    added = bench.run("lists", "add", "ours", "--from", url)
    bench.publisher.serve("/ours", behave.document(content("Quorvane Blixtrop", "Exemplar Novum")))
    refreshed = bench.run("lists", "refresh", "ours")

    assert added.stdout.startswith("ours: 1 entries")
    assert refreshed.returncode == 0
    assert bench.state("ours")["entities"] == 2
    assert bench.run("lists", "add", "other", "--from", behave.nobody()).returncode == 3


def test_a_list_of_one_s_own_may_wait_for_a_second_pair_of_eyes(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "house.csv"
    path.write_bytes(content("Quorvane Blixtrop"))
    ask = ("screen", "--name", "Quorvane Blixtrop", "--format", "json")

    added = bench.run("lists", "add", "house", "--from", str(path), "--review", "--by", "A. Keeper")
    (pending,) = json.loads(bench.run("lists", "pending", "--format", "json").stdout)["pending"]
    waiting = bench.run(*ask)
    other = bench.run("lists", "accept", "house", "--by", "B", "--reason", "b", "--submission", "20200101T000000-0")
    bench.run("lists", "accept", "house", "--by", "B. Reviewer", "--reason", "checked against the contract")
    active = bench.run(*ask)

    assert "1 entries, 1 names" in added.stdout
    assert "waits for a review" in added.stdout
    assert (pending["submitted_by"], pending["added"], pending["removed"]) == ("A. Keeper", 1, 0)
    assert json.loads(waiting.stdout)["outcome"] == "clear"
    assert "another came" in other.stderr
    assert json.loads(active.stdout)["outcome"] != "clear"
    assert bench.state("house")["state"] == "fresh"
    assert bench.run("lists", "pending").stdout.strip() == "Nothing waits for a review."
    (said,) = map(json.loads, (bench.data / "lists" / "accepted.jsonl").read_text().splitlines())
    assert (said["submitted_by"], said["by"]) == ("A. Keeper", "B. Reviewer")


def test_a_list_that_waits_can_be_forgotten_and_leaves_the_one_in_use(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "house.csv"
    path.write_bytes(content("Quorvane Blixtrop"))
    bench.run("lists", "add", "house", "--from", str(path))
    path.write_bytes(content("Quorvane Blixtrop", "Exemplar Novum"))

    added = bench.run("lists", "add", "house", "--from", str(path), "--review")
    forgotten = bench.run("lists", "discard", "house")
    again = bench.run("lists", "discard", "house")

    assert "1 added, 0 removed, 0 changed" in added.stdout
    assert "is forgotten" in forgotten.stdout
    assert again.returncode != 0
    assert bench.state("house")["entities"] == 1


def test_changes_are_told_to_people_and_machines(bench: Bench) -> None:
    bench.run("lists", "refresh")
    changed = content("Vexorin Renamed", *NAMES[1:], "Exemplar Novum")
    bench.publisher.serve("/xa_one.csv", behave.document(changed))
    bench.run("lists", "refresh")

    text = bench.run("lists", "diff", "xa_one").stdout
    document = json.loads(bench.run("lists", "diff", "xa_one", "--format", "json").stdout)
    back = json.loads(
        bench.run("lists", "diff", "xa_one", document["after"], document["before"], "--format", "json").stdout
    )

    assert "1 added, 0 removed, 1 changed" in text
    assert "+ 10 Exemplar Novum" in text
    assert "+ names: Vexorin Renamed (primary)" in text
    assert document["added"] == back["removed"] == [{"id": "10", "caption": "Exemplar Novum"}]
    assert document["changed"][0]["removed"] == {"names": ["Vexorin Plumbatic A (primary)"]}
    assert bench.run("lists", "diff", "xb_two").returncode == 2


def test_whole_snapshots_are_compared_by_people_and_machines(bench: Bench, tmp_path: Path) -> None:
    bench.run("lists", "refresh")
    bench.publisher.serve("/xa_one.csv", behave.document(content(*NAMES, "Exemplar Novum")))
    bench.run("lists", "refresh")
    (tmp_path / "house.csv").write_bytes(content("Quorvane Blixtrop"))
    bench.run("lists", "add", "house", "--from", str(tmp_path / "house.csv"))
    ids = [one["id"] for one in json.loads(bench.run("lists", "snapshots", "--format", "json").stdout)["snapshots"]]

    text = bench.run("lists", "diff", "--all", ids[2]).stdout
    last = json.loads(bench.run("lists", "diff", "--all", "--format", "json").stdout)
    back = json.loads(bench.run("lists", "diff", "--all", ids[0], ids[2], "--format", "json").stdout)

    assert f"xa_one from {ids[2]} to {ids[0]}: 1 added, 0 removed, 0 changed\n+ 10 Exemplar Novum" in text
    assert "+ 0 Quorvane Blixtrop" in text
    assert text.endswith("Nothing changed in xb_two.\n")
    assert (last["before"], last["after"]) == (ids[1], ids[0])
    assert last["lists"] == [
        {"list": "house", "added": [{"id": "0", "caption": "Quorvane Blixtrop"}], "removed": [], "changed": []}
    ]
    assert last["unchanged"] == ["xa_one", "xb_two"]
    assert [(one["list"], len(one["removed"])) for one in back["lists"]] == [("house", 1), ("xa_one", 1)]
    for wrong in ((), ("--all", *ids[:3]), ("xa_one", *ids[:3]), ("--all", "nonesuch")):
        assert bench.run("lists", "diff", *wrong).returncode == 2


def test_snapshots_are_shown_pinned_and_pruned(bench: Bench) -> None:
    for n in range(3):
        bench.publisher.serve("/xa_one.csv", behave.document(content(*NAMES, *(f"Exemplar {i}" for i in range(n)))))
        bench.run("lists", "refresh", "xa_one")
    shown = json.loads(bench.run("lists", "snapshots", "--format", "json").stdout)["snapshots"]
    oldest = shown[-1]["id"]

    assert bench.run("lists", "pin", oldest).returncode == 0
    pruned = bench.run("lists", "prune", "--keep", "1")

    left = bench.run("lists", "snapshots").stdout
    assert pruned.stdout.count("deleted") == len(shown) - 2
    assert "in use" in left
    assert "pinned" in left
    assert bench.run("lists", "unpin", oldest).returncode == 0
    assert bench.run("lists", "pin", "nonesuch").returncode == 2


def test_a_refresh_leaves_as_many_snapshots_as_it_is_told(bench: Bench) -> None:
    for n in range(3):
        bench.publisher.serve("/xa_one.csv", behave.document(content(*NAMES, *(f"Exemplar {i}" for i in range(n)))))
        bench.run("lists", "refresh", "xa_one", EXPOSURE_KEEP_SNAPSHOTS="2")

    assert len(list((bench.data / "snapshots").iterdir())) == 2


def test_a_list_too_old_refuses_where_its_policy_says_so(bench: Bench) -> None:
    bench.data.mkdir()
    (bench.data / "sources.toml").write_text('[xa_one]\nstale = "refuse"\n')
    ask = ("screen", "--name", "Quorvane Blixtrop")

    before = bench.run(*ask)
    other = bench.run(*ask, "--regime", "ch")
    bench.run("lists", "refresh")
    after = bench.run(*ask)

    assert before.returncode == 3
    assert "xa_one is missing" in before.stderr
    assert other.returncode == 0
    assert after.returncode == 0


def test_a_file_of_choices_that_is_wrong_is_named(bench: Bench) -> None:
    bench.data.mkdir()
    (bench.data / "sources.toml").write_text("[xa_one]\ncolour = 1\n")

    done = bench.run("lists")

    assert done.returncode == 2
    assert "xa_one.colour" in done.stderr
