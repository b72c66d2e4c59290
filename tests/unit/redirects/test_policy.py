"""Redirect URIs that the operator allows."""

from __future__ import annotations

import pytest

from broker.redirects.policy import RedirectPolicy

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
