"""Certificate authorities (CAs): their creation, and the certificates that they issue."""

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
    """The subject of a managed certificate (H-26); each part has at most 64 characters."""

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
    """A CA with its private key; ``above`` are the CA certificates above it, root last.

    ``organization`` is the organization (O) in the certificates that it issues.
    """

    certificate: x509.Certificate
    private_key: AuthorityKey
    organization: str
    above: tuple[x509.Certificate, ...] = ()

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The CA's certificate and those above it, without the root."""
        return tuple(each for each in (self.certificate, *self.above) if not is_root(each))

    def issue_client_certificate(
        self, subject: x509.Name, key: rsa.RSAPublicKey, now: datetime, lifetime: timedelta
    ) -> x509.Certificate:
        """Return a certificate for TLS clients that expires ``lifetime`` from now.

        It expires no later than the CA's own certificate.
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
        """Return a new CA below this one, which may issue end-entity certificates only."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = min(now + INTERMEDIATE_LIFETIME, self.certificate.not_valid_after_utc)
        # Successive CAs have different names.
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
    """Return a new self-signed CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _authority_name(organization, f"Root CA {secrets.token_hex(5)}")
    builder = certificate_builder(name, key.public_key(), now, now + ROOT_LIFETIME)
    signed = _as_authority(builder, path_length=None).issuer_name(name).sign(key, SHA256())
    return Authority(signed, key, organization)


def supplied_authority(certificate_file: Path, key_file: Path, organization: str) -> Authority:
    """Return the operator's CA; raise ConfigurationError if it cannot issue certificates.

    The certificate file contains the issuing CA's certificate first, then those above it.
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
        raise ConfigurationError(f"{settings}: the key does not match the first certificate")
    if not _is_ca(first):
        raise ConfigurationError(f"{settings}: the first certificate is not a CA certificate")
    return Authority(first, key, organization, tuple(above))


def is_root(certificate: x509.Certificate) -> bool:
    """Return whether subject and issuer are the same."""
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


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return constraints.value.ca
