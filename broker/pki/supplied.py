"""Certificates that users supply: parsed within limits, cheap checks first."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID

from broker.pki.presented import MAX_DER_BYTES, ClientCertificate

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CERTIFICATES = 4

_RSA_BITS = range(2048, 8192 + 1)
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_HASHES = (SHA256, SHA384, SHA512)
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----")
_CERTIFICATES = "one client certificate in PEM, optionally followed by its CA certificates"


class Unusable(Exception):
    """A certificate that cannot authenticate a client; what was found, and what is allowed."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found, allowed)
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class SuppliedChain:
    """A client certificate and the supplied CA certificates above it."""

    client: ClientCertificate
    others: tuple[x509.Certificate, ...]


def read_chain(text: str) -> SuppliedChain:
    """Read a client certificate, optionally followed by intermediates; raise Unusable."""
    first, *others = (_parsed(der) for der in _blocks(text))
    _require_client_key(first)
    _require_strong_signature(first)
    _require_client_usage(first)
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


def _require_client_key(certificate: x509.Certificate) -> None:
    allowed = "an RSA key of 2048 to 8192 bits, or an EC key on P-256, P-384 or P-521"
    try:
        key = certificate.public_key()
    except Exception:  # noqa: BLE001 - unknown algorithms and broken keys raise various errors
        raise Unusable("a public key that cannot be read", allowed) from None
    match key:
        case rsa.RSAPublicKey():
            if key.key_size not in _RSA_BITS:
                raise Unusable(f"an RSA key of {key.key_size} bits", allowed)
        case ec.EllipticCurvePublicKey():
            if not isinstance(key.curve, _CURVES):
                raise Unusable(f"an EC key on {key.curve.name}", allowed)
        case _:
            raise Unusable("a public key of another type", allowed)


def _require_strong_signature(certificate: x509.Certificate) -> None:
    allowed = "SHA-256, SHA-384 or SHA-512"
    try:
        algorithm = certificate.signature_hash_algorithm
    except Exception:  # noqa: BLE001 - unknown algorithms raise various errors
        raise Unusable("an unknown signature algorithm", allowed) from None
    if algorithm is not None and not isinstance(algorithm, _HASHES):
        raise Unusable(f"a signature with {algorithm.name.upper()}", allowed)


def _require_client_usage(certificate: x509.Certificate) -> None:
    """Refuse CA certificates and other key usages (RFC 5280 sections 4.2.1.3, .9, .12)."""
    extensions = {type(each.value): each.value for each in certificate.extensions}
    constraints = extensions.get(x509.BasicConstraints)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise Unusable("a CA certificate as the first one", "the client certificate first")
    usage = extensions.get(x509.KeyUsage)
    if isinstance(usage, x509.KeyUsage) and not usage.digital_signature:
        raise Unusable("key usage without digitalSignature", "digitalSignature")
    extended = extensions.get(x509.ExtendedKeyUsage)
    if isinstance(extended, x509.ExtendedKeyUsage):
        purposes = set(extended)
        if ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
            raise Unusable(
                "extended key usage without clientAuth", "clientAuth, or no extended key usage"
            )
