from typing import Any

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.wiring.screener import Screener
from support.lasting import lasting

LISTED = {"name": "OJSC BelAZ", "country": "by", "reference": "R1"}


def post(client: FlaskClient, body: Any) -> tuple[int, Any]:
    kind = {"data": body} if isinstance(body, bytes) else {"json": body}
    response = client.post("/v1/screen", content_type="application/json", **kind)
    return response.status_code, response.get_json(force=True)


def pointers(document: Any) -> list[str]:
    return [error["pointer"] for error in document["errors"]]


def test_a_listed_party_is_blocked_with_evidence(client: FlaskClient) -> None:
    status, found = post(client, LISTED)

    assert status == 200
    assert (found["outcome"], found["severity"], found["reference"]) == ("block", "critical", "R1")
    flag = found["flags"][0]
    assert flag["code"] == "SANCTIONED_PARTY"
    assert flag["subject"] == "/parties/0"
    assert flag["evidence"][0]["entity_id"] == "belaz"
    assert flag["sources"]


@pytest.mark.parametrize("number", ["9481910", "IMO 9481910"])
def test_a_party_known_by_its_number_alone_is_explained_by_it(client: FlaskClient, number: str) -> None:
    _, found = post(client, {"imo": number, "schema": "Vessel"})

    flag = next(flag for flag in found["flags"] if flag["code"] == "SANCTIONED_PARTY")
    assert flag["explanation"].startswith("“IMO number 9481910” matches “")
    assert "It matched by same IMO number." in flag["explanation"]


def test_the_answer_has_every_part_of_the_contract(client: FlaskClient) -> None:
    _, found = post(client, LISTED)

    assert list(found) == [
        "id", "reference", "screened_at", "as_of", "outcome", "severity", "score", "flags", "parties", "lists",
        "snapshot", "ruleset", "engine", "warnings", "took_ms",
    ]  # fmt: skip
    assert {"code", "title", "severity", "score", "regimes", "subject", "explanation", "action", "would_settle", "rule",
            "evidence", "sources"} == set(found["flags"][0])  # fmt: skip


def test_the_same_question_has_the_same_answer(client: FlaskClient) -> None:
    first, second = (post(client, LISTED)[1] for _ in range(2))

    assert lasting(first) == lasting(second)


@pytest.mark.parametrize("asked", [LISTED, {"requests": [LISTED, {"name": 7}]}])
def test_a_question_sent_twice_under_one_key_is_answered_once(client: FlaskClient, asked: Any) -> None:
    key = {"Idempotency-Key": f"screen-{len(asked)}"}
    first, again = (client.post("/v1/screen", json=asked, headers=key) for _ in range(2))

    assert (first.status_code, again.data) == (200, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert client.post("/v1/screen", json={"name": "Quorvane Blixtrop Ltd"}, headers=key).status_code == 422


def test_a_question_that_was_refused_does_not_use_its_key_up(client: FlaskClient) -> None:
    key = {"Idempotency-Key": "screen-refused"}
    assert client.post("/v1/screen", json={"nmae": "Quorvane"}, headers=key).status_code == 422
    assert client.post("/v1/screen", json=LISTED, headers=key).status_code == 200


def test_ids_of_screenings_differ_and_sort_by_time(client: FlaskClient) -> None:
    ids = [post(client, LISTED)[1]["id"] for _ in range(3)]

    assert len(set(ids)) == 3
    assert [i[14] for i in ids] == ["7", "7", "7"]


def test_an_unlisted_party_is_told_which_lists_were_missing(client: FlaskClient) -> None:
    _, found = post(client, {"name": "Quorvane Blixtrop Ltd"})

    missing = {state["id"] for state in found["lists"] if state["state"] == "missing"}
    assert missing
    assert all(any(list_id in warning for warning in found["warnings"]) for list_id in missing)


def test_a_batch_is_answered_in_order_and_a_bad_request_costs_the_others_nothing(client: FlaskClient) -> None:
    status, found = post(
        client,
        {"requests": [LISTED, {"name": "?!", "reference": "R2"}, None, {"name": "Quorvane Blixtrop"}, "x", LISTED]},
    )

    assert status == 200
    assert [one["outcome"] for one in found["screenings"]][:3] == ["block", "error", "error"]
    assert found["screenings"][1]["reference"] == "R2"
    assert found["screenings"][1]["error"]["errors"][0]["pointer"] == "/name"
    assert found["screenings"][4]["outcome"] == "error"
    assert found["screenings"][5]["outcome"] == "block"


def test_a_batch_says_what_each_request_says_alone(client: FlaskClient) -> None:
    requests = [LISTED, {"name": "Rosoboronexport"}, {"route": ["RU Astrakhan", "IRBAZ", "Nhava Sheva, IN"]}]

    _, together = post(client, {"requests": requests})

    for request, found in zip(requests, together["screenings"], strict=True):
        _, alone = post(client, request)
        assert lasting(found) == lasting(alone)


@pytest.mark.parametrize(
    ("batch", "pointer"),
    [
        ({"requests": []}, "/requests"),
        ({"requests": {}}, "/requests"),
        ({"requests": [LISTED] * 51}, "/requests"),
        ({"requests": [LISTED], "name": "x"}, "/name"),
    ],
)
def test_a_batch_that_is_none_is_refused(client: FlaskClient, batch: Any, pointer: str) -> None:
    status, found = post(client, batch)

    assert status == 422
    assert pointer in pointers(found)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 422, ""),
        ([], 422, ""),
        ({"name": ""}, 422, "/name"),
        ({"name": "x", "surprise": 1}, 422, "/surprise"),
        ({"name": "x" * 501}, 422, "/name"),
        ({"name": "a\x00b"}, 422, "/name"),
        ({"name": {"$ne": ""}}, 422, "/name"),
        ({"name": "x", "country": "Atlantis"}, 422, "/country"),
        ({"parties": [{"name": "x"}] * 201}, 422, "/parties"),
        ({"parties": [{"name": "x"}], "goods": [{"hs_code": "84x"}]}, 422, "/goods/0/hs_code"),
    ],
)
def test_bad_input_is_refused_with_a_pointer(client: FlaskClient, body: Any, status: int, pointer: str) -> None:
    answered, found = post(client, body)

    assert answered == status
    assert pointer in pointers(found)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe{}", b'{"name": NaN}', b"{'name': 'x'}", b"[" * 90_000, b'{"a":' * 30_000, b"\x00"],
)
def test_a_body_that_is_no_json_is_a_bad_request(client: FlaskClient, body: bytes) -> None:
    status, found = post(client, body)

    assert status == 400
    assert found["title"] == "Bad Request"


def test_a_lone_surrogate_is_refused(client: FlaskClient) -> None:
    status, found = post(client, b'{"name": "a\\ud800"}')

    assert status == 422
    assert pointers(found) == ["/name"]


def test_a_lone_surrogate_in_a_batch_costs_the_others_nothing(client: FlaskClient) -> None:
    status, found = post(
        client,
        b'{"requests": [{"reference": "r\\udc00", "name": "a\\ud800"}, {"name": "BelAZ"}, {"a\\ud800": 1}]}',
    )

    assert status == 200
    assert [one["outcome"] for one in found["screenings"]] == ["error", "block", "error"]
    assert "lone surrogate" in str(found["screenings"][0]["error"])
    assert post(client, b'{"name": "a\\ud800", "x": NaN}')[0] == 400


def test_a_body_over_the_limit_is_refused_with_the_limit(client: FlaskClient) -> None:
    status, found = post(client, {"name": "x" * 300_000})

    assert status == 413
    assert "200000 bytes" in found["detail"]


def test_what_is_not_sent_as_json_is_refused(client: FlaskClient) -> None:
    response = client.post("/v1/screen", data=b'{"name": "x"}', content_type="text/plain")

    assert response.status_code == 415
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(("path", "method", "status"), [("/nothing", "GET", 404), ("/v1/screen", "GET", 405)])
def test_every_refusal_is_a_problem_document(client: FlaskClient, path: str, method: str, status: int) -> None:
    response = client.open(path, method=method)

    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.get_json(force=True)["status"] == status


def test_a_bug_is_answered_with_an_incident_and_nothing_of_the_question(
    client: FlaskClient, screener: Screener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(screener, "screen", broken)

    status, found = post(client, {"name": "Secret Name"})

    assert status == 500
    assert found["incident"] in caplog.text
    assert "Secret Name" not in caplog.text + str(found)
