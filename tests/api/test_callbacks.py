"""``Callback-URL``: answered later, signed, once, and across restarts."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from sanctions_exposure.api import create_app
from sanctions_exposure.jobs.courier import Courier
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.wiring.screener import Screener
from support.receiver import Receiver, receiving
from support.server import running

SECRET = "whsec_" + base64.b64encode(b"invented for tests only, no secret").decode()
ORDER = {"reference": "PO-1", "name": "OJSC BelAZ", "country": "by"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def known(tmp_path: Path, data: Path) -> Settings:
    return Settings(
        data=data,
        database_url=f"sqlite:///{tmp_path / 'callbacks.sqlite3'}",
        callback_private_hosts=("127.0.0.1",),
        callback_secrets=(SECRET,),
    )


@pytest.fixture
def buyer(known: Settings, screener: Screener) -> FlaskClient:
    return create_app(known, screener).test_client()


@pytest.fixture
def courier(known: Settings) -> Courier:
    return Courier.of(known, Database(known.database_url, known.data))


def asked(client: FlaskClient, url: str, order: Any = ORDER, **headers: str) -> Any:
    return client.post("/v1/check", json=order, headers={"Callback-URL": url, **headers})


def test_the_same_decision_is_posted_that_would_have_been_answered(
    buyer: FlaskClient, courier: Courier, receiver: Receiver
) -> None:
    at_once = buyer.post("/v1/check", json=ORDER).get_json()
    taken = asked(buyer, receiver.url)
    before = buyer.get(taken.headers["Location"]).get_json()
    courier.once()
    after = buyer.get(taken.headers["Location"]).get_json()

    assert (taken.status_code, taken.get_json()["state"]) == (202, "waiting")
    assert (before["state"], before["attempts"], after["state"], after["status"]) == ("waiting", 0, "delivered", 200)
    ((headers, body),) = receiver.got
    posted = Webhook(SECRET).verify(body, headers)
    changing = ("screening", "screened_at")
    assert {k: v for k, v in posted.items() if k not in changing} == {
        k: v for k, v in at_once.items() if k not in changing
    }
    assert headers["webhook-id"] == taken.get_json()["id"]


def test_a_key_that_comes_again_never_posts_twice(buyer: FlaskClient, courier: Courier, receiver: Receiver) -> None:
    first, again = (asked(buyer, receiver.url, **{"Idempotency-Key": "k"}) for _ in range(2))
    while courier.once():
        pass
    late = asked(buyer, receiver.url, **{"Idempotency-Key": "k"})
    while courier.once():
        pass
    elsewhere = asked(buyer, f"{receiver.url}/elsewhere", **{"Idempotency-Key": "k"})

    assert first.headers["Location"] == again.headers["Location"] == late.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(receiver.got) == 1
    assert elsewhere.status_code == 422


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "http://localhost/", "gopher://127.0.0.1/", "nowhere"])
def test_a_host_that_nobody_allowed_is_refused_before_anything_is_decided(buyer: FlaskClient, url: str) -> None:
    refused = asked(buyer, url)

    assert refused.status_code == 422
    assert "Callback-URL" in refused.get_json()["detail"]


def test_callbacks_are_off_unless_somebody_sets_them_up(client: FlaskClient) -> None:
    refused = asked(client, "https://erp.example/")

    assert refused.status_code == 422
    assert "EXPOSURE_CALLBACK_SECRET" in refused.get_json()["detail"]


def test_an_order_that_cannot_be_read_is_refused_at_once(buyer: FlaskClient, courier: Courier) -> None:
    assert buyer.post("/v1/check", data=b"<broken", content_type="application/xml").status_code == 422

    assert not courier.once()


def test_a_callback_nobody_knows_is_not_found(buyer: FlaskClient) -> None:
    assert buyer.get("/v1/callbacks/00000000-0000-7000-8000-000000000000").status_code == 404


def test_the_description_shows_what_is_posted(buyer: FlaskClient) -> None:
    operation = buyer.get("/openapi.json").get_json()["paths"]["/v1/check"]["post"]

    (posted,) = operation["callbacks"]["decided"].values()
    names = {one["name"] for one in posted["post"]["parameters"]}
    assert names == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert operation["responses"]["202"]["headers"]["Location"]


def test_a_decision_that_waits_survives_the_service(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [500]
    data = tmp_path / "data"
    said = {"EXPOSURE_CALLBACK_PRIVATE_HOSTS": "127.0.0.1", "EXPOSURE_CALLBACK_SECRET": SECRET}
    with running(data, **said) as served:
        where = served.ask("/v1/check", ORDER, headers={"Callback-URL": receiver.url}).headers["Location"]
        until = time.monotonic() + 60
        while not receiver.got and time.monotonic() < until:
            time.sleep(0.05)
        served.process.kill()
        served.process.wait()
    tried = len(receiver.got)
    receiver.answers = [200]
    with running(data, **said) as served:
        until = time.monotonic() + 90
        while served.ask(where).json["state"] != "delivered" and time.monotonic() < until:
            time.sleep(0.1)
        state = served.ask(where).json
        log = served.log.read_text()

    assert (tried, state["state"]) == (1, "delivered")
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert "BelAZ" not in log
