"""Broker credentials (OSB-AUTH-04, OSB-AUTH-07)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from broker.authentication.failure_limit import FailureLimit
from broker.errors import AuthenticationFailed, TooManyFailures
from broker.osb.auth import Platform, PlatformAuthenticator

if TYPE_CHECKING:
    from collections.abc import Sequence

PLATFORMS = [
    Platform("a", "broker", ("pässword:1", "previous")),
    Platform("b", "other", ("secret",)),
]


def authenticator(limit: int = 0, platforms: Sequence[Platform] = ()) -> PlatformAuthenticator:
    return PlatformAuthenticator(
        platforms or PLATFORMS,
        FailureLimit(limit, clock=lambda: 0.0),
        lambda environ: str(environ["REMOTE_ADDR"]),
    )


AUTHENTICATOR = authenticator()


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
    without_password = authenticator(platforms=[Platform("a", "broker", ())])
    assert without_password.platform_of(basic("broker:")) is None


def attempt(of: PlatformAuthenticator, header: str | None, address: str = "9.9.9.9") -> str:
    environ = {"REMOTE_ADDR": address, **({} if header is None else {"HTTP_AUTHORIZATION": header})}
    try:
        return of.authenticate(environ).name
    except TooManyFailures as error:
        return f"limited for {error.retry_after} s"
    except AuthenticationFailed:
        return "refused"


def test_failures_are_limited_per_address_and_correct_passwords_never() -> None:
    of = authenticator(limit=2)
    wrong, right = basic("broker:wrong"), basic("broker:previous")
    assert [attempt(of, header) for header in (wrong, right, wrong, wrong)] == [
        "refused",
        "a",
        "refused",
        "limited for 60 s",
    ]
    assert attempt(of, right) == "a"
    # Another user, an unknown one and a malformed header are limited alike.
    for header in (basic("other:wrong"), basic("unknown:wrong"), "Basic !"):
        assert attempt(of, header) == "limited for 60 s"
    assert attempt(of, wrong, "8.8.8.8") == "refused"


def test_a_request_without_credentials_is_not_a_failure() -> None:
    of = authenticator(limit=1)
    assert {attempt(of, None) for _ in range(5)} == {"refused"}
    assert attempt(of, basic("broker:wrong")) == "refused"
