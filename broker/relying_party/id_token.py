"""The verification of a provider's id tokens (OpenID Connect Core 3.1.3.7, I-39, TH-08)."""

from __future__ import annotations

import hashlib
import hmac
import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from jwt.algorithms import get_default_algorithms

from broker.credentials import base64url
from broker.errors import LogonInvalid
from broker.json_text.compact_jws import CompactJws, split
from broker.json_text.reader import MalformedJson, read_object
from broker.relying_party.keys import KEY_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from broker.relying_party.keys import PublicKey

MAX_BYTES: Final = 32_768
LEEWAY: Final = 60
"""Seconds by which the clocks of provider and server may differ."""

MAX_SUBJECT: Final = 255
_MAX_KEY_ID = 255
_ALGORITHMS = {name: get_default_algorithms()[name] for name in KEY_TYPES}
_OTHER_TOKENS = frozenset({"at+jwt", "logout+jwt", "secevent+jwt"})


class FindKeys(Protocol):
    """Looks up the keys of the provider."""

    def __call__(self, key_id: str | None, algorithm: str) -> Sequence[PublicKey]:
        """Return the keys that may have made a signature; raise LogonInvalid without any."""


@dataclass(frozen=True, slots=True, repr=False)
class Expected:
    """What an id token must state.

    ``nonce``: of the attempt, None for an assertion without one; ``access_token``: issued with the
    token; ``max_age``: seconds since the user's authentication; ``max_token_age``: seconds since
    the token was issued; ``authenticated_after``: the earliest time of the authentication, if the
    token states it.
    """

    issuer: str
    client_id: str
    nonce: str | None = None
    access_token: str | None = None
    max_age: int | None = None
    max_token_age: int | None = None
    authenticated_after: datetime | None = None


def verified_claims(
    token: str, expected: Expected, find_keys: FindKeys, now: datetime
) -> dict[str, Any]:
    """Return the claims of a valid id token; raise LogonInvalid.

    Of the header only ``alg`` and ``kid`` are used: a key or URL in it (``jwk``, ``jku``, ``x5u``)
    is the sender's.
    """
    parts = _parts(token)
    header = _object(parts.header)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in KEY_TYPES:
        raise LogonInvalid("the algorithm of the id token is not accepted")
    if "crit" in header or "b64" in header:
        raise LogonInvalid("the id token needs an extension")
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    if kind in _OTHER_TOKENS:
        raise LogonInvalid("the token is no id token")
    key_id = header.get("kid")
    if key_id is not None and not (isinstance(key_id, str) and len(key_id) <= _MAX_KEY_ID):
        raise LogonInvalid("the key id is not valid")
    keys = find_keys(key_id, algorithm)
    signed, signature = parts.signed.encode(), _decoded(parts.signature)
    if not any(_ALGORITHMS[algorithm].verify(signed, key, signature) for key in keys):
        raise LogonInvalid("the signature of the id token is not valid")
    claims = _object(parts.payload)
    _require_addressees(claims, expected)
    _require_times(claims, expected, now.timestamp())
    _require_nonce(claims, expected)
    _require_access_token(claims, expected)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise LogonInvalid("sub is missing or too long")
    return claims


def stated_issuer(token: str) -> str | None:
    """Return the claim ``iss`` of a token that is not verified, None if it has none."""
    try:
        issuer = _object(_parts(token).payload).get("iss")
    except LogonInvalid:
        return None
    return issuer if isinstance(issuer, str) else None


def _parts(token: str) -> CompactJws:
    if len(token) <= MAX_BYTES:
        with suppress(ValueError):
            return split(token)
    raise LogonInvalid("the id token is no signed JWT")


def _decoded(part: str) -> bytes:
    try:
        return base64url.decode(part)
    except ValueError:
        raise LogonInvalid("the id token is no signed JWT") from None


def _object(part: str) -> dict[str, Any]:
    try:
        return read_object(_decoded(part))
    except MalformedJson:
        raise LogonInvalid("a part of the id token is no JSON object") from None


def _require_addressees(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise LogonInvalid("iss is not the issuer of the provider")
    audience = claims.get("aud")
    names = audience if isinstance(audience, list) else [audience]
    is_valid = all(isinstance(each, str) for each in names)
    if not is_valid or expected.client_id not in names:
        raise LogonInvalid("aud does not contain the client id")
    party = claims.get("azp")
    if party != expected.client_id and (party is not None or len(set(names)) > 1):
        raise LogonInvalid("azp is not the client id")


def _require_times(claims: Mapping[str, Any], expected: Expected, now: float) -> None:
    issued_at = _time(claims, "iat")
    if now >= _time(claims, "exp") + LEEWAY:
        raise LogonInvalid("the id token has expired")
    if issued_at > now + LEEWAY:
        raise LogonInvalid("iat is in the future")
    if "nbf" in claims and _time(claims, "nbf") > now + LEEWAY:
        raise LogonInvalid("the id token is not valid yet")
    if expected.max_token_age is not None and now > issued_at + expected.max_token_age + LEEWAY:
        raise LogonInvalid("the id token was issued too long ago")
    if expected.max_age is not None:
        authenticated_at = _time(claims, "auth_time")
        if now > authenticated_at + expected.max_age + LEEWAY:
            raise LogonInvalid("the user authenticated too long ago")
    earliest = expected.authenticated_after
    # A provider that ignores prompt=login may say so with an earlier time.
    stated = _time(claims, "auth_time") if "auth_time" in claims else None
    if earliest and stated is not None and stated + LEEWAY < earliest.timestamp():
        raise LogonInvalid("the user has not authenticated again")


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LogonInvalid(f"{name} is missing or no number")
    return value


def _require_nonce(claims: Mapping[str, Any], expected: Expected) -> None:
    if expected.nonce is None:
        return
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode("utf-8", "surrogatepass"), expected.nonce.encode()
    ):
        raise LogonInvalid("nonce is not the one of the attempt")


def _require_access_token(claims: Mapping[str, Any], expected: Expected) -> None:
    stated = claims.get("at_hash")
    if stated is None or expected.access_token is None:
        return
    # All accepted algorithms use SHA-256 (OpenID Connect Core 3.1.3.6).
    left_half = hashlib.sha256(expected.access_token.encode("utf-8", "surrogatepass")).digest()[:16]
    if stated != base64url.encode(left_half):
        raise LogonInvalid("at_hash does not fit the access token")
