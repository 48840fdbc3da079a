from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sanctions_exposure.api.app import _PARAMETERS


def get(client: FlaskClient, path: str) -> tuple[int, Any]:
    response = client.get(path)
    return response.status_code, response.get_json(force=True)


def test_search_finds_a_listed_entity_by_name(client: FlaskClient) -> None:
    status, found = get(client, "/v1/search?q=belaz&limit=3")

    assert status == 200
    assert found["hits"][0]["entity_id"] == "belaz"
    assert len(found["hits"]) <= 3


def test_search_finds_a_listed_entity_by_identifier(client: FlaskClient) -> None:
    entity = get(client, "/v1/entities/curated/belaz")[1]
    number = entity["identifiers"][0]["value"]

    _, found = get(client, f"/v1/search?q={number}")

    assert found["hits"][0]["entity_id"] == "belaz"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("", "q"), ("q=x&limit=0", "limit"), ("q=x&limit=ten", "limit"), ("q=x&schema=Y", "schema")],
)
def test_a_search_that_is_wrong_names_its_parameter(client: FlaskClient, query: str, parameter: str) -> None:
    status, found = get(client, f"/v1/search?{query}")

    assert status == 422
    assert found["errors"][0]["parameter"] == parameter


def test_a_search_for_nothing_comparable_is_refused(client: FlaskClient) -> None:
    assert get(client, "/v1/search?q=%3F%21")[0] == 422


def test_an_entity_is_shown_as_published(client: FlaskClient) -> None:
    status, found = get(client, "/v1/entities/curated/belaz")

    assert status == 200
    assert found["names"][0]["text"]
    assert "" not in found["names"][0].values()


@pytest.mark.parametrize("path", ["/v1/entities/curated/nobody", "/v1/entities/nothing/belaz", "/v1/entities/curated"])
def test_an_entity_nobody_knows_is_not_found(client: FlaskClient, path: str) -> None:
    assert get(client, path)[0] == 404


def test_lists_say_which_are_loaded_and_which_never_were(client: FlaskClient) -> None:
    _, found = get(client, "/v1/lists")

    states = {one["id"]: one["state"] for one in found["lists"]}
    assert states["curated"] == "fresh"
    assert "missing" in states.values()


def test_rules_and_corridors_carry_their_sources(client: FlaskClient) -> None:
    _, rules = get(client, "/v1/rules")
    _, corridors = get(client, "/v1/corridors")

    assert rules["ruleset"] == corridors["ruleset"]
    assert all(rule["sources"] for rule in rules["rules"])
    assert corridors["corridors"]


def test_the_service_says_that_it_lives_and_may_be_believed(client: FlaskClient) -> None:
    assert get(client, "/healthz")[0] == 200
    assert get(client, "/readyz")[1]["ready"] is True


def _refs(document: Any) -> set[str]:
    if isinstance(document, dict):
        own = {document["$ref"]} if isinstance(document.get("$ref"), str) else set()
        return own.union(*(_refs(value) for value in document.values()))
    return set[str]().union(*(_refs(value) for value in document)) if isinstance(document, list) else set()


def test_the_description_is_whole(client: FlaskClient) -> None:
    _, described = get(client, "/openapi.json")

    assert described["openapi"].startswith("3.1")
    assert "/v1/screen" in described["paths"]
    for ref in _refs(described):
        found = described
        for part in ref.removeprefix("#/").split("/"):
            found = found[part]


def test_the_description_names_every_field_of_an_answer(client: FlaskClient) -> None:
    schemas = get(client, "/openapi.json")[1]["components"]["schemas"]

    answer = client.post("/v1/screen", json={"name": "OJSC BelAZ"}).get_json()

    assert set(answer) == set(schemas["Screening"]["properties"])
    assert set(answer["flags"][0]) == set(schemas["Flag"]["properties"])
    assert set(answer["lists"][0]) <= set(schemas["ListState"]["properties"])


def test_the_description_says_which_fields_a_request_may_have(client: FlaskClient) -> None:
    schemas = get(client, "/openapi.json")[1]["components"]["schemas"]

    assert {"parties", "route", "goods", "payment", "as_of"} <= set(schemas["Request"]["properties"])
    assert {"name", "country", "route"} <= set(schemas["FlatRequest"]["properties"])
    assert {"type": "string"} in schemas["Request"]["properties"]["route"]["items"]["oneOf"]


def test_the_documentation_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/docs/").get_data(as_text=True)

    assert "swagger-ui-bundle.js" in page
    assert 'src="http' not in page
    assert 'href="http' not in page
    assert client.get("/docs/swagger-ui-bundle.js").status_code == 200
    assert client.get("/").headers["Location"].endswith("/docs/")


def test_every_path_is_explained_to_users(client: FlaskClient) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    paths = get(client, "/openapi.json")[1]["paths"]

    assert {path for path in paths if path.split("{")[0].rstrip("/") not in page} == set()


@pytest.mark.parametrize(
    ("method", "path", "parameter"),
    [
        ("POST", "/v1/check?require_lists=un_sc", "require_lists"),
        ("POST", "/v1/screen?as_of=2020-01-01", "as_of"),
        ("GET", "/v1/search?q=belaz&schemas=Person", "schemas"),
        ("GET", "/v1/lists?state=stale", "state"),
        ("GET", "/v1/rules?as_of=2020-01-01", "as_of"),
        ("GET", "/v1/entities/curated/belaz?x=1", "x"),
    ],
)
def test_a_parameter_that_nobody_reads_is_refused_by_name(
    client: FlaskClient, method: str, path: str, parameter: str
) -> None:
    response = client.open(path, method=method, json={"name": "Quorvane"} if method == "POST" else None)

    assert response.status_code == 422
    assert [fault["parameter"] for fault in response.get_json(force=True)["errors"]] == [parameter]


def test_every_parameter_of_the_description_is_known_and_no_other(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    described = {
        frozenset(p["name"] for p in operation.get("parameters", ()) if p["in"] == "query")
        for path, operations in paths.items()
        if path.startswith("/v1/")
        for operation in operations.values()
        if isinstance(operation, dict)
    }

    assert described - {frozenset()} == set(_PARAMETERS.values())


def test_regimes_may_be_parted_by_commas_and_a_wrong_one_is_named(client: FlaskClient) -> None:
    told = client.post("/v1/check?regimes=us,eu&regimes=uk&require_list=curated", json={"name": "Quorvane"})
    wrong = client.post("/v1/check?regimes=us,atlantis", json={"name": "Quorvane"})

    assert told.get_json(force=True)["decision"] == "clear"
    assert "'atlantis'" in wrong.get_json(force=True)["errors"][0]["detail"]
