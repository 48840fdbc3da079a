"""Deliveries to receivers that misbehave."""

import base64
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook

from sanctions_exposure.errors import InvalidInput, SettingsError
from sanctions_exposure.jobs import outward
from sanctions_exposure.jobs.courier import BACK_OFF, Courier
from sanctions_exposure.jobs.outward import Allowed, NotPosted, post
from sanctions_exposure.jobs.signing import secrets_of
from sanctions_exposure.settings import Settings
from sanctions_exposure.storage import Database
from sanctions_exposure.storage.deliveries import Delivery
from sanctions_exposure.storage.tables import DELIVERY
from support.receiver import Receiver, receiving

SECRET = "whsec_" + base64.b64encode(b"invented for tests only, no secret").decode()
BODY = b'{"decision":"review"}'
ID = "00000000-0000-7000-8000-00000000000a"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def courier(database: Database) -> Courier:
    known = Settings(callback_private_hosts=("127.0.0.1",), callback_secrets=(SECRET,))
    return replace(Courier.of(known, database), back_off=(0.0, 0.0, 0.0))


def sent(courier: Courier, url: str, key: str | None = None) -> Delivery:
    return courier.deliveries.add(ID, url, BODY, key)


def now(courier: Courier, delivery: Delivery) -> Delivery:
    found = courier.deliveries.find(delivery.id)
    assert found is not None
    return found


def test_a_decision_arrives_signed_as_the_standard_has_it(courier: Courier, receiver: Receiver) -> None:
    delivery = sent(courier, f"{receiver.url}/orders?po=1")

    assert courier.once()
    assert not courier.once()

    ((headers, body),) = receiver.got
    assert body == BODY
    assert Webhook(SECRET).verify(body, headers) == {"decision": "review"}
    assert (headers["webhook-id"], headers["content-type"]) == (delivery.id, "application/json")
    done = now(courier, delivery)
    assert (done.state, done.status, done.attempts, done.body) == ("delivered", 200, 1, b"")


def test_an_old_secret_still_proves_us_while_a_new_one_comes(courier: Courier, receiver: Receiver) -> None:
    newer = "whsec_" + base64.b64encode(b"another one invented for tests only").decode()
    sent(courier, receiver.url)

    replace(courier, secrets=secrets_of([newer, SECRET])).once()

    ((headers, body),) = receiver.got
    assert all(Webhook(secret).verify(body, headers) for secret in (newer, SECRET))


@pytest.mark.parametrize("first", [500, 503, 429, 301, 307, "cut"])
def test_what_is_not_taken_is_tried_again_with_the_same_id(
    courier: Courier, receiver: Receiver, first: int | str
) -> None:
    receiver.answers = [first, 204]
    delivery = sent(courier, receiver.url)

    courier.once()
    between = now(courier, delivery)
    courier.once()

    assert between.state == "waiting"
    assert between.error
    assert (now(courier, delivery).state, now(courier, delivery).attempts) == ("delivered", 2)
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {delivery.id}
    assert len(receiver.got) == 2  # nobody followed the redirect


def test_nobody_listening_is_a_failure_that_is_told(courier: Courier, receiver: Receiver) -> None:
    delivery = sent(courier, "http://127.0.0.1:1/")

    courier.once()

    assert "refused" in now(courier, delivery).error.lower()


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_receiver_that_never_ends_its_answer_is_left(
    courier: Courier, receiver: Receiver, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "_SECONDS", 0.5)
    receiver.answers = [way, 200]
    delivery = sent(courier, receiver.url)

    courier.once()

    assert now(courier, delivery).state == "waiting"
    assert now(courier, delivery).error


def test_it_is_given_up_in_the_end(courier: Courier, receiver: Receiver) -> None:
    receiver.answers = [500]
    delivery = sent(courier, receiver.url)

    while courier.once():
        pass

    done = now(courier, delivery)
    assert (done.state, done.attempts, done.status, done.body) == ("given_up", 4, 500, b"")


def test_gone_is_gone(courier: Courier, receiver: Receiver) -> None:
    receiver.answers = [410]
    delivery = sent(courier, receiver.url)

    courier.once()

    assert now(courier, delivery).state == "given_up"


def test_pauses_grow_over_two_days(courier: Courier, receiver: Receiver) -> None:
    receiver.answers = [500]
    delivery = sent(courier, receiver.url)
    patient = replace(courier, back_off=BACK_OFF)

    patient.once()

    assert not patient.once()
    assert 5 <= now(courier, delivery).due - time.time() + 1 <= 8
    assert list(BACK_OFF) == sorted(BACK_OFF)
    assert 40 * 3600 < sum(BACK_OFF) < 72 * 3600


def test_a_courier_that_died_is_replaced(courier: Courier, receiver: Receiver, database: Database) -> None:
    delivery = sent(courier, receiver.url)
    lost = courier.deliveries.take(60)
    assert lost is not None

    assert not courier.once()
    with database.writing() as connection:
        connection.execute(update(DELIVERY).values(due=DELIVERY.c.due - 61))
    courier.once()
    courier.deliveries.failed(lost, None, "too late to say so", 5)

    assert now(courier, delivery).state == "delivered"


def test_the_same_key_is_one_delivery(courier: Courier, receiver: Receiver) -> None:
    first = sent(courier, receiver.url, "k")
    again = courier.deliveries.add("00000000-0000-7000-8000-00000000000b", receiver.url, BODY, "k")

    while courier.once():
        pass

    assert first.id == again.id
    assert len(receiver.got) == 1


def test_what_ended_a_month_ago_is_forgotten(courier: Courier, receiver: Receiver, database: Database) -> None:
    delivery = sent(courier, receiver.url)
    courier.once()
    with database.writing() as connection:
        connection.execute(update(DELIVERY).values(ended=DELIVERY.c.ended - 31 * 86_400))

    courier.deliveries.sweep()

    assert courier.deliveries.find(delivery.id) is None


# -- where to ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/",
        "http://erp.example/",
        "https://erp.example@elsewhere.example/",
        "https://somebody:secret@erp.example/",
        "https://erp.example.elsewhere.example/",
        "https://erp.example/#part",
        "https://erp.example\\@elsewhere.example/",
        "https://erp.example/\r\nHost: elsewhere.example",
        "https://erp.example:port/",
        "https://[::1/",
        "file:///etc/passwd",
        "//erp.example/",
        "erp.example",
        "",
        "https://erp.example/" + "x" * 2000,
        "https://ｅrp.example/",
    ],
)
def test_nothing_but_an_allowed_host_is_posted_to(url: str) -> None:
    with pytest.raises(InvalidInput):
        Allowed(hosts=["erp.example"]).check(url)


def test_an_allowed_host_is_posted_to_in_any_spelling() -> None:
    allowed = Allowed(hosts=["erp.example"], private_hosts=["erp.internal"])

    for url in ("https://ERP.example/x?y=1", "https://erp.example:8443", "http://erp.internal:8080/"):
        allowed.check(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "fc00::1",
        "0.0.0.0",  # noqa: S104 - one that is refused
        "224.0.0.1",
    ],
)
def test_an_allowed_name_that_leads_to_a_private_address_is_not_posted_to(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(outward.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (address, 443))])

    with pytest.raises(NotPosted, match="not public"):
        post("https://erp.example/", BODY, {}, Allowed(hosts=["erp.example"]))


def test_a_host_that_is_no_longer_allowed_gets_nothing_more(courier: Courier, receiver: Receiver) -> None:
    delivery = sent(courier, receiver.url)

    replace(courier, allowed=Allowed()).once()

    assert receiver.got == []
    assert "EXPOSURE_CALLBACK_HOSTS" in now(courier, delivery).error


def test_a_certificate_that_proves_nothing_is_not_believed(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    # The receiver speaks no TLS at all: whoever answers there has proved nothing.
    url = receiver.url.replace("http:", "https:")

    with pytest.raises(NotPosted):
        post(url, BODY, {}, Allowed(private_hosts=["127.0.0.1"]))

    assert receiver.got == []
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize("secret", ["hush", "whsec_" + base64.b64encode(b"short").decode(), "whsec_%%%"])
def test_a_weak_secret_stops_start_up_and_is_not_repeated(secret: str, database: Database) -> None:
    with pytest.raises(SettingsError, match="EXPOSURE_CALLBACK_SECRET") as told:
        Courier.of(Settings(callback_secrets=(secret,)), database)

    assert secret not in str(told.value).split()
