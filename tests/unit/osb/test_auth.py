"""Broker credentials (OSB-AUTH-04, OSB-AUTH-07)."""

from __future__ import annotations

import base64

import pytest

from broker.osb.auth import Platform, PlatformAuthenticator

AUTHENTICATOR = PlatformAuthenticator(
    [
        Platform("a", "broker", ("pässword:1", "previous")),
        Platform("b", "other", ("secret",)),
    ]
)


def basic(text: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(text.encode(encoding)).decode()


@pytest.mark.parametrize(
    ("header", "platform"),
    [
        (basic("broker:pässword:1"), "a"),
        (basic("broker:previous"), "a"),
        (basic("other:secret"), "b"),
        (basic("broker:previous").replace("Basic", "basic"), "a"),
    ],
)
def test_a_valid_pair_identifies_the_platform(header: str, platform: str) -> None:
    found = AUTHENTICATOR.platform_of(header)
    assert found is not None
    assert found.name == platform


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        basic(""),
        basic("broker"),
        basic(":"),
        basic("broker:"),
        basic("broker:secret"),
        basic("other:previous"),
        basic("broker:pässword:1", "latin-1"),
        "Bearer " + basic("broker:previous")[6:],
        "Basic " + "A" * 100_000,
    ],
)
def test_everything_else_is_refused(header: str | None) -> None:
    assert AUTHENTICATOR.platform_of(header) is None


def test_without_a_password_access_is_refused() -> None:
    without_password = PlatformAuthenticator([Platform("a", "broker", ())])
    assert without_password.platform_of(basic("broker:")) is None
