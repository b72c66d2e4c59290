"""JSON schemas in the dialect of OpenAPI 3.0."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from broker.api.models import RequestModel, ResponseModel
from broker.api.openapi.schemas import Schemas
from broker.api.route import Reply, Route


class Part(ResponseModel):
    title: str | None
    kind: Literal["one"]


class Whole(ResponseModel):
    part: Part | None = None
    parts: list[Part | None] = Field(default_factory=list)


class Change(RequestModel):
    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"id"})

    value: str | int | None = Field(default=None, alias="theValue")


ROUTE = Route(
    method="PUT",
    path="/x",
    operation_id="x",
    summary="",
    tag="",
    scopes=("s",),
    handler=lambda _services, _request: Reply(),
    request=list[Change],
    response=Whole,
)


def test_null_is_nullable() -> None:
    schemas = Schemas([ROUTE, ROUTE])
    reference = {"$ref": "#/components/schemas/Part"}
    assert schemas.response(Whole) == {"$ref": "#/components/schemas/Whole"}
    whole = schemas.components["Whole"]["properties"]
    assert whole["part"] == {"allOf": [reference], "nullable": True}
    assert whole["parts"]["items"] == {"allOf": [reference], "nullable": True}
    assert schemas.components["Part"]["properties"] == {
        "title": {"type": "string", "nullable": True},
        "kind": {"type": "string", "enum": ["one"]},
    }


def test_requests_list_what_is_read_only() -> None:
    schemas = Schemas([ROUTE])
    assert schemas.request(list[Change]) == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Change"},
    }
    change = schemas.components["Change"]
    assert change["additionalProperties"] is False
    assert change["properties"] == {
        "theValue": {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        "id": {"readOnly": True, "nullable": True},
    }
