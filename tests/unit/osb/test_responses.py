"""Statuses and bodies of errors (OSB-ERR)."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest
from flask import Flask

from broker.errors import (
    AlreadyExists,
    AuthenticationFailed,
    BindingNotFound,
    Busy,
    ForbiddenChange,
    InstanceNotFound,
    InvalidRequest,
    MaintenanceConflict,
    StoreUnavailable,
    TooManyFailures,
)
from broker.osb.headers import UnsupportedVersion
from broker.osb.responses import (
    MAX_DESCRIPTION,
    broker_error,
    echo_request_identity,
    joined,
    success,
    unauthenticated,
)

APP = Flask(__name__)


@pytest.mark.parametrize(
    ("error", "method", "status", "members"),
    [
        (InvalidRequest.at("a", "b", "c"), "PUT", 400, {}),
        (AlreadyExists("x"), "PUT", 409, {}),
        (InstanceNotFound(), "GET", 404, {}),
        (InstanceNotFound(), "DELETE", 410, {}),
        (BindingNotFound(), "DELETE", 410, {}),
        (UnsupportedVersion("1.0"), "GET", 412, {}),
        (Busy("x"), "PUT", 422, {"error": "ConcurrencyError"}),
        (MaintenanceConflict("x"), "PUT", 422, {"error": "MaintenanceInfoConflict"}),
        (ForbiddenChange("x"), "PATCH", 422, {"instance_usable": True, "update_repeatable": False}),
    ],
)
def test_an_error_has_its_status_and_members(
    error: Exception, method: str, status: int, members: dict[str, object]
) -> None:
    with APP.test_request_context("/v2/", method=method):
        response = broker_error(error)
    assert response.status_code == status
    assert response.get_json() == {**members, "description": str(error)}


def test_an_unavailable_store_is_tried_again() -> None:
    with APP.test_request_context("/v2/"):
        response = broker_error(StoreUnavailable("x"))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_a_failed_authentication_is_challenged_or_limited() -> None:
    with APP.test_request_context("/v2/"):
        refused = unauthenticated(AuthenticationFailed("wrong broker credentials"))
        limited = unauthenticated(TooManyFailures(7))
    assert (refused.status_code, limited.status_code) == (401, 429)
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert limited.headers["Retry-After"] == "7"
    assert limited.get_json() == {
        "description": "Too many failed attempts; try again in 7 seconds."
    }


def test_an_unexpected_error_shows_no_details() -> None:
    with APP.test_request_context("/v2/"):
        response = broker_error(ValueError("a secret"))
    assert response.status_code == 500
    assert "secret" not in response.get_data(as_text=True)


def test_a_description_is_cut_off() -> None:
    with APP.test_request_context("/v2/"):
        response = broker_error(AlreadyExists("x" * 9000))
    assert len(response.get_json()["description"]) == MAX_DESCRIPTION


def test_sentences_are_joined_and_a_long_list_is_cut() -> None:
    assert joined([]) is None
    assert joined(["One.", "Two."]) == "One. Two."
    many = joined([f"Sentence {number:04}." for number in range(1000)])
    assert many is not None
    assert many.endswith("0531. And 468 more.")
    assert MAX_DESCRIPTION - 40 < len(many) <= MAX_DESCRIPTION
    assert joined(["x" * 9000, "y"]) == "x" * 2999 + "… y"
    assert joined(["x" * 3000] * 4) == " ".join(["x" * 3000] * 2) + " And 2 more."


def test_absent_members_are_left_out_but_nested_nulls_stay() -> None:
    response = success(HTTPStatus.CREATED, credentials={"a": None}, metadata=None)
    assert response.status_code == 201
    assert response.mimetype == "application/json"
    assert json.loads(response.get_data()) == {"credentials": {"a": None}}


@pytest.mark.parametrize(("sent", "expected"), [("id-1", "id-1"), ("é", None), (None, None)])
def test_a_request_identity_that_can_be_sent_comes_back(
    sent: str | None, expected: str | None
) -> None:
    """OSB-HDR-05."""
    headers = {"X-Broker-API-Request-Identity": sent} if sent else {}
    with APP.test_request_context("/v2/", headers=headers):
        response = echo_request_identity(success(HTTPStatus.OK))
    assert response.headers.get("X-Broker-API-Request-Identity") == expected
