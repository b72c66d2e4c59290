"""Each error of the domain: status, body, headers."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import InternalServerError, RequestEntityTooLarge

from broker.api.failures import failure_of, http_failure, rest_body, too_many, unauthenticated
from broker.errors import (
    AccessDenied,
    AlreadyExists,
    AuthenticationFailed,
    BrokerError,
    Busy,
    ForbiddenChange,
    InstanceNotFound,
    InvalidRequest,
    NotFound,
    ProviderUnavailable,
    ReadOnly,
    RoleCollectionNotFound,
    StateConflict,
    StoreUnavailable,
    TokenInvalid,
    TooManyChanges,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest.at("name", "nothing", "a name"), 400),
        (NotFound("no such thing"), 404),
        (InstanceNotFound(), 404),
        (AlreadyExists("taken"), 409),
        (StateConflict("in use"), 409),
        (ForbiddenChange("never"), 403),
        (ReadOnly("declared"), 403),
    ],
)
def test_refusals_have_one_text(error: BrokerError, status: int) -> None:
    failure = failure_of(error)
    assert (failure.status, rest_body(failure)) == (status, {"error": str(error)})


def test_an_unknown_role_collection_has_the_text_of_the_original() -> None:
    failure = failure_of(RoleCollectionNotFound("guid", "a\x00" + "x" * 300, "for users"))
    assert failure.status == 404
    name = "a?" + "x" * 253 + "…"
    text = f"No entity found with values = [[guid, {name}, guid]]"
    assert rest_body(failure) == {"error": text}


@pytest.mark.parametrize("error", [Busy("a secret reason"), StoreUnavailable("a secret reason")])
def test_unavailability_has_no_details(error: BrokerError) -> None:
    failure = failure_of(error)
    assert failure.status == 503
    assert dict(failure.headers) == {"Retry-After": "1"}
    assert "secret" not in str(rest_body(failure))


def test_invalid_tokens() -> None:
    for error in (TokenInvalid("a reason"), AuthenticationFailed("a reason")):
        failure = failure_of(error)
        assert failure.status == 401
        assert rest_body(failure) == {
            "error": "invalid_token",
            "error_description": "Token was not recognised",
        }
        assert dict(failure.headers)["WWW-Authenticate"].startswith("Bearer ")


def test_no_token() -> None:
    failure = unauthenticated()
    assert failure.status == 401
    assert rest_body(failure)["error"] == "unauthorized"
    assert 'error="unauthorized"' in dict(failure.headers)["WWW-Authenticate"]


def test_missing_scopes_are_named() -> None:
    failure = failure_of(AccessDenied("xs_user.read"))
    assert failure.status == 403
    assert rest_body(failure) == {
        "error": "insufficient_scope",
        "error_description": "Insufficient scope for this resource",
        "scope": "xs_user.read",
    }
    assert 'scope="xs_user.read"' in dict(failure.headers)["WWW-Authenticate"]


@pytest.mark.parametrize("failure", [failure_of(TooManyChanges(7)), too_many(6.6)])
def test_limits_name_the_wait(failure: object) -> None:
    assert getattr(failure, "status", 0) == 429
    assert dict(getattr(failure, "headers", ()))["Retry-After"] == "7"


def test_providers_and_sizes() -> None:
    assert failure_of(ProviderUnavailable("x")).status == 502
    assert rest_body(http_failure(RequestEntityTooLarge())) == {
        "error": "The body is longer than 1 MB."
    }
    assert http_failure(InternalServerError()).status == 500
