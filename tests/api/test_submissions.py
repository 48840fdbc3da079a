"""A list that waits, over HTTP: handed in or in quarantine, looked at, accepted; refused, and never half in use."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sanctions_exposure.settings import Settings
from sanctions_exposure.sources.standing import Outcome
from sanctions_exposure.wiring.lists import ListDesk
from support import publisher as behave
from support.publisher import Publisher, publishing
from support.server import ROOT, Reply, Server, running, until
from support.small_lists import content, lists_folder

ADMIN, DESK = {"X-API-Key": "a" * 32}, {"X-API-Key": "b" * 32}
KEYS = f"ops:admin:{'a' * 32},desk:screen:{'b' * 32}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("service") / "data"
    with running(data, workers=2, EXPOSURE_API_KEYS=KEYS, EXPOSURE_MAX_BODY="65536") as found:
        yield found


def hand_in(server: Server, list_id: str, document: bytes, **headers: str) -> Reply:
    return server.ask(f"/v1/lists/{list_id}", document, headers={"Content-Type": "text/csv"} | ADMIN | headers)


def outcome(server: Server, name: str) -> str:
    found: str = server.ask("/v1/screen", {"name": name}, headers=DESK).json["outcome"]
    return found


def lists(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.ask("/v1/lists", headers=DESK).json
    return found


def test_a_list_is_used_only_once_a_person_accepted_what_was_reviewed(server: Server) -> None:
    first = hand_in(server, "house", content("Quorvane Blixtrop")).json
    waits = [one["list"] for one in lists(server)["pending"]]
    before = outcome(server, "Quorvane Blixtrop")
    second = hand_in(server, "house", gzip.compress(content("Quorvane Blixtrop", "Vexorin Plumbatic")))
    said = {"reason": "checked against the contract", "submission": first["id"]}
    outdated = server.ask("/v1/lists/house/accept", said, headers=ADMIN)
    shown = server.ask("/v1/lists/house/pending", headers=ADMIN).json
    accepted = server.ask("/v1/lists/house/accept", said | {"submission": shown["id"]}, headers=ADMIN)
    until(lambda: outcome(server, "Quorvane Blixtrop") != "clear")
    after = lists(server)

    assert waits == ["house"]
    assert before == "clear"
    assert (second.status, second.headers["Location"]) == (201, "/v1/lists/house/pending")
    assert second.json == shown
    assert (shown["entities"], shown["added"], shown["submitted_by"]) == (2, 2, "key ops")
    assert outdated.status == 409
    assert shown["id"] in outdated.json["detail"]
    assert accepted.status == 200
    assert after["pending"] == []
    assert next(one for one in after["lists"] if one["id"] == "house")["state"] == "fresh"


def test_what_would_change_is_told_against_the_list_in_use(server: Server, tmp_path: Path) -> None:
    hand_in(server, "diffed", content("Exemplar Vetus", "Exemplar Alter"))
    server.ask("/v1/lists/diffed/accept", {"reason": "first"}, headers=ADMIN)
    until(lambda: any(one["id"] == "diffed" for one in lists(server)["lists"]))

    found = hand_in(server, "diffed", content("Exemplar Renamed")).json

    assert (found["added"], found["removed"], found["changed"]) == (0, 1, 1)
    assert found["changes"]["removed"] == [{"id": "1", "caption": "Exemplar Alter"}]
    assert found["changes"]["changed"][0]["added"] == {"names": ["Exemplar Renamed (primary)"]}


def test_every_cell_that_cannot_be_read_is_named_at_once(server: Server) -> None:
    rows = "id,name,kind,schema,countries,dob\n1,,primary,Person,ru,\n2,Exemplar,chief,Person,nowhere,31/12/1999\n"

    reply = hand_in(server, "faulty", rows.encode())

    assert reply.status == 422
    assert [error["pointer"] for error in reply.json["errors"]] == ["/2/name", "/3/kind", "/3/countries", "/3/dob"]
    assert "'chief' is unknown" in reply.json["errors"][1]["detail"]
    assert "faulty" not in json.dumps(lists(server)["pending"])


@pytest.mark.parametrize(
    ("list_id", "document", "headers", "status"),
    [
        ("bomb", gzip.compress(content("A") + b" " * 10_000_000, mtime=0), {}, 422),
        ("large", content("A" * 70_000), {}, 413),
        ("cut", gzip.compress(content("Exemplar"), mtime=0)[:-20], {}, 422),
        ("page", b"<!doctype html><html></html>", {}, 422),
        ("empty", content(), {}, 422),
        ("un_sc", content("Exemplar"), {}, 422),
        ("Not-An-Id", content("Exemplar"), {}, 422),
        ("typed", content("Exemplar"), {"Content-Type": "application/json"}, 415),
        ("barred", content("Exemplar"), DESK, 403),
    ],
)
def test_what_is_no_list_or_comes_from_nobody_is_refused_and_not_kept(
    server: Server, list_id: str, document: bytes, headers: dict[str, str], status: int
) -> None:
    reply = hand_in(server, list_id, document, **headers)

    assert reply.status == status, reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert list_id not in [one["list"] for one in lists(server)["pending"]]


def test_what_waits_can_be_forgotten(server: Server) -> None:
    hand_in(server, "brief", content("Exemplar"))

    gone = server.ask("/v1/lists/brief/pending", method="DELETE", headers=ADMIN)
    again = server.ask("/v1/lists/brief/pending", method="DELETE", headers=ADMIN)
    accepted = server.ask("/v1/lists/brief/accept", {"reason": "too late"}, headers=ADMIN)

    assert (gone.status, again.status, accepted.status) == (200, 404, 404)


@pytest.mark.parametrize("path", ["/v1/lists/%2e%2e/pending", "/v1/lists/..%2f..%2fsnapshots/pending"])
def test_no_folder_outside_can_be_named(server: Server, path: str) -> None:
    assert server.ask(path, method="DELETE", headers=ADMIN).status == 404
    assert lists(server)["lists"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/reason"),
        ({"reason": " \n"}, "/reason"),
        ({"reason": 5}, "/reason"),
        ({"reason": "x" * 2001}, "/reason"),
        ({"reason": "x\0y"}, "/reason"),
        ({"reason": "x", "by": "\x1b[2J"}, "/by"),
        ({"reason": "x", "why": "y"}, "/why"),
        ([], ""),
    ],
)
def test_an_acceptance_without_a_reason_is_refused(server: Server, document: Any, pointer: str) -> None:
    reply = server.ask("/v1/lists/house/accept", json.dumps(document).encode(), headers=ADMIN)

    assert reply.status == 422
    assert reply.json["errors"][0]["pointer"] == pointer


# -- quarantine ----------------------------------------------------------------------------------

NAMES = [f"Vexorin Plumbatic {letter}" for letter in "ABCDEFGHIJ"]


@dataclass
class Bench:
    """A publisher of one list, who can be looked at, and a server on the same data folder."""

    publisher: Publisher
    desk: ListDesk
    server: Server

    def look(self, document: bytes) -> Outcome:
        self.publisher.serve("/xa_one.csv", behave.document(document))
        (look,) = self.desk.refresh_all(["xa_one"])
        return look.outcome

    def accept(self, **said: str) -> Reply:
        return self.server.ask("/v1/lists/xa_one/accept", {"reason": "delisted in bulk"} | said, headers=ADMIN)

    def quarantined(self) -> Reply:
        return self.server.ask("/v1/lists/xa_one/quarantine", headers=ADMIN)

    def in_use(self) -> dict[str, Any]:
        return next(one for one in lists(self.server)["lists"] if one["id"] == "xa_one")

    def until_in_use(self, entities: int) -> None:
        """Wait until a worker that is asked has seen what was published; each looks once a second."""
        until(lambda: (self.in_use()["entities"], self.in_use()["state"]) == (entities, "fresh"))

    def ledger(self) -> list[dict[str, str]]:
        path = self.desk.data / "lists" / "accepted.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A list of ten entries is in use."""
    data = tmp_path / "data"
    with publishing() as publisher:
        folder = lists_folder(tmp_path / "lists", {"xa_one": publisher.url("/xa_one.csv")})
        with running(data, workers=2, EXPOSURE_API_KEYS=KEYS, EXPOSURE_LISTS=str(folder)) as server:
            found = Bench(publisher, ListDesk.of(Settings(data=data, lists=folder)), server)
            found.look(content(*NAMES))
            yield found


def test_a_person_overrules_a_quarantine_over_http_and_is_remembered(bench: Bench) -> None:
    assert bench.look(content(*NAMES[:5])) is Outcome.QUARANTINED

    shown = bench.quarantined()
    accepted = bench.accept(by="B. Reviewer", sha256=shown.json["sha256"])
    bench.until_in_use(5)

    assert (shown.status, accepted.status) == (200, 200)
    assert "entities shrank from 10 to 5" in shown.json["reason"]
    assert accepted.json == shown.json
    (said,) = bench.ledger()
    assert (said["by"], said["reason"]) == ("B. Reviewer (key ops)", "delisted in bulk")
    assert "shrank" in said["overruled"]
    assert bench.look(content(*NAMES[:5])) is Outcome.UNCHANGED


def test_where_nothing_is_in_quarantine_nothing_is_accepted(bench: Bench) -> None:
    nobody = bench.server.ask("/v1/lists/nonesuch/accept", {"reason": "b"}, headers=ADMIN)
    barred = bench.server.ask("/v1/lists/xa_one/accept", {"reason": "b"}, headers=DESK)
    unseen = bench.server.ask("/v1/lists/xa_one/quarantine", headers=DESK)

    replies = [bench.accept(), bench.quarantined(), nobody, barred, unseen]

    assert [reply.status for reply in replies] == [404, 404, 404, 403, 403]
    assert {reply.headers["Content-Type"] for reply in replies} == {"application/problem+json"}
    assert "nothing of xa_one is in quarantine" in replies[0].json["detail"]
    assert bench.ledger() == []


def test_what_cannot_be_read_or_is_not_what_was_looked_at_is_not_accepted(bench: Bench) -> None:
    bench.look(content(*NAMES[:5]))
    first = bench.quarantined().json["sha256"]
    bench.look(content(*NAMES[:4]))

    other = bench.accept(sha256=first)
    bench.look(b"id,name\n1,2\n")
    unreadable = bench.accept()

    assert (other.status, unreadable.status) == (409, 409)
    assert "another version came" in other.json["detail"]
    assert "cannot be read, which nobody can overrule" in unreadable.json["detail"]
    assert "Retry-After" not in other.headers
    until(lambda: bool(bench.in_use()["entities"] == 10))
    assert bench.ledger() == []


def test_half_a_list_cannot_take_the_place_of_the_whole_one_that_came_since(bench: Bench) -> None:
    bench.look(content(*NAMES[:5]))
    bench.look(content(*NAMES, "Exemplar Novum"))

    assert bench.accept().status == 404
    assert list((bench.desk.data / "quarantine" / "xa_one").iterdir())  # for whoever wants to know what came


def test_of_what_waits_another_digest_is_not_accepted(server: Server) -> None:
    waits = hand_in(server, "digested", content("Quorvane Blixtrop")).json
    path, said = "/v1/lists/digested/accept", {"reason": "looked at"}

    other = server.ask(path, said | {"sha256": "0" * 64}, headers=ADMIN)
    both = server.ask(path, said | {"submission": waits["id"], "sha256": "0" * 64}, headers=ADMIN)

    assert (other.status, both.status) == (409, 409)
    server.ask("/v1/lists/digested/pending", method="DELETE", headers=ADMIN)


def test_of_many_who_accept_at_once_one_does(bench: Bench) -> None:
    bench.look(content(*NAMES[:5]))

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(reply.status for reply in pool.map(lambda _: bench.accept(), range(4)))

    assert statuses == [200, 404, 404, 404]
    assert len(bench.ledger()) == 1
    bench.until_in_use(5)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_the_calls_of_the_page_are_answered(bench: Bench) -> None:
    page = (ROOT / "docs" / "lists.md").read_text(encoding="utf-8")
    (calls,) = re.findall(r"^```sh\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    calls = calls.replace("http://127.0.0.1:8080", bench.server.address).replace("eu_fsf", "xa_one")
    bench.look(content(*NAMES[:5]))

    done = subprocess.run(
        ["bash", "-e", "-c", calls],
        env=os.environ | {"KEY": ADMIN["X-API-Key"]},
        capture_output=True,
        timeout=120,
        check=True,
    )

    assert done.stdout.count(b"entities shrank from 10 to 5") == 2
    assert [said["by"] for said in bench.ledger()] == ["A. Reviewer (key ops)"]
