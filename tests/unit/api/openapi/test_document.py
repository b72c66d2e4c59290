"""The OpenAPI document of the table."""

from __future__ import annotations

from http import HTTPStatus

from broker.api.models import RequestModel, ResponseModel
from broker.api.openapi.document import openapi_document
from broker.api.route import PUBLIC, Header, Query, Reply, Route


class Body(RequestModel):
    """A body."""

    name: str


class Thing(ResponseModel):
    """A thing."""

    name: str


def a_route(**changes: object) -> Route:
    members: dict[str, object] = {
        "method": "POST",
        "path": "/things/{id}",
        "operation_id": "changeThing",
        "summary": "Change a thing",
        "tag": "things",
        "scopes": ("a.read", "b.read"),
        "handler": lambda _services, _request: Reply(),
    }
    return Route(**(members | changes))  # type: ignore[arg-type]


def test_an_operation_has_its_parameters_bodies_and_statuses() -> None:
    route = a_route(
        request=Body,
        response=Thing,
        status=HTTPStatus.CREATED,
        failures=(HTTPStatus.NOT_FOUND,),
        query=(Query("count", "integer", default=100, maximum=500), Query("filter")),
        headers=(Header("If-Match"),),
    )
    document = openapi_document([route], "https://api.example.org", "https://uaa/oauth/token")
    assert document["servers"] == [{"url": "https://api.example.org"}]
    operation = document["paths"]["/things/{id}"]["post"]
    assert operation["x-scopes"] == ["a.read", "b.read"]
    assert [(each["name"], each["in"]) for each in operation["parameters"]] == [
        ("id", "path"),
        ("count", "query"),
        ("filter", "query"),
        ("If-Match", "header"),
    ]
    assert operation["parameters"][1]["schema"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 500,
        "default": 100,
    }
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Body"}
    assert set(operation["responses"]) == {
        *("201", "400", "401", "403", "404", "409", "413", "429", "431", "503")
    }
    assert "content" in operation["responses"]["201"]
    assert {"Body", "Thing", "Error"} <= set(document["components"]["schemas"])


def test_a_public_operation_needs_no_token() -> None:
    operation = openapi_document([a_route(scopes=PUBLIC)], "x", "y")["paths"]["/things/{id}"][
        "post"
    ]
    assert operation["security"] == []
    assert not {"401", "403"} & set(operation["responses"])
    assert "content" not in operation["responses"]["200"]
