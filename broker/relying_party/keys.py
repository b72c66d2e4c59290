"""The keys with which providers sign id tokens (JWK sets, I-39)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from broker.errors import LogonInvalid
from broker.relying_party.network.fetched import USED_FOR, FetchedCache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.relying_party.network.connection import Budget
    from broker.relying_party.network.http import ProviderHttp

    PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

KEY_TYPES: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
"""The key type of each accepted algorithm: never ``none``, and none with a shared secret."""

REFETCHED_AFTER: Final = 60.0
"""Seconds after which an unknown key id has the key set fetched again."""

_MAX_KEYS = 100
_MAX_KEY_ID = 255
_MIN_RSA_BITS, _MAX_RSA_BITS = 2048, 8192
_MAX_EXPONENT = 2**32
_MAX_NUMBER = 2048
_MAX_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """A public key; ``algorithm`` is the only one that it is for, if the provider names one."""

    key_id: str | None
    key_type: str
    algorithm: str | None
    public: PublicKey

    def fits(self, algorithm: str) -> bool:
        """Return whether a signature of this algorithm can be of the key."""
        return self.key_type == KEY_TYPES[algorithm] and self.algorithm in {None, algorithm}


class ProviderKeys:
    """Fetches key sets."""

    def __init__(
        self, http: ProviderHttp, cache: FetchedCache[tuple[ProviderKey, ...]] | None = None
    ) -> None:
        self._http = http
        self._cache = FetchedCache[tuple[ProviderKey, ...]]() if cache is None else cache

    def of(
        self,
        url: str,
        key_id: str | None,
        algorithm: str,
        budget: Budget,
        *,
        is_cached: bool = True,
    ) -> Sequence[PublicKey]:
        """Return the keys that may have made the signature, at least one.

        ``key_id`` and ``algorithm`` are of the token's header; without a key id the provider must
        have one fitting key only. Without ``is_cached`` the set is fetched each time. Raises
        LogonInvalid and ProviderUnavailable.
        """
        found = self._fitting(url, key_id, algorithm, budget, USED_FOR if is_cached else 0)
        if not found and self._cache.age(url) >= REFETCHED_AFTER:
            found = self._fitting(url, key_id, algorithm, budget, 0)
        if not found:
            raise LogonInvalid("the key of the signature is unknown")
        return [each.public for each in found]

    def _fitting(
        self, url: str, key_id: str | None, algorithm: str, budget: Budget, max_age: float
    ) -> Sequence[ProviderKey]:
        def fetch(budget: Budget) -> tuple[tuple[ProviderKey, ...], int]:
            response = self._http.get(url, budget)
            return parse_keys(response.json_object()), 4 * len(response.body)

        found = self._cache.get(url, fetch, budget, max_age)
        keys = [each for each in found if each.fits(algorithm)]
        if key_id is None:
            return keys if len(keys) == 1 else []
        return [each for each in keys if each.key_id == key_id][:_MAX_CANDIDATES]


def parse_keys(document: Mapping[str, Any]) -> tuple[ProviderKey, ...]:
    """Return the usable keys of a key set; keys of other kinds are left out."""
    entries = document.get("keys")
    listed = entries if isinstance(entries, list) else []
    found = [_key(entry) for entry in listed[:_MAX_KEYS] if isinstance(entry, dict)]
    return tuple(key for key in found if key is not None)


def _key(entry: Mapping[str, Any]) -> ProviderKey | None:
    key_id, algorithm = entry.get("kid"), entry.get("alg")
    operations = entry.get("key_ops", ["verify"])
    is_for_signatures = (
        entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    )
    has_names = all(value is None or isinstance(value, str) for value in (key_id, algorithm))
    if not (is_for_signatures and has_names) or len(key_id or "") > _MAX_KEY_ID:
        return None
    match entry.get("kty"):
        case "RSA":
            public = _rsa_key(entry)
        case "EC":
            public = _ec_key(entry)
        case _:
            return None
    if public is None:
        return None
    return ProviderKey(key_id, str(entry["kty"]), algorithm, public)


def _rsa_key(entry: Mapping[str, Any]) -> PublicKey | None:
    public = _parsed(RSAAlgorithm.from_jwk, {name: entry.get(name) for name in ("kty", "n", "e")})
    if not isinstance(public, rsa.RSAPublicKey):
        return None
    is_sized = _MIN_RSA_BITS <= public.key_size <= _MAX_RSA_BITS
    return public if is_sized and public.public_numbers().e < _MAX_EXPONENT else None


def _ec_key(entry: Mapping[str, Any]) -> PublicKey | None:
    public = _parsed(
        ECAlgorithm.from_jwk, {name: entry.get(name) for name in ("kty", "crv", "x", "y")}
    )
    is_p256 = isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == "secp256r1"
    return public if is_p256 else None


def _parsed(read: Any, members: dict[str, Any]) -> Any:
    """Return the key, None unless the members are valid; private members are not passed on."""
    if not all(isinstance(each, str) and len(each) <= _MAX_NUMBER for each in members.values()):
        return None
    try:
        return read(members)
    except (PyJWTError, ValueError, TypeError):
        return None
