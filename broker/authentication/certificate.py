"""The one decision whether a presented certificate is accepted now (D-02, D-03, D-17).

It depends on the certificate bound to this client id, never on a subject or an authority alone.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from broker.authentication.client import OTHER_OWNER, AuthenticatedClient, StoredCredential
from broker.credentials.digest import (
    certificate_text,
    digest,
    key_of_digest,
    revocation_signature,
)
from broker.credentials.kind import CertificateCredential
from broker.descriptor.model import CredentialType
from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed
from broker.pki.client_rules import Expired, NotYetValid, Unusable, require_usable
from broker.pki.presented import ClientCertificate, UnreadableCertificate
from broker.pki.trust import Untrusted, is_issued_by, read_path

if TYPE_CHECKING:
    from datetime import datetime

    from broker.clock import Clock
    from broker.credentials.digest import DigestKeys
    from broker.pki.trust import Trust

RENEWAL_OVERLAP: Final = timedelta(minutes=10)
"""Age up to which a certificate is accepted beside a newer one with the same names (H-32)."""


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A credential row that may match, with its certificate."""

    credential: StoredCredential
    certificate: CertificateCredential


class CertificateLookup(Protocol):
    """Finds the rows that may match."""

    def find(self, client_id: str, thumbprint: str, names: str) -> list[StoredCertificate]:
        """Return the rows with either lookup key, as committed; exactly one statement."""

    def advance(
        self, credential_id: int, *, not_before: datetime, not_after: datetime, young: bool
    ) -> bool:
        """Record a renewed certificate in place of older ones; return whether it is accepted."""


class CertificateAuthenticator:
    """Accepts exactly the certificates that are valid now."""

    def __init__(
        self, certificates: CertificateLookup, keys: DigestKeys, trust: Trust, clock: Clock
    ) -> None:
        """No result is cached: a deleted binding is refused immediately (D-03)."""
        self._certificates = certificates
        self._keys = keys
        self._trust = trust
        self._clock = clock

    def authenticate(self, client_id: str, der: bytes) -> AuthenticatedClient:
        """Return the client, or raise AuthenticationFailed; the reason is for the log only.

        ``der`` is a certificate for which TLS has verified possession of the private key.
        """
        try:
            presented = ClientCertificate.read(der)
        except UnreadableCertificate as error:
            raise AuthenticationFailed("unusable certificate") from error
        possible = client_id if is_client_id(client_id) else ""
        found = self._certificates.find(possible, presented.thumbprint, presented.names)
        # A binding of exactly this certificate takes precedence over one of its names.
        found.sort(key=lambda each: not each.certificate.is_pinned)
        if not found:
            raise AuthenticationFailed("no binding of this client has this certificate")
        stored = found[0].credential
        try:
            self._require_accepted(stored, found[0].certificate, presented)
        except AuthenticationFailed as error:
            error.credential_id = stored.row_id
            raise
        return AuthenticatedClient(
            client=stored.client,
            credential_id=stored.row_id,
            credential_type=stored.type,
            revocation_signature=revocation_signature(
                self._keys.token_key().secret, stored.row_id, stored.generation
            ),
            certificate_thumbprint=presented.confirmation,
        )

    def _require_accepted(
        self,
        stored: StoredCredential,
        bound: CertificateCredential,
        presented: ClientCertificate,
    ) -> None:
        self._require_genuine(stored, bound)
        if stored.type not in stored.client.credential_types:
            raise AuthenticationFailed("credential type no longer listed")
        now = self._clock.now()
        try:
            require_usable(presented, now)
        except Expired as error:
            raise AuthenticationFailed("the certificate has expired") from error
        except NotYetValid as error:
            raise AuthenticationFailed("the certificate is not valid yet") from error
        except Unusable as error:
            raise AuthenticationFailed("not a certificate for clients") from error
        if bound.issuer_path is not None:
            self._require_trusted(presented, bound.issuer_path, now)
        if not bound.is_pinned:
            self._require_newest(stored, bound, presented, now)

    def _require_genuine(self, stored: StoredCredential, bound: CertificateCredential) -> None:
        """Refuse a row that was copied from another client or modified in the database (D-13)."""
        key = key_of_digest(self._keys, stored.digest_key_id)
        if key is None:
            raise AuthenticationFailed("unreadable credential")
        text = certificate_text(bound.lookup, bound.issuer_path)
        expected = digest(
            key.secret, stored.row_id, stored.client.client_id, CredentialType.X509, text
        )
        if not hmac.compare_digest(expected, stored.digest):
            raise AuthenticationFailed("the stored certificate was tampered with")
        if not stored.is_owned(key):
            raise AuthenticationFailed(OTHER_OWNER)

    def _require_trusted(
        self, presented: ClientCertificate, issuer_path: str, now: datetime
    ) -> None:
        """Refuse equal names signed by another key, and issuers no longer trusted (D-34)."""
        path = read_path(issuer_path)
        if not is_issued_by(presented.certificate, path[0]):
            raise AuthenticationFailed("another key than that of the bound certificate's issuer")
        try:
            # Within the clock tolerance the certificate is already valid.
            at = max(now, presented.not_before)
            self._trust.path_above(presented.certificate, path, at)
        except Untrusted as error:
            raise AuthenticationFailed("the issuer is not trusted any more") from error

    def _require_newest(
        self,
        stored: StoredCredential,
        bound: CertificateCredential,
        presented: ClientCertificate,
        now: datetime,
    ) -> None:
        """Refuse a certificate that a newer one has replaced, except during the overlap."""
        young = now - presented.not_before < RENEWAL_OVERLAP
        if presented.not_before > bound.not_before:
            accepted = self._certificates.advance(
                stored.row_id,
                not_before=presented.not_before,
                not_after=presented.not_after,
                young=young,
            )
        else:
            # Nothing to write: the newest known certificate, or one in the overlap.
            accepted = young or presented.not_before == bound.not_before
        if not accepted:
            raise AuthenticationFailed("a renewed certificate has replaced this one")
