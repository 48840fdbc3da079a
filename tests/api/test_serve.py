import csv
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from sanctions_exposure.locate import data_folder
from sanctions_exposure.wiring.lists import ListDesk
from support.server import COMMAND, Server, environment, running, until

LISTED = {"name": "OJSC BelAZ", "country": "by"}


def own_list(folder: Path, name: str) -> Path:
    path = folder / "own.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["id", "name", "kind", "schema", "countries", "dob"])
        table.writerow(["1", name, "primary", "Organization", "", ""])
    return path


def test_a_real_server_answers_and_says_what_it_holds(server: Server) -> None:
    assert server.ask("/readyz").json["ready"] is True
    assert server.ask("/v1/screen", LISTED).json["outcome"] == "block"
    greeting = server.log.read_text()
    assert f"Listening on {server.address}" in greeting
    assert "curated" in greeting
    assert "lists refresh" in greeting


def test_many_clients_at_once_get_the_same_answer(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: server.ask("/v1/screen", LISTED).json, range(40)))

    assert {reply["score"] for reply in replies} == {replies[0]["score"]}


def test_no_submitted_name_is_logged(server: Server) -> None:
    server.ask("/v1/screen", {"name": "Zanzibarine Quillfeather"})
    server.ask("/v1/search?q=Zanzibarine")
    server.ask("/v1/screen", b'{"name": "Zanzibarine')
    time.sleep(0.2)

    log = server.log.read_text()

    assert "/v1/search" in log
    assert "Zanzibarine" not in log


def test_a_chunked_body_over_the_limit_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "data", EXPOSURE_MAX_BODY="2048") as small:
        reply = small.ask("/v1/screen", b'{"name": "' + b"x" * 10_000 + b'"}')

    assert reply.status == 413
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_a_published_list_is_used_without_a_restart(tmp_path: Path) -> None:
    question = {"name": "Vexorin Plumbatic Works"}

    with running(tmp_path / "data", workers=2) as served:
        before = served.ask("/v1/screen", question).json
        desk = ListDesk(tmp_path / "data", data_folder("lists"))
        desk.add("ours", own_list(tmp_path, "Vexorin Plumbatic Works"), datetime.now(UTC), list_format="generic")
        until(lambda: all(served.ask("/readyz").json["snapshot"] != before["snapshot"] for _ in range(10)))
        after = [served.ask("/v1/screen", question).json for _ in range(10)]

    assert before["outcome"] == "clear"
    assert all(one["outcome"] != "clear" for one in after)


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers=2) as served:
        served.ask("/v1/screen", LISTED)
        code = served.stop()

    assert code == 0
    assert "Traceback" not in served.log.read_text()


def test_a_damaged_snapshot_is_served_by_nobody_and_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data):
        pass
    (entities,) = data.glob("snapshots/*/entities.jsonl")
    entities.write_bytes(entities.read_bytes().replace(b"BelAZ", b"Bel_Z", 1))

    with running(data) as served:
        ready, asked, alive = served.ask("/readyz"), served.ask("/v1/screen", LISTED), served.ask("/healthz")

    assert (ready.status, asked.status, alive.status) == (503, 503, 200)
    assert "entities.jsonl" in ready.json["reasons"][0]
    assert asked.headers["Retry-After"]


def test_a_pointer_to_nowhere_keeps_the_snapshot_in_use(tmp_path: Path) -> None:
    data = tmp_path / "data"

    with running(data) as served:
        (data / "CURRENT").write_text("20200101-000000000000\n", encoding="ascii")
        time.sleep(1.2)
        reply = served.ask("/v1/screen", LISTED)

    assert reply.json["outcome"] == "block"


def test_it_does_not_listen_to_others_without_a_key(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "serve", "--host", "0.0.0.0", "--port", "0"],  # noqa: S104 - that is what is refused
        env=environment(EXPOSURE_DATA=str(tmp_path / "data")),
        capture_output=True,
        timeout=60,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "exposure keys create" in done.stderr
    assert "EXPOSURE_ANONYMOUS" in done.stderr


def test_whoever_wants_no_keys_is_told_so_at_every_start(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--host", "0.0.0.0"]  # noqa: S104 - with the consent that is tested here

    with running(tmp_path / "data", command=command, EXPOSURE_ANONYMOUS="true") as served:
        reply = served.ask("/v1/screen", LISTED)

    assert reply.json["outcome"] == "block"
    assert "no key is asked for; anybody who reaches it may ask" in served.log.read_text()


def test_where_there_is_a_key_it_is_asked_for_on_the_loopback_address_too(tmp_path: Path) -> None:
    with running(tmp_path / "data", EXPOSURE_API_KEYS="k" * 40) as served:
        without = served.ask("/v1/screen", LISTED)
        with_it = served.ask("/v1/screen", LISTED, headers={"Authorization": f"ApiKey {'k' * 40}"})

    assert (without.status, with_it.status) == (401, 200)
    assert "k" * 40 not in served.log.read_text()
