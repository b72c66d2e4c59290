"""Addresses from the settings, and warnings about settings that some clients cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.addresses import ZONE_PLACEHOLDER, Addresses
from broker.pki.server_certificate import uncovered_names
from broker.settings.names import unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.settings.model import Settings


def addresses_of(settings: Settings) -> Addresses:
    """Return the addresses in the settings."""
    return Addresses(settings.public_url, settings.cert_url, settings.api_url, settings.domain)


def settings_warnings(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each setting that is probably not what the operator wants."""
    yield from address_warnings(settings)
    yield from (str(each) for each in unknown_names() if not each.nearest)
    if settings.mode == "production" and settings.on_sqlite:
        yield (
            "XSUAA_DATABASE_URL: mode production runs on SQLite, which serves a single host and is"
            " lost with its disk; use PostgreSQL"
        )


def address_warnings(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each address that some client library cannot use.

    An unreadable certificate yields none: the server refuses to start with it.
    """
    addresses = addresses_of(settings)
    yield from _port_in_domain(addresses)
    yield from _no_certificate_host(addresses)
    yield from _uncovered_hosts(settings, addresses)


def _port_in_domain(addresses: Addresses) -> Iterator[str]:
    _, _, port = addresses.domain.rpartition(":")
    if port.isdecimal():
        yield (
            f"XSUAA_DOMAIN {addresses.domain} has a port: after the first rotation of the signing"
            " key, SAP's Java library refuses all new tokens; use port 443 and a domain without a"
            " port"
        )


def _no_certificate_host(addresses: Addresses) -> Iterator[str]:
    domain = addresses.certificate_domain
    if domain and not addresses.has_certificate_host:
        zone = f"{ZONE_PLACEHOLDER}." if ZONE_PLACEHOLDER in addresses.public_url else ""
        yield (
            f"XSUAA_CERT_URL names no host of its own: SAP's libraries derive {domain} from"
            f" XSUAA_DOMAIN and call it with certificates; set XSUAA_CERT_URL to"
            f" https://{zone}{domain}, and resolve that name to this service"
        )


def _uncovered_hosts(settings: Settings, addresses: Addresses) -> Iterator[str]:
    file = settings.tls_certificate_file
    if not file or not settings.tls_port or settings.forwarded_certificate:
        return  # generated for all names, or a proxy's certificate
    try:
        missing = uncovered_names(file.read_bytes(), addresses.host_names)
    except (OSError, ValueError):
        return
    if missing:
        yield (
            f"XSUAA_TLS_CERTIFICATE_FILE {file} does not cover {', '.join(missing)}: clients that"
            " call these names refuse the connection; use a certificate with all of them"
        )
