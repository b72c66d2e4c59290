"""The parameters of an authorization request (I-60, I-65 to I-67, O-110)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.login.authorization.request import (
    MAX_LENGTH,
    MAX_STATE,
    AuthorizationRefused,
    parse_request,
    read_parameters,
)
from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem
from broker.tokens.authorization_code import challenge_of

if TYPE_CHECKING:
    from broker.login.authorization.request import AuthorizationRequest

CHALLENGE = challenge_of("v" * 43)


def parsed(**parameters: str) -> AuthorizationRequest:
    return parse_request({"response_type": "code", **parameters})


@pytest.mark.parametrize(
    ("pairs", "length"),
    [
        ([("state", "a"), ("state", "a")], 10),
        ([("state", ""), ("state", "a")], 10),
        ([("state", "a\x00")], 10),
        ([("state", "a\r\nSet-Cookie: b")], 10),
        ([("st\tate", "a")], 10),
        ([("state", "\u202e")], 10),
        ([("state", "\ud800")], 10),
        ([("state", "a")], MAX_LENGTH + 1),
        ([("state", "a" * (MAX_STATE + 1))], MAX_STATE + 7),
    ],
)
def test_ambiguous_and_long_requests_are_refused(pairs: list[tuple[str, str]], length: int) -> None:
    """I-60."""
    with pytest.raises(PageError) as refused:
        read_parameters(pairs, length)
    assert refused.value.problem is Problem.INVALID_REQUEST


def test_empty_parameters_are_absent() -> None:
    """RFC 6749 section 3.1."""
    assert read_parameters([("scope", ""), ("state", "ü <>")], MAX_LENGTH) == {"state": "ü <>"}


def test_a_request_is_read() -> None:
    request = parsed(
        scope="a b",
        nonce="n",
        prompt="login consent",
        max_age="0",
        login_hint="ben",
        idp="corp",
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
        response_mode="query",
        claims="{}",
    )
    assert (request.scope, request.nonce, request.max_age) == ("a b", "n", 0)
    assert request.prompts == {"login", "consent"}
    assert (request.login_hint, request.idp) == ("ben", "corp")
    assert (request.code_challenge, request.is_silent) == (CHALLENGE, False)
    assert parsed(prompt="none").is_silent
    assert parsed() == parsed(prompt=" ")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"request_uri": "https://evil.example.org"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"max_age": "9" * 5000}, "invalid_request"),
        ({"nonce": "n" * 1025}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": "v" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "\n", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_refused_requests(parameters: dict[str, str], code: str) -> None:
    """I-65; PKCE has no method but S256 (O-65)."""
    with pytest.raises(AuthorizationRefused) as refused:
        parsed(**parameters)
    assert refused.value.code == code


def test_a_missing_response_type() -> None:
    """I-65: UAA's text."""
    with pytest.raises(AuthorizationRefused) as refused:
        parse_request({})
    assert refused.value.code == "invalid_request"
    assert str(refused.value) == "Missing response_type in authorization request"
