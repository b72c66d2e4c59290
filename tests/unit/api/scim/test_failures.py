"""The JSON of failed requests in SCIM."""

from __future__ import annotations

import pytest

from broker.api.failures import failure_of
from broker.api.scim.failures import scim_body
from broker.errors import (
    AccessDenied,
    BrokerError,
    ForbiddenChange,
    InvalidRequest,
    NotFound,
    StateConflict,
)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (NotFound("text"), "scim_resource_not_found"),
        (StateConflict("text"), "scim_resource_conflict"),
        (ForbiddenChange("text"), "access_denied"),
        (InvalidRequest.saying("text", []), "invalid_scim_resource"),
    ],
)
def test_name_and_text(error: BrokerError, name: str) -> None:
    assert scim_body(failure_of(error)) == {
        "error": name,
        "error_description": "text",
        "message": "text",
    }


def test_broken_rules_follow_a_text_of_the_original() -> None:
    body = scim_body(failure_of(InvalidRequest.at("filter", "x at character 1", "id")))
    assert body["violations"] == [{"path": "filter", "found": "x at character 1", "allowed": "id"}]


def test_a_missing_scope_is_reported_as_everywhere() -> None:
    body = scim_body(failure_of(AccessDenied("xs_user.read")))
    assert body == {
        "error": "insufficient_scope",
        "error_description": "Insufficient scope for this resource",
        "scope": "xs_user.read",
    }
