"""Lists over HTTP: the clock in a running service, asking for a refresh, and answers while snapshots change."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.publish import read_entities, read_record
from sanctions_exposure.wiring.lists import ListDesk
from support import publisher as behave
from support.publisher import Publisher, publishing
from support.server import Server, running
from support.small_lists import content, lists_folder

NAMES = [f"Vexorin Plumbatic {letter}" for letter in "ABCDEFGHIJ"]
LISTS = ("xa_one", "xb_two")


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as found:
        for name in LISTS:
            found.serve(f"/{name}.csv", behave.document(content(*NAMES)))
        yield found


@pytest.fixture
def lists(publisher: Publisher, tmp_path: Path) -> Path:
    return lists_folder(tmp_path / "lists", {name: publisher.url(f"/{name}.csv") for name in LISTS})


def states(server: Server) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in server.ask("/v1/lists").json["lists"]}


def until(server: Server, list_id: str, state: str, *, seconds: float = 40) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while (found := states(server)[list_id])["state"] != state:
        assert time.monotonic() < end, found
        time.sleep(0.2)
    return found


def test_a_service_fetches_its_lists_by_itself_and_tells_machines_how_they_are(
    publisher: Publisher, lists: Path, tmp_path: Path
) -> None:
    publisher.serve("/xb_two.csv", behave.status(404))
    settings = {"EXPOSURE_LISTS": str(lists), "EXPOSURE_REFRESH": "true", "EXPOSURE_FETCH_RETRIES": "0"}

    with running(tmp_path / "data", workers=2, **settings) as server:
        fresh = until(server, "xa_one", "fresh")
        time.sleep(1.2)  # a worker looks once a second whether there is another snapshot
        failed = states(server)["xb_two"]
        ready = server.ask("/readyz")
        answer = server.ask("/v1/screen", {"name": NAMES[0]}).json
        time.sleep(0.5)
        code = server.stop()

    assert (fresh["entities"], fresh["age_hours"]) == (10, 0.0)
    assert fresh["checked_at"]
    assert failed["state"] == "missing"
    assert "answered with status 404" in failed["note"]
    assert (ready.status, ready.json["lists"]) == (
        200,
        {"stale": [], "quarantined": [], "missing": ["xb_two"], "refusing": []},
    )
    assert answer["outcome"] != "clear"
    assert len([path for path, _ in publisher.asked if path == "/xa_one.csv"]) == 1  # one clock, not one a worker
    log = server.log.read_text()
    assert "list xb_two failed" in log
    assert "Traceback" not in log
    assert code == 0


def test_a_refresh_can_be_asked_for_and_what_is_quarantined_is_seen_everywhere(
    publisher: Publisher, lists: Path, tmp_path: Path
) -> None:
    settings = {"EXPOSURE_LISTS": str(lists), "EXPOSURE_REFRESH": "true"}
    with running(tmp_path / "data", workers=1, **settings) as server:
        until(server, "xa_one", "fresh")
        publisher.serve("/xa_one.csv", behave.document(content(*NAMES[:4])))

        begun = _once_idle(server, {"lists": ["xa_one"]})
        found = until(server, "xa_one", "quarantined")
        answer = server.ask("/v1/screen", {"name": NAMES[9]}).json
        ready = server.ask("/readyz").json
        unknown = server.ask("/v1/lists/refresh", {"lists": ["nonesuch"]})
        wrong = server.ask("/v1/lists/refresh", {"list": "xa_one"})
        homeless = server.ask("/v1/lists/refresh", {"lists": ["curated"]})

    assert (begun.status, begun.json, begun.headers["Location"]) == (202, {"lists": ["xa_one"]}, "/v1/lists")
    assert "entities shrank from 10 to 4" in found["note"]
    assert found["entities"] == 10
    assert answer["outcome"] != "clear"
    assert {one["id"]: one["state"] for one in answer["lists"]}["xa_one"] == "quarantined"
    assert any("xa_one" in warning for warning in answer["warnings"])
    assert (ready["ready"], ready["lists"]["quarantined"]) == (True, ["xa_one"])
    assert (unknown.status, wrong.status, homeless.status) == (404, 422, 422)


def _once_idle(server: Server, document: dict[str, Any]) -> Any:
    for _ in range(100):
        reply = server.ask("/v1/lists/refresh", document)
        if reply.status != 409:
            return reply
        assert reply.headers["Retry-After"]
        time.sleep(0.2)
    raise AssertionError("the refresh never ends")


def test_a_service_that_refreshes_nothing_says_so(client: FlaskClient) -> None:
    reply = client.post("/v1/lists/refresh", json={})

    assert reply.status_code == 403
    assert "EXPOSURE_REFRESH" in reply.get_json()["detail"]


def test_a_list_that_must_not_be_missing_stops_answers_about_its_regime_only(lists: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "sources.toml").write_text('[xa_one]\nstale = "refuse"\n')

    with running(data, EXPOSURE_LISTS=str(lists)) as server:
        refused = server.ask("/v1/screen", {"parties": [{"name": "Quorvane"}]})
        batch = server.ask("/v1/screen", {"requests": [{"parties": [{"name": "Quorvane"}], "regimes": ["jp"]}]})
        other = server.ask("/v1/screen", {"parties": [{"name": "Quorvane"}], "regimes": ["ch"]})
        ready = server.ask("/readyz")
        (data / "sources.toml").write_text("= broken while it runs")
        (data / "lists").mkdir(exist_ok=True)
        (data / "lists" / "touched").touch()  # so that states are read anew
        still = server.ask("/v1/screen", {"parties": [{"name": "Quorvane"}], "regimes": ["ch"]})

    assert (refused.status, batch.status, other.status, still.status) == (503, 503, 200, 200)
    assert "xa_one is missing" in refused.json["detail"]
    assert (ready.status, ready.json["lists"]["refusing"]) == (200, ["xa_one"])


# -- under constant load -------------------------------------------------------------------------


@dataclass
class Load:
    """Clients that ask without a pause, and everything they were told."""

    server: Server
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    slowest: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            reply = self.server.ask("/v1/screen", {"requests": [{"name": NAMES[0]}, {"name": NAMES[9]}]})
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers.append((reply.status, reply.json))


@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_no_answer_fails_or_mixes_snapshots_while_lists_change(
    publisher: Publisher, lists: Path, tmp_path: Path, *, seconds: int
) -> None:
    data = tmp_path / "data"
    desk = ListDesk.of(Settings(data=data, lists=lists))
    desk.publish_curated(datetime.now(UTC))
    desk.refresh_all()
    with running(data, workers=2, EXPOSURE_LISTS=str(lists)) as server, ThreadPoolExecutor(4) as pool:
        load = Load(server)
        clients = [pool.submit(load.ask) for _ in range(4)]
        until_when, version = time.monotonic() + seconds, 0
        try:
            while time.monotonic() < until_when:
                version += 1
                for name in LISTS:  # both lists grow together: their sizes tell which snapshot an answer saw
                    more = (f"Exemplar {name} {n}" for n in range(version))
                    publisher.serve(
                        f"/{name}.csv", behave.document(content(f"{NAMES[0]} V{version}", *NAMES[1:], *more))
                    )
                looks = desk.refresh_all()
                assert {look.outcome.value for look in looks} == {"published"}
                time.sleep(0.5)
            time.sleep(1.5)
        finally:
            load.over.set()
        for one in clients:
            one.result()

    published = {folder.name: _said(folder) for folder in (data / "snapshots").iterdir()}
    assert {status for status, _ in load.answers} == {200}
    seen = set()
    for _, answer in load.answers:
        first, second = answer["screenings"]
        assert first["snapshot"] == second["snapshot"]
        sizes, captions = published[first["snapshot"]]
        for screening in (first, second):
            assert screening["outcome"] != "clear"
            assert {one["id"]: one["entities"] for one in screening["lists"]} == sizes
            matched = {
                piece["caption"] for flag in screening["flags"] for piece in flag["evidence"] if "caption" in piece
            }
            assert matched <= captions
        seen.add(first["snapshot"])
    assert len(seen) >= min(3, version)


def _said(folder: Path) -> tuple[dict[str, int], set[str]]:
    sizes = {one.id: one.entities for one in read_record(folder).lists}
    return sizes, {entity.caption for entity in read_entities(folder)}
