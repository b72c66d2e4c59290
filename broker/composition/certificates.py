"""The composition of certificates from settings: issuing CA, trusted CAs, certificate source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authentication.certificate import CertificateAuthenticator
from broker.clock import SystemClock
from broker.lifecycle.issuing.certificates import CertificateBindings
from broker.oauth.clients.certificate import ForwardedCertificate, certificate_of_connection
from broker.pki.authority import supplied_authority
from broker.pki.issuing import IssuingAuthorities
from broker.pki.trust import Trust, TrustBundle
from broker.store.certificate_authorities import OwnAuthorities
from broker.store.credentials.certificates import StoredCertificates

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from broker.addresses import Addresses
    from broker.clock import Clock
    from broker.oauth.clients.authentication import CertificateSource
    from broker.settings.model import Settings
    from broker.store.sealing.data_keys import DataKeys


def issuing_authorities(settings: Settings) -> IssuingAuthorities:
    """Return the CAs that issue managed certificates; raise ConfigurationError for bad files."""
    certificate, key = settings.ca_certificate_file, settings.ca_key_file
    supplied = None
    if certificate is not None and key is not None:
        supplied = supplied_authority(certificate, key, settings.ca_organization)
    return IssuingAuthorities(settings.ca_organization, supplied)


def trust_of(settings: Settings, engine: Engine) -> Trust:
    """Return the CAs that may issue client certificates."""
    file = settings.trusted_ca_file
    return Trust(TrustBundle(file) if file else None, OwnAuthorities(engine))


def check_certificates(settings: Settings) -> None:
    """Raise ConfigurationError unless the certificate files in the settings can be used."""
    issuing_authorities(settings)
    if settings.trusted_ca_file:
        TrustBundle(settings.trusted_ca_file).check()


def certificate_bindings(
    settings: Settings, trust: Trust, addresses: Addresses
) -> CertificateBindings:
    """Return the service that creates bindings with certificates."""
    return CertificateBindings(
        SystemClock(),
        issuing_authorities(settings),
        trust,
        addresses,
        settings.accepts_certificates,
    )


def certificate_authenticator(
    engine: Engine, keys: DataKeys, trust: Trust, clock: Clock
) -> CertificateAuthenticator:
    """Return the authenticator of client certificates."""
    return CertificateAuthenticator(StoredCertificates(engine), keys, trust, clock)


def certificate_source(settings: Settings) -> CertificateSource:
    """Return the function that finds the client certificate of a request."""
    if settings.forwarded_certificate is None:
        return certificate_of_connection
    return ForwardedCertificate(
        settings.forwarded_certificate,
        settings.trusted_proxies,
        settings.proxy_secret.get_secret_value(),
    )
