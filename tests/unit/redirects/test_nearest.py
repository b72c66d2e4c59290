"""The registered entry that matches a URI or comes nearest to it."""

from __future__ import annotations

import pytest

from broker.redirects.nearest import Nearest, find_nearest

REGISTERED = [
    "https://app.example.org/login/callback",
    "https://*.apps.example.org/**",
    "http://localhost:5000/login/callback",
]


@pytest.mark.parametrize(
    ("uri", "nearest"),
    [
        ("https://a.apps.example.org/x", Nearest(1)),
        (
            "https://app.example.org/logout",
            Nearest(0, ('the path is "/logout", registered is "/login/callback"',)),
        ),
        (
            "http://localhost:4000/login/callback",
            Nearest(2, ('the port is "4000", registered is "5000"',)),
        ),
        (
            "https://evil.test/login/callback",
            Nearest(0, ('the host is "evil.test", registered is "app.example.org"',)),
        ),
        (
            "/login/callback",
            Nearest(None, ("no scheme; allowed: an absolute URI that starts with https://",)),
        ),
    ],
)
def test_the_nearest_entry(uri: str, nearest: Nearest) -> None:
    assert find_nearest(uri, REGISTERED) == nearest
    assert nearest.matches is (nearest == Nearest(1))


def test_the_host_weighs_most() -> None:
    registered = ["https://other.example.org/cb", "https://app.example.org:8443/x"]
    assert find_nearest("https://app.example.org/cb", registered).index == 1


def test_nothing_is_registered() -> None:
    nearest = find_nearest(REGISTERED[0], [])
    assert nearest == Nearest(None, ("no redirect URI is registered",))
