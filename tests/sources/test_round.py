"""A round over lists whose publishers fail in every known way: what fails is told, and the rest is published."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sanctions_exposure.errors import ListBusy, ListRejected
from sanctions_exposure.model import ListedEntity
from sanctions_exposure.sources import quarantine
from sanctions_exposure.sources.download import Terms
from sanctions_exposure.sources.formats import un_xml
from sanctions_exposure.sources.manifest import Manifest
from sanctions_exposure.sources.publish import Library, verify
from sanctions_exposure.sources.refresh import accept
from sanctions_exposure.sources.round import Look, refresh_round
from sanctions_exposure.sources.standing import Outcome, read_standings
from sanctions_exposure.sources.turn import turn
from support import publisher as behave
from support.publisher import Behaviour, Publisher, publishing

Small = Callable[[str], Manifest]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "fixtures"
UN = next((FIXTURES / "un_xml").glob("*.xml")).read_bytes()
OWN = b"id,name,kind,schema,countries,dob\n" + b"".join(
    b"%d,Quorvane Blixtrop %d,primary,Person,,\n" % (n, n) for n in range(10)
)
BOMB = UN.replace(
    b"<CONSOLIDATED_LIST",
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><CONSOLIDATED_LIST',
    1,
)
TERMS = Terms(connect=1, read=0.3, total=2, retries=1, pause=0.01, size=1 << 20)


def build_index(entities: Collection[ListedEntity], folder: Path) -> None:
    folder.mkdir()
    (folder / "count").write_text(str(len(entities)))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as running:
        yield running


@pytest.fixture
def lists(publisher: Publisher, small: Small) -> Mapping[str, Manifest]:
    """Two lists at one publisher: the UN's, which misbehaves, and one of one's own, which does not."""

    def at(list_id: str, path: str, body: bytes) -> Manifest:
        manifest = small(list_id)
        url = publisher.serve(path, behave.document(body))
        return replace(manifest, files=tuple(replace(file, url=url) for file in manifest.files[:1]))

    return {"un_sc": at("un_sc", "/un/consolidated.xml", UN), "own": at("own", "/own.csv", OWN)}


def look(lists: Mapping[str, Manifest], data: Path, *, now: datetime = NOW, terms: Terms = TERMS) -> dict[str, Look]:
    looks = refresh_round(tuple(lists.values()), data, build_index=build_index, terms=terms, clock=lambda: now)
    return {one.list: one for one in looks}


def in_use(data: Path) -> dict[str, str]:
    folder = Library(data).current_folder()
    return {one.id: one.sha256 for one in verify(folder).lists} if folder else {}


def test_lists_are_fetched_judged_and_published_together(lists: Mapping[str, Manifest], tmp_path: Path) -> None:
    looks = look(lists, tmp_path)

    assert {one.outcome for one in looks.values()} == {Outcome.PUBLISHED}
    record = Library(tmp_path).current_record()
    assert record is not None
    assert [(one.id, one.entities, one.retrieved_at) for one in record.lists] == [
        ("own", 10, NOW.isoformat()),
        ("un_sc", 3, NOW.isoformat()),
    ]
    assert record.lists[1].files[0].origin.endswith("/un/consolidated.xml")
    assert len(list((tmp_path / "snapshots").iterdir())) == 1
    assert not (tmp_path / "incoming").exists()


def test_an_unchanged_list_is_confirmed_without_being_sent_or_published_again(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    publisher.serve("/un/consolidated.xml", behave.versioned(UN, '"7"'))
    look(lists, tmp_path)
    before, later = Library(tmp_path).current_id(), NOW + timedelta(days=2)

    looks = look(lists, tmp_path, now=later)

    assert {one.outcome for one in looks.values()} == {Outcome.UNCHANGED}
    assert Library(tmp_path).current_id() == before
    assert publisher.asked[-1][1].get("If-None-Match", "") in {'"7"', ""}
    assert sum("If-None-Match" in headers for _, headers in publisher.asked) == 1
    assert {one.confirmed_at for one in read_standings(tmp_path).values()} == {later.isoformat()}


def test_a_list_that_another_version_of_this_program_read_is_read_anew(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    publisher.serve("/un/consolidated.xml", behave.versioned(UN, '"7"'))
    look(lists, tmp_path)
    path = tmp_path / "lists" / "un_sc.json"
    path.write_text(re.sub(r'"engine": "[^"]*"', '"engine": "0"', path.read_text()))

    assert look(lists, tmp_path)["un_sc"].outcome is Outcome.PUBLISHED


FAULTS: list[tuple[str, Behaviour, Outcome, str]] = [
    ("hang", behave.hang(1), Outcome.FAILED, "stopped answering"),
    ("404", behave.status(404), Outcome.FAILED, "status 404"),
    ("500", behave.status(500), Outcome.FAILED, "status 500"),
    ("redirect loop", behave.redirect("/un/consolidated.xml"), Outcome.FAILED, "redirects"),
    ("truncated", behave.truncated(UN), Outcome.FAILED, "broke off"),
    ("drip", behave.dripping(UN, 0.05), Outcome.FAILED, "not complete"),
    ("dripping headers", behave.dripping_headers(0.1), Outcome.FAILED, "not complete"),
    ("web page", behave.document(b"<html><body>Log in"), Outcome.FAILED, "web page"),
    ("nothing", behave.document(b""), Outcome.FAILED, "nothing"),
    ("gzip bomb", behave.document(gzip.compress(bytes(8 << 20))), Outcome.FAILED, "unpacks to more than 1048576"),
    ("cut gzip", behave.document(gzip.compress(UN)[:-20]), Outcome.FAILED, "ends too early"),
    ("wrong encoding", behave.document(UN.replace(b"a", b"\xe4")), Outcome.QUARANTINED, ""),
    ("cut where nobody counts", behave.document(UN[: len(UN) // 2]), Outcome.QUARANTINED, ""),
    ("entity bomb", behave.document(BOMB), Outcome.QUARANTINED, "DOCTYPE"),
    ("empty list", behave.document(b"<CONSOLIDATED_LIST/>"), Outcome.QUARANTINED, ""),
    ("older", behave.document(UN.replace(b"2026-08-01", b"2026-07-01")), Outcome.QUARANTINED, "older than"),
    ("unknown grade", behave.document(UN.replace(b">Low<", b">Middling<")), Outcome.QUARANTINED, "Middling"),
]


@pytest.mark.parametrize(
    ("behaviour", "outcome", "says"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_publisher_that_fails_leaves_its_last_good_list_and_every_other_list_alone(
    publisher: Publisher,
    lists: Mapping[str, Manifest],
    tmp_path: Path,
    *,
    behaviour: Behaviour,
    outcome: Outcome,
    says: str,
) -> None:
    look(lists, tmp_path)
    good = in_use(tmp_path)
    publisher.serve("/un/consolidated.xml", behaviour)
    publisher.serve("/own.csv", behave.document(OWN + b"99,Exemplar Novum,primary,Person,,\n"))

    looks = look(lists, tmp_path)

    assert (looks["un_sc"].outcome, looks["own"].outcome) == (outcome, Outcome.PUBLISHED)
    assert re.search(says, looks["un_sc"].reason, re.IGNORECASE), looks["un_sc"].reason
    assert in_use(tmp_path)["un_sc"] == good["un_sc"]
    assert in_use(tmp_path)["own"] != good["own"]
    kept = tmp_path / "quarantine" / "un_sc"
    assert kept.exists() == (outcome is Outcome.QUARANTINED)


def test_a_publisher_that_is_not_there_on_a_cold_start_costs_the_others_nothing(
    lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    gone = replace(lists["un_sc"], files=(replace(lists["un_sc"].files[0], url=behave.nobody()),))

    looks = look({**lists, "un_sc": gone}, tmp_path)

    assert (looks["un_sc"].outcome, looks["own"].outcome) == (Outcome.FAILED, Outcome.PUBLISHED)
    assert "connection refused" in looks["un_sc"].reason
    assert set(in_use(tmp_path)) == {"own"}


def test_two_entries_of_one_number_are_not_believed(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    entry = re.search(rb"<INDIVIDUAL>.*?</INDIVIDUAL>", UN, re.DOTALL)
    assert entry
    publisher.serve("/un/consolidated.xml", behave.document(UN.replace(entry[0], entry[0] * 2)))

    assert look(lists, tmp_path)["un_sc"].outcome is Outcome.QUARANTINED


def half(publisher: Publisher, lists: Mapping[str, Manifest], data: Path) -> Look:
    """Publish the whole list, then be served half of it."""
    look(lists, data)
    publisher.serve("/own.csv", behave.document(b"".join(OWN.splitlines(keepends=True)[:6])))
    return look(lists, data)["own"]


def test_half_a_list_waits_in_quarantine_and_is_kept_once(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    found = half(publisher, lists, tmp_path)
    look(lists, tmp_path)

    assert found.outcome is Outcome.QUARANTINED
    assert "entities shrank from 10 to 5, more than 30%" in found.reason
    (kept,) = (tmp_path / "quarantine" / "own").iterdir()
    reason = json.loads((kept / "reason.json").read_text())
    assert (reason["doubt"], reason["list"]) == ("judged", "own")
    assert (kept / "files" / "own.csv").exists()
    assert read_standings(tmp_path)["own"].failures == 2


def test_a_person_overrules_and_is_remembered(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    half(publisher, lists, tmp_path)

    record = accept(
        lists["own"], tmp_path, by="A. Reviewer", reason="delisted in bulk", build_index=build_index, now=NOW
    )

    assert record.entities == 5
    assert (
        "Accepted by A. Reviewer on 2026-11-22: delisted in bulk (overruled: own does not look whole"
        in (record.notes[-1])
    )
    (line,) = (tmp_path / "lists" / "accepted.jsonl").read_text().splitlines()
    assert json.loads(line)["by"] == "A. Reviewer"
    assert read_standings(tmp_path)["own"].outcome is Outcome.PUBLISHED
    assert look(lists, tmp_path)["own"].outcome is Outcome.UNCHANGED


def test_what_was_accepted_once_is_believed_again(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    half(publisher, lists, tmp_path)
    small = publisher.behaviours["/own.csv"]
    accept(lists["own"], tmp_path, by="A", reason="b", build_index=build_index, now=NOW)
    publisher.serve("/own.csv", behave.document(OWN))
    look(lists, tmp_path)
    publisher.behaviours["/own.csv"] = small

    assert look(lists, tmp_path)["own"].outcome is Outcome.PUBLISHED
    assert "Accepted by A" in str(Library(tmp_path).current_record())


def test_nobody_overrules_what_cannot_be_read(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    look(lists, tmp_path)
    publisher.serve("/own.csv", behave.document(b"id,name\n1,2\n"))
    look(lists, tmp_path)

    with pytest.raises(ListRejected, match="cannot be read, which nobody can overrule"):
        accept(lists["own"], tmp_path, by="A", reason="b", build_index=build_index, now=NOW)
    with pytest.raises(ListRejected, match="nothing of un_sc is in quarantine"):
        accept(lists["un_sc"], tmp_path, by="A", reason="b", build_index=build_index, now=NOW)


def test_files_that_were_changed_in_quarantine_are_not_accepted(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    half(publisher, lists, tmp_path)
    folder, _ = quarantine.newest(tmp_path, "own")
    (folder / "own.csv").write_bytes(OWN)

    with pytest.raises(ListRejected, match="not those that were judged"):
        accept(lists["own"], tmp_path, by="A", reason="b", build_index=build_index, now=NOW)


def test_quarantine_keeps_the_last_three(publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path) -> None:
    look(lists, tmp_path)
    shelf = tmp_path / "quarantine" / "own"
    for n in range(5):
        publisher.serve("/own.csv", behave.document(b"broken %d" % n))
        look(lists, tmp_path)
        for at, folder in enumerate(sorted(shelf.iterdir())):  # as if each had come a second later
            folder.rename(shelf / f"2026112{n}T00000{at}")

    assert len(list(shelf.iterdir())) == 3


def test_a_folder_stands_in_for_a_publisher_and_its_files_keep_their_age(
    lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "own.csv").write_bytes(OWN)
    week_ago = NOW - timedelta(days=7)
    os.utime(mirror / "own.csv", (week_ago.timestamp(), week_ago.timestamp()))
    own = {"own": replace(lists["own"], mirror=str(mirror))}

    first, second = look(own, tmp_path / "data"), look(own, tmp_path / "data")

    assert (first["own"].outcome, second["own"].outcome) == (Outcome.PUBLISHED, Outcome.UNCHANGED)
    assert read_standings(tmp_path / "data")["own"].confirmed_at == week_ago.isoformat()
    shutil.rmtree(mirror)
    assert look(own, tmp_path / "data")["own"].outcome is Outcome.FAILED


def test_a_mirror_has_every_file_under_the_name_it_is_known_by(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    publisher.serve("/mirror/consolidated.xml", behave.document(UN))

    looks = look({"un_sc": replace(lists["un_sc"], mirror=publisher.url("/mirror/"))}, tmp_path)

    assert looks["un_sc"].outcome is Outcome.PUBLISHED


def test_a_stated_digest_that_does_not_fit_refuses_the_file(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    sums = publisher.serve("/SUMS", behave.document(b"0" * 64 + b"  consolidated.xml\n"))
    (file,) = lists["un_sc"].files

    looks = look({"un_sc": replace(lists["un_sc"], files=(replace(file, checksum=sums),))}, tmp_path)

    assert looks["un_sc"].outcome is Outcome.FAILED
    assert "does not have the digest" in looks["un_sc"].reason


def test_a_bug_in_one_format_stays_with_its_list(
    lists: Mapping[str, Manifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = "Quorvane Blixtrop"
    monkeypatch.setattr(un_xml, "parse", lambda *_: {}[name])

    looks = look(lists, tmp_path)

    assert (looks["un_sc"].outcome, looks["own"].outcome) == (Outcome.FAILED, Outcome.PUBLISHED)
    assert "a fault of ours" in looks["un_sc"].reason
    assert "KeyError" in caplog.text
    assert name not in caplog.text


def test_one_round_runs_at_a_time(lists: Mapping[str, Manifest], tmp_path: Path) -> None:
    with turn(tmp_path / "round.lock", "another refresh"), pytest.raises(ListBusy):
        look(lists, tmp_path)

    assert look(lists, tmp_path)


def test_what_a_round_that_died_left_behind_is_swept_up(lists: Mapping[str, Manifest], tmp_path: Path) -> None:
    (tmp_path / "incoming" / "un_sc").mkdir(parents=True)
    (tmp_path / "incoming" / "un_sc" / "consolidated.xml").write_bytes(b"half")

    assert look(lists, tmp_path)["un_sc"].outcome is Outcome.PUBLISHED
    assert not (tmp_path / "incoming").exists()


# -- a disk that is full -------------------------------------------------------------------------


def test_a_disk_that_takes_no_list_leaves_the_old_snapshot(
    publisher: Publisher, lists: Mapping[str, Manifest], tmp_path: Path
) -> None:
    """The kernel refuses to let any file grow beyond a few kilobytes, as a quota would."""
    look(lists, tmp_path)
    before = Library(tmp_path).current_id()
    more = b"".join(b"%d,Exemplar Novum %d,primary,Person,,\n" % (n, n) for n in range(100, 120))
    publisher.serve("/own.csv", behave.document(OWN + more))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, limits[1]))
    try:
        looks = look(lists, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert looks["own"].outcome is Outcome.FAILED
    assert "file too large" in looks["own"].reason
    assert Library(tmp_path).current_id() == before
    verify(tmp_path / "snapshots" / str(before))
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [before]
    assert look(lists, tmp_path)["own"].outcome is Outcome.PUBLISHED


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_forgiven_once_there_is_room(lists: Mapping[str, Manifest], tiny_disk: Path) -> None:
    look(lists, tiny_disk)
    good = in_use(tiny_disk)
    ballast = tiny_disk / "ballast"
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        ballast.write_bytes(bytes(1 << 20))

    again = {"own": replace(lists["own"], interval_hours=1)}
    (tiny_disk / "lists" / "own.json").write_text("")  # forget it, so that it is fetched and published anew
    looks = look(again, tiny_disk, now=NOW + timedelta(days=1))

    assert looks["own"].outcome is Outcome.FAILED
    assert "no space left" in looks["own"].reason
    assert in_use(tiny_disk) == good
    ballast.unlink()
    assert look(again, tiny_disk, now=NOW + timedelta(days=1))["own"].outcome is Outcome.PUBLISHED
