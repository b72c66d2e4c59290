"""The CAs that may issue client certificates: the operator's bundle and the broker's own CAs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from broker.errors import ConfigurationError, TrustUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

_log = structlog.get_logger(__name__)


class Untrusted(Exception):
    """No chain leads from the certificate to a trusted CA."""


class TrustBundle:
    """The operator's file of trusted CAs, read again when it changes."""

    def __init__(self, file: Path) -> None:
        """The file is not read yet, so that a worker can start while the file is broken."""
        self._file = file
        self._version: object = None
        self._text = ""
        self._is_broken = False

    def check(self) -> None:
        """Raise ConfigurationError unless the file can be used."""
        try:
            self.text()
        except TrustUnknown as error:
            raise ConfigurationError(
                f"XSUAA_TRUSTED_CA_FILE: {self._file} must be a PEM file of CA certificates"
            ) from error

    def text(self) -> str:
        """Return the current PEM text of the file; raise TrustUnknown if the file is broken."""
        try:
            status = self._file.stat()
            version = (status.st_mtime_ns, status.st_size, status.st_ino)
            if version != self._version:
                text = self._file.read_text()
                x509.load_pem_x509_certificates(text.encode())
                self._text, self._version = text, version
        except (OSError, ValueError, x509.InvalidVersion) as error:
            if not self._is_broken:  # once, not with every handshake
                self._is_broken = True
                _log.error("XSUAA_TRUSTED_CA_FILE cannot be read", error=type(error).__name__)
            raise TrustUnknown from error
        if self._is_broken:
            self._is_broken = False
            _log.info("XSUAA_TRUSTED_CA_FILE can be read again")
        return self._text

    def last_text(self) -> str:
        """Return the last valid PEM text of the file, '' if there was none."""
        try:
            return self.text()
        except TrustUnknown:
            return self._text


class Trust:
    """The CAs that are trusted at present."""

    def __init__(self, bundle: TrustBundle | None, own: Callable[[], Sequence[str]]) -> None:
        """``own`` returns the certificates of the broker's own CAs as PEM."""
        self._bundle = bundle
        self._own = own
        self._parsed: tuple[str, list[x509.Certificate]] = ("", [])

    def pem(self) -> str:
        """Return all trusted CA certificates as PEM text; it changes only when they change.

        Raises TrustUnknown while the operator's file is broken.
        """
        return "".join([self._bundle.text() if self._bundle else "", *self._own()])

    def handshake_pem(self) -> str:
        """Return the CA certificates for TLS handshakes as PEM.

        While the operator's file is broken, its last valid content is used: certificates of the
        broker's own CAs stay usable.
        """
        return "".join([self._bundle.last_text() if self._bundle else "", *self._own()])

    def path_above(
        self, certificate: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> tuple[x509.Certificate, ...]:
        """Return the chain from the issuer up to a trusted CA, valid at the time ``at``.

        ``others`` may be part of the chain but are not trusted themselves. Raises Untrusted, or
        TrustUnknown while the operator's file is broken.
        """
        anchors = self._anchors()
        if not anchors:
            raise Untrusted("no trusted CA configured")
        verifier = (
            PolicyBuilder()
            .store(Store(anchors))
            .time(at)
            .extension_policies(ca_policy=_AUTHORITY, ee_policy=_CLIENT)
            .build_client_verifier()
        )
        try:
            chain = verifier.verify(certificate, list(others)).chain
        except (VerificationError, ValueError) as error:
            raise Untrusted(str(error)) from error
        if len(chain) == 1:
            raise Untrusted("no trusted CA issued it; the certificate itself is trusted")
        return tuple(chain[1:])

    def _anchors(self) -> list[x509.Certificate]:
        pem, (known, anchors) = self.pem(), self._parsed
        if pem != known:
            anchors = x509.load_pem_x509_certificates(pem.encode()) if pem else []
            self._parsed = pem, anchors
        return anchors


def read_path(pem: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a chain that was stored as PEM."""
    return tuple(x509.load_pem_x509_certificates(pem.encode()))


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether the key of ``issuer`` signed the certificate, and the names match."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _require_authority(_policy: Policy, _: x509.Certificate, rule: x509.BasicConstraints) -> None:
    if not rule.ca:
        raise ValueError("an issuer is not a CA")


def _require_signer(_policy: Policy, _: x509.Certificate, rule: x509.KeyUsage | None) -> None:
    if rule is not None and not rule.key_cert_sign:
        raise ValueError("an issuer may not sign certificates")


# CAs outside the Web PKI often lack extensions that its rules require; only what matters for
# security is required here. The key usage of a client certificate is checked when it is bound.
_AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signer)
)
_CLIENT = ExtensionPolicy.permit_all()
