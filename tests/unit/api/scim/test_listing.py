"""The query parameters of lists."""

from __future__ import annotations

from typing import Any

import pytest

from broker.api.parameters import query_values
from broker.api.request import ApiRequest, Caller
from broker.api.scim.listing import list_query, only, requested_fields, selection_of
from broker.api.scim.user_models import Name, ScimUser
from broker.audit.actor import Actor, ActorKind
from broker.errors import InvalidRequest
from broker.identity.users.search import USER_ATTRIBUTES
from broker.search.condition import Comparison, Operator, Selection
from tests.support.rights import a_client
from tests.support.users import A_ZONE

ORDERS = {"created": "meta.created"}
PARTS = {"givenname": "name"}


def a_request(**given: str) -> ApiRequest:
    caller = Caller(Actor(ActorKind.CLIENT, "c"), a_client(A_ZONE, "a!b1"), frozenset())
    return ApiRequest(caller, query=query_values(list_query("created"), given))


def selection(**given: str) -> Selection:
    return selection_of(a_request(**given), USER_ATTRIBUTES, ORDERS)


def test_defaults() -> None:
    assert selection() == Selection("meta.created", offset=0, limit=100)
    assert selection(filter=" id pr ") == selection()


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({"count": "500"}, {"limit": 500}),
        ({"count": "100000"}, {"limit": 500}),
        ({"count": "0"}, {"limit": 0}),
        ({"startIndex": "0"}, {"offset": 0}),
        ({"startIndex": "501"}, {"offset": 500}),
        ({"sortBy": "USERNAME"}, {"order_by": "userName"}),
        ({"sortBy": "meta.lastModified"}, {"order_by": "meta.lastModified"}),
        ({"sortOrder": "Descending"}, {"is_descending": True}),
        (
            {"filter": 'id eq "x"'},
            {"condition": Comparison("id", Operator.EQUAL, "x")},
        ),
        ({"unknown": "x"}, {}),
    ],
)
def test_parameters(given: dict[str, str], changed: dict[str, Any]) -> None:
    expected: dict[str, Any] = {"order_by": "meta.created"} | changed
    assert selection(**given) == Selection(**expected)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"filter": "x"}, r"Invalid filter expression: \[x\]$"),
        ({"sortBy": "password"}, r"Invalid filter expression: \[id pr\] \[password\]$"),
        ({"sortOrder": "up"}, "query parameter sortOrder: .*; allowed: ascending or descending"),
        ({"count": "-1"}, "query parameter count"),
        ({"count": "9" * 11}, "query parameter count"),
        ({"startIndex": "x"}, "query parameter startIndex"),
        ({"startIndex": "3000000000"}, "query parameter startIndex"),
    ],
)
def test_refused_parameters(given: dict[str, str], text: str) -> None:
    with pytest.raises(InvalidRequest, match=text):
        selection(**given)


def test_attributes() -> None:
    def fields(text: str) -> frozenset[str] | None:
        return requested_fields(a_request(attributes=text), ScimUser, PARTS)

    assert fields("") is None
    assert fields(" , ") is None
    expected = frozenset({"id", "user_name", "emails", "name", "meta"})
    assert fields("ID, userName,emails.value,givenName,meta.version") == expected
    with pytest.raises(InvalidRequest, match=r"Invalid attributes: \[id,password\]"):
        fields("id,password")


def test_a_resource_with_some_fields_only() -> None:
    user = ScimUser(id="1", user_name="anna", name=Name(given_name="Anna"))
    assert only(user, None) is user
    assert only(user, frozenset({"id", "name"})).model_dump(exclude_none=True) == {
        "id": "1",
        "name": {"given_name": "Anna"},
    }
