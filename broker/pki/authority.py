"""Certificate authorities: how they are made, and how they issue client certificates."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.errors import ConfigurationError
from broker.pki.build import certificate_builder, key_usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

AuthorityKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

ROOT_LIFETIME = timedelta(days=20 * 365)
INTERMEDIATE_LIFETIME = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a managed certificate is for (H-26); each at most 64 characters."""

    binding: str
    instance: str
    tenant: str

    def name(self, organization: str) -> x509.Name:
        """Return ``CN=<binding>, OU=<instance>, OU=<tenant>, O=<organization>``."""
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, self.tenant),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, self.instance),
                x509.NameAttribute(NameOID.COMMON_NAME, self.binding),
            ]
        )


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """An authority that can sign: certificate, key, and the certificates above, root last.

    ``organization`` is what the certificates it issues name as theirs.
    """

    certificate: x509.Certificate
    private_key: AuthorityKey
    organization: str
    above: tuple[x509.Certificate, ...] = ()

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The authority's own certificate and those above it but the root."""
        return tuple(each for each in (self.certificate, *self.above) if not is_root(each))

    def issue_client_certificate(
        self, subject: x509.Name, key: rsa.RSAPublicKey, now: datetime, lifetime: timedelta
    ) -> x509.Certificate:
        """Return a certificate for TLS clients that ends ``lifetime`` from now.

        It never outlives the authority's own certificate.
        """
        until = min(now + lifetime, self.certificate.not_valid_after_utc)
        extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        return self._sign(
            certificate_builder(subject, key, now, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(enciphers_keys=True), critical=True)
            .add_extension(extended, critical=False)
        )

    def issue_intermediate(self, now: datetime) -> Authority:
        """Return a new authority below this one, which issues end-entity certificates only."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = min(now + INTERMEDIATE_LIFETIME, self.certificate.not_valid_after_utc)
        # Authorities that follow each other are told apart by name.
        name = _authority_name(self.organization, f"Client CA {secrets.token_hex(5)}")
        builder = certificate_builder(name, key.public_key(), now, until)
        signed = self._sign(_as_authority(builder, path_length=0))
        return Authority(signed, key, self.organization, (self.certificate, *self.above))

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return (
            builder.issuer_name(self.certificate.subject)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.private_key.public_key()),
                critical=False,
            )
            .sign(self.private_key, SHA256())
        )


def new_root(organization: str, now: datetime) -> Authority:
    """Return a new self-signed authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _authority_name(organization, f"Root CA {secrets.token_hex(5)}")
    builder = certificate_builder(name, key.public_key(), now, now + ROOT_LIFETIME)
    signed = _as_authority(builder, path_length=None).issuer_name(name).sign(key, SHA256())
    return Authority(signed, key, organization)


def supplied_authority(certificate_file: Path, key_file: Path, organization: str) -> Authority:
    """Return the operator's own authority; raise ConfigurationError if it cannot issue.

    The certificate file holds the issuing certificate first, then those above it.
    """
    settings = "XSUAA_CA_CERTIFICATE_FILE, XSUAA_CA_KEY_FILE"
    try:
        first, *above = x509.load_pem_x509_certificates(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError, x509.InvalidVersion) as error:
        raise ConfigurationError(
            f"{settings}: {certificate_file} and {key_file} must be PEM files, the key without a"
            " passphrase"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ConfigurationError(f"{settings}: the key must be an EC or RSA key")
    if key.public_key() != first.public_key():
        raise ConfigurationError(f"{settings}: the key is not that of the first certificate")
    if not _may_issue(first):
        raise ConfigurationError(f"{settings}: the first certificate is not that of an authority")
    return Authority(first, key, organization, tuple(above))


def is_root(certificate: x509.Certificate) -> bool:
    """Tell whether the certificate is issued by itself."""
    return certificate.subject == certificate.issuer


def pem_of(certificates: Sequence[x509.Certificate]) -> str:
    """Return the certificates as PEM, in this order."""
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)


def _authority_name(organization: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _as_authority(
    builder: x509.CertificateBuilder, path_length: int | None
) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraints, critical=True).add_extension(
        key_usage(signs_certificates=True), critical=True
    )


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return constraints.value.ca
