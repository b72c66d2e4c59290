"""Certificate authorities (CAs): their creation, and the certificates that they issue."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.errors import ConfigurationError
from broker.pki.build import certificate_builder, key_usage
from broker.pki.pem import require_whole
from broker.runtime.watched_files import NoContents, contents_of, publish

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from broker.runtime.watched_files import PublishedFiles

AuthorityKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

SUPPLIED: Final = "issuing_ca"
_SETTINGS = "XSUAA_CA_CERTIFICATE_FILE, XSUAA_CA_KEY_FILE"

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


class SuppliedAuthority:
    """The operator's CA, in two files that may be replaced while servers run.

    The certificate file contains the issuing CA's certificate first, then those above it.
    """

    def __init__(self, certificate_file: Path, key_file: Path, organization: str) -> None:
        """``organization`` is the organization (O) in the certificates that it issues."""
        self._organization = organization
        self._files = certificate_file, key_file
        self._contents = contents_of(SUPPLIED, self._files, _check)
        self._loaded: tuple[object, Authority] | None = None

    def __call__(self) -> Authority:
        """Return the CA of the latest usable files.

        Raises ConfigurationError if there are none.
        """
        try:
            contents = self._contents.current()
        except NoContents:
            return self._read()
        if self._loaded is None or self._loaded[0] is not contents:
            self._loaded = contents, _authority_in(contents, self._organization)
        return self._loaded[1]

    def check(self) -> None:
        """Raise ConfigurationError unless the present files can be used."""
        self._read()

    def _read(self) -> Authority:
        try:
            contents = [file.read_bytes() for file in self._files]
        except OSError as error:
            raise _not_pem() from error
        return _authority_in(contents, self._organization)


def publish_supplied(certificate_file: Path, key_file: Path) -> PublishedFiles:
    """Publish the operator's CA to the processes that this one forks later."""
    return publish(SUPPLIED, (certificate_file, key_file), _check)


def _check(contents: Sequence[bytes]) -> None:
    """Raise ValueError unless the contents are a CA with its key."""
    try:
        _authority_in(contents, "")
    except ConfigurationError as error:
        raise ValueError(str(error)) from error


def _authority_in(contents: Sequence[bytes], organization: str) -> Authority:
    certificates, private_key = contents
    try:
        for pem in contents:
            require_whole(pem)
        first, *above = x509.load_pem_x509_certificates(certificates)
        key = serialization.load_pem_private_key(private_key, None)
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise _not_pem() from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ConfigurationError(f"{_SETTINGS}: the key must be an EC or RSA key")
    if key.public_key() != first.public_key():
        raise ConfigurationError(f"{_SETTINGS}: the key does not match the first certificate")
    if not _is_ca(first):
        raise ConfigurationError(f"{_SETTINGS}: the first certificate is not a CA certificate")
    return Authority(first, key, organization, tuple(above))


def _not_pem() -> ConfigurationError:
    return ConfigurationError(
        f"{_SETTINGS}: the files must be PEM files, the key without a passphrase"
    )


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
