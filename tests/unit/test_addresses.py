"""The zone of a host name (D-09, D-31)."""

from __future__ import annotations

import pytest

from broker.addresses import Addresses

ZONED = Addresses(
    public_url="https://{zone}.auth.example.org",
    cert_url="https://{zone}.auth.cert.example.org:8443",
    api_url="https://api.auth.example.org",
    domain="auth.example.org",
)
SHARED = Addresses(
    public_url="https://uaa.example.org",
    cert_url="https://cert.example.org",
    api_url="https://api.example.org",
    domain="uaa.example.org",
)


@pytest.mark.parametrize(
    "host",
    [
        *("acme.auth.example.org", "acme.auth.example.org:443", "ACME.Auth.Example.ORG"),
        *("acme.auth.example.org.", "acme.auth.cert.example.org:8443"),
    ],
)
def test_the_first_label_is_the_zone(host: str) -> None:
    assert ZONED.zone_named_by(host) == "acme"


@pytest.mark.parametrize(
    "host",
    [
        *("auth.example.org", "auth.cert.example.org", "localhost:8080", "10.0.0.1", "[::1]:80"),
        *("a.b.auth.example.org", ".auth.example.org", "acmeauth.example.org", "evil.org", ""),
        *("acme.auth.example.org.evil.org", "evil.org/.auth.example.org", "@", "[", "a]b", ":"),
    ],
)
def test_any_other_host_names_no_zone(host: str) -> None:
    assert ZONED.zone_named_by(host) is None


def test_without_hosts_of_their_own_zones_share_them_all() -> None:
    for host in ("uaa.example.org", "acme.uaa.example.org", "cert.example.org", "api.example.org"):
        assert SHARED.zone_named_by(host) is None


def test_tenants_are_also_found_below_the_domain_of_the_keys() -> None:
    addresses = Addresses("https://{zone}.uaa.example.org", "", "", "keys.example.org:8443")
    assert addresses.zone_named_by("acme.keys.example.org:8443") == "acme"
    assert addresses.zone_named_by("acme.uaa.example.org") == "acme"
