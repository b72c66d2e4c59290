"""Client credentials as clients send them (O-02 to O-06)."""

from __future__ import annotations

import base64

import pytest

from broker.errors import AuthenticationFailed, GrantRefused
from broker.oauth.clients.secrets import presented_secrets

PAIR = ("sb-app!t1", "guid$secret=")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def readings(
    header: str | None, form: dict[str, str] | None = None, *, encoded_first: bool = False
) -> list[tuple[str, str]]:
    found = presented_secrets(header, form or {}, encoded_first=encoded_first)
    return [(reading.client_id, reading.client_secret) for reading in found]


def test_basic_and_body_are_read_alike() -> None:
    assert readings(basic(":".join(PAIR))) == [PAIR]
    assert readings(None, {"client_id": PAIR[0], "client_secret": PAIR[1]}) == [PAIR]


def test_the_secret_may_hold_colons() -> None:
    assert readings(basic("a:b:c")) == [("a", "b:c")]


def test_encoded_credentials_are_tried_raw_first() -> None:
    assert readings(basic("sb-app%21t1:guid%24secret%3D")) == [
        ("sb-app%21t1", "guid%24secret%3D"),
        PAIR,
    ]
    assert readings(basic("a:b+c")) == [("a", "b+c"), ("a", "b c")]


def test_a_header_announces_encoded_credentials() -> None:
    assert readings(basic("a:b%2Bc"), encoded_first=True)[0] == ("a", "b+c")


def test_the_client_id_may_be_repeated_in_the_body() -> None:
    assert readings(basic(":".join(PAIR)), {"client_id": PAIR[0]}) == [PAIR]
    both = {"client_id": PAIR[0], "client_secret": PAIR[1]}
    assert readings(basic(":".join(PAIR)), both) == [PAIR]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (None, {}),
        (None, {"client_id": "a"}),
        (None, {"client_secret": "b"}),
        ("Bearer x", {}),
        ("Basic", {}),
        ("Basic ???", {}),
        ("Basic " + base64.b64encode(b"\xff:\xfe").decode(), {}),
        (basic("no colon"), {}),
        (basic("a:b"), {"client_id": "other"}),
    ],
)
def test_anything_unusable_fails_authentication(header: str | None, form: dict[str, str]) -> None:
    with pytest.raises(AuthenticationFailed):
        readings(header, form)


def test_two_different_secrets_are_refused() -> None:
    with pytest.raises(GrantRefused) as caught:
        readings(basic("a:b"), {"client_id": "a", "client_secret": "c"})
    assert caught.value.code == "invalid_request"
