"""Where a logout leads: never to a URI that is not registered (I-101, I-103, TH-01)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.redirects.logout import LogoutTarget, logout_target

HOME = "https://portal.example.org/"
REGISTERED = ("https://app.example.org/login/callback", "https://*.apps.example.org/bye/**")


@pytest.mark.parametrize(
    "uri",
    ["https://app.example.org/login/callback", "https://a.apps.example.org/bye/1?tab=2"],
)
def test_a_registered_uri_is_used_as_given(uri: str) -> None:
    assert logout_target(uri, REGISTERED, HOME) == LogoutTarget(uri)


@pytest.mark.parametrize("home", [HOME, None])
def test_any_other_leads_home(home: str | None) -> None:
    found = logout_target("https://app.example.org/other", REGISTERED, home, "s")
    assert found.uri == home
    assert found.refused.startswith("https://app.example.org/login/callback: the path is")
    assert logout_target("https://evil.test/", (), home).uri == home
    assert "no scheme" in logout_target("/relative", REGISTERED, home).refused


def test_without_a_request_it_leads_home() -> None:
    assert logout_target("", REGISTERED, HOME, "s") == LogoutTarget(HOME)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://a.apps.example.org/bye", "https://a.apps.example.org/bye?state=a%26b%3D%0A1"),
        (
            "https://a.apps.example.org/bye?x=1",
            "https://a.apps.example.org/bye?x=1&state=a%26b%3D%0A1",
        ),
    ],
)
def test_state_is_returned(uri: str, expected: str) -> None:
    assert logout_target(uri, REGISTERED, HOME, "a&b=\n1").uri == expected


@given(
    st.text(alphabet="aehlpstvx.:/@\\#?%;* \t\n*", max_size=40).map(lambda text: f"https:{text}")
    | st.text(max_size=40).map(lambda text: f"https://app.example.org{text}")
    | st.text(max_size=40)
)
def test_no_text_leads_elsewhere(text: str) -> None:
    found = logout_target(text, REGISTERED, None, "s").uri
    assert found is None or found.startswith(
        ("https://app.example.org/login/callback?", "https://a.apps.example.org/bye")
    )
