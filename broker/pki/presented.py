"""A client's certificate as the token endpoint sees it: read within limits, not yet believed."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from datetime import datetime

LARGEST = 16_384
"""Bytes of DER that are looked at: a certificate may name thousands of hosts."""


class UnreadableCertificate(Exception):
    """The bytes are no certificate, or one that is larger than any client needs."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with what identifies it.

    ``thumbprint`` is the SHA-256 of its DER in 64 hexadecimal digits, ``names`` the same of subject
    and issuer; both times are aware.
    """

    thumbprint: str
    names: str
    not_before: datetime
    not_after: datetime
    certificate: x509.Certificate = field(repr=False)

    @classmethod
    def read(cls, der: bytes) -> ClientCertificate:
        """Read DER; raise UnreadableCertificate."""
        if len(der) > LARGEST:
            raise UnreadableCertificate(f"{len(der)} bytes")
        try:
            return cls.of(x509.load_der_x509_certificate(der))
        except (ValueError, x509.InvalidVersion):
            raise UnreadableCertificate("no X.509 certificate") from None

    @classmethod
    def of(cls, certificate: x509.Certificate) -> ClientCertificate:
        """Return what identifies a parsed certificate; raise ValueError if its names are broken."""
        der = certificate.public_bytes(serialization.Encoding.DER)
        return cls(
            thumbprint=hashlib.sha256(der).hexdigest(),
            names=_hash_of_names(certificate),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            certificate=certificate,
        )

    @property
    def confirmation(self) -> str:
        """The thumbprint as in ``x5t#S256``: base64url without padding (RFC 8705 section 3.1)."""
        return base64.urlsafe_b64encode(bytes.fromhex(self.thumbprint)).decode().rstrip("=")


def _hash_of_names(certificate: x509.Certificate) -> str:
    """Hash subject and issuer as lists of (OID, value), whatever string type each value has."""
    digest = hashlib.sha256()
    for name in (certificate.subject, certificate.issuer):
        digest.update(len(name.rdns).to_bytes(4))
        for rdn in name.rdns:
            parts = sorted((part.oid.dotted_string, _bytes_of(part.value)) for part in rdn)
            digest.update(len(parts).to_bytes(4))
            for oid, value in parts:
                digest.update(len(oid).to_bytes(4) + oid.encode())
                digest.update(len(value).to_bytes(4) + value)
    return digest.hexdigest()


def _bytes_of(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
