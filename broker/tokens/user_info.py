"""What a client may know about its user: the response of ``/userinfo`` (I-104, O-115)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.tokens.id_token import claims_of_scopes, previous_logon_time

if TYPE_CHECKING:
    from collections.abc import Collection

    from broker.identity.user import User


def user_info(user: User, scopes: Collection[str]) -> dict[str, Any]:
    """Return the claims of the user as currently stored; what is unknown is left out.

    Groups and attributes, of the provider's last statement, need the scopes ``roles`` and
    ``user_attributes``.
    """
    names = [name for name in (user.given_name, user.family_name) if name]
    claims = {
        "sub": user.user_id,
        "user_id": user.user_id,
        "user_name": user.name,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "name": " ".join(names) or None,
        "email": user.email,
        "email_verified": user.email_verified if user.email else None,
        "phone_number": user.phone,
        "previous_logon_time": previous_logon_time(user),
        **claims_of_scopes(user, scopes),
    }
    return {name: value for name, value in claims.items() if value is not None}
