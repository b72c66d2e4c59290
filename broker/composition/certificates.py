"""The composition of certificates from settings: issuing CA, trusted CAs, certificate source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authentication.certificate import CertificateAuthenticator
from broker.clock import SystemClock
from broker.lifecycle.issuing.certificates import CertificateBindings
from broker.oauth.clients.certificate import ForwardedCertificate, certificate_of_connection
from broker.pki.authority import SuppliedAuthority, publish_supplied
from broker.pki.issuing import IssuingAuthorities
from broker.pki.trust import Trust, TrustBundle, publish_bundle
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
    supplied = _supplied_authority(settings)
    if supplied is not None:
        supplied()
    return IssuingAuthorities(settings.ca_organization, supplied)


def _supplied_authority(settings: Settings) -> SuppliedAuthority | None:
    certificate, key = settings.ca_certificate_file, settings.ca_key_file
    if certificate is None or key is None:
        return None
    return SuppliedAuthority(certificate, key, settings.ca_organization)


def trust_of(settings: Settings, engine: Engine) -> Trust:
    """Return the CAs that may issue client certificates."""
    file = settings.trusted_ca_file
    return Trust(TrustBundle(file) if file else None, OwnAuthorities(engine))


def check_certificates(settings: Settings) -> None:
    """Raise ConfigurationError unless the certificate files in the settings can be used."""
    if supplied := _supplied_authority(settings):
        supplied.check()
    if settings.trusted_ca_file:
        TrustBundle(settings.trusted_ca_file).check()


def publish_certificates(settings: Settings) -> None:
    """Publish the checked files to the processes that this one forks later."""
    if settings.ca_certificate_file and settings.ca_key_file:
        publish_supplied(settings.ca_certificate_file, settings.ca_key_file)
    if settings.trusted_ca_file:
        publish_bundle(settings.trusted_ca_file)


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
