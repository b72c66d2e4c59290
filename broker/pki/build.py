"""The common parts of all issued certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

BACKDATED = timedelta(minutes=5)
"""Tolerates verifiers whose clocks are behind (H-31)."""


def certificate_builder(
    subject: x509.Name, public_key: CertificatePublicKeyTypes, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    """Return a builder without issuer, key usage and purpose-specific extensions."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def key_usage(*, signs_certificates: bool = False, enciphers_keys: bool = False) -> x509.KeyUsage:
    """Return the key usage of a CA or a TLS peer; ``digitalSignature`` is always set."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=enciphers_keys,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
