"""Who may call what, over every route the application has."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.access import ApiKey, Role, digest
from sanctions_exposure.api import create_app
from sanctions_exposure.api.security import role_for
from sanctions_exposure.settings import Settings
from sanctions_exposure.wiring.screener import Screener

SCREEN, ADMIN, ENDED, REVOKED = "s" * 40, "a" * 40, "e" * 40, "r" * 40


def key(name: str, token: str, role: Role, **said: Any) -> ApiKey:
    return ApiKey(id=name, name=name, roles=frozenset({role}), digest=digest(token), **said)


@pytest.fixture(scope="module")
def guarded(data: Path, screener: Screener) -> FlaskClient:
    keys = (
        key("desk", SCREEN, Role.SCREEN),
        key("boss", ADMIN, Role.ADMIN),
        key("ended", ENDED, Role.ADMIN, expires_at=1.0),
        key("revoked", REVOKED, Role.ADMIN, revoked_at=1.0),
    )
    return create_app(Settings(data=data, api_keys=keys), screener).test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_route_is_closed_but_those_that_were_opened_on_purpose(guarded: FlaskClient) -> None:
    app = guarded.application
    opened = {endpoint for endpoint in app.view_functions if role_for(app, endpoint) is None}

    assert opened == {"home", "api-docs.openapi_json", "swagger_ui.show", "operations.healthz", "operations.readyz"}


def test_what_changes_lists_needs_an_admin(guarded: FlaskClient) -> None:
    app = guarded.application

    assert {e for e in app.view_functions if role_for(app, e) is Role.ADMIN} == {
        "lists.refresh",
        *(f"submissions.{what}" for what in ("submit", "pending", "quarantine", "accept", "discard")),
    }


@pytest.mark.parametrize("path", ["/v1/lists", "/v1/rules", "/v1/search?q=belaz", "/v1/entities/curated/belaz"])
def test_without_a_key_nothing_is_told(guarded: FlaskClient, path: str) -> None:
    reply = guarded.get(path)

    assert (reply.status_code, reply.content_type) == (401, "application/problem+json")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SCREEN}"},
        {"Authorization": f"bearer  {SCREEN}"},
        {"Authorization": f"ApiKey {SCREEN}"},
        {"Authorization": f"Apikey {SCREEN}"},
        {"Authorization": SCREEN},
        {"X-API-Key": SCREEN},
        {"X-API-Key": SCREEN, "Authorization": f"Bearer {SCREEN}"},
    ],
)
def test_a_key_is_taken_from_every_header_that_clients_send(guarded: FlaskClient, headers: dict[str, str]) -> None:
    assert guarded.get("/v1/lists", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (bearer("w" * 40), "nobody knows"),
        (bearer(SCREEN[:-1]), "nobody knows"),
        (bearer(ENDED), "expired at 1970-01-01T00:00:01"),
        (bearer(REVOKED), "was revoked"),
        ({"Authorization": "Basic Zm9vOmJhcg=="}, "write 'Bearer KEY'"),
        ({"Authorization": "Bearer "}, "nobody knows"),
        ({"X-API-Key": SCREEN, **bearer(ADMIN)}, "two different keys"),
        ({"X-API-Key": "\udcff" * 40}, "nobody knows"),
    ],
)
def test_a_wrong_key_opens_nothing_and_is_not_repeated(guarded: FlaskClient, headers: dict[str, str], why: str) -> None:
    reply = guarded.get("/v1/lists", headers=headers)

    assert reply.status_code == 401
    assert why in reply.get_json(force=True)["detail"]
    assert not any(token in reply.get_data(as_text=True) for token in (SCREEN, ADMIN, ENDED, REVOKED, "w" * 40))


def test_a_role_that_is_too_low_is_told_which_one_is_needed(guarded: FlaskClient) -> None:
    low, high = (guarded.post("/v1/lists/refresh", json={}, headers=bearer(token)) for token in (SCREEN, ADMIN))

    assert low.status_code == 403
    assert "role admin; desk has screen" in low.get_json(force=True)["detail"]
    assert "EXPOSURE_REFRESH" in high.get_json(force=True)["detail"]  # past the door


@pytest.mark.parametrize("query", [f"api_key={SCREEN}", f"API_KEY={SCREEN}", "token=x", "q=exposure_abc"])
def test_a_key_in_an_address_is_refused_even_beside_a_good_one(guarded: FlaskClient, query: str) -> None:
    reply = guarded.get(f"/v1/search?{query}", headers=bearer(SCREEN))

    assert reply.status_code == 401
    assert "does not belong into an address" in reply.get_json(force=True)["detail"]


def test_the_description_says_which_key_each_call_needs(guarded: FlaskClient, client: FlaskClient) -> None:
    closed, free = (one.get("/openapi.json").get_json() for one in (guarded, client))

    assert set(closed["components"]["securitySchemes"]) == {"bearer", "apikey", "header"}
    assert closed["paths"]["/healthz"]["get"]["security"] == []
    assert {} not in closed["paths"]["/v1/screen"]["post"]["security"]
    assert {} in free["paths"]["/v1/screen"]["post"]["security"]
    assert closed["paths"]["/v1/lists/refresh"]["post"]["x-role"] == "admin"
    assert {"401", "403"} <= closed["paths"]["/v1/rules"]["get"]["responses"].keys()
