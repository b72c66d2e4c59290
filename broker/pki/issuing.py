"""Which authority issues: the operator's, or one of our own that is made when first needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from broker.errors import ConfigurationError
from broker.pki.authority import Authority, new_root, pem_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_RENEWED_BEFORE_EXPIRY = timedelta(days=90)
"""An intermediate issues nothing in its last days: no certificate outlives its issuer."""


class Role(StrEnum):
    """What an authority in the store is."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"
    SUPPLIED = "supplied"


@dataclass(frozen=True, slots=True, repr=False)
class StoredAuthority:
    """An authority as it is kept: PEM, and the private key as PKCS#8 DER while it may issue."""

    role: Role
    certificate: str
    private_key: bytes | None
    created_at: datetime

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate."""
        return x509.load_pem_x509_certificate(self.certificate.encode())

    @property
    def thumbprint(self) -> str:
        """SHA-256 of the certificate's DER in hexadecimal digits."""
        return self.parsed.fingerprint(SHA256()).hex()


class AuthorityStore(Protocol):
    """Where authorities are kept, inside one transaction."""

    @property
    def added(self) -> Sequence[StoredAuthority]:
        """The authorities that this transaction has added."""

    def lock(self) -> None:
        """Let no other transaction change the authorities until this one ends."""

    def all(self) -> Sequence[StoredAuthority]:
        """Return all authorities, the oldest first."""

    def add(self, authority: StoredAuthority) -> None:
        """Insert an authority; one with the same certificate may exist and is left as it is."""

    def forget_key(self, authority: StoredAuthority) -> None:
        """Delete the private key of the authority."""


@dataclass(frozen=True, slots=True)
class IssuingAuthorities:
    """Finds or makes the authority that issues managed certificates."""

    organization: str
    supplied: Authority | None = None

    def issuing(self, store: AuthorityStore, now: datetime) -> Authority:
        """Return the authority that issues now; makes or renews our own where needed.

        Raises ConfigurationError when the operator's authority has expired.
        """
        if self.supplied is not None:
            return self._recorded(store, self.supplied, now)
        found = self._intermediate(store, now)
        if found is not None:
            return found
        store.lock()
        return self._intermediate(store, now) or self._new_intermediate(store, now)

    def rotate(self, store: AuthorityStore, now: datetime) -> Authority:
        """Make a new intermediate, which issues from now on.

        What the old one issued stays valid; its own private key is deleted. Raises
        ConfigurationError when the operator supplies the authority.
        """
        if self.supplied is not None:
            raise ConfigurationError(
                "XSUAA_CA_CERTIFICATE_FILE: the authority is supplied by the operator; put a new"
                " one into the files and restart. Certificates of the old one stay accepted."
            )
        store.lock()
        return self._new_intermediate(store, now)

    def _recorded(self, store: AuthorityStore, authority: Authority, now: datetime) -> Authority:
        """Return the operator's authority, remembered so that it stays trusted after a change."""
        if authority.certificate.not_valid_after_utc <= now:
            raise ConfigurationError("XSUAA_CA_CERTIFICATE_FILE: the certificate has expired")
        known = {each.certificate for each in store.all()}
        for certificate in (authority.certificate, *authority.above):
            if pem_of([certificate]) not in known:
                store.add(StoredAuthority(Role.SUPPLIED, pem_of([certificate]), None, now))
        return authority

    def _new_intermediate(self, store: AuthorityStore, now: datetime) -> Authority:
        root = self._root(store, now)
        if root is None:
            root = new_root(self.organization, now)
            store.add(_stored(Role.ROOT, root, now))
        intermediate = root.issue_intermediate(now)
        for former in _with_key(store.all(), Role.INTERMEDIATE):
            store.forget_key(former)
        store.add(_stored(Role.INTERMEDIATE, intermediate, now))
        return intermediate

    def _root(self, store: AuthorityStore, now: datetime) -> Authority | None:
        lasting = [each for each in _with_key(store.all(), Role.ROOT) if _lasts(each, now)]
        return self._opened(lasting[-1]) if lasting else None

    def _intermediate(self, store: AuthorityStore, now: datetime) -> Authority | None:
        stored = store.all()
        lasting = [each for each in _with_key(stored, Role.INTERMEDIATE) if _lasts(each, now)]
        if not lasting:
            return None
        roots = [each.parsed for each in stored if each.role is Role.ROOT]
        issuer = lasting[-1].parsed.issuer
        return self._opened(lasting[-1], tuple(root for root in roots if root.subject == issuer))

    def _opened(
        self, stored: StoredAuthority, above: tuple[x509.Certificate, ...] = ()
    ) -> Authority:
        key = serialization.load_der_private_key(stored.private_key or b"", None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ConfigurationError("A certificate authority in the database has an unknown key.")
        return Authority(stored.parsed, key, self.organization, above)


def _with_key(stored: Sequence[StoredAuthority], role: Role) -> list[StoredAuthority]:
    return [each for each in stored if each.role is role and each.private_key is not None]


def _lasts(stored: StoredAuthority, now: datetime) -> bool:
    return stored.parsed.not_valid_after_utc - now > _RENEWED_BEFORE_EXPIRY


def _stored(role: Role, authority: Authority, now: datetime) -> StoredAuthority:
    private_key = authority.private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return StoredAuthority(role, pem_of([authority.certificate]), private_key, now)
