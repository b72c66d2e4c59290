"""The zone of a host name (D-09, D-31), and the names that client libraries derive."""

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


@pytest.mark.parametrize(
    "host", ["acme.authentication.example.org", "acme.authentication.cert.example.org"]
)
def test_a_tenant_is_found_at_every_name_derived_from_the_domain(host: str) -> None:
    """Without a certificate host in the settings, too: a foreign tenant must not get a token."""
    url = "https://{zone}.authentication.example.org"
    addresses = Addresses(url, url, "", "authentication.example.org")
    assert addresses.zone_named_by(host) == "acme"
    assert addresses.zone_named_by(host.removeprefix("acme.")) is None


def test_tenants_are_also_found_below_the_domain_of_the_keys() -> None:
    addresses = Addresses("https://{zone}.uaa.example.org", "", "", "keys.example.org:8443")
    assert addresses.zone_named_by("acme.keys.example.org:8443") == "acme"
    assert addresses.zone_named_by("acme.uaa.example.org") == "acme"


LANDSCAPE = {
    "authentication.example.org",
    "*.authentication.example.org",
    "authentication.cert.example.org",
    "*.authentication.cert.example.org",
}
TENANTS, LOGIN = "https://{zone}.authentication.example.org", "authentication.example.org"
CERTIFICATES = "https://{zone}.authentication.cert.example.org"


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        (Addresses(TENANTS, CERTIFICATES, "", LOGIN), LANDSCAPE),
        (Addresses(f"{TENANTS}:8443", f"{CERTIFICATES}:8443", "", f"{LOGIN}:8443"), LANDSCAPE),
        (Addresses(TENANTS, TENANTS, "", LOGIN), LANDSCAPE),
        (Addresses(TENANTS.upper().replace("ZONE", "zone"), TENANTS, "", LOGIN), LANDSCAPE),
        (
            Addresses(f"https://{LOGIN}", f"https://{LOGIN}", "", LOGIN),
            {"authentication.example.org", "authentication.cert.example.org"},
        ),
        (
            ZONED,
            {
                *("auth.example.org", "*.auth.example.org"),
                *("auth.cert.example.org", "*.auth.cert.example.org"),
            },
        ),
        (SHARED, {"uaa.example.org", "cert.example.org"}),
        (
            Addresses("https://{zone}.uaa.example.org", "https://c.example.org", "", "keys.org"),
            {"keys.org", "*.keys.org", "uaa.example.org", "*.uaa.example.org", "c.example.org"},
        ),
        (
            Addresses("http://localhost:8080", "https://[::1]", "", "[::1]:8443"),
            {"localhost", "::1"},
        ),
    ],
)
def test_the_names_that_libraries_derive(addresses: Addresses, names: set[str]) -> None:
    found = addresses.host_names
    assert set(found) == names
    assert len(found) == len(names)
    assert found[0] in addresses.domain
