"""The claims of id tokens (OIDC Core section 2, I-106, I-107)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from broker.credentials import base64url

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from broker.identity.user import User

OPENID = "openid"
"""The scope that gives a client an id token."""

_SHARED = ("jti", "sub", "iss", "azp", "cid", "zid", "origin", "user_name", "auth_time")
_SHARED_AFTER = ("grant_type", "iat", "exp")


def id_token_claims(
    access_claims: Mapping[str, Any],
    access_token: str,
    user: User,
    amr: Sequence[str],
    nonce: str | None,
) -> dict[str, Any]:
    """Return the claims of the id token that is issued beside the access token.

    It has neither ``ext_attr`` nor ``rev_sig``, so that no endpoint accepts it as an access token.
    """
    claims = {
        **{name: access_claims[name] for name in _SHARED},
        "aud": [access_claims["client_id"]],
        "amr": list(amr),
        "nonce": nonce,
        "at_hash": _left_half_hash(access_token),
        "scope": [OPENID],
        "email": user.email,
        "email_verified": user.email_verified if user.email else None,
        "previous_logon_time": previous_logon_time(user),
        **_profile(user, access_claims["scope"]),
        **claims_of_scopes(user, access_claims["scope"]),
        **{name: access_claims[name] for name in _SHARED_AFTER},
    }
    return {name: value for name, value in claims.items() if value is not None}


def claims_of_scopes(user: User, scopes: Collection[str]) -> dict[str, Any]:
    """Return what the provider stated at the last logon, for scopes that allow it."""
    claims: dict[str, Any] = {}
    snapshot = user.snapshot
    if "roles" in scopes:
        claims["roles"] = list(snapshot.groups) if snapshot else []
    if "user_attributes" in scopes:
        claims["user_attributes"] = dict(snapshot.attributes) if snapshot else {}
    return claims


def previous_logon_time(user: User) -> int | None:
    """Return the time of the logon before the last one, in milliseconds since 1970."""
    previous = user.previous_logon_at
    return None if previous is None else int(previous.timestamp() * 1000)


def _profile(user: User, scopes: Collection[str]) -> dict[str, Any]:
    if "profile" not in scopes:
        return {}
    return {
        "given_name": user.given_name,
        "family_name": user.family_name,
        "phone_number": user.phone,
    }


def _left_half_hash(access_token: str) -> str:
    """Return ``at_hash`` for RS256 (OIDC Core section 3.1.3.6)."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64url.encode(half)
