"""``If-Match`` and ``ETag``."""

from __future__ import annotations

import pytest

from broker.api.request import ApiRequest, Caller
from broker.api.scim.versions import etag, expected_version, required_version
from broker.audit.actor import Actor, ActorKind
from broker.errors import InvalidRequest
from tests.support.rights import a_client
from tests.support.users import A_ZONE


def with_if_match(value: str) -> ApiRequest:
    caller = Caller(Actor(ActorKind.CLIENT, "c"), a_client(A_ZONE, "a!b1"), frozenset())
    return ApiRequest(caller, headers={"If-Match": value})


@pytest.mark.parametrize(
    ("value", "expected"), [("*", None), ('"*"', None), ("3", 3), ('"3"', 3), (" 3 ", 3)]
)
def test_the_expected_version(value: str, expected: int | None) -> None:
    assert required_version(with_if_match(value), "PUT") == expected
    assert expected_version(with_if_match(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        *("x", "-1", "3.0", "9" * 11, "9" * 10_000, "*3", "\u0663"),
        *('""', '"', '"3', '3"', '"*', '""3""', "3" + '"' * 40),
    ],
)
def test_a_value_that_is_no_version(value: str) -> None:
    for work in (lambda: required_version(with_if_match(value), "PUT"), None):
        with pytest.raises(InvalidRequest, match="Invalid version match header") as error:
            work() if work else expected_version(with_if_match(value))
        assert len(str(error.value)) < 150


def test_the_header_is_mandatory_for_changes_only() -> None:
    with pytest.raises(InvalidRequest, match=r"^Missing If-Match for PATCH$"):
        required_version(with_if_match(" "), "PATCH")
    assert expected_version(with_if_match("")) is None


def test_a_version_as_header() -> None:
    assert dict(etag(3)) == {"ETag": '"3"'}
