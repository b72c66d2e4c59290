"""A generated CA and the TLS listener's certificate, kept in the state directory.

For development, and for operators without a certificate of their own: clients need ``ca.pem``.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.errors import ConfigurationError
from broker.pki.build import certificate_builder, key_usage
from broker.runtime.state_directory import ensure_directory, replace_private, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CA_CERTIFICATE = "ca.pem"
_CA = "ca-with-key.pem"
_SERVER = "server-with-key.pem"

_CA_LIFETIME = timedelta(days=3650)
_SERVER_LIFETIME = timedelta(days=397)
_RENEWED_BEFORE_EXPIRY = timedelta(days=30)


def ensure_server_certificate(directory: Path, hosts: Sequence[str]) -> Path:
    """Return a file with key and certificate for ``hosts``, created or renewed if needed.

    The CA is created once; ``ca.pem`` contains its certificate without the key.
    """
    ensure_directory(directory)
    write_private(directory / _CA, _new_authority)
    authority, authority_key = _read_pair(directory / _CA)
    certificate_only = authority.public_bytes(serialization.Encoding.PEM)
    replace_private(directory / CA_CERTIFICATE, certificate_only)
    path = directory / _SERVER
    if not (path.exists() and _is_current(path, authority, hosts)):
        replace_private(path, _new_server(authority, authority_key, hosts))
    return path


def _new_authority() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "xsuaa-broker development CA")])
    now = datetime.now(UTC)
    certificate = (
        certificate_builder(name, key.public_key(), now, now + _CA_LIFETIME)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .sign(key, SHA256())
    )
    return _pem(certificate, key)


def _new_server(
    authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, hosts: Sequence[str]
) -> bytes:
    # P-256: without keep-alive an RSA certificate would double the RSA operations per request.
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    certificate = (
        certificate_builder(subject, key.public_key(), now, now + _SERVER_LIFETIME)
        .issuer_name(authority.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, SHA256())
    )
    return _pem(certificate, key)


def _names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names


def _is_current(path: Path, authority: x509.Certificate, hosts: Sequence[str]) -> bool:
    try:
        certificate, _ = _read_pair(path)
        certificate.verify_directly_issued_by(authority)
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ConfigurationError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    lasts = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEWED_BEFORE_EXPIRY
    return lasts and list(extension.value) == _names(hosts)


def _read_pair(path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    pem = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, x509.InvalidVersion) as error:
        raise ConfigurationError(f"{path} is damaged; delete it to generate a new one.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigurationError(f"{path} has no EC key; delete it to generate a new one.")
    return certificate, key


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
