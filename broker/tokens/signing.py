"""Signing keys and the key ring; the only module that uses PyJWT."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from broker.compact_json import compact_json
from broker.credentials import base64url
from broker.errors import ConfigurationError, StoreUnavailable
from broker.json_text.compact_jws import CompactJws, split
from broker.json_text.reader import read_object
from broker.tokens.key_state import is_retired, next_change, signing_at, waiting_at
from broker.tokens.ports import SigningKeyStore, StoredSigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = structlog.get_logger(__name__)

ALGORITHM = "RS256"
_RSA_SHA256 = RSAAlgorithm(RSAAlgorithm.SHA256)
_CRITICAL = frozenset({"crit", "b64"})
"""Header members that change how a signature is verified; no token of this server has them."""
_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65_537
_RETRY_SECONDS = 1.0
_MAX_WAIT_SECONDS = 1.0
"""Libraries wait at most two seconds for keys."""
_NEVER = datetime.max.replace(tzinfo=UTC)


def new_signing_key() -> StoredSigningKey:
    """Generate an RSA-2048 key (D-16); its times are set when it is stored."""
    key = generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
    return StoredSigningKey(
        kid=f"default-jwt-key-{secrets.token_hex(5)}",
        private_key=key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        public_key=_public_pem(key),
        publish_at=_NEVER,
        sign_from=_NEVER,
        retire_at=None,
    )


def _public_pem(key: RSAPrivateKey) -> str:
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode().strip()


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A parsed signing key; parsing costs more than many signatures."""

    stored: StoredSigningKey
    private_key: RSAPrivateKey
    public_key: RSAPublicKey
    jwk: Mapping[str, str]

    @classmethod
    def parse(cls, stored: StoredSigningKey) -> SigningKey:
        """Parse a stored key."""
        # Unsealing has authenticated the key; checking the primes again takes 40 ms.
        key = serialization.load_der_private_key(
            stored.private_key, None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, RSAPrivateKey):
            raise ConfigurationError(f"Signing key {stored.kid} is not an RSA key.")
        public_key = key.public_key()
        numbers = RSAAlgorithm.to_jwk(public_key, as_dict=True)
        jwk = {
            "kty": "RSA",
            "alg": ALGORITHM,
            "use": "sig",
            "kid": stored.kid,
            "n": numbers["n"],
            "e": numbers["e"],
            # Derived from the private key: the stored public key is not sealed, and write access to
            # the database would suffice to make applications trust another key.
            "value": _public_pem(key),
        }
        return cls(stored, key, public_key, jwk)

    def has_signed(self, token: CompactJws) -> bool:
        """Return whether the signature is of this key; raise ValueError for no base64url."""
        signature = base64url.decode(token.signature)
        return _RSA_SHA256.verify(token.signed.encode(), self.public_key, signature)

    def sign(self, claims: bytes, keys_url: str) -> str:
        """Return JSON claims as a JWT; ``keys_url`` becomes its ``jku``.

        The result has the compact serialisation of RFC 7515 section 7.1, like that of
        ``jwt.encode``, which would render claims and header each time.
        """
        signed = b".".join((_header(self.stored.kid, keys_url), base64url_encode(claims)))
        signature = _RSA_SHA256.sign(signed, self.private_key)
        return b".".join((signed, base64url_encode(signature))).decode()


@lru_cache(maxsize=16)
def _header(kid: str, keys_url: str) -> bytes:
    header = {"alg": ALGORITHM, "kid": kid, "jku": keys_url, "typ": "JWT"}
    return base64url_encode(compact_json(header))


class _SigningPeriod(NamedTuple):
    """The key that signs in a period of the store's time."""

    keys: tuple[SigningKey, ...]
    key: SigningKey
    since: datetime
    until: datetime


def _period_at(keys: tuple[SigningKey, ...], now: datetime) -> _SigningPeriod:
    stored = [key.stored for key in keys]
    # With SQLite the store's clock is this machine's and may have been set back before all keys.
    signing = signing_at(stored, now) or waiting_at(stored, now)
    if signing is None:
        raise ConfigurationError("The database has no signing key yet; start the server once.")
    key = next(key for key in keys if key.stored is signing)
    return _SigningPeriod(keys, key, now, next_change(stored, now) or _NEVER)


class KeyRing:
    """The signing keys of this installation; the store's clock determines their state (D-16)."""

    def __init__(
        self, store: SigningKeyStore, reload_after: float, usable_for: float = 0.0
    ) -> None:
        """Reload changes by other hosts after ``reload_after`` seconds.

        While the store is unavailable, the keys read last are used for ``usable_for`` seconds:
        verifiers may need keys even if no token can be issued.
        """
        self._store = store
        self._reload_after = reload_after
        self._usable_for = max(usable_for, 2 * reload_after)
        self._reloading = threading.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._period: _SigningPeriod | None = None
        self._clock = datetime.now(UTC), time.monotonic()
        self._loaded_at = self._failed_at = float("-inf")

    def current(self) -> SigningKey:
        """Return the key that signs now."""
        return self.current_and_time()[0]

    def current_and_time(self) -> tuple[SigningKey, datetime]:
        """Return the key that signs now, and the store's time."""
        keys, now = self._fresh()
        period = self._period
        if period is None or period.keys is not keys or not period.since <= now < period.until:
            period = self._period = _period_at(keys, now)
        return period.key, now

    def published(self) -> list[SigningKey]:
        """Return the keys that verifiers may need: all that are published and not retired."""
        keys, now = self._fresh()
        usable = [key for key in keys if not is_retired(key.stored, now)]
        # If the clock was set back before all keys, publish them all.
        return [key for key in usable if key.stored.publish_at <= now] or usable

    def claims_of(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that a published key has signed; raise ValueError.

        The claims, including times, are not validated. The caller has bounded the length.
        """
        jws = split(token)
        header = read_object(base64url.decode(jws.header))
        if header.get("alg") != ALGORITHM or not header.keys().isdisjoint(_CRITICAL):
            raise ValueError("another algorithm, or an extension")
        kid = header.get("kid")
        key = next((key for key in self.published() if key.stored.kid == kid), None)
        if key is None:
            raise ValueError("signed with an unknown key")
        if not key.has_signed(jws):
            raise ValueError("the signature is not valid")
        return read_object(base64url.decode(jws.payload))

    def now(self) -> datetime:
        """Return the store's time: token times must not depend on this machine's clock."""
        return self._fresh()[1]

    def _fresh(self) -> tuple[tuple[SigningKey, ...], datetime]:
        """Return the keys and the store's time."""
        if self._age() > self._reload_after:
            self._refresh()
        read_at, then = self._clock
        return self._keys, read_at + timedelta(seconds=time.monotonic() - then)

    def _age(self) -> float:
        return time.monotonic() - self._loaded_at

    def _refresh(self) -> None:
        """Reload unless another thread does; raise StoreUnavailable if the keys are too old."""
        if self._may_reload():
            try:
                if self._age() <= self._reload_after:
                    return
                if time.monotonic() - self._failed_at >= _RETRY_SECONDS:
                    self._reload()
                    return
            except StoreUnavailable:
                self._failed_at = time.monotonic()
                _log.warning("signing keys not reloaded", error="StoreUnavailable")
            finally:
                self._reloading.release()
        if self._age() > self._usable_for:
            raise StoreUnavailable("The database cannot be used at the moment.")

    def _may_reload(self) -> bool:
        # The first thread that finds the ring outdated reloads it; the others use the present keys.
        # If the ring was idle for so long that it may lack a key, they wait for the reload, but not
        # for a database that hangs.
        if not self._keys:
            return self._reloading.acquire()
        if self._age() > 2 * self._reload_after:
            return self._reloading.acquire(timeout=_MAX_WAIT_SECONDS)
        return self._reloading.acquire(blocking=False)

    def _reload(self) -> None:
        known = {key.stored.kid: key for key in self._keys}
        now, stored_keys = self._store.load()
        self._clock = now, time.monotonic()
        self._keys = tuple(
            replace(known[stored.kid], stored=stored)
            if stored.kid in known
            else SigningKey.parse(stored)
            for stored in stored_keys
        )
        self._loaded_at = time.monotonic()
