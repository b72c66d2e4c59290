"""Client certificates as presented: parsed within limits, not yet verified."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from broker.runtime.byte_cache import ByteCache

if TYPE_CHECKING:
    from datetime import datetime

MAX_DER_BYTES = 16_384
"""Bytes of DER that are parsed: a certificate may name thousands of hosts."""


_MAX_CACHED_BYTES = 2 * 1024**2
"""About a thousand certificates of usual size."""


class UnreadableCertificate(Exception):
    """The bytes are not a certificate, or exceed ``MAX_DER_BYTES``."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its identifying values.

    ``thumbprint`` is the SHA-256 of its DER in 64 hexadecimal digits, ``names`` that of subject and
    issuer; both times are timezone-aware.
    """

    thumbprint: str
    names: str
    not_before: datetime
    not_after: datetime
    certificate: x509.Certificate = field(repr=False)

    @classmethod
    def read(cls, der: bytes) -> ClientCertificate:
        """Parse DER; raise UnreadableCertificate.

        Clients present the same certificate with each request, so that results are cached.
        """
        if len(der) > MAX_DER_BYTES:
            raise UnreadableCertificate(f"{len(der)} bytes")
        key = hashlib.sha256(der).digest()
        known = _parsed.get(key, der)
        if known is not None:
            return known
        try:
            parsed = cls.of(x509.load_der_x509_certificate(der))
        except (ValueError, x509.InvalidVersion):
            raise UnreadableCertificate("not an X.509 certificate") from None
        # The library keeps a copy of the DER.
        return _parsed.put(key, der, parsed, der)

    @classmethod
    def of(cls, certificate: x509.Certificate) -> ClientCertificate:
        """Wrap a parsed certificate; raise ValueError if its names cannot be parsed."""
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
        return _base64url(bytes.fromhex(self.thumbprint))


_parsed = ByteCache[ClientCertificate](_MAX_CACHED_BYTES)


def confirmation_of(der: bytes) -> str:
    """Return the ``x5t#S256`` of a certificate in DER, which is not parsed."""
    return _base64url(hashlib.sha256(der).digest())


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash_of_names(certificate: x509.Certificate) -> str:
    """Hash subject and issuer as lists of (OID, value), ignoring ASN.1 string types."""
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
