"""Signing keys and the ring they are on; PyJWT is used here only."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from broker.errors import ConfigurationError
from broker.tokens.ports import SigningKeyStore, StoredSigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "RS256"
_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65_537


def new_signing_key(sign_from: datetime) -> StoredSigningKey:
    """Generate an RSA-2048 key that is published and signs from that time on (D-16)."""
    key = generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
    return StoredSigningKey(
        kid=f"default-jwt-key-{secrets.token_hex(5)}",
        private_key=key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        public_key=key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
        .strip(),
        publish_at=sign_from,
        sign_from=sign_from,
        retire_at=None,
    )


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A signing key ready for use: parsed once, for parsing costs more than many signatures."""

    stored: StoredSigningKey
    private_key: RSAPrivateKey
    jwk: Mapping[str, str]

    @classmethod
    def parse(cls, stored: StoredSigningKey) -> SigningKey:
        """Parse a stored key."""
        # Its envelope has just been authenticated; checking the primes again takes 40 ms.
        key = serialization.load_der_private_key(
            stored.private_key, None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, RSAPrivateKey):
            raise ConfigurationError(f"Signing key {stored.kid} is no RSA key.")
        numbers = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        jwk = {
            "kty": "RSA",
            "alg": ALGORITHM,
            "use": "sig",
            "kid": stored.kid,
            "n": numbers["n"],
            "e": numbers["e"],
            "value": stored.public_key,
        }
        return cls(stored, key, jwk)

    def sign(self, claims: Mapping[str, Any], keys_url: str) -> str:
        """Return the claims as a JWT; ``keys_url`` becomes its ``jku``."""
        headers = {"kid": self.stored.kid, "jku": keys_url}
        return jwt.encode(dict(claims), self.private_key, algorithm=ALGORITHM, headers=headers)


class KeyRing:
    """The signing keys of this installation; their state follows from the store's clock (D-16)."""

    def __init__(self, store: SigningKeyStore, reload_after: float) -> None:
        """``reload_after``: seconds after which keys that other hosts added are looked for."""
        self._store = store
        self._reload_after = reload_after
        self._reloading = threading.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._clock_ahead = timedelta()
        self._loaded_at = float("-inf")

    def current(self) -> SigningKey:
        """Return the key that signs now."""
        keys, now = self._fresh()
        signing = [key for key in keys if key.stored.sign_from <= now and _kept(key, now)]
        if not signing:
            raise ConfigurationError("The database has no signing key yet; start the server once.")
        return signing[-1]

    def published(self) -> list[SigningKey]:
        """Return the keys that verifiers may need: signing soon, now, or until lately."""
        keys, now = self._fresh()
        return [key for key in keys if key.stored.publish_at <= now and _kept(key, now)]

    def _fresh(self) -> tuple[tuple[SigningKey, ...], datetime]:
        """Return the keys and the store's time, both not older than ``reload_after``."""
        stale = time.monotonic() - self._loaded_at > self._reload_after
        # Whoever finds the ring stale reloads it; the others go on with what there is.
        if stale and self._reloading.acquire(blocking=not self._keys):
            try:
                if time.monotonic() - self._loaded_at > self._reload_after:
                    self._reload()
            finally:
                self._reloading.release()
        return self._keys, datetime.now(UTC) + self._clock_ahead

    def _reload(self) -> None:
        known = {key.stored.kid: key for key in self._keys}
        now, stored_keys = self._store.load()
        self._clock_ahead = now - datetime.now(UTC)
        self._keys = tuple(
            SigningKey(stored, known[stored.kid].private_key, known[stored.kid].jwk)
            if stored.kid in known
            else SigningKey.parse(stored)
            for stored in stored_keys
        )
        self._loaded_at = time.monotonic()


def _kept(key: SigningKey, now: datetime) -> bool:
    return key.stored.retire_at is None or now < key.stored.retire_at
