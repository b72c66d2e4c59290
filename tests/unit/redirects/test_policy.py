"""Redirect URIs that the operator allows."""

from __future__ import annotations

import pytest

from broker.redirects.policy import RedirectPolicy, grammar_violations

SHARED = RedirectPolicy(shared_domains=("apps.example.org",))


@pytest.mark.parametrize(
    "uri",
    [
        "https://*.apps.example.org/**",
        "https://my-*.apps.example.org/login/callback",
        "https://app.*.apps.example.org",
        "https://*.example.org/**",
        "https://**.apps.example.org/**",
        "https://**.example.org/**",
        "https://*.*.example.org/",
        "https://*.APPS.example.org:8443/",
    ],
)
def test_no_wildcard_covers_a_shared_domain(uri: str) -> None:
    [violation] = SHARED.violations(["https://fine.apps.example.org", uri])
    assert violation.path == "oauth2-configuration.redirect-uris[1]"
    assert violation.allowed == "a host with a fixed label before apps.example.org"
    assert list(RedirectPolicy().violations([uri])) == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://my-app.apps.example.org/**",
        "https://*.my-app.apps.example.org/**",
        "https://*.my-company.com/**",
        "https://*.myapps.example.com",
    ],
)
def test_other_uris_are_free(uri: str) -> None:
    assert list(SHARED.violations([uri])) == []


@pytest.mark.parametrize(
    "uri",
    ["http://localhost:5000/**", "http://127.0.0.1/", "http://localhost:*/**", "http://[::1]:1/"],
)
def test_loopback_by_setting(uri: str) -> None:
    assert list(SHARED.violations([uri])) == []
    [violation] = RedirectPolicy(localhost=False).violations([uri])
    assert "XSUAA_LOCALHOST_REDIRECTS" in violation.allowed


@pytest.mark.parametrize(
    "uri",
    ["http://*.localhost:5000/**", "http://a.localhost", "https://localhost", "http*://localhost"],
)
def test_hosts_below_localhost_by_setting(uri: str) -> None:
    [violation] = RedirectPolicy(localhost=False).violations([uri])
    assert violation.allowed == "no loopback host (XSUAA_LOCALHOST_REDIRECTS)"
    assert list(SHARED.violations([uri])) == []


def test_the_authority_is_not_split_a_second_time() -> None:
    """The policy refuses what the grammar refuses, so that no host passes it in disguise."""
    for uri in ("https://*.apps.example.org?/x", "http*://*.apps.example.org", "https://x@y.org"):
        assert list(SHARED.violations([uri])) != []
    assert [each.path for each in grammar_violations(["https://a.b", "https://a.b:0", ""])] == [
        "oauth2-configuration.redirect-uris[1]",
        "oauth2-configuration.redirect-uris[2]",
    ]
