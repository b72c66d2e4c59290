"""Parameters of a request to the token service (O-20, O-21)."""

from __future__ import annotations

import pytest
from flask import Flask

from broker.errors import GrantRefused
from broker.oauth.form import FORM, form_parameters, refuse_query, require_form
from broker.request_body import has_unread_body

APP = Flask(__name__)


def parameters(body: str, content_type: str = FORM) -> dict[str, str]:
    with APP.test_request_context("/?grant_type=q", "POST", data=body, content_type=content_type):
        found = form_parameters()
        assert not has_unread_body()
        return found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=&b=2", {"b": "2"}),
        ("a=%21+x", {"a": "! x"}),
        ("", {}),
        ("a", {}),
    ],
)
def test_they_come_from_the_form_and_empty_ones_are_absent(
    body: str, found: dict[str, str]
) -> None:
    assert parameters(body) == found
    assert parameters(body, f"{FORM}; charset=utf-8") == found


@pytest.mark.parametrize("body", ["a=1&a=1", "a=&a=", "a=1&b=2&a=3"])
def test_a_repeated_parameter_is_refused(body: str) -> None:
    with pytest.raises(GrantRefused) as refused:
        parameters(body)
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", ""])
def test_a_body_of_another_type_has_none_and_is_read(content_type: str) -> None:
    assert parameters("a=1", content_type) == {}


@pytest.mark.parametrize(
    ("body", "content_type", "is_refused"),
    [("a=1", FORM, False), ("", "", False), ("{}", "application/json", True)],
)
def test_a_form_may_be_demanded(body: str, content_type: str, *, is_refused: bool) -> None:
    with APP.test_request_context("/", "POST", data=body, content_type=content_type):
        if not is_refused:
            require_form()
            return
        with pytest.raises(GrantRefused):
            require_form()


@pytest.mark.parametrize(
    ("query", "form", "is_refused"),
    [
        ("grant_type=client_credentials", {}, True),
        ("grant%5Ftype=password", {"client_id": "a"}, True),
        ("x=1&client_secret=b", {}, True),
        ("code=b", {"scope": "c"}, True),
        ("grant_type=password", {"grant_type": "client_credentials"}, False),
        ("grant_type=", {}, False),
        ("x=1&_=2", {}, False),
        ("%ff%00", {}, False),
        ("", {}, False),
    ],
)
def test_parameters_in_the_query_replace_none_in_the_body(
    query: str, form: dict[str, str], *, is_refused: bool
) -> None:
    """O-21."""
    with APP.test_request_context(f"/?{query}", "POST"):
        if not is_refused:
            refuse_query(form)
            return
        with pytest.raises(GrantRefused, match="must be passed in the body") as refused:
            refuse_query(form)
    assert refused.value.code == "query_string_not_allowed"
