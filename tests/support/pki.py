"""A throw-away public key infrastructure: authorities and certificates with any property."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.pki.build import key_usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Holder:
    """A certificate with its private key and the certificates above it."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def chain(self) -> str:
        """The certificate and those above it but the root, as PEM."""
        above = [Holder(each, self.key).pem for each in self.above if each.subject != each.issuer]
        return "".join([self.pem, *above])

    @property
    def key_pem(self) -> str:
        """The private key as PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    def credentials(self, credentials: dict[str, Any]) -> dict[str, Any]:
        """Return a binding's credentials completed by an application with its own key."""
        return {**credentials, "certificate": self.chain, "key": self.key_pem}


def an_authority(name: str = "Test CA", issuer: Holder | None = None, **options: Any) -> Holder:
    """Return a root, or an authority below ``issuer``."""
    options.setdefault("days", 3650)
    return _issue(name, issuer, is_authority=True, **options)


def a_client(issuer: Holder, name: str | x509.Name = "client", **options: Any) -> Holder:
    """Return a certificate for a TLS client; ``options`` as of ``_issue``."""
    return _issue(name, issuer, is_authority=False, **options)


def unsuitable_clients(issuer: Holder, name: str = "client", **options: Any) -> dict[str, Holder]:
    """Return certificates with this name that must not authenticate a client, by their fault."""
    certifying = key_usage(signs_certificates=True)
    without_signature = x509.KeyUsage(**{**dict.fromkeys(_USAGES, False), "key_encipherment": True})
    return {
        "for servers": a_client(
            issuer, name, purposes=[ExtendedKeyUsageOID.SERVER_AUTH], **options
        ),
        "CA": an_authority(name, issuer, extensions=[certifying], **{"days": 30, **options}),
        "RSA 1024": a_client(issuer, name, key=_weak_key(), **options),
        "P-224": a_client(issuer, name, key=ec.generate_private_key(ec.SECP224R1()), **options),
        "no digitalSignature": a_client(issuer, name, extensions=[without_signature], **options),
    }


def _weak_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused


def with_sha1(holder: Holder) -> Holder:
    """Return the certificate marked as signed with RSA and SHA-1; current tools issue none."""
    with_rsa = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01"
    der = holder.der.replace(with_rsa + b"\x0b", with_rsa + b"\x05")
    return Holder(x509.load_der_x509_certificate(der), holder.key, holder.above)


def _issue(
    name: str | x509.Name,
    issuer: Holder | None,
    *,
    is_authority: bool,
    key: PrivateKey | None = None,
    not_before: datetime | None = None,
    days: float = 30,
    hash_: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None = None,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.CLIENT_AUTH,),
    hosts: Sequence[str] = (),
    extensions: Sequence[x509.ExtensionType] = (),
) -> Holder:
    key = key or ec.generate_private_key(ec.SECP256R1())
    not_before = not_before or datetime.now(UTC) - timedelta(hours=1)
    subject = name
    if isinstance(subject, str):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    signer = issuer or Holder(_UNSIGNED, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority and purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    certificate = builder.sign(signer.key, hash_ or hashes.SHA256())
    above = (issuer.certificate, *issuer.above) if issuer else ()
    return Holder(certificate, key, above)


def client_context(ca_file: Path, chain: str, key: str, directory: Path) -> ssl.SSLContext:
    """Return what a TLS client with this certificate needs; without a key it has none.

    Temporary files are written to the directory.
    """
    context = ssl.create_default_context(cafile=str(ca_file))
    if not key:
        return context
    # The server decides whether a key is strong enough.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    file = directory / "client.pem"
    file.write_text(chain + key)
    try:
        context.load_cert_chain(file)
    finally:
        file.unlink()
    return context


_UNSIGNED: Any = None

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
