"""The CAs that may issue client certificates: the operator's bundle and the broker's own CAs."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

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
from broker.pki.authority import pem_of
from broker.pki.pem import require_whole
from broker.runtime.watched_files import NoContents, contents_of, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from broker.runtime.watched_files import PublishedFiles

NAME: Final = "trusted_ca"


class Untrusted(Exception):
    """No chain leads from the certificate to a trusted CA."""


class TrustBundle:
    """The operator's file of trusted CAs, read again when it changes."""

    def __init__(self, file: Path) -> None:
        """The file is not read yet, so that a worker can start while the file is broken."""
        self._file = file
        self._contents = contents_of(NAME, (file,), check_bundle)
        self._parsed: tuple[object, str] = (None, "")

    def check(self) -> None:
        """Raise ConfigurationError unless the file can be used."""
        try:
            check_bundle((self._file.read_bytes(),))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"XSUAA_TRUSTED_CA_FILE: {self._file} must be a PEM file of CA certificates"
            ) from error

    def text(self) -> str:
        """Return the certificates as PEM; raise TrustUnknown if the file was never usable.

        While the file is broken, they are the last ones that it had.
        """
        try:
            contents = self._contents.current()
        except NoContents as error:
            raise TrustUnknown from error
        if contents is not self._parsed[0]:
            self._parsed = contents, pem_of(x509.load_pem_x509_certificates(contents[0]))
        return self._parsed[1]


def publish_bundle(file: Path) -> PublishedFiles:
    """Publish the operator's file to the processes that this one forks later."""
    return publish(NAME, (file,), check_bundle)


def check_bundle(contents: Sequence[bytes]) -> None:
    """Raise OSError or ValueError unless the contents are PEM certificates."""
    (pem,) = contents
    require_whole(pem)
    try:
        certificates = x509.load_pem_x509_certificates(pem)
    except x509.InvalidVersion as error:
        raise ValueError("not an X.509 certificate") from error
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cadata=pem_of(certificates))


class Trust:
    """The CAs that are trusted at present."""

    def __init__(self, bundle: TrustBundle | None, own: Callable[[], Sequence[str]]) -> None:
        """``own`` returns the certificates of the broker's own CAs as PEM."""
        self._bundle = bundle
        self._own = own
        self._parsed: tuple[str, list[x509.Certificate]] = ("", [])

    def pem(self) -> str:
        """Return all trusted CA certificates as PEM text; it changes only when they change.

        Raises TrustUnknown if the operator's file was never usable.
        """
        return "".join([self._bundle.text() if self._bundle else "", *self._own()])

    def handshake_pem(self) -> str:
        """Return the CA certificates for TLS handshakes as PEM.

        Without a usable file of the operator they are the broker's own CAs, whose certificates
        stay usable.
        """
        try:
            return self.pem()
        except TrustUnknown:
            return "".join(self._own())

    def path_above(
        self, certificate: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> tuple[x509.Certificate, ...]:
        """Return the chain from the issuer up to a trusted CA, valid at the time ``at``.

        ``others`` may be part of the chain but are not trusted themselves. Raises Untrusted, or
        TrustUnknown if the operator's file was never usable.
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
# security is required here. ``client_rules`` has the rules for client certificates.
_AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signer)
)
_CLIENT = ExtensionPolicy.permit_all()
