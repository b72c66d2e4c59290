"""The issuing CA: the operator's, or a built-in CA that is created on first use."""

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
    from collections.abc import Callable, Sequence
    from datetime import datetime

_RENEWED_BEFORE_EXPIRY = timedelta(days=90)
"""A CA is replaced before its expiry would shorten the certificates that it issues."""


class Role(StrEnum):
    """The role of a stored CA."""

    ROOT = "root"
    INTERMEDIATE = "intermediate"
    SUPPLIED = "supplied"


@dataclass(frozen=True, slots=True, repr=False)
class StoredAuthority:
    """A stored CA: certificate as PEM, and private key as PKCS#8 DER while it may issue."""

    role: Role
    certificate: str
    private_key: bytes | None
    created_at: datetime

    @property
    def parsed(self) -> x509.Certificate:
        """The parsed certificate."""
        return x509.load_pem_x509_certificate(self.certificate.encode())

    @property
    def thumbprint(self) -> str:
        """The SHA-256 of the certificate's DER in hexadecimal digits."""
        return self.parsed.fingerprint(SHA256()).hex()


class AuthorityStore(Protocol):
    """The stored CAs, within one transaction."""

    @property
    def added(self) -> Sequence[StoredAuthority]:
        """The CAs that this transaction has added."""

    def lock(self) -> None:
        """Lock the CAs against changes by other transactions until this one ends."""

    def all(self) -> Sequence[StoredAuthority]:
        """Return all CAs, the oldest first."""

    def add(self, authority: StoredAuthority) -> None:
        """Insert a CA."""

    def delete_key(self, authority: StoredAuthority) -> None:
        """Delete the private key of the CA."""


@dataclass(frozen=True, slots=True)
class IssuingAuthorities:
    """Finds or creates the CA that issues managed certificates."""

    organization: str
    load_supplied: Callable[[], Authority] | None = None

    @property
    def supplied(self) -> Authority | None:
        """The operator's CA at present, if there is one."""
        return self.load_supplied() if self.load_supplied else None

    def issuing(self, store: AuthorityStore, now: datetime) -> Authority:
        """Return the issuing CA; create or renew the built-in CA if needed.

        Raises ConfigurationError if the operator's CA has expired.
        """
        supplied = self.supplied
        if supplied is not None:
            return self._recorded(store, supplied, now)
        found = self._intermediate(store, now)
        if found is not None:
            return found
        store.lock()
        return self._intermediate(store, now) or self._new_intermediate(store, now)

    def rotate(self, store: AuthorityStore, now: datetime) -> Authority:
        """Create a new intermediate CA, which issues from now on.

        Certificates of the previous intermediate stay valid; its private key is deleted. Raises
        ConfigurationError if the operator supplies the CA.
        """
        if self.load_supplied is not None:
            raise ConfigurationError(
                "XSUAA_CA_CERTIFICATE_FILE: the CA is supplied by the operator; replace the files."
                " Certificates of the previous CA are still accepted."
            )
        store.lock()
        return self._new_intermediate(store, now)

    def _recorded(self, store: AuthorityStore, authority: Authority, now: datetime) -> Authority:
        """Return the operator's CA, stored so that it stays trusted after it is replaced."""
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
        for previous in _with_key(store.all(), Role.INTERMEDIATE):
            store.delete_key(previous)
        store.add(_stored(Role.INTERMEDIATE, intermediate, now))
        return intermediate

    def _root(self, store: AuthorityStore, now: datetime) -> Authority | None:
        current = [each for each in _with_key(store.all(), Role.ROOT) if _is_current(each, now)]
        return self._loaded(current[-1]) if current else None

    def _intermediate(self, store: AuthorityStore, now: datetime) -> Authority | None:
        stored = store.all()
        current = [each for each in _with_key(stored, Role.INTERMEDIATE) if _is_current(each, now)]
        if not current:
            return None
        roots = [each.parsed for each in stored if each.role is Role.ROOT]
        issuer = current[-1].parsed.issuer
        return self._loaded(current[-1], tuple(root for root in roots if root.subject == issuer))

    def _loaded(
        self, stored: StoredAuthority, above: tuple[x509.Certificate, ...] = ()
    ) -> Authority:
        key = serialization.load_der_private_key(stored.private_key or b"", None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ConfigurationError("A CA in the database has a key that is neither EC nor RSA.")
        return Authority(stored.parsed, key, self.organization, above)


def _with_key(stored: Sequence[StoredAuthority], role: Role) -> list[StoredAuthority]:
    return [each for each in stored if each.role is role and each.private_key is not None]


def _is_current(stored: StoredAuthority, now: datetime) -> bool:
    return stored.parsed.not_valid_after_utc - now > _RENEWED_BEFORE_EXPIRY


def _stored(role: Role, authority: Authority, now: datetime) -> StoredAuthority:
    private_key = authority.private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return StoredAuthority(role, pem_of([authority.certificate]), private_key, now)
