"""Disks that are full or may not be written, a database that is gone, snapshots that were damaged, clocks that jump."""

import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from faults.conftest import Publication, read_only
from sanctions_exposure.sources.standing import Outcome, never, write_standing
from sanctions_exposure.wiring.lists import ListDesk
from support.server import Server, free_port, running, until
from support.small_lists import content, lists_folder

LISTED = {"name": "OJSC BelAZ", "country": "by"}
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TOKEN = "t" * 40
BEARER = {"Authorization": f"Bearer {TOKEN}"}
KEYED = {"Idempotency-Key": "order-1", **BEARER}


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """Let no file of the running service grow, its log included, as on a disk without room."""
    everyone = [server.process.pid, *(one.pid for one in psutil.Process(server.process.pid).children(recursive=True))]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in everyone}
    for pid in everyone:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[pid][1]))
    yield
    for pid in everyone:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before[pid])


def test_on_a_full_disk_questions_are_answered_and_what_must_be_kept_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2, EXPOSURE_JOB_WORKERS="0") as served:
        until(lambda: len(psutil.Process(served.process.pid).children()) == 2)
        with full_disk(served):
            screened = [served.ask("/v1/screen", LISTED) for _ in range(6)]
            kept = served.ask("/v1/check", LISTED, headers=KEYED)
        after = served.ask("/v1/check", LISTED, headers=KEYED)
        alive = served.process.poll() is None

    assert {reply.status for reply in screened} == {200}
    assert {reply.json["outcome"] for reply in screened} == {"block"}
    assert (kept.status, kept.headers["Content-Type"]) == (503, "application/problem+json")
    assert after.status == 200  # the refusal was no answer: nothing of it was kept
    assert alive


def test_a_data_folder_that_may_not_be_written_serves_what_it_holds(publication: Publication) -> None:
    published = publication.publish("Vexorin Plumbatic Works")

    with read_only(publication.data), running(publication.data) as served:
        screened = served.ask("/v1/screen", {"name": "Vexorin Plumbatic Works"})
        kept = served.ask("/v1/check", LISTED, headers=KEYED)
        ready = served.ask("/readyz")

    assert (screened.status, screened.json["snapshot"]) == (200, published)
    assert screened.json["outcome"] != "clear"
    assert kept.status == 503
    assert (ready.status, len(ready.json["warnings"])) == (200, 1)  # nothing can be remembered there


def test_a_database_that_is_gone_stops_no_screening_and_no_start(tmp_path: Path) -> None:
    nobody = f"postgresql://exposure@127.0.0.1:{free_port()}/exposure"

    with running(tmp_path / "data", EXPOSURE_DATABASE_URL=nobody, EXPOSURE_API_KEYS=TOKEN) as served:
        screened, kept = (
            served.ask("/v1/screen", LISTED, headers=BEARER),
            served.ask("/v1/check", LISTED, headers=KEYED),
        )
        ready, counted = served.ask("/readyz"), served.ask("/metrics", headers=BEARER).body.decode()

    assert (screened.status, screened.json["outcome"]) == (200, "block")
    assert kept.status == 503
    assert ready.status == 200
    assert "nothing can be remembered: the database" in ready.json["warnings"][0]
    assert {"exposure_ready 1.0", "exposure_database_up 0.0"} <= set(counted.splitlines())


def test_a_service_that_never_saw_who_may_ask_lets_nobody_in(tmp_path: Path) -> None:
    nobody = f"postgresql://exposure@127.0.0.1:{free_port()}/exposure"

    with running(tmp_path / "data", EXPOSURE_DATABASE_URL=nobody) as served:
        screened, ready = served.ask("/v1/screen", LISTED), served.ask("/readyz")

    assert (screened.status, ready.status) == (503, 503)
    assert "nobody can be let in" in ready.json["reasons"][0]


def test_a_database_that_was_damaged_under_the_service_is_told(tmp_path: Path) -> None:
    with running(tmp_path / "data") as served:
        first = served.ask("/v1/check", LISTED, headers=KEYED)
        for path in (tmp_path / "data").glob("*.sqlite3*"):
            path.unlink()
        screened, kept = served.ask("/v1/screen", LISTED), served.ask("/v1/check", LISTED, headers=KEYED)

    assert first.status == 200
    assert screened.status == 200
    assert kept.status == 503  # a new empty file would have forgotten that the key was used


def test_a_damaged_snapshot_is_left_for_the_previous_one_and_every_answer_says_so(publication: Publication) -> None:
    good = publication.in_use()
    bad = publication.publish("Vexorin Plumbatic Works")
    publication.damage(bad)

    with running(publication.data, workers=2) as served:
        said = served.ask("/v1/screen", {"name": "Vexorin Plumbatic Works"}).json
        ready = served.ask("/readyz")
        (publication.data / "CURRENT").write_text(good, encoding="ascii")  # what docs/operations.md says to do
        mended = publication.publish("Vexorin Plumbatic Holding")
        until(lambda: all(served.ask("/readyz").json["snapshot"] == mended for _ in range(8)))
        after = served.ask("/v1/screen", {"name": "Vexorin Plumbatic Holding"}).json

    assert (said["snapshot"], said["outcome"]) == (good, "clear")
    assert f"snapshot {bad}: entities.jsonl is not as it was published" in said["warnings"][0]
    assert good in said["warnings"][0]
    assert (ready.status, ready.json["warnings"]) == (200, said["warnings"][:1])
    assert after["outcome"] != "clear"
    assert not any("earlier snapshot" in warning for warning in after["warnings"])


def test_a_snapshot_that_is_damaged_before_it_is_read_leaves_the_one_in_use(publication: Publication) -> None:
    with running(publication.data, workers=2) as served:
        good = served.ask("/readyz").json["snapshot"]
        elsewhere = Publication(publication.data.with_name("elsewhere"))
        bad = elsewhere.publish("Vexorin Plumbatic Works")
        elsewhere.damage(bad)
        shutil.copytree(elsewhere.data / "snapshots" / bad, publication.data / "snapshots" / bad)
        shutil.copy(elsewhere.data / "CURRENT", publication.data / "CURRENT")
        until(lambda: all(served.ask("/readyz").json["warnings"] for _ in range(8)))
        said = served.ask("/v1/screen", LISTED).json

    assert (said["snapshot"], said["outcome"]) == (good, "block")
    assert bad in said["warnings"][0]


class WallClock:
    """The time of day of a service, which a test can set; its monotonic clock goes on."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None or not sys.platform.startswith("linux"):
            pytest.skip("needs a C compiler on Linux: the clock of a process is set by a library preloaded into it")
        library, self._file = folder / "jumping_clock.so", folder / "jump"
        source = Path(__file__).with_name("jumping_clock.c")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        self.set(timedelta())
        self.settings = {"LD_PRELOAD": str(library), "JUMP": str(self._file)}

    def set(self, offset: timedelta) -> None:
        aside = self._file.with_suffix(".new")
        aside.write_text(f"{int(offset.total_seconds())}\n", encoding="ascii")
        aside.replace(self._file)


@pytest.mark.parametrize("days", [400, -400])
def test_a_clock_that_jumps_makes_lists_stale_and_stops_nothing(tmp_path: Path, *, days: int) -> None:
    clock = WallClock(tmp_path)
    lists = lists_folder(tmp_path / "lists", {"xa_one": "https://lists.example/xa_one.csv"})
    desk = ListDesk(tmp_path / "data", lists)
    (tmp_path / "xa_one.csv").write_bytes(content("Vexorin Plumbatic A", "Vexorin Plumbatic B"))
    desk.refresh("xa_one", tmp_path, datetime.now(UTC))

    with running(tmp_path / "data", workers=2, EXPOSURE_LISTS=str(lists), **clock.settings) as served:
        before = state(served, "xa_one")
        clock.set(timedelta(days=days))
        until(lambda: all(state(served, "xa_one")["state"] == "stale" for _ in range(8)))
        during, screened = state(served, "xa_one"), served.ask("/v1/screen", LISTED)
        clock.set(timedelta())
        until(lambda: all(state(served, "xa_one")["state"] == "fresh" for _ in range(8)))
        code = served.stop()

    assert before["state"] == "fresh"
    assert during["age_hours"] == pytest.approx(max(days, 0) * 24, abs=1)
    assert ("not known" in during["note"]) is (days < 0)
    assert screened.status == 200
    assert any("xa_one" in warning for warning in screened.json["warnings"])
    assert code == 0
    assert "Traceback" not in served.log.read_text()


def test_a_clock_that_was_set_back_asks_for_every_list_at_once(tmp_path: Path) -> None:
    lists = lists_folder(tmp_path / "lists", {"xa_one": "https://lists.example/xa_one.csv"})
    desk = ListDesk(tmp_path / "data", lists)
    write_standing(tmp_path / "data", never("xa_one").then(NOW, Outcome.UNCHANGED))

    assert desk.due(NOW + timedelta(minutes=1)) == ()
    assert desk.due(NOW - timedelta(minutes=1)) == ()
    assert desk.due(NOW - timedelta(days=400)) == ("xa_one",)


def state(server: Server, list_id: str) -> dict[str, Any]:
    return next(one for one in server.ask("/v1/lists").json["lists"] if one["id"] == list_id)


def test_a_copy_of_the_embedded_database_is_whole_after_a_kill(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=1, EXPOSURE_JOB_WORKERS="0") as served:
        replies = [served.ask("/v1/check", LISTED, headers={"Idempotency-Key": f"order-{n}"}) for n in range(5)]
        psutil.Process(served.process.pid).children()[0].kill()
        served.process.kill()
        served.process.wait(timeout=10)

    (file,) = (tmp_path / "data").glob("*.sqlite3")
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {reply.status for reply in replies} == {200}
