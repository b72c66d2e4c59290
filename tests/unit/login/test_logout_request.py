"""The parameters of a logout request."""

from __future__ import annotations

import pytest
from flask import Flask

from broker.login.logout_request import LogoutRequest
from broker.login.pages.errors import PageError

APP = Flask(__name__)
URI = "https://app.example.org/bye"


def read(query: str = "", **form: str) -> LogoutRequest:
    method = "POST" if form else "GET"
    with APP.test_request_context(f"/?{query}", method=method, data=form or None):
        return LogoutRequest.read()


def test_the_standard_parameter_precedes_that_of_uaa() -> None:
    assert read(f"redirect={URI}").target == URI
    assert read(f"redirect=x&post_logout_redirect_uri={URI}").target == URI
    assert read("redirect=&client_id=").target == ""


def test_the_body_of_a_form_decides() -> None:
    asked = read("client_id=query&state=s", client_id="body")
    assert (asked.client_id, asked.state, asked.is_form) == ("body", "", True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=s", True),
        ("state=s&ui_locales=de", True),
        ("", False),
        ("state=s&client_id=c", False),
        ("state=s&id_token_hint=h", False),
        ("state=s&redirect=r", False),
    ],
)
def test_a_provider_returns_the_state_alone(query: str, *, expected: bool) -> None:
    assert read(query).has_only_state is expected


def test_a_confirmation_repeats_target_and_state() -> None:
    asked = read(f"redirect={URI}&state=s&id_token_hint=h")
    assert asked.fields == (("post_logout_redirect_uri", URI), ("state", "s"))
    assert read("id_token_hint=h").fields == ()


@pytest.mark.parametrize(
    "query",
    [
        "client_id=a&client_id=b",
        "state=%00",
        "state=%0a",
        f"redirect=r&state={'s' * 1025}",
        "state=" + "s" * 9000,
    ],
)
def test_others_are_refused(query: str) -> None:
    """I-60."""
    with pytest.raises(PageError):
        read(query)
