"""Certificates that users supply: parsed within limits; ``client_rules`` decides on them."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509

from broker.pki.client_rules import Unusable
from broker.pki.presented import MAX_DER_BYTES, ClientCertificate

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CERTIFICATES = 4

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----")
_CERTIFICATES = "one client certificate in PEM, optionally followed by its CA certificates"


@dataclass(frozen=True, slots=True)
class SuppliedChain:
    """A client certificate and the supplied CA certificates above it."""

    client: ClientCertificate
    others: tuple[x509.Certificate, ...]


def read_chain(text: str) -> SuppliedChain:
    """Read a client certificate, optionally followed by intermediates; raise Unusable."""
    first, *others = (_parsed(der) for der in _blocks(text))
    try:
        return SuppliedChain(ClientCertificate.of(first), tuple(others))
    except ValueError:
        raise Unusable("a certificate whose names cannot be read", "X.509 names") from None


def _blocks(text: str) -> Sequence[bytes]:
    """Return the DER of each PEM block, without parsing it."""
    if "PRIVATE KEY" in text:
        raise Unusable("a private key", "certificates only; the key stays with the application")
    text = text.replace("\\n", "\n")  # escaped line breaks of shells and environment variables
    blocks = _BLOCK.findall(text)
    if not blocks or text.count("-----BEGIN") != len(blocks):
        raise Unusable("no complete PEM block", _CERTIFICATES)
    if _BLOCK.sub("", text).strip():
        raise Unusable("text outside of the PEM blocks", _CERTIFICATES)
    if any(label != "CERTIFICATE" for label, _ in blocks):
        raise Unusable("a PEM block other than CERTIFICATE", _CERTIFICATES)
    if len(blocks) > MAX_CERTIFICATES:
        raise Unusable(f"{len(blocks)} certificates", f"at most {MAX_CERTIFICATES}")
    ders = [_decoded(body) for _, body in blocks]
    if (size := max(map(len, ders))) > MAX_DER_BYTES:
        raise Unusable(f"a certificate of {size} bytes", f"at most {MAX_DER_BYTES} bytes each")
    return ders


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unusable("a PEM block with invalid base64", _CERTIFICATES) from None


def _parsed(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Parsed on first access; any of them may be malformed.
        _ = certificate.extensions, certificate.subject, certificate.issuer
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (
        ValueError,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ):
        raise Unusable("a PEM block that is not an X.509 certificate", _CERTIFICATES) from None
    return certificate
