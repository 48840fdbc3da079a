"""What one caller had done is no other's: two teams number their orders alike, and neither sees the other's jobs."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.access import ApiKey, Role, digest
from sanctions_exposure.api import create_app
from sanctions_exposure.jobs.desk import JobDesk
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.screener import Screener

SECRET = "whsec_" + base64.b64encode(b"invented for tests only, no secret").decode()
BUYING, SELLING, RENEWED, BOSS = (letter * 40 for letter in "bsra")
ORDER, OTHER = {"name": "OJSC BelAZ"}, {"name": "Quorvane Blixtrop"}
FILE = b"name\r\nOJSC BelAZ\r\n"


def key(name: str, token: str, role: Role = Role.SCREEN) -> ApiKey:
    return ApiKey(id=token[:8], name=name, roles=frozenset({role}), digest=digest(token))


@pytest.fixture
def place(tmp_path: Path, data: Path) -> Settings:
    return Settings(
        data=data,
        job_folder=tmp_path / "jobs",
        database_url=f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        callback_private_hosts=("127.0.0.1",),
        callback_secrets=(SECRET,),
        api_keys=(key("buying", BUYING), key("selling", SELLING), key("boss", BOSS, Role.ADMIN)),
    )


@pytest.fixture
def client(place: Settings, screener: Screener) -> FlaskClient:
    return create_app(place, screener).test_client()


def by(token: str, **more: str) -> dict[str, str]:
    return {"X-API-Key": token, **more}


def numbered(token: str, **more: str) -> dict[str, str]:
    return by(token, **{"Idempotency-Key": "PO-1"}, **more)


@pytest.mark.parametrize("path", ["/v1/screen", "/v1/check"])
def test_two_callers_may_number_their_orders_alike(client: FlaskClient, path: str) -> None:
    ours = client.post(path, json=ORDER, headers=numbered(BUYING))
    theirs = client.post(path, json=OTHER, headers=numbered(SELLING))
    again = client.post(path, json=ORDER, headers=numbered(BUYING))

    assert (ours.status_code, theirs.status_code) == (200, 200)
    assert ours.data != theirs.data
    assert (again.data, again.headers["Idempotency-Replayed"]) == (ours.data, "true")
    assert client.post(path, json=OTHER, headers=numbered(BUYING)).status_code == 422


def test_a_job_is_seen_and_deleted_by_who_handed_it_in_and_by_an_admin(
    client: FlaskClient, place: Settings, screener: Screener
) -> None:
    def sent(token: str) -> Any:
        return client.post("/v1/jobs", data=FILE, content_type="text/csv", headers=numbered(token))

    ours, theirs = sent(BUYING), sent(SELLING)
    where = ours.headers["Location"]
    desk = JobDesk.of(place, Database(place.database_url, place.data))
    for _ in range(2):
        desk.runner(screener).once()

    assert (ours.status_code, theirs.status_code) == (202, 202)
    assert where != theirs.headers["Location"]
    for call in (client.get, client.delete):
        assert call(where, headers=by(SELLING)).status_code == 404
        assert call(where).status_code == 401
    assert client.get(f"{where}/result", headers=by(SELLING)).status_code == 404
    assert client.get(f"{where}/result", headers=by(BUYING)).data.startswith(b"name,screening_outcome")
    assert client.get(where, headers=by(BOSS)).get_json()["rows_done"] == 1
    assert client.delete(where, headers=by(BUYING)).status_code == 204
    assert client.get(where, headers=by(BOSS)).status_code == 404


def test_a_key_that_was_renewed_under_its_name_has_what_the_one_before_had(
    client: FlaskClient, place: Settings, screener: Screener
) -> None:
    where = client.post("/v1/jobs", data=FILE, content_type="text/csv", headers=by(BUYING)).headers["Location"]
    first = client.post("/v1/screen", json=ORDER, headers=numbered(BUYING))

    later = create_app(replace(place, api_keys=(key("buying", RENEWED),)), screener).test_client()

    assert later.get(where, headers=by(RENEWED)).status_code == 200
    assert later.post("/v1/screen", json=ORDER, headers=numbered(RENEWED)).data == first.data


def test_what_was_handed_in_before_there_were_keys_is_anybodys_who_has_one(
    place: Settings, client: FlaskClient, screener: Screener
) -> None:
    before = create_app(replace(place, api_keys=()), screener).test_client()
    where = before.post("/v1/jobs", data=FILE, content_type="text/csv").headers["Location"]

    assert client.get(where, headers=by(SELLING)).status_code == 200


def test_a_callback_is_told_to_who_asked_for_it(client: FlaskClient) -> None:
    told = {"Callback-URL": "http://127.0.0.1:9/taken"}
    ours, theirs = (client.post("/v1/check", json=ORDER, headers=numbered(who, **told)) for who in (BUYING, SELLING))
    where = ours.headers["Location"]

    assert (ours.status_code, theirs.status_code) == (202, 202)
    assert where != theirs.headers["Location"]  # the second is delivered as well
    assert [client.get(where, headers=by(who)).status_code for who in (BUYING, SELLING, BOSS)] == [200, 404, 200]
