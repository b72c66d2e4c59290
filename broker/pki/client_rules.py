"""The rules for client certificates, when one is bound and at every authentication.

Only the trust in the issuer and the match with a binding are decided elsewhere.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID

if TYPE_CHECKING:
    from datetime import datetime

    from broker.pki.presented import ClientCertificate

CLOCK_TOLERANCE: Final = timedelta(seconds=60)
"""Tolerance for an issuer's clock ahead of ours (H-31); none applies to expiry."""

_RSA_BITS = range(2048, 8192 + 1)
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_HASHES = (SHA256, SHA384, SHA512)

_MAX_SUITABLE = 4096
_suitable: set[str] = set()
"""Thumbprints of certificates whose contents, which never change, were checked already.

The check would take a tenth of the time of a token request.
"""


class Unusable(Exception):
    """A certificate that cannot authenticate a client.

    ``found`` and ``allowed`` are for the user who supplies it.
    """

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found, allowed)
        self.found = found
        self.allowed = allowed


class Expired(Unusable):
    """The certificate has expired."""


class NotYetValid(Unusable):
    """The certificate becomes valid later."""


def require_usable(client: ClientCertificate, now: datetime, *, in_advance: bool = False) -> None:
    """Raise Unusable unless the certificate may authenticate a client now.

    Its subclasses are Expired and NotYetValid.

    With ``in_advance`` it may become valid later.
    """
    _require_valid(client, now, in_advance=in_advance)
    if client.thumbprint in _suitable:
        return
    _require_key(client.certificate)
    _require_strong_signature(client.certificate)
    _require_usage(client.certificate)
    if len(_suitable) >= _MAX_SUITABLE:
        _suitable.clear()
    _suitable.add(client.thumbprint)


def _require_valid(client: ClientCertificate, now: datetime, *, in_advance: bool) -> None:
    if now >= client.not_after:
        raise Expired(f"it expired on {client.not_after:%Y-%m-%d %H:%M} UTC", "a valid certificate")
    if not in_advance and now + CLOCK_TOLERANCE < client.not_before:
        raise NotYetValid(
            f"it is valid from {client.not_before:%Y-%m-%d %H:%M} UTC", "a valid certificate"
        )


def _require_key(certificate: x509.Certificate) -> None:
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


def _require_usage(certificate: x509.Certificate) -> None:
    """Refuse CA certificates and other key usages (RFC 5280 sections 4.2.1.3, .9, .12)."""
    try:
        extensions = {type(each.value): each.value for each in certificate.extensions}
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise Unusable("extensions that cannot be read", "X.509 version 3 extensions") from None
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
