"""Warnings about addresses that some client library cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.composition.addresses import address_warnings, addresses_of
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from broker.settings.model import Settings

    Load = Callable[..., Settings]

TENANTS = {"XSUAA_PUBLIC_URL": "https://{zone}.authentication.example.org"}
CERTIFICATES = {"XSUAA_CERT_URL": "https://{zone}.authentication.cert.example.org"}
NAMES = (
    *("authentication.example.org", "*.authentication.example.org"),
    *("authentication.cert.example.org", "*.authentication.cert.example.org"),
)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {**TENANTS, **CERTIFICATES},
        {"XSUAA_PUBLIC_URL": "https://uaa.example.org:443"},
        {"XSUAA_MODE": "dev", "XSUAA_PUBLIC_URL": "", "XSUAA_TLS_PORT": "443"},
        {"XSUAA_DOMAIN": "[::1]"},
        {"XSUAA_DOMAIN": "authentication.example.org", "XSUAA_CERT_URL": "https://c.example.org"},
    ],
)
def test_addresses_for_all_libraries(settings: Load, variables: dict[str, str]) -> None:
    assert list(address_warnings(settings(**variables))) == []


@pytest.mark.parametrize(
    ("variables", "domain"),
    [
        ({"XSUAA_MODE": "dev", "XSUAA_PUBLIC_URL": ""}, "localhost:8443"),
        ({"XSUAA_PUBLIC_URL": "https://uaa.example.org:8443"}, "uaa.example.org:8443"),
        ({"XSUAA_DOMAIN": "uaa.example.org:443"}, "uaa.example.org:443"),
        ({"XSUAA_DOMAIN": "[::1]:8443"}, "[::1]:8443"),
    ],
)
def test_a_port_in_the_domain(settings: Load, variables: dict[str, str], domain: str) -> None:
    [warning] = address_warnings(settings(**variables))
    assert warning == (
        f"XSUAA_DOMAIN {domain} has a port: after the first rotation of the signing key, SAP's Java"
        " library refuses all new tokens; use port 443 and a domain without a port"
    )


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        (TENANTS, "https://{zone}.authentication.cert.example.org"),
        (
            {"XSUAA_PUBLIC_URL": "https://authentication.example.org"},
            "https://authentication.cert.example.org",
        ),
        (
            {"XSUAA_DOMAIN": "my.authentication.eu10.example.org"},
            "https://my.authentication.cert.eu10.example.org",
        ),
        (
            TENANTS | {"XSUAA_CERT_URL": "https://authentication.example.org:8443"},
            "https://{zone}.authentication.cert.example.org",
        ),
    ],
)
def test_no_host_for_certificates(settings: Load, variables: dict[str, str], url: str) -> None:
    [warning] = address_warnings(settings(**variables))
    assert warning.startswith("XSUAA_CERT_URL names no host of its own: ")
    assert f"set XSUAA_CERT_URL to {url}, and" in warning


@pytest.mark.parametrize(
    ("covered", "missing"),
    [
        (NAMES, ""),
        (NAMES[1:], "authentication.example.org"),
        (("*.example.org", *NAMES[1:]), ""),
        (NAMES[:2], ", ".join(NAMES[2:])),
        ((), ", ".join((*NAMES[::2], *NAMES[1::2]))),
    ],
)
def test_a_certificate_of_the_operator(
    settings: Load, tmp_path: Path, covered: tuple[str, ...], missing: str
) -> None:
    holder = a_client(an_authority(), hosts=covered)
    (tmp_path / "tls.pem").write_text(holder.chain + holder.key_pem)
    files = {"XSUAA_TLS_CERTIFICATE_FILE": "tls.pem", "XSUAA_TLS_KEY_FILE": "tls.pem"}
    variables = {**TENANTS, **CERTIFICATES, **files}
    text = (
        f"XSUAA_TLS_CERTIFICATE_FILE tls.pem does not cover {missing}: clients that call these"
        " names refuse the connection; use a certificate with all of them"
    )
    assert list(address_warnings(settings(**variables))) == ([text] if missing else [])
    # A proxy terminates TLS for these names.
    proxied = {"XSUAA_FORWARDED_CERTIFICATE": "envoy", "XSUAA_TRUSTED_PROXIES": "10.0.0.0/8"}
    assert list(address_warnings(settings(**variables, **proxied))) == []


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----"])
def test_an_unusable_certificate_is_reported_elsewhere(
    settings: Load, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "tls.pem").write_text(content)
    files = {"XSUAA_TLS_CERTIFICATE_FILE": "tls.pem", "XSUAA_TLS_KEY_FILE": "tls.pem"}
    assert list(address_warnings(settings(**files))) == []


def test_the_addresses_are_those_of_the_settings(settings: Load) -> None:
    addresses = addresses_of(settings(**TENANTS, **CERTIFICATES))
    assert addresses.cert_origin("acme") == "https://acme.authentication.cert.example.org"
    assert addresses.domain == "authentication.example.org"
